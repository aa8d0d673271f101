import type { Content, Entry, Item, ItemTime } from "../store/item.ts"
import { defaultContent, mergedNamed } from "../store/new-content.ts"
import type { Recurrence } from "../store/recurrence.ts"
import { entryOf, firstDate, occurrenceOn, staysBetweenNeighbours, timeOn } from "../store/series.ts"
import { responses } from "./envelope.ts"
import { resolveTime } from "./event-times.ts"
import { EwsError } from "./ews-error.ts"
import { itemIdElement } from "./ews-ids.ts"
import { findFolder } from "./folder-tree.ts"
import { findItem, type ItemTarget, requireChangeKey } from "./item-target.ts"
import { el, type Markup } from "./markup.ts"
import {
  attendeesAfter,
  deleteField,
  type ItemChanges,
  noChanges,
  parseCalendarItem,
  setField,
} from "./parse-calendar-item.ts"
import { fieldsOfMime } from "./parse-mime.ts"
import { parseRecurrence } from "./recurrence-xml.ts"
import { storedUid } from "./render-calendar-item.ts"
import { requireChanging, type Session } from "./session.ts"
import { childOf, type XmlElement } from "./xml.ts"

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/createitem-operation, …/updateitem-operation, …/deleteitem-operation */

const defaultFolder: XmlElement = {
  name: "DistinguishedFolderId",
  namespace: "",
  attributes: { Id: "calendar" },
  children: [],
  text: "",
  line: 0,
  column: 0,
}

export function createItems(session: Session, request: XmlElement): Markup {
  const sending = request.attributes["SendMeetingInvitations"]
  const folderElement = childOf(request, "SavedItemFolderId")?.children[0] ?? defaultFolder
  const items = childOf(request, "Items")?.children ?? []
  return responses(
    "CreateItem",
    items,
    element => {
      if (element.name !== "CalendarItem")
        throw new EwsError("ErrorCannotCreateCalendarItemInNonCalendarFolder", "Only calendar items can be made here.")
      if (sending === undefined)
        throw new EwsError(
          "ErrorSendMeetingInvitationsRequired",
          "The SendMeetingInvitations attribute is required for calendar items.",
        )
      const { mailbox, number } = findFolder(session, folderElement)
      requireChanging(session, mailbox)
      if (!mailbox.calendars.has(number))
        throw new EwsError("ErrorCannotCreateCalendarItemInNonCalendarFolder", "The folder is no calendar.")
      const { content, recurrence, uid } = newItem(session, parseCalendarItem(withMime(element)))
      const item = mailing(session, sending, () => session.store.create(mailbox, number, { content, recurrence, uid }))
      return [el("m:Items", {}, el("t:CalendarItem", {}, itemIdElement(mailbox, entryOf(item))))]
    },
    [el("m:Items")],
  )
}

/** What the MIME content says, and over it what the item says besides. */
function withMime(element: XmlElement): XmlElement {
  const [mime, ...others] = element.children
  return mime?.name === "MimeContent" ? { ...element, children: [...fieldsOfMime(mime.text), ...others] } : element
}

function newItem(
  session: Session,
  changes: ItemChanges,
): { readonly content: Content; readonly recurrence: Recurrence | undefined; readonly uid: string | undefined } {
  const time = resolveTime(changes.time, { context: session.zone })
  if (!time) throw new EwsError("ErrorRequiredPropertyMissing", "A required property is missing.")
  const recurrence = changes.recurrence ? recurrenceAt(changes.recurrence, time) : undefined
  const content = { ...defaultContent(time), ...contentAfter(undefined, changes), time: firstTime(time, recurrence) }
  return { content, recurrence, uid: changes.uid === undefined ? undefined : storedUid(changes.uid) }
}

function recurrenceAt(element: XmlElement, time: ItemTime): Recurrence {
  const { zone, zoneName } = time.start
  return parseRecurrence(element, { name: zoneName, zone })
}

/** A series begins where its pattern first comes true. */
function firstTime(time: ItemTime, recurrence: Recurrence | undefined): ItemTime {
  if (!recurrence) return time
  const first = firstDate(recurrence)
  if (first === undefined)
    throw new EwsError("ErrorRecurrenceHasNoOccurrence", "The specified recurrence has no occurrence.")
  return timeOn(time, first, recurrence.range.zone)
}

/** Anything but SendToNone mails whoever is invited. */
function mailing<T>(session: Session, sending: string, work: () => T): T {
  return sending === "SendToNone" ? session.store.outbox.quietly(work) : work()
}

function contentAfter(before: Content | undefined, changes: ItemChanges): Partial<Content> {
  const attendees = attendeesAfter(before?.attendees ?? [], changes)
  return {
    ...changes.content,
    ...(attendees ? { attendees } : {}),
    ...(changes.named.size > 0 ? { named: mergedNamed(before?.named ?? new Map(), changes.named) } : {}),
  }
}

