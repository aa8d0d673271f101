import { RRuleTemporal } from "rrule-temporal"
import type { Frequency, RecurrenceRule } from "./event.ts"
import { RecurrenceTooComplexError } from "./recurrence-errors.ts"
import { earlier, isBefore, refuseMoreThan, type Walk, type WallSeries, type WallSpan } from "./recurrence-wall.ts"

/**
 * Rules followed by rrule-temporal. It is fed the wall clock as if it were UTC: on zoned times it leaves out the days
 * whose time falls into a gap, where RFC 5545 moves them.
 */

/** Periods the library may visit for one answer; a rule that needs more leads nowhere (31 February) or takes seconds. */
const mostPeriods = 20_000

/** Counted from the start one by one; thirty years of days. */
const mostCounted = 11_000

export function walkByLibrary({ rule, start }: WallSeries): Walk {
  refuseMisread(rule)
  if (timesOfDay(rule) > mostTimesOfDay) throw new RecurrenceTooComplexError(`more than ${mostTimesOfDay} times a day`)
  const followed = translated(() => new RRuleTemporal(libraryOptions(rule, start)))
  const isInTime = (time: Temporal.PlainDateTime) => rule.until === undefined || !isBefore(rule.until, time)
  const countedTimes = (count: number) => {
    if (count > mostCounted) throw new RecurrenceTooComplexError(`COUNT over ${mostCounted}`)
    return translated(() => followed.all()).map(time => time.toPlainDateTime())
  }
  return {
    between: span => {
      if (rule.count !== undefined && isDense(rule)) return countedTimes(rule.count).filter(time => isIn(span, time))
      const found: Temporal.PlainDateTime[] = []
      for (const { from, to } of pieces(rule, span)) {
        const times = translated(() => followed.between(asUtc(from), asUtc(to), true))
        for (const time of times) found.push(time.toPlainDateTime())
        refuseMoreThan(span.limit, found)
      }
      return found
    },
    next: from => translated(() => followed.next(asUtc(from), true))?.toPlainDateTime(),
    last: () => {
      if (rule.count !== undefined) return countedTimes(rule.count).findLast(isInTime)
      return rule.until && translated(() => followed.previous(asUtc(rule.until ?? start), true))?.toPlainDateTime()
    },
  }
}

/**
 * Where the library unites days that RFC 5545 intersects (2.2.8, found against dateutil): better none than wrong ones.
 * Nobody writes such rules by hand.
 */
function refuseMisread({ frequency, byDay, byMonthDay, byYearDay }: RecurrenceRule): void {
  if (frequency !== "YEARLY") return
  const hasOrdinal = byDay?.some(({ ordinal }) => ordinal !== undefined) ?? false
  if (byMonthDay && hasOrdinal) throw new RecurrenceTooComplexError("BYMONTHDAY beside counted weekdays of a year")
  if (byYearDay && (byDay ?? byMonthDay)) throw new RecurrenceTooComplexError("BYYEARDAY beside other days of a year")
}

function isIn({ from, to }: WallSpan, time: Temporal.PlainDateTime): boolean {
  return !isBefore(time, from) && !isBefore(to, time)
}

function libraryOptions(rule: RecurrenceRule, start: Temporal.PlainDateTime) {
  return {
    freq: rule.frequency,
    interval: rule.interval,
    wkst: rule.weekStart,
    dtstart: asUtc(start),
    tzid: "UTC",
    maxIterations: mostPeriods,
    ...(rule.count !== undefined && { count: rule.count }),
    ...(rule.count === undefined && rule.until && { until: asUtc(rule.until) }),
    ...(rule.byDay && { byDay: rule.byDay.map(({ ordinal, day }) => `${ordinal ?? ""}${day}`) }),
    ...(rule.byMonthDay && { byMonthDay: [...rule.byMonthDay] }),
    ...(rule.byYearDay && { byYearDay: [...rule.byYearDay] }),
    ...(rule.byMonth && { byMonth: [...rule.byMonth] }),
    ...(rule.bySetPos && { bySetPos: [...rule.bySetPos] }),
    ...(rule.byHour && { byHour: [...rule.byHour] }),
    ...(rule.byMinute && { byMinute: [...rule.byMinute] }),
    ...(rule.bySecond && { bySecond: [...rule.bySecond] }),
  }
}

function asUtc(time: Temporal.PlainDateTime): Temporal.ZonedDateTime {
  return time.toZonedDateTime("UTC")
}

/** Whatever the library refuses, it is this one rule's fault. */
function translated<T>(follow: () => T): T {
  try {
    return follow()
  } catch (cause) {
    throw new RecurrenceTooComplexError("the rule cannot be followed", { cause })
  }
}

/** From this many times a day on, a rule is read a day at a time: an endless one meets the caller's limit before memory's. */
const denseFrom = 8
/** Days one answer about such a rule may cover: years of every minute are no appointment. */
const mostDaysOfDenseRule = 1_500

/** Every minute of a day; the library weighs them all before it answers. */
const mostTimesOfDay = 24 * 60

function* pieces(rule: RecurrenceRule, { from, to }: WallSpan): Generator<Omit<WallSpan, "limit">> {
  if (!isDense(rule)) return yield { from, to }
  let start = from
  for (let days = 0; !isBefore(to, start); days++) {
    if (days > mostDaysOfDenseRule) throw new RecurrenceTooComplexError("a rule within the day over years")
    const next = start.add({ days: 1 })
    yield { from: start, to: earlier(to, next.subtract({ seconds: 1 })) }
    start = next
  }
}

function isDense(rule: RecurrenceRule): boolean {
  return isSubDaily(rule.frequency) || timesOfDay(rule) >= denseFrom
}

function timesOfDay({ byHour, byMinute, bySecond }: RecurrenceRule): number {
  return (byHour?.length ?? 1) * (byMinute?.length ?? 1) * (bySecond?.length ?? 1)
}

function isSubDaily(frequency: Frequency): boolean {
  return frequency === "HOURLY" || frequency === "MINUTELY" || frequency === "SECONDLY"
}
