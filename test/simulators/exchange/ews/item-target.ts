import { changeKey } from "../store/ids.ts"
import type { Entry, Item } from "../store/item.ts"
import type { Mailbox } from "../store/mailbox.ts"
import { datesOf } from "../store/recurrence.ts"
import { entryOf, occurrenceOn } from "../store/series.ts"
import { EwsError, itemNotFound, malformedId } from "./ews-error.ts"
import { parseEwsItemId } from "./ews-ids.ts"
import { mayOpen, type Session } from "./session.ts"
import type { XmlElement } from "./xml.ts"

/** The item an ItemId, OccurrenceItemId or RecurringMasterItemId names. */
export type ItemTarget = { readonly mailbox: Mailbox; readonly entry: Entry; readonly changeKey: string | undefined }

/** What is denied looks like what is not there. */
export function findItem(session: Session, element: XmlElement): ItemTarget {
  const { attributes } = element
  const key = attributes["ChangeKey"]
  switch (element.name) {
    case "OccurrenceItemId": {
      const { mailbox, item, date } = located(session, attributes["RecurringMasterId"])
      if (date !== undefined || !item.series)
        throw new EwsError("ErrorCalendarCannotUseIdForOccurrenceId", "The Id is not that of a recurring master.")
      return { mailbox, entry: occurrenceAt(item, Number(attributes["InstanceIndex"])), changeKey: key }
    }
    case "RecurringMasterItemId": {
      const { mailbox, item, date } = located(session, attributes["OccurrenceId"])
      if (date === undefined)
        throw new EwsError("ErrorCalendarCannotUseIdForRecurringMasterId", "The Id is not that of an occurrence.")
      return { mailbox, entry: entryOf(item), changeKey: key }
    }
    default: {
      const { mailbox, item, date } = located(session, attributes["Id"])
      const entry = date === undefined ? entryOf(item) : occurrenceOn(item, date, true)
      if (!entry) throw itemNotFound()
      return { mailbox, entry, changeKey: key }
    }
  }
}

function located(
  session: Session,
  id: string | undefined,
): { readonly mailbox: Mailbox; readonly item: Item; readonly date: string | undefined } {
  if (!id) throw new EwsError("ErrorInvalidIdEmpty", "The Id is empty.")
  const ref = parseEwsItemId(id)
  if (ref?.folder === undefined) throw malformedId()
  const mailbox = session.store.findMailbox(ref.mailbox)
  const item = mailbox && mayOpen(session, mailbox) ? mailbox.items.get(ref.number) : undefined
  if (!mailbox || item?.folder !== ref.folder) throw itemNotFound()
  return { mailbox, item, date: ref.date }
}

const HORIZON = "4500-09-01"

/** The n-th of the original pattern, counted from one; deleted ones count. */
function occurrenceAt(item: Item, index: number): Entry {
  const { series } = item
  let at = 0
  if (series && index >= 1)
    for (const date of datesOf(series.recurrence, series.recurrence.range.startDate, HORIZON)) {
      if (++at < index) continue
      const entry = occurrenceOn(item, date.toString(), true)
      if (entry) return entry
      throw new EwsError(
        "ErrorCalendarOccurrenceIsDeletedFromRecurrence",
        "Occurrence with the specified index was previously deleted from the recurrence.",
      )
    }
  throw new EwsError(
    "ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange",
    "Occurrence index is out of recurrence range.",
  )
}

/** The ChangeKey a write carries must be that of now, unless it may overwrite; it must be there in any case. */
export function requireChangeKey(target: ItemTarget, mayOverwrite: boolean): void {
  if (target.changeKey === undefined || target.changeKey === "")
    throw new EwsError(
      "ErrorChangeKeyRequiredForWriteOperations",
      "The change key is required for write operations on items.",
    )
  if (mayOverwrite || target.changeKey === changeKey(target.entry.version)) return
  throw new EwsError(
    "ErrorIrresolvableConflict",
    "The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.",
  )
}
