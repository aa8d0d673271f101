import type {
  CalendarEvent,
  EventContent,
  EventTime,
  OccurrenceKey,
  OccurrenceOverride,
  Recurrence,
  RecurrenceRule,
} from "./event.ts"
import type { Window } from "./ports.ts"
import { RecurrenceTooComplexError } from "./recurrence-errors.ts"
import { occurrenceTimes, wallClock, wallLength, wallStart } from "./recurrence-times.ts"
import { nextWallTime, wallTimesBetween } from "./recurrence-walk.ts"
import { compareStarts, endInstant, occurrenceKey, overlaps, startInstant } from "./time.ts"

/** What a series means: RFC 5545 on the wall clock of the event, each time then resolved in its zone. */

export type Occurrence = { readonly key: OccurrenceKey; readonly time: EventTime; readonly content: EventContent }

/** What of an event says when it is. */
type Series = Pick<CalendarEvent, "time" | "recurrence">

export type ExpandOptions = {
  /** The zone in which all-day occurrences meet the window; timed ones carry their own. */
  readonly zone: string
  /** More occurrences than this in the window are a RecurrenceTooComplexError: half a series is worse than none. */
  readonly limit: number
}

/**
 * The occurrences of an event that overlap the window, by start; an event without recurrence is its own only occurrence.
 * Overrides count where they are, not where they came from; what is excluded stays excluded even when overridden.
 */
export function expand(event: CalendarEvent, window: Window, { zone, limit }: ExpandOptions): readonly Occurrence[] {
  const content = contentOf(event)
  const { time, recurrence } = event
  if (!recurrence) return overlaps(time, window, zone) ? [{ key: occurrenceKey(time), time, content }] : []
  const hidden = hiddenKeys(recurrence)
  const regular = [...seriesTimes(event, window, { zone, limit: limit + hidden.size })]
    .filter(([key]) => !hidden.has(key))
    .map(([key, time]) => ({ key, time, content: { ...content, time } }))
  const moved = standingOverrides(recurrence)
    .filter(({ content }) => overlaps(content.time, window, zone))
    .map(({ occurrence: key, content }) => ({ key, time: content.time, content }))
  if (regular.length + moved.length > limit) throw new RecurrenceTooComplexError(`more than ${limit} occurrences`)
  return [...regular, ...moved].sort((one, other) => compareStarts(one.time, other.time, zone))
}

function contentOf({ key: _key, recurrence: _recurrence, ...content }: CalendarEvent): EventContent {
  return content
}

/** Occurrences that are not where the rules put them. */
function hiddenKeys({ excluded, overrides }: Recurrence): ReadonlySet<OccurrenceKey> {
  return new Set([...excluded, ...overrides.map(override => override.occurrence)])
}

/** The last one told about an occurrence is believed; an exclusion is believed more. */
function standingOverrides({ overrides, excluded }: Recurrence): readonly OccurrenceOverride[] {
  const standing = new Map(overrides.map(override => [override.occurrence, override]))
  for (const key of excluded) standing.delete(key)
  return [...standing.values()]
}

/** Every time of the series in the window before exclusions and overrides: rules, the start, explicit dates. */
export function seriesTimes(
  event: Series,
  window: Window,
  { zone, limit }: ExpandOptions,
): ReadonlyMap<OccurrenceKey, EventTime> {
  const { time, recurrence } = event
  const times = [...ruleTimes(event, window, { zone, limit }), ...(recurrence?.extraTimes ?? [])]
  if (startCounts(event)) times.push(time)
  const found = times.filter(time => overlaps(time, window, zone))
  return new Map(found.map(time => [occurrenceKey(time), time]))
}

/** Rules bring their start with them, or ended before it; a series of explicit dates has nobody else to bring it. */
function startCounts({ recurrence }: Series): boolean {
  return recurrence === undefined || recurrence.rules.length === 0
}

function ruleTimes({ time, recurrence }: Series, window: Window, { zone, limit }: ExpandOptions): EventTime[] {
  const start = wallStart(time)
  const from = wallClock(window.start, time, zone).subtract(wallLength(time)).subtract(slack)
  const to = wallClock(window.end, time, zone).add(slack)
  const span = { from, to, limit: limit + slackTimes }
  const timeAt = occurrenceTimes(time)
  return (recurrence?.rules ?? []).flatMap(rule => wallTimesBetween({ rule, start }, span).map(timeAt))
}

/** Gaps move times, and no zone moves them by more than a day. */
const slack = Temporal.Duration.from({ days: 1 })
/** What the slack may bring beyond the window without being counted: two days of every quarter of an hour. */
const slackTimes = 200

/** Whether anything of the event is still going on at or after the instant. Throws RecurrenceTooComplexError. */
export function hasOccurrenceAfter(event: CalendarEvent, instant: Temporal.Instant, zone: string): boolean {
  const { time, recurrence } = event
  const isLeft = (time: EventTime) => isOnOrAfter(time, instant, zone)
  if (!recurrence) return isLeft(time)
  if (standingOverrides(recurrence).some(({ content }) => isLeft(content.time))) return true
  const hidden = hiddenKeys(recurrence)
  const counts = (time: EventTime) => isLeft(time) && !hidden.has(occurrenceKey(time))
  const explicit = startCounts(event) ? [...recurrence.extraTimes, time] : recurrence.extraTimes
  if (explicit.some(counts)) return true
  return recurrence.rules.some(rule => hasTimeFrom(event.time, { rule, instant, zone, counts, hidden: hidden.size }))
}

type Search = {
  readonly rule: RecurrenceRule
  readonly instant: Temporal.Instant
  readonly zone: string
  readonly counts: (time: EventTime) => boolean
  readonly hidden: number
}

/** Around the instant every time is looked at; beyond it the first that is not hidden is the answer. */
function hasTimeFrom(time: EventTime, { rule, instant, zone, counts, hidden }: Search): boolean {
  const series = { rule, start: wallStart(time) }
  const timeAt = occurrenceTimes(time)
  const now = wallClock(instant, time, zone)
  const from = now.subtract(wallLength(time)).subtract(slack)
  const beyond = now.add(slack)
  if (wallTimesBetween(series, { from, to: beyond, limit: mostTimesAround }).some(found => counts(timeAt(found))))
    return true
  let next = nextWallTime(series, beyond)
  for (let passed = 0; next !== undefined && !counts(timeAt(next)); passed++) {
    if (passed > hidden) return false
    next = nextWallTime(series, next.add({ seconds: 1 }))
  }
  return next !== undefined
}

/** What may be going on around an instant; beyond it the rule is by the second, or its occurrences last for decades. */
const mostTimesAround = 10_000

function isOnOrAfter(time: EventTime, instant: Temporal.Instant, zone: string): boolean {
  return (
    Temporal.Instant.compare(endInstant(time, zone), instant) > 0 ||
    Temporal.Instant.compare(startInstant(time, zone), instant) >= 0
  )
}

/** Whether the event is over for good: nothing of it is left at or after the instant. Throws RecurrenceTooComplexError. */
export function isExhausted(event: CalendarEvent, instant: Temporal.Instant, zone: string): boolean {
  return !hasOccurrenceAfter(event, instant, zone)
}