export function updateItems(session: Session, request: XmlElement): Markup {
  const { ConflictResolution, SendMeetingInvitationsOrCancellations: sending } = request.attributes
  const itemChanges = childOf(request, "ItemChanges")?.children ?? []
  return responses(
    "UpdateItem",
    itemChanges,
    change => {
      if (sending === undefined)
        throw new EwsError(
          "ErrorSendMeetingInvitationsOrCancellationsRequired",
          "The SendMeetingInvitationsOrCancellations attribute is required for calendar items.",
        )
      const [id] = change.children
      if (!id) throw new EwsError("ErrorInvalidIdEmpty", "The Id is empty.")
      const target = findItem(session, id)
      requireChanging(session, target.mailbox)
      requireChangeKey(target, mayOverwrite(session, ConflictResolution))
      const changes = changesIn(childOf(change, "Updates"))
      const entry = mailing(session, sending, () => applied(session, target, changes))
      return [
        el("m:Items", {}, el("t:CalendarItem", {}, itemIdElement(target.mailbox, entry))),
        el("m:ConflictResults", {}, el("t:Count", {}, 0)),
      ]
    },
    [el("m:Items")],
  )
}

function mayOverwrite({ store }: Session, resolution: string | undefined): boolean {
  if (resolution === "AutoResolve") return store.switches.autoResolve === "laterWins"
  return resolution === "AlwaysOverwrite"
}

function changesIn(updates: XmlElement | undefined): ItemChanges {
  const changes = noChanges()
  for (const update of updates?.children ?? []) {
    const [path, item] = update.children
    if (!path) continue
    if (update.name === "DeleteItemField") deleteField(changes, path)
    else if (update.name === "SetItemField") setOne(changes, path, item)
    else throw new EwsError("ErrorInvalidPropertyAppend", "Append action is not supported for this property.")
  }
  return changes
}

/** A SetItemField carries the one property its path names. */
function setOne(changes: ItemChanges, path: XmlElement, item: XmlElement | undefined): void {
  const [property, ...others] = item?.children ?? []
  if (!property || others.length > 0)
    throw new EwsError(
      "ErrorIncorrectUpdatePropertyCount",
      "An object within a change description must contain one and only one property to modify.",
    )
  const named = path.name === "ExtendedFieldURI" ? "ExtendedProperty" : path.attributes["FieldURI"]?.split(":")[1]
  if (named !== property.name)
    throw new EwsError("ErrorUpdatePropertyMismatch", "The property in the path does not match the property to modify.")
  setField(changes, property)
}

function applied(session: Session, { mailbox, entry }: ItemTarget, changes: ItemChanges): Entry {
  const time = resolveTime(changes.time, { before: entry.content.time, context: session.zone })
  if (entry.date !== undefined) {
    // Named properties as they were given: an empty one hides what the series has.
    const named = changes.named.size > 0 ? { named: changes.named } : {}
    const content = { ...contentAfter(entry.content, changes), ...named, ...(time ? { time } : {}) }
    return changedOccurrence(session, { mailbox, entry, date: entry.date, content, changes })
  }
  const recurrence = recurrenceAfter(entry.item, changes, time)
  const moved = recurrence ? firstTime(time ?? entry.content.time, recurrence) : time
  const content = { ...contentAfter(entry.content, changes), ...(moved ? { time: moved } : {}) }
  return entryOf(session.store.update(mailbox, entry.item, content, recurrence))
}

function changedOccurrence(
  session: Session,
  given: Pick<ItemTarget, "mailbox" | "entry"> & {
    readonly date: string
    readonly content: Partial<Content>
    readonly changes: ItemChanges
  },
): Entry {
  const { mailbox, entry, date, content, changes } = given
  if (changes.recurrence !== undefined)
    throw new EwsError("ErrorCalendarCannotUpdateDeletedItem", "An occurrence has no recurrence of its own.")
  if (content.time && !staysBetweenNeighbours(entry.item, date, content.time))
    throw new EwsError("ErrorOccurrenceCrossingBoundary", "Cannot move the occurrence across another one.")
  const item = session.store.changeOccurrence(mailbox, entry.item, date, content)
  return occurrenceOn(item, date, true) ?? entry
}

/** The recurrence a write leaves; undefined when it stays as it is. A series that moves to another date takes its pattern along. */
function recurrenceAfter(item: Item, changes: ItemChanges, time: ItemTime | undefined): Recurrence | null | undefined {
  if (changes.recurrence === null) return null
  const now = time ?? item.content.time
  if (changes.recurrence) return recurrenceAt(changes.recurrence, now)
  const before = item.series?.recurrence
  if (!before || !time) return undefined
  const startDate = time.start.wall.slice(0, "yyyy-MM-dd".length)
  const { zone, zoneName } = time.start
  return { ...before, range: { ...before.range, startDate, zone, zoneName } }
}

export function deleteItems(session: Session, request: XmlElement): Markup {
  const { DeleteType, SendMeetingCancellations: sending } = request.attributes
  const ids = childOf(request, "ItemIds")?.children ?? []
  return responses("DeleteItem", ids, id => {
    const { mailbox, entry } = findItem(session, id)
    requireChanging(session, mailbox)
    if (sending === undefined)
      throw new EwsError(
        "ErrorSendMeetingCancellationsRequired",
        "The SendMeetingCancellations attribute is required for calendar items.",
      )
    const how = DeleteType === "MoveToDeletedItems" ? "toDeletedItems" : "permanently"
    mailing(session, sending, () => {
      if (entry.date === undefined) session.store.remove(mailbox, entry.item, how)
      else session.store.cancelOccurrence(mailbox, entry.item, entry.date)
    })
    return []
  })
}
