import type { CalendarEvent } from "../../core/event.ts"
import { checkOf, type Mark, parseMark } from "../../core/origin.ts"
import { type CopyHead, type KnownCopy, knownCopy, unreadableCopy } from "../known-copies.ts"
import { madeUid } from "../made-uid.ts"
import { normalForm } from "../normal-form.ts"
import { textAt } from "./json.ts"
import { type GraphItem, readEvent } from "./read-event.ts"

/** The copy an item is, or undefined when it carries no readable mark. An item nobody can read is a copy all the same. */
export function copyOf(item: GraphItem): KnownCopy | undefined {
  const head = headOf(item)
  if (!head) return undefined
  try {
    return knownCopy(head, normalForm(readEvent(item), "graph"))
  } catch {
    return unreadableCopy(head)
  }
}

/** A copy the list has and nobody finds: it counts as one, and as none that another could be given up for. */
export function doubtfulCopyOf(item: GraphItem): KnownCopy | undefined {
  const head = headOf(item)
  return head && unreadableCopy(head)
}

function headOf(item: GraphItem): CopyHead | undefined {
  const { id, version, markText, isMeeting, kind } = item
  const mark = markText === undefined ? undefined : parseMark(markText)
  if (!mark || markText === undefined) return undefined
  return {
    id,
    version,
    markText,
    isMeeting,
    isSeries: kind === "seriesMaster",
    tie: isMadeFor(mark, item) ? "Proven" : "None",
  }
}

/** A copy as it was just written, without asking what became of it. */
export function copyAsWritten(
  item: Pick<GraphItem, "id" | "version" | "markText" | "isMeeting">,
  event: CalendarEvent,
): KnownCopy {
  const { id, version, markText = "", isMeeting } = item
  const isSeries = event.recurrence !== undefined
  const head = { id, version, markText, isMeeting, isSeries, tie: "Proven" } as const
  return knownCopy(head, normalForm(event, "graph"))
}

/**
 * Duplicating an item in Outlook duplicates its mark, but not the transaction it was made by, and never its id or its UID.
 * Copies made through EWS, before the mailbox moved, are tied to their UID.
 */
function isMadeFor(mark: Mark, { id, transactionId, fields }: GraphItem): boolean {
  const shown = textAt(fields, "iCalUId")
  const madeAs = [id, transactionId, shown === undefined ? undefined : madeUid(shown)]
  return madeAs.some(name => name !== undefined && mark.check === checkOf(name))
}
