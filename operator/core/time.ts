import type { EventTime, OccurrenceKey } from "./event.ts"
import type { Window } from "./ports.ts"

/** How far a window reaches back and ahead of now. */
export type WindowLengths = { readonly past: Temporal.Duration; readonly future: Temporal.Duration }

/** The form of every duration in the API: one number, one unit. */
const durationPattern = /^([0-9]{1,9})([dhms])$/

const durationUnits = { d: "days", h: "hours", m: "minutes", s: "seconds" } as const

/** A duration of the API (`7d`, `90m`, `1h`, `30s`). Throws a RangeError for anything else; a day is 24 hours. */
export function parseDuration(text: string): Temporal.Duration {
  const [, amount, unit] = durationPattern.exec(text) ?? []
  if (amount === undefined || !isDurationUnit(unit)) {
    throw new RangeError("a duration is a whole number and one of d, h, m, s, such as 7d or 90m")
  }
  return Temporal.Duration.from({ [durationUnits[unit]]: Number(amount) })
}

function isDurationUnit(text: string | undefined): text is keyof typeof durationUnits {
  return text !== undefined && Object.hasOwn(durationUnits, text)
}

export function durationMs(duration: Temporal.Duration): number {
  return withoutDays(duration).total("milliseconds")
}

/** Instants know no days. A day of the API is 24 hours wherever the clock stands. */
function withoutDays(duration: Temporal.Duration): Temporal.Duration {
  return duration.with({ days: 0, hours: duration.hours + duration.days * 24 })
}

/** [now − past, now + future). */
export function windowAround(now: Temporal.Instant, { past, future }: WindowLengths): Window {
  return { start: now.subtract(withoutDays(past)), end: now.add(withoutDays(future)) }
}

/** The window made longer at both ends: what is matched in another zone or as UTC midnights is listed wider and filtered. */
export function widened(window: Window, by: Temporal.Duration): Window {
  return { start: window.start.subtract(withoutDays(by)), end: window.end.add(withoutDays(by)) }
}

/** The moment a wall clock shows this time: after a gap as far as it was inside, in an overlap the first (RFC 5545). */
export function resolveWallClock(time: Temporal.PlainDateTime, zone: string): Temporal.ZonedDateTime {
  return time.toZonedDateTime(zone, { disambiguation: "compatible" })
}

/** When the event starts; an all-day event starts as its first day does in `zone`. */
export function startInstant(time: EventTime, zone: string): Temporal.Instant {
  return time.allDay ? startOfDay(time.start, zone) : time.start.toInstant()
}

/** When the event ends (exclusive); an all-day event ends as the day after its last does in `zone`. */
export function endInstant(time: EventTime, zone: string): Temporal.Instant {
  return time.allDay ? startOfDay(time.end, zone) : time.end.toInstant()
}

/** Not simply midnight: some zones change their clocks there, and the day begins at 01:00. */
function startOfDay(date: Temporal.PlainDate, zone: string): Temporal.Instant {
  return date.toZonedDateTime(zone).toInstant()
}

/** Whether any of the event lies in [start, end). All-day events float in `zone`; one without length counts as its moment. */
export function overlaps(time: EventTime, window: Window, zone: string): boolean {
  const start = startMs(time, zone)
  if (start >= window.end.epochMilliseconds) return false
  const end = time.allDay ? endInstant(time, zone).epochMilliseconds : time.end.epochMilliseconds
  const windowStart = window.start.epochMilliseconds
  return end > windowStart || (end === windowStart && start === windowStart)
}

/** Earlier starts first; all-day events start as their day does in `zone`. */
export function compareStarts(one: EventTime, other: EventTime, zone: string): number {
  return startMs(one, zone) - startMs(other, zone)
}

function startMs(time: EventTime, zone: string): number {
  return time.allDay ? startOfDay(time.start, zone).epochMilliseconds : time.start.epochMilliseconds
}

/** The key of the occurrence that starts then, were it not moved. */
export function occurrenceKey(time: EventTime): OccurrenceKey {
  return time.allDay ? dateKey(time.start) : instantKey(time.start.toInstant())
}

export function dateKey(date: Temporal.PlainDate): OccurrenceKey {
  return date.toString({ calendarName: "never" }).replaceAll("-", "")
}

export function instantKey(instant: Temporal.Instant): OccurrenceKey {
  return instant.toString({ smallestUnit: "second" }).replaceAll(/[-:]/g, "")
}

/** What a key stands for: a date for all-day series, else an instant. Undefined when it is no key. */
export function parseOccurrenceKey(key: OccurrenceKey): Temporal.PlainDate | Temporal.Instant | undefined {
  try {
    if (/^[0-9]{8}$/.test(key)) return Temporal.PlainDate.from(key)
    return /^[0-9]{8}T[0-9]{6}Z$/.test(key) ? Temporal.Instant.from(key) : undefined
  } catch {
    return undefined
  }
}
