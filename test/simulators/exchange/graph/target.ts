import { parseFolderId, parseItemId } from "../store/ids.ts"
import type { Entry, Item } from "../store/item.ts"
import { DEFAULT_CALENDAR, DELETED_ITEMS, type Mailbox } from "../store/mailbox.ts"
import { entryOf, occurrenceOn } from "../store/series.ts"
import type { Store } from "../store/store.ts"
import { GraphError, itemNotFound, malformedId } from "./graph-error.ts"

/** The mailbox and calendar a path names. */
export type Target = {
  readonly mailbox: Mailbox
  readonly folder: number
  /** The path names the calendar, so its items must lie there. */
  readonly named: boolean
}

export function calendarTarget(mailbox: Mailbox, id: string): Target {
  const ref = parseFolderId(id)
  if (!ref) throw malformedId()
  if (ref.mailbox !== mailbox.id || !mailbox.calendars.has(ref.folder))
    throw new GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")
  return { mailbox, folder: ref.folder, named: true }
}

export function defaultTarget(mailbox: Mailbox): Target {
  return { mailbox, folder: DEFAULT_CALENDAR, named: false }
}

/** The item, series or occurrence an id names; deleted and moved ones are not found, as far as switches say so. */
export function findEntry(store: Store, target: Target, id: string): Entry {
  const ref = parseItemId(id)
  if (!ref) throw malformedId()
  const item = ref.mailbox === target.mailbox.id ? target.mailbox.items.get(ref.number) : undefined
  const inDeletedItems = ref.form === "immutable" && store.switches.deletedStayReachable
  if (
    !item ||
    !(isThere(item, target) || (inDeletedItems && isDeleted(item, target))) ||
    (ref.folder !== undefined && ref.folder !== item.folder)
  )
    throw itemNotFound()
  if (ref.date === undefined) return entryOf(item)
  const entry = occurrenceOn(item, ref.date, store.switches.occurrencesInheritProperties)
  if (!entry) throw itemNotFound()
  return entry
}

function isDeleted(item: Item, { named }: Target): boolean {
  return !named && item.folder === DELETED_ITEMS
}

function isThere(item: Item, { mailbox, folder, named }: Target): boolean {
  return mailbox.calendars.has(item.folder) && (!named || item.folder === folder)
}
