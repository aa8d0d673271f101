import type { EventTime, OccurrenceKey, Recurrence } from "../core/event.ts"
import { occurrenceTimes } from "../core/recurrence-times.ts"
import { endInstant, occurrenceKey, startInstant } from "../core/time.ts"

/**
 * What Exchange demands of the instances of one series, moved or not: each starts on a later day than the one before
 * (ErrorOccurrenceCrossingBoundary) and not before that has ended (ErrorOccurrenceTimeSpanTooBig). A deleted instance
 * keeps its day, over which none may be moved, but none of its hours.
 */
export function keepsInLine(
  { time, recurrence }: { readonly time: EventTime; readonly recurrence: Recurrence },
  starts: readonly Temporal.PlainDateTime[],
): boolean {
  const excluded = new Set(recurrence.excluded)
  const overrides = new Map(recurrence.overrides.map(override => [override.occurrence, override.content.time]))
  for (const key of excluded) overrides.delete(key)
  if (overrides.size === 0 && excluded.size === 0 && isShort(time)) return true
  const times = starts.map(occurrenceTimes(time))
  if (!hasAll(times, overrides) || !hasSomeLeft(times, excluded)) return false
  const slots = times.map(regular => slotOf(regular, { time, excluded, overrides }))
  return slots.every((slot, index) => follows(slot, slots[index - 1]))
}

/** Patterns put one occurrence a day, and no change of clocks makes a day shorter than this: nothing to look at. */
const shortHours = 20

function isShort(time: EventTime): boolean {
  return !time.allDay && time.start.until(time.end).total("hours") <= shortHours
}

/** An override of nothing is no instance of a series, and one turned all-day would be an instance of another kind. */
function hasAll(times: readonly EventTime[], overrides: ReadonlyMap<OccurrenceKey, EventTime>): boolean {
  const keys = new Map(times.map(time => [occurrenceKey(time), time.allDay]))
  return [...overrides].every(([key, moved]) => keys.get(key) === moved.allDay)
}

/** With its last instance Exchange deletes the series (ErrorRecurrenceHasNoOccurrence). */
function hasSomeLeft(times: readonly EventTime[], excluded: ReadonlySet<OccurrenceKey>): boolean {
  return times.some(time => !excluded.has(occurrenceKey(time)))
}

type Slot = { readonly day: Temporal.PlainDate; readonly start: Temporal.Instant; readonly end: Temporal.Instant }

type Exceptions = {
  readonly time: EventTime
  readonly excluded: ReadonlySet<OccurrenceKey>
  readonly overrides: ReadonlyMap<OccurrenceKey, EventTime>
}

function slotOf(regular: EventTime, { time, excluded, overrides }: Exceptions): Slot {
  const key = occurrenceKey(regular)
  const actual = overrides.get(key) ?? regular
  const zone = time.allDay ? "UTC" : time.start.timeZoneId
  const start = startInstant(actual, zone)
  const end = excluded.has(key) ? start : endInstant(actual, zone)
  return { day: start.toZonedDateTimeISO(zone).toPlainDate(), start, end }
}

function follows(slot: Slot, before: Slot | undefined): boolean {
  return (
    before === undefined ||
    (Temporal.PlainDate.compare(before.day, slot.day) < 0 && Temporal.Instant.compare(before.end, slot.start) <= 0)
  )
}

export type Move = { readonly occurrence: OccurrenceKey; readonly content: { readonly time: EventTime } }

/**
 * The order in which instances can be changed one by one without passing each other on the way: what goes later from the
 * last on, then what goes earlier from the first on. `from` says when an instance takes place before.
 */
export function inMovingOrder<One extends Move>(
  moves: readonly One[],
  from: (occurrence: OccurrenceKey) => EventTime | undefined,
): readonly One[] {
  const placed = moves.map(move => {
    const before = from(move.occurrence)
    const startMs = startInstant(move.content.time, "UTC").epochMilliseconds
    const isEarlier = before !== undefined && startMs < startInstant(before, "UTC").epochMilliseconds
    return { move, startMs, isEarlier }
  })
  const later = placed.filter(({ isEarlier }) => !isEarlier).toSorted((a, b) => b.startMs - a.startMs)
  const earlier = placed.filter(({ isEarlier }) => isEarlier).toSorted((a, b) => a.startMs - b.startMs)
  return [...later, ...earlier].map(({ move }) => move)
}
