import type { Window } from "../../core/ports.ts"
import { widened } from "../../core/time.ts"
import { type ForeignEvents, toForeign } from "../foreign-events.ts"
import { normalForm } from "../normal-form.ts"
import { expandMark, type GraphItem, readEvent, selectEvent } from "./read-event.ts"
import { lookAt, pageSize, type Reader, readAll } from "./read-items.ts"

/** Graph refuses views of more than 1825 days. */
const longestViewDays = 1800
/** All-day events are matched as days in UTC, whatever zone they are read in. */
const allDaySlack = Temporal.Duration.from({ days: 1 })

/**
 * What other people put into the calendar within the window: single events and whole series. Meetings are left out: to
 * touch one is to mail its guests.
 */
export async function readForeign(
  reader: Reader,
  { view, window }: { readonly view: string; readonly window: Window },
  signal: AbortSignal,
): Promise<ForeignEvents> {
  const seen = new Map<string, GraphItem>()
  for (const piece of pieces(widened(window, allDaySlack))) {
    const path = `${view}?${viewRange(piece)}&${selectEvent}&${expandMark}&$top=${pageSize}`
    for (const item of (await readAll(reader, path, "foreign", signal)).items) seen.set(item.id, item)
  }
  const singles = [...seen.values()].filter(item => item.kind === "singleInstance")
  const masters = await readMasters(reader, [...seen.values()], signal)
  return toForeign([...singles, ...masters], item => normalForm(readEvent(item), "graph"))
}

function viewRange({ start, end }: Window): string {
  return String(new URLSearchParams({ startDateTime: start.toString(), endDateTime: end.toString() }))
}

function* pieces({ start, end }: Window): Generator<Window> {
  const length = { hours: longestViewDays * 24 }
  for (let at = start; Temporal.Instant.compare(at, end) < 0; at = at.add(length)) {
    const next = at.add(length)
    yield { start: at, end: Temporal.Instant.compare(next, end) < 0 ? next : end }
  }
}

async function readMasters(
  reader: Reader,
  items: readonly GraphItem[],
  signal: AbortSignal,
): Promise<readonly GraphItem[]> {
  const ids = new Set(items.flatMap(item => item.seriesMasterId ?? []))
  const looks = await lookAt(
    reader,
    [...ids].map(id => ({ id, isSeries: true })),
    signal,
  )
  return [...looks.values()].flatMap(look => (look.kind === "Found" ? [look.item] : []))
}
