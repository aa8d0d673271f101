import type { Content, Entry, Item, ItemTime, Series, Wall } from "./item.ts"
import { datesOf, type Recurrence } from "./recurrence.ts"
import { instantOf, wallOf } from "./time-zones.ts"

/** Occurrences of a series: when they are, and what each of them says. */

/** Half-open, in milliseconds. */
export type Span = { readonly startMs: number; readonly endMs: number }

const DAY_MS = 86_400_000

export function overlaps(time: Span, span: Span): boolean {
  if (time.startMs === time.endMs) return time.startMs >= span.startMs && time.startMs < span.endMs
  return time.startMs < span.endMs && time.endMs > span.startMs
}

export function entryOf(item: Item): Entry {
  return {
    type: item.series ? "seriesMaster" : "singleInstance",
    item,
    content: item.content,
    version: item.version,
    createdMs: item.createdMs,
    modifiedMs: item.modifiedMs,
  }
}

/** The occurrences and exceptions that overlap a span, never the cancelled ones, in the order of their original dates. */
export function* occurrencesIn(item: Item, span: Span, inherit: boolean): Generator<Entry> {
  const { series } = item
  if (!series) return
  const lengthMs = item.content.time.endMs - item.content.time.startMs
  const zone = series.recurrence.range.zone
  const from = dateAt(span.startMs - lengthMs - DAY_MS, zone)
  const to = dateAt(span.endMs + DAY_MS, zone)
  const seen = new Set<string>()
  for (const date of datesOf(series.recurrence, from, to)) {
    const text = date.toString()
    seen.add(text)
    if (series.cancelled.has(text)) continue
    const entry = occurrence(item, series, text, inherit)
    if (overlaps(entry.content.time, span)) yield entry
  }
  for (const date of series.exceptions.keys()) {
    if (seen.has(date) || !hasDate(series, date)) continue
    const entry = occurrence(item, series, date, inherit)
    if (overlaps(entry.content.time, span)) yield entry
  }
}

function dateAt(ms: number, zone: string): string {
  return wallOf(ms, zone).toPlainDate().toString()
}

/** The occurrence of an original date, or undefined when the pattern has none there or it was cancelled. */
export function occurrenceOn(item: Item, date: string, inherit: boolean): Entry | undefined {
  const { series } = item
  if (!series || series.cancelled.has(date) || !hasDate(series, date)) return undefined
  return occurrence(item, series, date, inherit)
}

function hasDate({ recurrence }: Series, date: string): boolean {
  const [found] = datesOf(recurrence, date, date)
  return found !== undefined
}

function occurrence(item: Item, series: Series, date: string, inherit: boolean): Entry {
  const time = timeOn(item.content.time, date, series.recurrence.range.zone)
  const exception = series.exceptions.get(date)
  const named = inherit ? item.content.named : new Map<string, string>()
  const content: Content = { ...item.content, named, time, ...exception?.changes }
  const merged = exception?.changes.named
    ? { ...content, named: new Map([...named, ...exception.changes.named]) }
    : content
  return {
    type: exception ? "exception" : "occurrence",
    item,
    date,
    originalStartMs: time.startMs,
    content: merged,
    version: exception?.version ?? item.version,
    createdMs: exception?.createdMs ?? item.createdMs,
    modifiedMs: exception?.modifiedMs ?? item.modifiedMs,
  }
}

/** The time of a series on another date: the same hours on the wall of the range's zone. */
export function timeOn(time: ItemTime, date: string, zone: string): ItemTime {
  if (time.allDay) return allDayOn(time, date)
  const start = wallOf(time.startMs, zone)
  const days = start.toPlainDate().until(Temporal.PlainDate.from(date)).days
  const startWall = start.add({ days })
  const startMs = instantOf(startWall.toString(), zone)
  // One that would begin where clocks leave out an hour begins after it, and is as long as any.
  const isMoved = !wallOf(startMs, zone).equals(startWall)
  const endWall = isMoved ? wallOf(startMs + time.endMs - time.startMs, zone) : wallOf(time.endMs, zone).add({ days })
  return {
    allDay: false,
    start: { ...time.start, wall: startWall.toString(), zone },
    end: { ...time.end, wall: endWall.toString(), zone },
    startMs,
    endMs: instantOf(endWall.toString(), zone),
  }
}

function allDayOn(time: ItemTime, date: string): ItemTime {
  const days = Temporal.PlainDateTime.from(time.start.wall).toPlainDate().until(Temporal.PlainDate.from(date)).days
  return {
    allDay: true,
    start: shifted(time.start, days),
    end: shifted(time.end, days),
    startMs: time.startMs + days * DAY_MS,
    endMs: time.endMs + days * DAY_MS,
  }
}

function shifted(wall: Wall, days: number): Wall {
  return { ...wall, wall: Temporal.PlainDateTime.from(wall.wall).add({ days }).toString() }
}

/** The first of the series, or undefined for a pattern that never comes true. */
export function firstDate(recurrence: Recurrence): string | undefined {
  const { range } = recurrence
  const horizon = Temporal.PlainDate.from(range.startDate).add({ years: 100 }).toString()
  for (const date of datesOf(recurrence, range.startDate, horizon)) return date.toString()
  return undefined
}

/** How far neighbours are looked for: Exchange's longest interval between two occurrences is 99 months or 999 days. */
const NEIGHBOUR_YEARS = 9

/** Whether an occurrence may move to a time: it stays strictly between the days of its neighbours. */
export function staysBetweenNeighbours(item: Item, date: string, time: ItemTime): boolean {
  const { series } = item
  if (!series) return true
  const zone = series.recurrence.range.zone
  const on = Temporal.PlainDate.from(date)
  const from = on.subtract({ years: NEIGHBOUR_YEARS }).toString()
  const to = on.add({ years: NEIGHBOUR_YEARS }).toString()
  // Whole days are kept as midnights of UTC, whatever their zone.
  const dayOf = ({ startMs, allDay }: ItemTime) => dateAt(startMs, allDay ? "UTC" : zone)
  const target = dayOf(time)
  for (const neighbour of datesOf(series.recurrence, from, to)) {
    const original = neighbour.toString()
    if (original === date || series.cancelled.has(original)) continue
    const moved = series.exceptions.get(original)?.changes.time
    const actual = moved ? dayOf(moved) : original
    if (original < date && actual >= target) return false
    if (original > date) return actual > target
  }
  return true
}
