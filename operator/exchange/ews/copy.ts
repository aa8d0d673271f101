import type { CalendarEvent } from "../../core/event.ts"
import { checkOf, type Mark, parseMark } from "../../core/origin.ts"
import type { EwsVersion } from "../../core/ports.ts"
import { type CopyHead, type KnownCopy, knownCopy, unreadableCopy } from "../known-copies.ts"
import { madeUid } from "../made-uid.ts"
import { normalEvent } from "./normal-event.ts"
import { type EwsItem, headOf, type ItemHead, type ReadOptions, readEvent } from "./read-event.ts"

/** The copy an item is, or undefined when it carries no readable mark. An item nobody can read is a copy all the same. */
export function copyOf(item: EwsItem, options: ReadOptions & { readonly version: EwsVersion }): KnownCopy | undefined {
  const head = copyHead(headOf(item))
  if (!head) return undefined
  try {
    return knownCopy(head, normalEvent(readEvent(item, options), options.version))
  } catch {
    return unreadableCopy(head)
  }
}

/** Whether it carries a mark we can read. */
export function isCopy({ markText }: ItemHead): boolean {
  return markText !== undefined && parseMark(markText) !== undefined
}

/** A copy that is listed, and cannot be had. */
export function unreadCopyOf(item: ItemHead): KnownCopy | undefined {
  const head = copyHead(item)
  return head && unreadableCopy(head)
}

export type WrittenCopy = {
  readonly id: string
  readonly version: string
  readonly event: CalendarEvent
  readonly markText: string
}

/** A copy as it was just written, without asking what became of it. */
export function copyAsWritten({ id, version, event, markText }: WrittenCopy, schema: EwsVersion): KnownCopy {
  const isSeries = event.recurrence !== undefined
  const head = { id, version, markText, isMeeting: false, isSeries, isCopyOfAnother: false }
  return knownCopy(head, normalEvent(event, schema))
}

function copyHead(item: ItemHead): CopyHead | undefined {
  const { id, version, markText, isMeeting } = item
  const mark = markText === undefined ? undefined : parseMark(markText)
  if (!mark || markText === undefined) return undefined
  const isSeries = item.kind === "RecurringMaster"
  return { id, version, markText, isMeeting, isSeries, isCopyOfAnother: !isMadeFor(mark, item) }
}

/** Duplicating an item in Outlook duplicates its mark, but neither its id nor the UID it was made with. */
function isMadeFor(mark: Mark, { id, uid }: ItemHead): boolean {
  return mark.check === checkOf(id) || (uid !== undefined && mark.check === checkOf(madeUid(uid)))
}
