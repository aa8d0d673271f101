import { checkOf, type Mark, parseMark } from "../../core/origin.ts"
import { type KnownCopy, knownCopy, unreadableCopy } from "../known-copies.ts"
import { normalEvent } from "./normal-event.ts"
import { type EwsItem, type ReadOptions, readEvent } from "./read-event.ts"

/** The copy an item is, or undefined when it carries no readable mark. An item nobody can read is a copy all the same. */
export function copyOf(item: EwsItem, options: ReadOptions): KnownCopy | undefined {
  const { id, version, markText, isMeeting } = item
  const mark = markText === undefined ? undefined : parseMark(markText)
  if (!mark || markText === undefined) return undefined
  const isSeries = item.kind === "RecurringMaster"
  const head = { id, version, markText, isMeeting, isSeries, isCopyOfAnother: !isMadeFor(mark, item) }
  try {
    return knownCopy(head, normalEvent(readEvent(item, options)))
  } catch {
    return unreadableCopy(head)
  }
}

/** Duplicating an item in Outlook duplicates its mark, but neither its id nor the UID it was made with. */
function isMadeFor(mark: Mark, { id, uid }: EwsItem): boolean {
  return mark.check === checkOf(id) || (uid !== undefined && mark.check === checkOf(uid))
}
