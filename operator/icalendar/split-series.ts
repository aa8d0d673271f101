import type { CalendarEvent, OccurrenceKey, RecurrenceRule } from "../core/event.ts"
import { expand } from "../core/recurrence.ts"
import { weekdays } from "../core/recurrence-rule.ts"
import { dateKey, instantKey, occurrenceKey, parseOccurrenceKey } from "../core/time.ts"
import type { Override, Series } from "./series.ts"
import { UnusableEventError } from "./unusable-event.ts"

/**
 * RANGE=THISANDFUTURE (RFC 5545 §3.2.13): from one occurrence on a series is another. Exchange has no such thing, so the
 * series ends before it and a new one begins, its times, exceptions and later changes moved along.
 */

/** A series replanned every week of a year; more is a trap. */
const maxSplits = 52
/** A rule that counts further than this cannot be split: the rest of its count would have to be counted. */
const maxCounted = 10_000

/** The series before the split, if it has any occurrence, and the ones after. Throws UnusableEventError. */
export function splitSeries(series: Series, splits = 0): readonly Series[] {
  const found = [...series.overrides]
    .filter(([, override]) => override.andFuture)
    .sort(([a], [b]) => (a < b ? -1 : 1))[0]
  if (found === undefined) return [series]
  if (splits >= maxSplits) throw new UnusableEventError("RecurrenceTooComplex", "it changes its future too often")
  const [occurrence, override] = found
  const head = headOf(series, occurrence)
  const tail = override.isCancelled ? undefined : tailOf(series, occurrence, override)
  const isBeforeStart = occurrence <= occurrenceKey(series.content.time)
  return [...(isBeforeStart ? [] : [head]), ...(tail === undefined ? [] : splitSeries(tail, splits + 1))]
}

/** `<` on keys is `<` on starts: they have one form and one length within a series. */
function headOf(series: Series, occurrence: OccurrenceKey): Series {
  const until = wallClock(occurrence, series.zone).subtract({ seconds: 1 })
  return {
    ...series,
    rules: series.rules.map(rule => endedAt(rule, until)),
    extraTimes: series.extraTimes.filter(time => occurrenceKey(time) < occurrence),
    excluded: new Set([...series.excluded].filter(key => key < occurrence)),
    overrides: new Map([...series.overrides].filter(([key]) => key < occurrence)),
  }
}

function endedAt({ count: _count, ...rule }: RecurrenceRule, until: Temporal.PlainDateTime): RecurrenceRule {
  const isSooner = rule.until !== undefined && Temporal.PlainDateTime.compare(rule.until, until) < 0
  return isSooner ? rule : { ...rule, until }
}

function wallClock(key: OccurrenceKey, zone: string): Temporal.PlainDateTime {
  const moment = parseOccurrenceKey(key)
  if (moment === undefined) throw new UnusableEventError("UnreadableTime", "one of its occurrences is at no time")
  return moment instanceof Temporal.PlainDate
    ? moment.toPlainDateTime()
    : moment.toZonedDateTimeISO(zone).toPlainDateTime()
}

function tailOf(series: Series, occurrence: OccurrenceKey, override: Override): Series {
  const { time } = override.content
  if (time.allDay !== series.content.time.allDay) {
    throw new UnusableEventError(
      "RecurrenceTooComplex",
      "from one occurrence on it changes between times and whole days",
    )
  }
  const before = wallClock(occurrence, series.zone)
  const after = time.allDay ? time.start.toPlainDateTime() : time.start.withTimeZone(series.zone).toPlainDateTime()
  const move = before.until(after)
  const moved = (key: OccurrenceKey) => movedKey(key, move, series.zone)
  return {
    key: `${series.key}/${occurrence}`,
    content: override.content,
    zone: series.zone,
    rules:
      override.rules.length > 0
        ? override.rules
        : series.rules.map(rule => continued(rule, series, { occurrence, before, after })),
    extraTimes: series.extraTimes.filter(extra => occurrenceKey(extra) > occurrence),
    excluded: new Set([...series.excluded].filter(key => key > occurrence).map(moved)),
    overrides: new Map(
      [...series.overrides].filter(([key]) => key > occurrence).map(([key, later]) => [moved(key), later]),
    ),
  }
}

function movedKey(key: OccurrenceKey, move: Temporal.Duration, zone: string): OccurrenceKey {
  const wall = wallClock(key, zone).add(move)
  return key.includes("T") ? instantKey(wall.toZonedDateTime(zone).toInstant()) : dateKey(wall.toPlainDate())
}

type Move = {
  readonly occurrence: OccurrenceKey
  readonly before: Temporal.PlainDateTime
  readonly after: Temporal.PlainDateTime
}

/** The rest of a rule, on its new days. */
function continued(rule: RecurrenceRule, series: Series, { occurrence, before, after }: Move): RecurrenceRule {
  const days = before.toPlainDate().until(after.toPlainDate()).days
  const { count, until, ...rest } = onOtherDays(rule, days)
  if (
    !before.toPlainTime().equals(after.toPlainTime()) &&
    (rest.byHour ?? rest.byMinute ?? rest.bySecond) !== undefined
  ) {
    throw new UnusableEventError("RecurrenceTooComplex", "from one occurrence on it moves the times of its rule")
  }
  return {
    ...rest,
    ...(until === undefined ? {} : { until: until.add(before.until(after)) }),
    ...(count === undefined ? {} : { count: count - countBefore(rule, series, occurrence) }),
  }
}

/** Weekdays move along where a week can turn without breaking; any other choice of days cannot be moved. */
function onOtherDays(rule: RecurrenceRule, days: number): RecurrenceRule {
  const { byDay, byMonthDay, byYearDay, byWeekNo, byMonth, bySetPos, ...plain } = rule
  const choosesDays = [byDay, byMonthDay, byYearDay, byWeekNo, byMonth, bySetPos].some(part => part !== undefined)
  if (days === 0 || !choosesDays) return rule
  const isWeekly = rule.frequency === "WEEKLY" && rule.interval === 1 && byDay !== undefined && byMonth === undefined
  if (!isWeekly || bySetPos !== undefined) {
    throw new UnusableEventError("RecurrenceTooComplex", "from one occurrence on it moves the days of its rule")
  }
  return {
    ...plain,
    byDay: byDay.map(({ day }) => ({ day: weekdays[(((weekdays.indexOf(day) + days) % 7) + 7) % 7] ?? day })),
  }
}

function countBefore(rule: RecurrenceRule, { key, content, zone }: Series, occurrence: OccurrenceKey): number {
  const plain: CalendarEvent = {
    key,
    ...content,
    recurrence: { rules: [rule], extraTimes: [], excluded: [], overrides: [] },
  }
  const end = wallClock(occurrence, zone).toZonedDateTime(zone).toInstant()
  const start = content.time.allDay
    ? content.time.start.toZonedDateTime(zone).toInstant()
    : content.time.start.toInstant()
  const occurrences = expand(plain, { start, end }, { zone, limit: maxCounted })
  return occurrences.filter(other => other.key < occurrence).length
}
