import type { Weekday } from "../core/event.ts"
import { weekdays } from "../core/recurrence-rule.ts"
import type { ExchangePattern, ExchangeSeries, WeekIndex } from "./pattern.ts"

/**
 * Exchange's own reading of a pattern, by which we prove what it will make of ours (MS-OXOCAL 2.2.1.44): a day the month
 * does not have is its last day, "first Tuesday, Thursday" is one day, weeks begin where the pattern says, and
 * the first day is the first match at or after the start.
 */

/** The days on which Exchange would put the series, in order: from its start, or `from`, up to and including `until`. */
export function exchangeDates(
  series: ExchangeSeries,
  until: Temporal.PlainDate,
  from: Temporal.PlainDate = series.range.startDate,
): readonly Temporal.PlainDate[] {
  const start = series.range.startDate
  const first = daysSince(start, from)
  return Array.from(
    exchangeDays(series, until).filter(day => day >= first),
    day => start.add({ days: day }),
  )
}

/** The same as numbers of days after the start: centuries of them are looked through in no time. */
export function* exchangeDays({ pattern, range }: ExchangeSeries, until: Temporal.PlainDate): Generator<number> {
  refuseEndless(pattern)
  const start = range.startDate
  const last = daysSince(start, range.type === "endDate" ? earlier(range.endDate, until) : until)
  let left = range.type === "numbered" ? range.numberOfOccurrences : Number.POSITIVE_INFINITY
  for (const day of candidates(pattern, start)) {
    if (day > last || left === 0) return
    if (day < 0) continue
    left -= 1
    yield day
  }
}

/** A pattern read from elsewhere that never gets anywhere. */
function refuseEndless(pattern: ExchangePattern): void {
  const isWithoutDays = pattern.type === "weekly" && pattern.daysOfWeek.length === 0
  if (pattern.interval < 1 || isWithoutDays) throw new RangeError(`a ${pattern.type} pattern without days or interval`)
}

/** Negative before it. */
export function daysSince(start: Temporal.PlainDate, date: Temporal.PlainDate): number {
  return start.until(date, { largestUnit: "days" }).days
}

function earlier(one: Temporal.PlainDate, other: Temporal.PlainDate): Temporal.PlainDate {
  return Temporal.PlainDate.compare(one, other) < 0 ? one : other
}

/** As days after the start, without end and in order; the first few may lie before it. */
function candidates(pattern: ExchangePattern, start: Temporal.PlainDate): Iterable<number> {
  switch (pattern.type) {
    case "daily":
      return everyDays(pattern.interval)
    case "weekly":
      return daysOfWeeks(start, pattern)
    case "absoluteMonthly":
      return months(start, pattern.interval).map(month => daysSince(start, clamped(month, pattern.dayOfMonth)))
    case "absoluteYearly":
      return yearlyMonths(start, pattern).map(month => daysSince(start, clamped(month, pattern.dayOfMonth)))
    case "relativeMonthly":
      return months(start, pattern.interval).map(month => daysSince(start, indexed(month, pattern)))
    case "relativeYearly":
      return yearlyMonths(start, pattern).map(month => daysSince(start, indexed(month, pattern)))
    default:
      return pattern satisfies never
  }
}

function* everyDays(interval: number): Generator<number> {
  for (let day = 0; ; day += interval) yield day
}

type Weeks = Extract<ExchangePattern, { type: "weekly" }>

function* daysOfWeeks(start: Temporal.PlainDate, { interval, daysOfWeek, firstDayOfWeek }: Weeks): Generator<number> {
  const placeInWeek = (weekday: number) => (weekday - weekdays.indexOf(firstDayOfWeek) + 7) % 7
  const firstWeek = -placeInWeek(start.dayOfWeek - 1)
  const places = daysOfWeek.map(day => placeInWeek(weekdays.indexOf(day))).sort((one, other) => one - other)
  for (let week = firstWeek; ; week += interval * 7) {
    for (const place of places) yield week + place
  }
}

function* months(start: Temporal.PlainDate, interval: number): Generator<Temporal.PlainYearMonth> {
  const first = start.toPlainYearMonth()
  for (let step = 0; ; step++) yield first.add({ months: step * interval })
}

function yearlyMonths(
  start: Temporal.PlainDate,
  { month, interval }: { readonly month: number; readonly interval: number },
): Generator<Temporal.PlainYearMonth> {
  return months(start.with({ day: 1, month }), interval * 12)
}

function clamped(month: Temporal.PlainYearMonth, day: number): Temporal.PlainDate {
  return month.toPlainDate({ day: Math.min(day, month.daysInMonth) })
}

type Relative = { readonly daysOfWeek: readonly Weekday[]; readonly index: WeekIndex }

const places: Readonly<Record<WeekIndex, number>> = { first: 0, second: 1, third: 2, fourth: 3, last: -1 }

/** The index counts the days of the set, whichever they are: "second weekday" is the second that is any of the five. */
function indexed(month: Temporal.PlainYearMonth, { daysOfWeek, index }: Relative): Temporal.PlainDate {
  const first = month.toPlainDate({ day: 1 })
  const wanted = daysOfWeek.map(day => weekdays.indexOf(day))
  const days: number[] = []
  for (let day = 1; day <= month.daysInMonth; day++) {
    if (wanted.includes((first.dayOfWeek + day - 2) % 7)) days.push(day)
  }
  const day = days.at(places[index])
  if (day === undefined) throw new RangeError("a relative pattern without days")
  return first.with({ day })
}
