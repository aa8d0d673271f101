import type { CalendarEvent, EventTime, OccurrenceKey, Recurrence, RecurrenceRule, Weekday } from "../core/event.ts"
import type { Window } from "../core/ports.ts"
import { RecurrenceTooComplexError } from "../core/recurrence-errors.ts"
import { normalRule } from "../core/recurrence-normal-rule.ts"
import { endOfDay } from "../core/recurrence-rule.ts"
import { wallClock, wallStart } from "../core/recurrence-times.ts"
import { lastWallTime, wallTimesBetween } from "../core/recurrence-walk.ts"
import { earlier, later, type WallSpan } from "../core/recurrence-wall.ts"
import { parseOccurrenceKey } from "../core/time.ts"
import { windowsZone } from "../core/time-zones.ts"
import type { ExchangePattern, ExchangeRange, ExchangeSeries, WeekIndex } from "./pattern.ts"
import { patternCandidate } from "./pattern-candidate.ts"
import { exchangeDates } from "./pattern-expansion.ts"
import { keepsInLine } from "./series-exceptions.ts"

/** Graph can say a little more than EWS: any set of days in relative patterns, intervals of years. */
export type SeriesDialect = "graph" | "ews"

/**
 * The series by which Exchange would make exactly the event's occurrences (before exclusions and overrides, which are
 * made on its instances); undefined when there is none and the occurrences must be single events. Decided by proof: the
 * pattern that looks alike is expanded with Exchange's rules and must lead where RFC 5545 leads.
 */
export function toExchangeSeries(
  event: CalendarEvent,
  window: Window,
  dialect: SeriesDialect,
): ExchangeSeries | undefined {
  const { time, recurrence } = event
  const [rule, ...further] = recurrence?.rules ?? []
  if (!recurrence || !rule || further.length > 0 || recurrence.extraTimes.length > 0) return undefined
  if (!isStorable(time)) return undefined
  try {
    return provenSeries({ time, recurrence, rule }, window, dialect)
  } catch (error) {
    if (error instanceof RecurrenceTooComplexError) return undefined
    throw error
  }
}

type SingleRule = { readonly time: EventTime; readonly recurrence: Recurrence; readonly rule: RecurrenceRule }

/** ErrorCalendarDurationIsTooLong beyond five years. */
const longestDays = 5 * 365

/** A timed series lives in a zone Exchange knows by name: in another it would drift when clocks change. */
function isStorable(time: EventTime): boolean {
  if (time.allDay) return time.start.until(time.end).total("days") <= longestDays
  const hours = time.start.until(time.end).total("hours")
  return hours <= longestDays * 24 && windowsZone(time.start.timeZoneId) !== undefined
}

function provenSeries(event: SingleRule, window: Window, dialect: SeriesDialect): ExchangeSeries | undefined {
  const { time, rule } = event
  // Which of several equal first days of the week was said is kept: people see it.
  const pattern = patternCandidate({ ...normalRule(rule, time), weekStart: rule.weekStart }, dialect)
  const range = pattern && rangeOf(event)
  if (!range) return undefined
  const series = { pattern, range }
  const span = proofSpan(event, pattern, window)
  const times = wallTimesBetween({ rule, start: wallStart(time) }, span)
  return leadsTo(series, span, times) && keepsInLine(event, times) ? series : undefined
}

/** NumberedRecurrence goes no further. */
const mostOccurrences = 999
/** ErrorRecurrenceEndDateTooBig beyond; nobody will notice that such a series has no end. */
const lastEndDate = Temporal.PlainDate.from("4500-09-01")

function rangeOf({ time, rule }: SingleRule): ExchangeRange | undefined {
  const start = wallStart(time)
  const common = { startDate: start.toPlainDate(), ...(!time.allDay && { zone: time.start.timeZoneId }) }
  const { count, until } = rule
  if (count !== undefined && until === undefined) {
    return count > mostOccurrences ? undefined : { ...common, type: "numbered", numberOfOccurrences: count }
  }
  if (until === undefined) return { ...common, type: "noEnd" }
  const endDate = lastWallTime({ rule, start })?.toPlainDate()
  if (endDate === undefined) return undefined
  if (Temporal.PlainDate.compare(endDate, lastEndDate) > 0) return { ...common, type: "noEnd" }
  return { ...common, type: "endDate", endDate }
}

/** A proof of more is no proof of an appointment: twenty years of days, and some. */
const mostProofTimes = 8_000

/**
 * What the proof looks at: the window (or the end, for a series long over), the moved occurrences, and four strides of
 * the pattern around, for the window moves on and occurrences have neighbours. Patterns of months are cheap and looked
 * at from their start; where months may be too short for the day, over the 48 strides after which their lengths repeat.
 */
