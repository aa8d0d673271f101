import { createHash } from "node:crypto"
import type { Content, Entry } from "../store/item.ts"
import { isJson, jsonAt, listAt, textAt } from "../store/json.ts"
import { DELETED_ITEMS } from "../store/mailbox.ts"
import { defaultContent, mergedNamed } from "../store/new-content.ts"
import { entryOf, firstDate, occurrenceOn, staysBetweenNeighbours } from "../store/series.ts"
import { type Call, ok, type Reply } from "./call.ts"
import { GraphError, validationFailure } from "./graph-error.ts"
import { type EventChanges, parseEvent } from "./parse-event.ts"
import { contextOf } from "./read-events.ts"
import { etagOf, idOf, type Rendering, renderEvent, renderingFor } from "./render-event.ts"
import { findEntry, type Target } from "./target.ts"

/**
 * Writing events. https://learn.microsoft.com/graph/api/user-post-events, …/event-update, …/event-delete,
 * …/event-permanentdelete
 */

/** 201 with the event; extended properties are stored and not echoed. */
export function createEvent(call: Call, target: Target): Reply {
  const { store, body } = call
  const changes = parseEvent(body, { maximumOccurrences: store.switches.maximumOccurrences })
  const { time } = changes.content
  if (!time) throw new GraphError(400, "ErrorRequiredPropertyMissing", "Required property is missing.")
  if (changes.recurrence && firstDate(changes.recurrence) === undefined)
    throw validationFailure("The recurrence pattern has no occurrences.")
  const transactionPayload = payloadOf(body)
  const repeated = repeatedCreate(call, target, { ...changes, transactionPayload })
  if (repeated) return created(call, target, repeated)
  const content: Content = { ...defaultContent(time), ...changes.content, time }
  const item = store.create(target.mailbox, target.folder, {
    content,
    recurrence: changes.recurrence ?? undefined,
    ...(changes.transactionId !== undefined ? { transactionId: changes.transactionId, transactionPayload } : {}),
  })
  return created(call, target, entryOf(item))
}

function created(call: Call, target: Target, entry: Entry): Reply {
  const rendering = renderingFor(call, target.mailbox)
  const location = `${call.origin}/v1.0/users('${target.mailbox.id}')/events('${idOf(entry, rendering)}')`
  return { ...withEvent(call, target, entry), status: 201, headers: { etag: etagOf(entry), location } }
}

function withEvent(call: Call, target: Target, entry: Entry): Reply {
  const rendering = renderingFor(call, target.mailbox)
  return {
    ...ok(
      renderEvent(entry, rendering, undefined, {
        "@odata.context": `${call.origin}/v1.0/$metadata#${contextOf(target)}/$entity`,
      }),
    ),
    headers: { etag: etagOf(entry) },
  }
}

/** A digest is enough to tell a repetition from a clash. */
function payloadOf(body: unknown): string {
  const text = JSON.stringify(isJson(body) ? { ...body, transactionId: undefined } : body)
  return createHash("sha1").update(text).digest("base64url")
}

/** The same payload is the same event again, another one is a clash. */
function repeatedCreate(
  call: Call,
  target: Target,
  given: EventChanges & { readonly transactionPayload: string },
): Entry | undefined {
  const { mailbox } = target
  const { switches } = call.store
  const number = given.transactionId === undefined ? undefined : mailbox.transactions.get(given.transactionId)
  const item = number === undefined ? undefined : mailbox.items.get(number)
  if (!item || !mailbox.calendars.has(item.folder)) return undefined
  const entry = entryOf(item)
  const same = item.transactionPayload === given.transactionPayload
  if (same && switches.transactionIdRepeat === "sameEvent") return entry
  const id = idOf(entry, renderingFor(call, mailbox))
  throw new GraphError(
    switches.transactionIdStatus,
    "ErrorDuplicateTransactionId",
    "Your request can't be completed. The transaction ID has already been used to create a different event.",
    { annotations: switches.transactionIdNamesEvent ? { "@event.existingEventId": id } : {} },
  )
}

/** 200 with the whole event; what is not in the body stays. An occurrence becomes an exception. */
export function updateEvent(call: Call, target: Target, id: string): Reply {
  const entry = findEntry(call.store, target, id)
  requireMatch(call, entry)
  const updated = entry.date === undefined ? updateItem(call, target, entry) : updateOccurrence(call, target, entry)
  return withEvent(call, target, updated)
}

function updateItem(call: Call, target: Target, { item }: Entry): Entry {
  const { store } = call
  const { content, recurrence } = parseEvent(call.body, {
    before: item,
    content: item.content,
    maximumOccurrences: store.switches.maximumOccurrences,
  })
  const named = content.named ? { named: mergedNamed(item.content.named, content.named) } : {}
  return entryOf(store.update(target.mailbox, item, { ...content, ...named }, recurrence))
}

