import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import type { CalendarEvent, Recurrence, Weekday } from "../../operator/core/event.ts"
import { expand } from "../../operator/core/recurrence.ts"
import { normalRecurrence } from "../../operator/core/recurrence-normal.ts"
import { weekdays } from "../../operator/core/recurrence-rule.ts"
import type { ExchangePattern, ExchangeRange, ExchangeSeries, WeekIndex } from "../../operator/exchange/pattern.ts"
import { exchangeDates } from "../../operator/exchange/pattern-expansion.ts"
import { fromExchangeSeries, toExchangeSeries } from "../../operator/exchange/series.ts"
import { days, series } from "../fakes/series.ts"

const window = days("2026-01-01", "2027-07-01")
const lastDay = Temporal.PlainDate.from("2027-06-30")

/**
 * An independent judge: no arithmetic of patterns, it walks day by day and asks of each whether Outlook would tick it.
 * Slow and plain on purpose.
 */
function walkedDates({ pattern, range }: ExchangeSeries, until: Temporal.PlainDate): readonly string[] {
  const found: string[] = []
  const last = range.type === "endDate" && Temporal.PlainDate.compare(range.endDate, until) < 0 ? range.endDate : until
  for (let day = range.startDate; Temporal.PlainDate.compare(day, last) <= 0; day = day.add({ days: 1 })) {
    if (range.type === "numbered" && found.length === range.numberOfOccurrences) break
    if (isTicked(day, pattern, range.startDate)) found.push(day.toString())
  }
  return found
}

function isTicked(day: Temporal.PlainDate, pattern: ExchangePattern, start: Temporal.PlainDate): boolean {
  const months = (day.year - start.year) * 12 + day.month - start.month
  switch (pattern.type) {
    case "daily":
      return daysBetween(start, day) % pattern.interval === 0
    case "weekly": {
      const weeks = daysBetween(weekOf(start, pattern.firstDayOfWeek), weekOf(day, pattern.firstDayOfWeek)) / 7
      return weeks % pattern.interval === 0 && pattern.daysOfWeek.includes(nameOf(day))
    }
    case "absoluteMonthly":
      return months % pattern.interval === 0 && isDayOrLast(day, pattern.dayOfMonth)
    case "relativeMonthly":
      return months % pattern.interval === 0 && isIndexed(day, pattern)
    case "absoluteYearly":
      return isYear(day, start, pattern) && isDayOrLast(day, pattern.dayOfMonth)
    case "relativeYearly":
      return isYear(day, start, pattern) && isIndexed(day, pattern)
    default:
      return pattern satisfies never
  }
}

function daysBetween(one: Temporal.PlainDate, other: Temporal.PlainDate): number {
  return one.until(other, { largestUnit: "days" }).days
}

function nameOf(day: Temporal.PlainDate): Weekday {
  return weekdays[day.dayOfWeek - 1] ?? "MO"
}

function weekOf(day: Temporal.PlainDate, first: Weekday): Temporal.PlainDate {
  let start = day
  while (nameOf(start) !== first) start = start.subtract({ days: 1 })
  return start
}

function isYear(day: Temporal.PlainDate, start: Temporal.PlainDate, pattern: { month: number; interval: number }) {
  return day.month === pattern.month && (day.year - start.year) % pattern.interval === 0
}

function isDayOrLast(day: Temporal.PlainDate, wanted: number): boolean {
  return day.day === wanted || (day.day < wanted && day.day === day.daysInMonth)
}

function isIndexed(
  day: Temporal.PlainDate,
  { daysOfWeek, index }: { daysOfWeek: readonly Weekday[]; index: WeekIndex },
) {
  if (!daysOfWeek.includes(nameOf(day))) return false
  const others = (step: number) => {
    let count = 0
    for (let other = day.add({ days: step }); other.month === day.month; other = other.add({ days: step })) {
      if (daysOfWeek.includes(nameOf(other))) count += 1
    }
    return count
  }
  return index === "last" ? others(1) === 0 : others(-1) === ["first", "second", "third", "fourth"].indexOf(index)
}

