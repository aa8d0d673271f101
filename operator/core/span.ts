import { floatingZone } from "./desired.ts"
import type { CalendarEvent, EventTime } from "./event.ts"
import type { Span, StoredEvent, Window } from "./ports.ts"
import { expand, hasOccurrenceAfter } from "./recurrence.ts"
import { endInstant, startInstant } from "./time.ts"

/**
 * From the first start to the last end of an event, for listings that keep no events. A series that ends is measured to
 * the day, never too short. Throws RecurrenceTooComplexError.
 */
export function spanOf(event: CalendarEvent): Span {
  if (!event.recurrence) return between(startOf(event.time), endOf(event.time))
  const start = earliest(timesOf(event).map(startOf))
  const isEndless = event.recurrence.rules.some(rule => rule.count === undefined && rule.until === undefined)
  return between(start, isEndless ? undefined : lastDayOf(event, start))
}

function between({ epochMilliseconds: startMs }: Temporal.Instant, end: Temporal.Instant | undefined): Span {
  return end ? { startMs, endMs: end.epochMilliseconds } : { startMs }
}

/** Whether a stored item lies in the window, or undefined when nothing tells when it is. */
export function liesIn(stored: Pick<StoredEvent, "event" | "span">, window: Window): boolean | undefined {
  if (!stored.span && stored.event?.recurrence) return hasOccurrenceIn(stored.event, window)
  const span = stored.span ?? (stored.event && spanOf(stored.event))
  if (!span) return undefined
  const { startMs, endMs } = span
  if (startMs >= window.end.epochMilliseconds) return false
  const from = window.start.epochMilliseconds
  return endMs === undefined || endMs > from || (endMs === from && startMs === from)
}

/** The interval in which all of these vouch for what they say, if there is any. */
export function intersection(windows: readonly Window[]): Window | undefined {
  const start = latest(windows.map(window => window.start))
  const end = earliest(windows.map(window => window.end))
  return Temporal.Instant.compare(start, end) < 0 ? { start, end } : undefined
}

/** A series is where its occurrences are: one that comes again in a year is not here, though it has begun and goes on. */
function hasOccurrenceIn(event: CalendarEvent, window: Window): boolean | undefined {
  try {
    return expand(event, window, { zone: floatingZone, limit: manyOccurrences }).length > 0
  } catch {
    return undefined
  }
}

/** The first would do; a rule by the minute over months is no appointment. */
const manyOccurrences = 10_000

function timesOf(event: CalendarEvent): readonly EventTime[] {
  const { extraTimes, overrides } = event.recurrence ?? { extraTimes: [], overrides: [] }
  return [event.time, ...extraTimes, ...overrides.map(override => override.content.time)]
}

/** Doubles the distance until nothing is left, then halves the doubt to a day. */
function lastDayOf(event: CalendarEvent, start: Temporal.Instant): Temporal.Instant | undefined {
  const isOver = (days: number) => !hasOccurrenceAfter(event, start.add({ hours: 24 * days }), floatingZone)
  let over = 1
  while (!isOver(over)) {
    if (over > maxDays) return undefined
    over *= 2
  }
  let going = over === 1 ? 0 : over / 2
  while (over - going > 1) {
    const middle = Math.floor((going + over) / 2)
    if (isOver(middle)) over = middle
    else going = middle
  }
  return start.add({ hours: 24 * over })
}

/** A series that goes on for a century is as good as endless. */
const maxDays = 36_525

function startOf(time: EventTime): Temporal.Instant {
  return startInstant(time, floatingZone)
}

function endOf(time: EventTime): Temporal.Instant {
  return endInstant(time, floatingZone)
}

function earliest(instants: readonly Temporal.Instant[]): Temporal.Instant {
  return instants.reduce((a, b) => (Temporal.Instant.compare(b, a) < 0 ? b : a))
}

function latest(instants: readonly Temporal.Instant[]): Temporal.Instant {
  return instants.reduce((a, b) => (Temporal.Instant.compare(b, a) > 0 ? b : a))
}
