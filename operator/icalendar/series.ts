import type { CalendarEvent, EventContent, EventTime, OccurrenceKey, RecurrenceRule } from "../core/event.ts"
import { occurrenceKey } from "../core/time.ts"
import { type EventDraft, type LeftOut, localDate, occurrenceOf } from "./event-draft.ts"
import type { Period } from "./moments.ts"
import { zonedTime } from "./zones.ts"

/** A series with everything that happened to its occurrences, each named by the key of its original start. */
export type Series = {
  readonly key: string
  readonly content: EventContent
  readonly zone: string
  readonly rules: readonly RecurrenceRule[]
  readonly extraTimes: readonly EventTime[]
  readonly excluded: ReadonlySet<OccurrenceKey>
  readonly overrides: ReadonlyMap<OccurrenceKey, Override>
}

export type Override = {
  readonly content: EventContent
  readonly isCancelled: boolean
  /** THISANDFUTURE: it stands for all that come after it, too. */
  readonly andFuture: boolean
  /** Its own rules, where a changed future brings some. */
  readonly rules: readonly RecurrenceRule[]
}

/** More changes of one series than any calendar shows; later ones are left out. */
const maxOverrides = 4_000

export function whyOverridesLeftOut(overrides: readonly EventDraft[]): LeftOut | undefined {
  if (overrides.length <= maxOverrides) return undefined
  return {
    reason: "RecurrenceTooComplex",
    message: `it has more than ${maxOverrides} changed occurrences; the rest is left out`,
  }
}

/** Of several overrides of one occurrence the last in `overrides` counts. */
export function seriesOf(key: string, master: EventDraft, overrides: readonly EventDraft[]): Series {
  const byOccurrence = new Map(overrides.slice(0, maxOverrides).flatMap(draft => overrideOf(draft, master)))
  const excluded = new Set(master.exceptions.map(moment => occurrenceOf(moment, master)))
  for (const [occurrence, { isCancelled }] of byOccurrence) {
    // Some producers list a moved occurrence as an exception, too.
    if (isCancelled) excluded.add(occurrence)
    else excluded.delete(occurrence)
  }
  const { content, zone, rules } = master
  return { key, content, zone, rules, extraTimes: extraTimes(master), excluded, overrides: byOccurrence }
}

function overrideOf(draft: EventDraft, master: EventDraft): [OccurrenceKey, Override][] {
  if (draft.replaces === undefined) return []
  const { content, isCancelled, rules } = draft
  const { moment, andFuture } = draft.replaces
  return [[occurrenceOf(moment, master), { content, isCancelled, andFuture, rules }]]
}

/** RDATEs, each once and in the form of the series; the start itself is an occurrence anyway. */
function extraTimes(master: EventDraft): readonly EventTime[] {
  if (master.extras.length === 0) return []
  const times = new Map(master.extras.map(period => extraTime(period, master)).map(time => [occurrenceKey(time), time]))
  times.delete(occurrenceKey(master.content.time))
  return [...times.values()]
}

function extraTime(period: Period, master: EventDraft): EventTime {
  const { time } = master.content
  if (time.allDay) {
    const start = localDate(period.start, master)
    return { allDay: true, start, end: start.add(time.start.until(time.end)) }
  }
  const start = timedStart(period, master, time.start)
  return { allDay: false, start, end: periodEnd(period, master, start) ?? start.add(lengthOf(time)) }
}

function timedStart(
  { start }: Period,
  { zone, zones }: EventDraft,
  first: Temporal.ZonedDateTime,
): Temporal.ZonedDateTime {
  if (start.kind === "date") return start.date.toZonedDateTime({ timeZone: zone, plainTime: first.toPlainTime() })
  return zonedTime(start, zones, zone).withTimeZone(zone)
}

function periodEnd({ end, duration }: Period, { zone, zones }: EventDraft, start: Temporal.ZonedDateTime) {
  if (duration !== undefined && duration.sign >= 0) return start.add(duration)
  if (end === undefined || end.kind === "date") return undefined
  const time = zonedTime(end, zones, zone).withTimeZone(zone)
  return Temporal.ZonedDateTime.compare(start, time) <= 0 ? time : undefined
}

function lengthOf({ start, end }: Extract<EventTime, { allDay: false }>): Temporal.Duration {
  return start.toInstant().until(end.toInstant(), { largestUnit: "hours" })
}

/** The series as an event; undefined when it was cancelled as a whole. A series of nothing but its start is an event. */
export function eventOf({ key, content, rules, extraTimes, excluded, overrides }: Series): CalendarEvent {
  if (rules.length === 0 && extraTimes.length === 0) {
    return { key, ...(overrides.get(occurrenceKey(content.time))?.content ?? content) }
  }
  const changed = [...overrides].filter(([, override]) => !override.isCancelled)
  const recurrence = {
    rules,
    extraTimes,
    excluded: [...excluded].sort(),
    overrides: changed
      .map(([occurrence, override]) => ({ occurrence, content: override.content }))
      .sort((a, b) => (a.occurrence < b.occurrence ? -1 : 1)),
  }
  return { key, ...content, recurrence }
}