function updateOccurrence(call: Call, target: Target, entry: Entry): Entry {
  const { store } = call
  const date = entry.date ?? ""
  const { content, recurrence } = parseEvent(call.body, {
    content: entry.content,
    maximumOccurrences: store.switches.maximumOccurrences,
  })
  if (recurrence) throw new GraphError(400, "ErrorInvalidRequest", "An occurrence cannot have a recurrence of its own.")
  if (content.time && !staysBetweenNeighbours(entry.item, date, content.time))
    throw new GraphError(
      400,
      "ErrorOccurrenceCrossingBoundary",
      "Modified occurrence is crossing or overlapping adjacent occurrence.",
    )
  const item = store.changeOccurrence(target.mailbox, entry.item, date, content)
  return occurrenceOn(item, date, store.switches.occurrencesInheritProperties) ?? entryOf(item)
}

/** 204; to Deleted Items, or, for an occurrence, off the series. */
export function deleteEvent(call: Call, target: Target, id: string): Reply {
  const entry = findEntry(call.store, target, id)
  if (call.store.switches.deleteHonoursIfMatch) requireMatch(call, entry)
  const how = entry.item.folder === DELETED_ITEMS ? "permanently" : "toDeletedItems"
  if (entry.date === undefined) call.store.remove(target.mailbox, entry.item, how)
  else call.store.cancelOccurrence(target.mailbox, entry.item, entry.date)
  return { status: 204 }
}

export function permanentlyDeleteEvent(call: Call, target: Target, id: string): Reply {
  const entry = findEntry(call.store, target, id)
  if (entry.date === undefined) call.store.remove(target.mailbox, entry.item, "permanently")
  else call.store.cancelOccurrence(target.mailbox, entry.item, entry.date)
  return { status: 204 }
}

/** 202; a meeting's organizer cancels it, which mails everybody. */
export function cancelEvent(call: Call, target: Target, id: string): Reply {
  deleteEvent({ ...call, headers: new Map() }, target, id)
  return { status: 202 }
}

const responses = ["accept", "tentativelyAccept", "decline", "forward"]

export function isResponse(action: string): boolean {
  return responses.includes(action)
}

/** 202; the organizer hears of an answer, others of what is sent on to them. Declining takes the event away. */
export function respondToEvent(
  call: Call,
  target: Target,
  given: { readonly id: string; readonly action: string },
): Reply {
  const { item } = findEntry(call.store, target, given.id)
  const { mailbox } = target
  const forwards = given.action === "forward"
  if (!forwards && !item.organizer)
    throw new GraphError(400, "ErrorInvalidRequest", "Your request can't be completed. You're the meeting organizer.")
  const to = forwards
    ? (listAt(call.body, "toRecipients") ?? []).map(row => textAt(jsonAt(row, "emailAddress"), "address") ?? "")
    : [item.organizer?.address ?? ""]
  const silent = isJson(call.body) && call.body["sendResponse"] === false && !forwards
  const mail = { atMs: call.store.clock.now(), from: mailbox.address, to, item: item.number }
  if (!silent) call.store.outbox.add({ ...mail, kind: forwards ? "forward" : "response" })
  if (given.action === "decline") call.store.remove(mailbox, item, "toDeletedItems")
  return { status: 202 }
}

function requireMatch(call: Call, entry: Entry): void {
  const wanted = call.headers.get("if-match")
  if (wanted === undefined || wanted === "*" || wanted.replace(/^W\//, "") === etagOf(entry).replace(/^W\//, "")) return
  throw new GraphError(
    call.store.switches.ifMatchStatus,
    "ErrorIrresolvableConflict",
    "The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.",
  )
}

/** Ids of one form as the other. https://learn.microsoft.com/graph/api/user-translateexchangeids */
export function translateIds(call: Call, target: Target): Reply {
  const body = isJson(call.body) ? call.body : {}
  const inputs = Array.isArray(body["inputIds"]) ? body["inputIds"].filter(id => typeof id === "string") : []
  if (inputs.length > MAXIMUM_TRANSLATED) throw new GraphError(400, "ErrorInvalidRequest", "Too many ids.")
  const ids = String(body["targetIdType"]).toLowerCase().includes("immutable") ? "immutable" : "classic"
  const rendering: Rendering = { ...renderingFor(call, target.mailbox), preferences: { ...call.preferences, ids } }
  const value = inputs.map(sourceId => ({
    sourceId,
    targetId: idOf(findEntry(call.store, { ...target, named: false }, sourceId), rendering),
  }))
  return ok({ "@odata.context": `${call.origin}/v1.0/$metadata#Collection(convertIdResult)`, value })
}

const MAXIMUM_TRANSLATED = 1000