const someDays = fc.uniqueArray(fc.constantFrom(...weekdays), { minLength: 1, maxLength: 5 })
const inWeekOrder = someDays.map(some => weekdays.filter(day => some.includes(day)))
const interval = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 4 }))
const month = fc.integer({ min: 1, max: 12 })
const dayOfMonth = fc.oneof(fc.integer({ min: 1, max: 31 }), fc.integer({ min: 28, max: 31 }))
const index = fc.constantFrom<WeekIndex>("first", "second", "third", "fourth", "last")
const startDate = fc.integer({ min: 0, max: 900 }).map(day => Temporal.PlainDate.from("2024-01-01").add({ days: day }))

const patterns: fc.Arbitrary<ExchangePattern> = fc.oneof(
  fc.record({ type: fc.constant("daily" as const), interval }),
  fc.record({
    type: fc.constant("weekly" as const),
    interval,
    daysOfWeek: inWeekOrder,
    firstDayOfWeek: fc.constantFrom(...weekdays),
  }),
  fc.record({ type: fc.constant("absoluteMonthly" as const), interval, dayOfMonth }),
  fc.record({ type: fc.constant("relativeMonthly" as const), interval, daysOfWeek: inWeekOrder, index }),
  fc.record({
    type: fc.constant("absoluteYearly" as const),
    interval,
    month,
    dayOfMonth: fc.integer({ min: 1, max: 28 }),
  }),
  fc.record({ type: fc.constant("relativeYearly" as const), interval, month, daysOfWeek: inWeekOrder, index }),
)

const ranges: fc.Arbitrary<ExchangeRange> = fc.oneof(
  fc.record({ type: fc.constant("noEnd" as const), startDate }),
  fc.record({
    type: fc.constant("numbered" as const),
    startDate,
    numberOfOccurrences: fc.integer({ min: 1, max: 60 }),
  }),
  fc
    .tuple(startDate, fc.integer({ min: 0, max: 700 }))
    .map(([start, length]) => ({ type: "endDate" as const, startDate: start, endDate: start.add({ days: length }) })),
)

const exchangeSeries: fc.Arbitrary<ExchangeSeries> = fc.record({ pattern: patterns, range: ranges })

/** Mostly not there: a rule of many parts is a rule of nobody. */
function seldom<T>(part: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.oneof({ arbitrary: fc.constant(null), weight: 3 }, { arbitrary: part, weight: 1 })
}

/** RRULE values people and programs write, and some that nobody should. */
const rules: fc.Arbitrary<string> = fc
  .record({
    frequency: fc.constantFrom("DAILY", "WEEKLY", "MONTHLY", "MONTHLY", "YEARLY", "YEARLY"),
    interval: seldom(interval),
    byDay: fc.option(inWeekOrder),
    ordinal: fc.option(fc.constantFrom(1, 2, 3, 4, 5, -1, -2)),
    byMonthDay: seldom(fc.uniqueArray(fc.constantFrom(1, 6, 28, 29, 30, 31, -1, -2), { minLength: 1, maxLength: 3 })),
    byMonth: seldom(fc.uniqueArray(month, { minLength: 1, maxLength: 3 })),
    bySetPos: seldom(fc.constantFrom(1, 2, -1, -2)),
    weekStart: seldom(fc.constantFrom(...weekdays)),
    end: seldom(
      fc.oneof(
        fc.integer({ min: 1, max: 40 }).map(count => `COUNT=${count}`),
        fc.constant("UNTIL=20261015"),
      ),
    ),
  })
  .map(({ frequency, ordinal, byDay, bySetPos, byMonthDay, ...rest }) => {
    const counted = ordinal !== null && ["MONTHLY", "YEARLY"].includes(frequency)
    const parts = [
      `FREQ=${frequency}`,
      rest.interval && `INTERVAL=${rest.interval}`,
      byDay && `BYDAY=${byDay.map(day => (counted ? `${ordinal}${day}` : day))}`,
      byMonthDay && frequency !== "WEEKLY" && `BYMONTHDAY=${byMonthDay}`,
      rest.byMonth && `BYMONTH=${rest.byMonth}`,
      bySetPos && (byDay || byMonthDay) && `BYSETPOS=${bySetPos}`,
      rest.weekStart && `WKST=${rest.weekStart}`,
      rest.end,
    ]
    return parts.filter(part => typeof part === "string").join(";")
  })

