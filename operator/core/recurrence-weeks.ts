import type { RecurrenceRule, Weekday } from "./event.ts"
import { RecurrenceTooComplexError } from "./recurrence-errors.ts"
import { isBefore, type Walk, type WallSeries } from "./recurrence-wall.ts"

/**
 * Yearly rules by week number. The library mixes up the calendar year and the year of the week around week 53, so these
 * few lines do it: the period is the year of the week (ISO 8601, with the rule's own first day), and so is INTERVAL.
 */

/** Years looked at for one answer: week 53 comes at least every seven years, so a rule silent for this long is silent. */
const mostYears = 100
/** How many steps before its UNTIL a rule's last time may lie, week 53 being the rarest. */
const mostYearsBack = 50
/** No rule by week number is asked for more. */
const mostTimes = 100_000
/** The calendars of all sides end here. */
const lastYear = 9999
/** Times of day multiply with days; a rule with more is no appointment. */
const mostTimesOfDay = 100

const dayNumbers: Readonly<Record<Weekday, number>> = { MO: 1, TU: 2, WE: 3, TH: 4, FR: 5, SA: 6, SU: 7 }

export function walkByWeekNumber(series: WallSeries): Walk {
  const { rule, start } = series
  refuseMixtures(rule)
  const until = rule.until
  return {
    between: ({ from, to, limit }) => takeUntil(timesFrom(series, from), to, limit + 1),
    next: from => timesFrom(series, from).next().value ?? undefined,
    last: () => {
      if (until === undefined) return [...timesFrom(series, start)].at(-1)
      const from = rule.count === undefined ? until.subtract({ years: mostYearsBack * rule.interval }) : start
      return takeUntil(timesFrom(series, from), until, mostTimes).at(-1)
    },
  }
}

function takeUntil(times: Iterable<Temporal.PlainDateTime>, to: Temporal.PlainDateTime, most: number) {
  const taken: Temporal.PlainDateTime[] = []
  for (const time of times) {
    if (taken.length >= most || isBefore(to, time)) break
    taken.push(time)
  }
  return taken
}

/** COUNT is counted from the start; without it the years before `from` are passed over. */
function* timesFrom({ rule, start }: WallSeries, from: Temporal.PlainDateTime): Generator<Temporal.PlainDateTime> {
  const firstYear = weekYear(start.toPlainDate(), rule.weekStart)
  const skipped = rule.count === undefined ? Math.max(0, Math.floor((from.year - 1 - firstYear) / rule.interval)) : 0
  let left = rule.count ?? Number.POSITIVE_INFINITY
  let emptyYears = 0
  for (
    let year = firstYear + skipped * rule.interval;
    emptyYears < mostYears && year <= lastYear;
    year += rule.interval
  ) {
    const times = timesOfYear(rule, start, year).filter(time => !isBefore(time, start))
    emptyYears = times.length > 0 ? 0 : emptyYears + 1
    for (const time of times) {
      if (left-- <= 0) return
      if (!isBefore(time, from)) yield time
    }
  }
}

function refuseMixtures(rule: RecurrenceRule): void {
  if (rule.frequency !== "YEARLY" || rule.byMonthDay || rule.byYearDay) {
    throw new RecurrenceTooComplexError("BYWEEKNO is followed in yearly rules without BYMONTHDAY and BYYEARDAY only")
  }
}

function timesOfYear(rule: RecurrenceRule, start: Temporal.PlainDateTime, year: number): Temporal.PlainDateTime[] {
  const times = timesOfDay(rule, start)
  const all = daysOfYear(rule, start, year).flatMap(day => times.map(time => day.toPlainDateTime(time)))
  const { bySetPos } = rule
  if (!bySetPos) return all
  return all.filter((_, index) => bySetPos.includes(index + 1) || bySetPos.includes(index - all.length))
}

function daysOfYear(rule: RecurrenceRule, start: Temporal.PlainDateTime, year: number): Temporal.PlainDate[] {
  const firstWeek = startOfFirstWeek(year, rule.weekStart)
  const weeks = weeksBetween(firstWeek, startOfFirstWeek(year + 1, rule.weekStart))
  const wanted = rule.byDay?.map(({ day }) => dayNumbers[day]) ?? [start.dayOfWeek]
  const days: Temporal.PlainDate[] = []
  for (let week = 0; week < weeks; week++) {
    if (!rule.byWeekNo?.some(number => number === week + 1 || number === week - weeks)) continue
    for (let day = 0; day < 7; day++) {
      const date = firstWeek.add({ days: week * 7 + day })
      if (wanted.includes(date.dayOfWeek) && (rule.byMonth?.includes(date.month) ?? true)) days.push(date)
    }
  }
  return days
}

function timesOfDay(rule: RecurrenceRule, start: Temporal.PlainDateTime): Temporal.PlainTime[] {
  const hours = rule.byHour ?? [start.hour]
  const minutes = rule.byMinute ?? [start.minute]
  const seconds = rule.bySecond ?? [start.second]
  if (hours.length * minutes.length * seconds.length > mostTimesOfDay) {
    throw new RecurrenceTooComplexError(`more than ${mostTimesOfDay} times a day in weeks by number`)
  }
  return hours
    .flatMap(hour =>
      minutes.flatMap(minute => seconds.map(second => Temporal.PlainTime.from({ hour, minute, second }))),
    )
    .toSorted(Temporal.PlainTime.compare)
}

/** Week one is the first with four days in the year: the one that holds 4 January. */
function startOfFirstWeek(year: number, weekStart: Weekday): Temporal.PlainDate {
  const fourth = new Temporal.PlainDate(year, 1, 4)
  return fourth.subtract({ days: (fourth.dayOfWeek - dayNumbers[weekStart] + 7) % 7 })
}

function weekYear(date: Temporal.PlainDate, weekStart: Weekday): number {
  const candidates = [date.year + 1, date.year]
  const isReached = (year: number) => Temporal.PlainDate.compare(startOfFirstWeek(year, weekStart), date) <= 0
  return candidates.find(isReached) ?? date.year - 1
}

function weeksBetween(one: Temporal.PlainDate, other: Temporal.PlainDate): number {
  return one.until(other, { largestUnit: "days" }).days / 7
}
