import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { RRuleTemporal } from "rrule-temporal"
import { type Day, datesOf, indexes, type Pattern, type Range, weekdays } from "./store/recurrence.ts"

const base: Pattern = {
  type: "daily",
  interval: 1,
  daysOfWeek: [],
  dayOfMonth: 0,
  month: 0,
  index: "first",
  firstDayOfWeek: "sunday",
}

type End = { type: "noEnd" } | { type: "endDate"; endDate: string } | { type: "numbered"; count: number }

function dates(pattern: Partial<Pattern>, given: { start: string; from?: string; to: string; end?: End }): string[] {
  const range: Range = { startDate: given.start, zone: "UTC", zoneName: "UTC", ...(given.end ?? { type: "noEnd" }) }
  const recurrence = { pattern: { ...base, ...pattern }, range }
  return [...datesOf(recurrence, given.from ?? given.start, given.to)].map(String)
}

test("the 31st of every month is the last day of the short ones", () => {
  const found = dates({ type: "absoluteMonthly", dayOfMonth: 31 }, { start: "2026-01-31", to: "2026-06-30" })
  assert.deepEqual(found, ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"])
})

test("a leap day of every year is the 28th in common years", () => {
  const found = dates({ type: "absoluteYearly", dayOfMonth: 29, month: 2 }, { start: "2024-02-29", to: "2028-12-31" })
  assert.deepEqual(found, ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"])
})

test("several days of a relative pattern mean the first of them that comes, once a month", () => {
  const workdays = ["monday", "tuesday", "wednesday", "thursday", "friday"] as const
  const first = dates(
    { type: "relativeMonthly", daysOfWeek: workdays, index: "first" },
    { start: "2026-01-01", to: "2026-03-31" },
  )
  const last = dates(
    { type: "relativeMonthly", daysOfWeek: workdays, index: "last" },
    { start: "2026-01-01", to: "2026-03-31" },
  )
  assert.deepEqual(first, ["2026-01-01", "2026-02-02", "2026-03-02"])
  assert.deepEqual(last, ["2026-01-30", "2026-02-27", "2026-03-31"])
})

test("the day a week begins on decides every other week", () => {
  const days = { type: "weekly", interval: 2, daysOfWeek: ["sunday", "tuesday"] } as const
  const sundays = dates({ ...days, firstDayOfWeek: "sunday" }, { start: "2026-03-03", to: "2026-03-31" })
  const mondays = dates({ ...days, firstDayOfWeek: "monday" }, { start: "2026-03-03", to: "2026-03-31" })
  assert.deepEqual(sundays, ["2026-03-03", "2026-03-15", "2026-03-17", "2026-03-29", "2026-03-31"])
  assert.deepEqual(mondays, ["2026-03-03", "2026-03-08", "2026-03-17", "2026-03-22", "2026-03-31"])
})

test("a number of occurrences counts from the start, whatever part is looked at", () => {
  const end = { type: "numbered", count: 5 } as const
  const found = dates(
    { type: "weekly", daysOfWeek: ["wednesday"] },
    { start: "2026-03-02", from: "2026-03-20", to: "2026-12-31", end },
  )
  assert.deepEqual(found, ["2026-03-25", "2026-04-01"])
})

test("the end date is inclusive", () => {
  const end = { type: "endDate", endDate: "2026-03-05" } as const
  const found = dates({ interval: 2 }, { start: "2026-03-01", to: "2026-12-31", end })
  assert.deepEqual(found, ["2026-03-01", "2026-03-03", "2026-03-05"])
})

test("a glance far into a series sees the same dates as a walk from its start", () => {
  const patterns: Partial<Pattern>[] = [
    { type: "daily", interval: 3 },
    { type: "weekly", interval: 3, daysOfWeek: ["saturday", "monday"] },
    { type: "absoluteMonthly", interval: 5, dayOfMonth: 30 },
    { type: "relativeMonthly", interval: 2, daysOfWeek: ["friday"], index: "third" },
    { type: "absoluteYearly", interval: 3, dayOfMonth: 17, month: 5 },
    { type: "relativeYearly", interval: 2, daysOfWeek: ["sunday"], index: "last", month: 10 },
  ]
  for (const pattern of patterns) {
    const whole = dates(pattern, { start: "2020-02-03", to: "2041-12-31" })
    const part = dates(pattern, { start: "2020-02-03", from: "2039-04-01", to: "2041-12-31" })
    assert.deepEqual(
      part,
      whole.filter(date => date >= "2039-04-01"),
      JSON.stringify(pattern),
    )
    assert.ok(whole.length > 5)
  }
})

/** Patterns on which Exchange and RFC 5545 agree, each with its rule. */
const agreed: fc.Arbitrary<{ readonly pattern: Partial<Pattern>; readonly rule: string }> = fc.oneof(
  fc.record({ interval: fc.integer({ min: 1, max: 40 }) }).map(({ interval }) => ({
    pattern: { type: "daily", interval } as const,
    rule: `FREQ=DAILY;INTERVAL=${interval}`,
  })),
  fc
    .record({
      interval: fc.integer({ min: 1, max: 5 }),
      days: fc.subarray([...weekdays], { minLength: 1 }),
      first: fc.constantFrom(...weekdays),
    })
    .map(({ interval, days, first }) => ({
      pattern: { type: "weekly", interval, daysOfWeek: days, firstDayOfWeek: first } as const,
      rule: `FREQ=WEEKLY;INTERVAL=${interval};BYDAY=${days.map(code).join(",")};WKST=${code(first)}`,
    })),
  fc
    .record({ interval: fc.integer({ min: 1, max: 14 }), dayOfMonth: fc.integer({ min: 1, max: 28 }) })
    .map(({ interval, dayOfMonth }) => ({
      pattern: { type: "absoluteMonthly", interval, dayOfMonth } as const,
      rule: `FREQ=MONTHLY;INTERVAL=${interval};BYMONTHDAY=${dayOfMonth}`,
    })),
  fc
    .record({
      interval: fc.integer({ min: 1, max: 14 }),
      days: fc.subarray([...weekdays], { minLength: 1 }),
      index: fc.constantFrom(...indexes),
    })
    .map(({ interval, days, index }) => ({
      pattern: { type: "relativeMonthly", interval, daysOfWeek: days, index } as const,
      rule: `FREQ=MONTHLY;INTERVAL=${interval};BYDAY=${days.map(code).join(",")};BYSETPOS=${position(index)}`,
    })),
  fc
    .record({
      day: fc.constantFrom(...weekdays),
      index: fc.constantFrom(...indexes),
      month: fc.integer({ min: 1, max: 12 }),
    })
    .map(({ day, index, month }) => ({
      pattern: { type: "relativeYearly", interval: 1, daysOfWeek: [day], index, month } as const,
      rule: `FREQ=YEARLY;BYMONTH=${month};BYDAY=${position(index)}${code(day)}`,
    })),
)

function code(day: Day): string {
  return day.slice(0, 2).toUpperCase()
}

function position(index: (typeof indexes)[number]): number {
  return index === "last" ? -1 : indexes.indexOf(index) + 1
}

test("where RFC 5545 means the same, an independent library finds the same dates", () => {
  fc.assert(
    fc.property(agreed, fc.integer({ min: 0, max: 1500 }), ({ pattern, rule }, days) => {
      const start = Temporal.PlainDate.from("2024-01-01").add({ days }).toString()
      const to = Temporal.PlainDate.from(start).add({ years: 4 }).toString()
      const compact = start.replaceAll("-", "")
      const judge = new RRuleTemporal({
        rruleString: `DTSTART:${compact}T120000Z\nRRULE:${rule}`,
        includeDtstart: false,
      })
      const [from, until] = [start, to].map(date => Temporal.ZonedDateTime.from(`${date}T12:00[UTC]`))
      const expected = from && until ? judge.between(from, until, true).map(date => date.toPlainDate().toString()) : []
      assert.deepEqual(dates(pattern, { start, to }), expected, `${start} ${rule}`)
    }),
    { numRuns: 150 },
  )
})