function proofSpan({ time, recurrence, rule }: SingleRule, pattern: ExchangePattern, window: Window): WallSpan {
  const start = wallStart(time)
  const moved = recurrence.overrides.flatMap(({ occurrence }) => keyOnWall(occurrence, time) ?? [])
  const ended = lastWallTime({ rule, start })
  const opens = wallClock(window.start, time, "UTC")
  const points = [ended ? earlier(ended, opens) : opens, wallClock(window.end, time, "UTC"), ...moved]
  const sorted = points.toSorted(Temporal.PlainDateTime.compare)
  const [first = start, last = start] = [sorted[0], sorted.at(-1)]
  const around = strides(pattern)
  const isByDays = pattern.type === "daily" || pattern.type === "weekly"
  const from = isByDays ? later(first.subtract(around), start) : start
  const to = later(last, start).add(around)
  return { from: from.withPlainTime(), to: endOfDay(to.toPlainDate()), limit: mostProofTimes }
}

function keyOnWall(key: OccurrenceKey, time: EventTime): Temporal.PlainDateTime | undefined {
  const meaning = parseOccurrenceKey(key)
  return meaning instanceof Temporal.Instant ? wallClock(meaning, time, "UTC") : meaning?.toPlainDateTime()
}

function strides(pattern: ExchangePattern): Temporal.DurationLike {
  switch (pattern.type) {
    case "daily":
      return { days: 4 * pattern.interval }
    case "weekly":
      return { weeks: 4 * pattern.interval }
    case "absoluteMonthly":
      return { months: (pattern.dayOfMonth > 28 ? 48 : 4) * pattern.interval }
    case "absoluteYearly":
      return { years: (pattern.dayOfMonth > 28 ? 48 : 4) * pattern.interval }
    case "relativeMonthly":
      return { months: 4 * pattern.interval }
    case "relativeYearly":
      return { years: 4 * pattern.interval }
    default:
      return pattern satisfies never
  }
}

/** The proof: Exchange begins where the event begins, and goes day by day where its rule goes, always at its time. */
function leadsTo(series: ExchangeSeries, span: WallSpan, times: readonly Temporal.PlainDateTime[]): boolean {
  const { startDate } = series.range
  const timeOfDay = times[0]?.toPlainTime()
  const expected = exchangeDates(series, span.to.toPlainDate(), span.from.toPlainDate())
  const [first] = exchangeDates(series, startDate)
  if (timeOfDay === undefined || !first?.equals(startDate)) return false
  return (
    expected.length === times.length &&
    times.every((time, index) => expected[index]?.toPlainDateTime(timeOfDay).equals(time))
  )
}

/**
 * The rule of a series found in Exchange, with Exchange's habit of clamping to the month's last day written out. An end
 * date becomes the end of that day.
 */
export function fromExchangeSeries({ pattern, range }: ExchangeSeries): RecurrenceRule {
  const weekStart = pattern.type === "weekly" ? pattern.firstDayOfWeek : "MO"
  return { ...ruleOf(pattern), interval: pattern.interval, weekStart, ...endOf(range) }
}

function endOf(range: ExchangeRange): Pick<RecurrenceRule, "count" | "until"> {
  switch (range.type) {
    case "noEnd":
      return {}
    case "numbered":
      return { count: range.numberOfOccurrences }
    case "endDate":
      return { until: endOfDay(range.endDate) }
    default:
      return range satisfies never
  }
}

type RuleDays = Omit<RecurrenceRule, "interval" | "weekStart" | "count" | "until">

function ruleOf(pattern: ExchangePattern): RuleDays {
  switch (pattern.type) {
    case "daily":
      return { frequency: "DAILY" }
    case "weekly":
      return { frequency: "WEEKLY", byDay: pattern.daysOfWeek.map(day => ({ day })) }
    case "absoluteMonthly":
      return { frequency: "MONTHLY", ...monthDay(pattern.dayOfMonth) }
    case "absoluteYearly":
      return { frequency: "YEARLY", byMonth: [pattern.month], ...monthDay(pattern.dayOfMonth) }
    case "relativeMonthly":
      return { frequency: "MONTHLY", ...indexedDays(pattern) }
    case "relativeYearly":
      return { frequency: "YEARLY", byMonth: [pattern.month], ...indexedDays(pattern) }
    default:
      return pattern satisfies never
  }
}

/** The day itself or, in months without it, the last. */
function monthDay(day: number): Pick<RecurrenceRule, "byMonthDay" | "bySetPos"> {
  if (day <= 28) return { byMonthDay: [day] }
  if (day >= 31) return { byMonthDay: [-1] }
  return { byMonthDay: [28, 29, 30].filter(possible => possible <= day), bySetPos: [-1] }
}

const positions = { first: 1, second: 2, third: 3, fourth: 4, last: -1 } as const

function indexedDays({
  daysOfWeek,
  index,
}: {
  readonly daysOfWeek: readonly Weekday[]
  readonly index: WeekIndex
}): Pick<RecurrenceRule, "byDay" | "bySetPos"> {
  const [only, ...others] = daysOfWeek
  if (only && others.length === 0) return { byDay: [{ day: only, ordinal: positions[index] }] }
  return { byDay: daysOfWeek.map(day => ({ day })), bySetPos: [positions[index]] }
}
