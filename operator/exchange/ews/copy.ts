import type { CalendarEvent } from "../../core/event.ts"
import type { EwsVersion } from "../../core/exchange-settings.ts"
import { checkOf, type Mark, parseMark } from "../../core/origin.ts"
import { type CopyHead, type KnownCopy, knownCopy, type Tie, unreadableCopy } from "../known-copies.ts"
import { madeUid } from "../made-uid.ts"
import { normalEvent } from "./event/normal-event.ts"
import { type EwsItem, exceptionIds, headOf, type ItemHead, type ReadOptions, readEvent } from "./event/read-event.ts"

/**
 * The copy an item is, or undefined when it carries no readable mark. An item nobody can read is a copy all the same, and
 * a series with guests at one of its occurrences a meeting.
 */
export function copyOf(item: EwsItem, options: ReadOptions & { readonly version: EwsVersion }): KnownCopy | undefined {
  const isMeeting = item.isMeeting || exceptionIds(item).some(id => options.exceptions?.get(id)?.isMeeting)
  const head = copyHead({ ...headOf(item), isMeeting })
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
  const head = { id, version, markText, isMeeting: false, isSeries, tie: "Proven" } as const
  return knownCopy(head, normalEvent(event, schema))
}

function copyHead(item: ItemHead): CopyHead | undefined {
  const { id, version, markText, isMeeting } = item
  const mark = markText === undefined ? undefined : parseMark(markText)
  if (!mark || markText === undefined) return undefined
  const isSeries = item.kind === "RecurringMaster"
  return { id, version, markText, isMeeting, isSeries, tie: tieOf(mark, item) }
}

/** Between the making of a mark and that of its item lies a whole first load at most, and what two clocks differ by. */
const youngerAtMostMs = 3_600_000

/**
 * Duplicating an item in Outlook duplicates its mark, but neither its id nor the UID it was made with. Copies made through
 * Graph, before the mailbox moved, are tied to a transaction that is not shown here: only their age speaks for them.
 */
function tieOf(mark: Mark, { id, uid, createdMs = Infinity }: ItemHead): Tie {
  const madeAs = [id, ...(uid === undefined ? [] : [madeUid(uid)])]
  if (madeAs.some(name => mark.check === checkOf(name))) return "Proven"
  return createdMs <= mark.writtenAt.epochMilliseconds + youngerAtMostMs ? "Plausible" : "None"
}
