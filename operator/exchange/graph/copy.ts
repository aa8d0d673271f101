import type { CalendarEvent } from "../../core/event.ts"
import { checkOf, type Mark, parseMark } from "../../core/origin.ts"
import { type KnownCopy, knownCopy, unreadableCopy } from "../known-copies.ts"
import { madeUid } from "../made-uid.ts"
import { normalForm } from "../normal-form.ts"
import { textAt } from "./json.ts"
import { type GraphItem, readEvent } from "./read-event.ts"

/** The copy an item is, or undefined when it carries no readable mark. An item nobody can read is a copy all the same. */
export function copyOf(item: GraphItem): KnownCopy | undefined {
  const mark = item.markText === undefined ? undefined : parseMark(item.markText)
  if (!mark || item.markText === undefined) return undefined
  const { id, version, markText, isMeeting } = item
  const isSeries = item.kind === "seriesMaster"
  const head = { id, version, markText, isMeeting, isSeries, tie: isMadeFor(mark, item) ? "Proven" : "None" } as const
  try {
    return knownCopy(head, normalForm(readEvent(item), "graph"))
  } catch {
    return unreadableCopy(head)
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