/** The rule begun on a day it finds itself, as sensible events do; otherwise hardly any would be a series. */
function begunOnItself(rule: string, date: Temporal.PlainDate): CalendarEvent {
  const from = date.toString()
  const found = tryExpand(
    series({ start: from, rules: [rule.replace(/;(COUNT|UNTIL)=.*/, "")], excluded: [keyOf(date)] }),
  )
  return series({ start: found[0] ?? from, rules: [rule] })
}

function keyOf(date: Temporal.PlainDate): string {
  return date.toString().replaceAll("-", "")
}

function tryExpand(event: CalendarEvent): readonly string[] {
  try {
    return expand(event, days("2024-01-01", "2027-07-01"), { zone: "UTC", limit: 5_000 }).map(
      ({ time }) => `${time.start}`,
    )
  } catch {
    return []
  }
}

test("Exchange's expansion is what a walk from day to day ticks", () => {
  fc.assert(
    fc.property(exchangeSeries, known => {
      assert.deepEqual(exchangeDates(known, lastDay).map(String), walkedDates(known, lastDay))
    }),
  )
})

test("every rule that becomes a series means the same days to Exchange, as our expansion and the walk see it", () => {
  let accepted = 0
  fc.assert(
    fc.property(rules, startDate, fc.constantFrom("graph" as const, "ews" as const), (rule, date, dialect) => {
      const event = begunOnItself(rule, date)
      const stored = toExchangeSeries(event, window, dialect)
      if (!stored) return
      accepted += 1
      const meant = tryExpand(event)
      assert.deepEqual(exchangeDates(stored, lastDay).map(String), meant)
      assert.deepEqual(walkedDates(stored, lastDay), meant)
    }),
    { numRuns: 400 },
  )
  assert.ok(accepted > 40, `only ${accepted} rules became series`)
})

test("a series of Exchange read as a rule leads where Exchange goes, and is stored again as the same days", () => {
  fc.assert(
    fc.property(exchangeSeries, known => {
      const [first, ...others] = exchangeDates(known, lastDay)
      fc.pre(first !== undefined && others.length > 0)
      const range = { ...known.range, startDate: first }
      const rule = fromExchangeSeries({ ...known, range })
      const event = { ...series({ start: first.toString() }) }
      const recurring = { ...event, recurrence: { ...event.recurrence, rules: [rule] } }
      const stored = toExchangeSeries(recurring, window, "graph")
      assert.deepEqual(tryExpand(recurring), exchangeDates({ ...known, range }, lastDay).map(String))
      assert.ok(stored)
      assert.deepEqual(exchangeDates(stored, lastDay), exchangeDates({ ...known, range }, lastDay))
    }),
  )
})

test("what is stored and read back has the normal form of what was meant", () => {
  fc.assert(
    fc.property(rules, startDate, fc.constantFrom("graph" as const, "ews" as const), (rule, date, dialect) => {
      const event = begunOnItself(rule, date)
      const stored = toExchangeSeries(event, window, dialect)
      if (!stored || !event.recurrence) return
      const read = { ...event.recurrence, rules: [fromExchangeSeries(stored)] }
      const normal = (recurrence: Recurrence) => JSON.stringify(normalRecurrence(recurrence, event.time))
      assert.equal(normal(read), normal(event.recurrence))
    }),
    { numRuns: 300 },
  )
})

test("the normal form leads to the same days as the rule", () => {
  fc.assert(
    fc.property(rules, startDate, (rule, date) => {
      const event = begunOnItself(rule, date)
      const recurrence = normalRecurrence(event.recurrence, event.time)
      if (recurrence) assert.deepEqual(tryExpand({ ...event, recurrence }), tryExpand(event))
    }),
    { numRuns: 150 },
  )
})
