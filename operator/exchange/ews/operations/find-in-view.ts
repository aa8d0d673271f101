import { TemporaryError } from "../../../core/errors.ts"
import type { Window } from "../../../core/ports.ts"
import { listShape } from "../event/item-fields.ts"
import type { EwsItem } from "../event/read-event.ts"
import { isTooMuch, problemError, readMessageProblem } from "../wire/problem.ts"
import { messagesIn } from "../wire/response.ts"
import { element, type XmlNode } from "../wire/xml-write.ts"
import { readPage } from "./find-item.ts"
import { askToRead, type EwsMailbox, type FolderRef, folderId } from "./mailbox.ts"

/** Views of more than two years are refused (ErrorCalendarViewRangeTooBig). */
const longestViewHours = 700 * 24
/** Views have no pages: what does not fit is asked for in halves, down to this. */
const shortestViewHours = 1

/**
 * Everything that takes place in a window, series as their occurrences, as far as lists tell. Throws a core error when
 * part of it cannot be had.
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/calendarview
 */
export async function findInView(
  mailbox: EwsMailbox,
  { folder, window }: { readonly folder: FolderRef; readonly window: Window },
  signal: AbortSignal,
): Promise<readonly EwsItem[]> {
  const found = new Map<string, EwsItem>()
  const open = [...pieces(window, longestViewHours)]
  for (let piece = open.pop(); piece; piece = open.pop()) {
    const items = await viewed(mailbox, writeView(folderId(folder, mailbox), piece), signal)
    if (items) for (const item of items) found.set(item.id, item)
    else open.push(...halves(piece))
  }
  return [...found.values()]
}

/** Undefined where there is more in it than one answer holds. */
async function viewed(
  mailbox: EwsMailbox,
  request: XmlNode,
  signal: AbortSignal,
): Promise<readonly EwsItem[] | undefined> {
  const [message] = messagesIn(await askToRead(mailbox, { request, operation: "foreign" }, signal))
  const problem = message && readMessageProblem(message)
  if (problem && isTooMuch(problem)) return undefined
  if (problem) throw problemError(problem)
  const page = readPage(message)
  return page.isLast ? page.items : undefined
}

function writeView(folder: XmlNode, { start, end }: Window): XmlNode {
  return element(
    "m:FindItem",
    { Traversal: "Shallow" },
    listShape(),
    element("m:CalendarView", { StartDate: text(start), EndDate: text(end) }),
    element("m:ParentFolderIds", {}, folder),
  )
}

/** To the second, and none too few: what begins within the last one counts. */
function text(at: Temporal.Instant): string {
  return at.round({ smallestUnit: "second", roundingMode: "ceil" }).toString()
}

function* pieces({ start, end }: Window, hours: number): Generator<Window> {
  for (let at = start; Temporal.Instant.compare(at, end) < 0; at = at.add({ hours })) {
    const next = at.add({ hours })
    yield { start: at, end: Temporal.Instant.compare(next, end) < 0 ? next : end }
  }
}

function halves({ start, end }: Window): Iterable<Window> {
  const hours = Math.ceil(start.until(end).total("hours") / 2)
  if (start.until(end).total("hours") > shortestViewHours) return pieces({ start, end }, hours)
  throw new TemporaryError("Exchange does not list an hour of the calendar in one answer", { reason: "Unreachable" })
}
