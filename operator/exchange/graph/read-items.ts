import { TemporaryError } from "../../core/errors.ts"
import type { Batches, BatchStep } from "./batch.ts"
import type { GraphClient } from "./client.ts"
import { isRecord, type JsonRecord, recordsAt, textAt } from "./json.ts"
import { isItemGone, problemError } from "./problem.ts"
import { expandMark, type GraphItem, readItem, selectEvent, selectSeries } from "./read-event.ts"
import { markPropertyId } from "./write-event.ts"

/** Whole bodies come with every item; more of them on a page than this and Exchange runs out of time. */
export const pageSize = 200

/** What the readings of one mailbox have in common. */
export type Reader = {
  readonly client: GraphClient
  readonly batches: Batches
  readonly mailbox: string
  /** `/users/<address>` */
  readonly user: string
}

export type MarkedItems = { readonly items: readonly GraphItem[]; readonly pages: number }

/** Every item of the calendar with a mark on it, whenever it is; series without what was done to their occurrences. */
export async function readMarked(reader: Reader, events: string, signal: AbortSignal): Promise<MarkedItems> {
  const filter = `singleValueExtendedProperties/Any(ep: ep/id eq '${markPropertyId}' and ep/value ne null)`
  const path = `${events}?$filter=${encodeURIComponent(filter)}&${selectEvent}&${expandMark}&$top=${pageSize}`
  return readAll(reader, path, "list", signal)
}

/** The items whose mark contains this text. */
export async function findByMark(
  reader: Reader,
  { events, text }: { readonly events: string; readonly text: string },
  signal: AbortSignal,
): Promise<readonly GraphItem[]> {
  const filter = `singleValueExtendedProperties/Any(ep: ep/id eq '${markPropertyId}' and contains(ep/value,'${text.replaceAll("'", "''")}'))`
  const path = `${events}?$filter=${encodeURIComponent(filter)}&${selectEvent}&${expandMark}&$top=${pageSize}`
  return (await readAll(reader, path, "find", signal)).items
}

/** All pages by id: an item that moved between pages while they were read comes twice. */
export async function readAll(
  { client, mailbox }: Reader,
  path: string,
  operation: string,
  signal: AbortSignal,
): Promise<MarkedItems> {
  const items = new Map<string, GraphItem>()
  let pages = 0
  for await (const page of client.pages({ path, operation, mailbox }, signal)) {
    pages += 1
    for (const item of page.items.map(record => readItem(record) ?? notAnEvent())) items.set(item.id, item)
  }
  return { items: [...items.values()], pages }
}

/** What cannot be seen would be made again: better no list than one with a hole. */
function notAnEvent(): never {
  throw new TemporaryError("Graph's list holds something without id or version", { reason: "Unreachable" })
}

export type ItemRequest = { readonly id: string; readonly isSeries: boolean }
/** What a look at one item found; `Refused` is an answer about this item only. */
export type Look =
  | { readonly kind: "Found"; readonly item: GraphItem }
  | { readonly kind: "Gone" }
  | { readonly kind: "Refused"; readonly error: Error }

/** Looks at single items, series with their exceptions and cancelled occurrences. Throws when it could not look. */
export async function lookAt(
  reader: Reader,
  requests: readonly ItemRequest[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Look>> {
  const looks = new Map<string, Look>()
  const records = await getEach(
    reader,
    requests.map(request => itemStep(reader, request)),
    signal,
  )
  for (const [index, { id }] of requests.entries()) looks.set(id, toLook(records[index]))
  const turned = requests.filter(({ id, isSeries }) => !isSeries && isFoundSeries(looks.get(id)))
  if (turned.length === 0) return completed(reader, looks, signal)
  const again = await lookAt(
    reader,
    turned.map(({ id }) => ({ id, isSeries: true })),
    signal,
  )
  return completed(reader, new Map([...looks, ...again]), signal)
}

function isFoundSeries(look: Look | undefined): boolean {
  return look?.kind === "Found" && look.item.kind === "seriesMaster"
}

function itemStep({ user }: Reader, { id, isSeries }: ItemRequest): BatchStep {
  const query = isSeries ? selectSeries : `${selectEvent}&${expandMark}`
  return { method: "GET", path: `${user}/events/${encodeURIComponent(id)}?${query}` }
}

type Got = { readonly record: JsonRecord } | { readonly gone: true } | { readonly error: Error }

async function getEach(
  { batches, mailbox }: Reader,
  steps: readonly BatchStep[],
  signal: AbortSignal,
): Promise<readonly Got[]> {
  if (steps.length === 0) return []
  const outcomes = await batches.send(steps, { mailbox, operation: "look", writes: false }, signal)
  return outcomes.map(outcome => {
    if (outcome.kind === "Failed") throw outcome.error
    const { answer } = outcome
    if (answer.ok) return isRecord(answer.body) ? { record: answer.body } : { error: notUnderstood() }
    return isItemGone(answer.problem) ? { gone: true } : { error: problemError(answer.problem) }
  })
}

function toLook(got: Got | undefined): Look {
  if (got && "error" in got) return { kind: "Refused", error: got.error }
  if (!got || "gone" in got) return { kind: "Gone" }
  const item = readItem(got.record)
  return item ? { kind: "Found", item } : { kind: "Refused", error: notUnderstood() }
}

function notUnderstood(): TemporaryError {
  return new TemporaryError("Graph's answer about an item is no event", { reason: "Unreachable" })
}

/** Exceptions do not always say which occurrence they were; those are asked once more, by name. */
async function completed(
  reader: Reader,
  looks: ReadonlyMap<string, Look>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Look>> {
  const ids = [...looks.values()].flatMap(look => (look.kind === "Found" ? exceptionsToAsk(look.item) : []))
  if (ids.length === 0) return looks
  const steps = ids.map((id): BatchStep => {
    return { method: "GET", path: `${reader.user}/events/${encodeURIComponent(id)}?$select=id,originalStart` }
  })
  const got = await getEach(reader, steps, signal)
  const starts = new Map(ids.map((id, index) => [id, originalStartOf(got[index])]))
  return new Map([...looks].map(([id, look]) => [id, withOriginalStarts(look, starts)]))
}

function originalStartOf(got: Got | undefined): string | undefined {
  return got && "record" in got ? textAt(got.record, "originalStart") : undefined
}

function exceptionsToAsk({ fields }: GraphItem): readonly string[] {
  return recordsAt(fields, "exceptionOccurrences")
    .filter(exception => textAt(exception, "originalStart") === undefined)
    .flatMap(exception => textAt(exception, "id") ?? [])
}

function withOriginalStarts(look: Look, starts: ReadonlyMap<string, string | undefined>): Look {
  if (look.kind !== "Found") return look
  const exceptionOccurrences = recordsAt(look.item.fields, "exceptionOccurrences").map(exception => {
    const originalStart = starts.get(textAt(exception, "id") ?? "")
    return originalStart === undefined ? exception : { ...exception, originalStart }
  })
  return { kind: "Found", item: { ...look.item, fields: { ...look.item.fields, exceptionOccurrences } } }
}
