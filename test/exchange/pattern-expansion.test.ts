import assert from "node:assert/strict"
import { test } from "node:test"
import type { ExchangePattern, ExchangeRange } from "../../operator/exchange/pattern.ts"
import { exchangeDates } from "../../operator/exchange/pattern-expansion.ts"

const day = (text: string) => Temporal.PlainDate.from(text)

function dates(pattern: ExchangePattern, start: string, until: string, range: Partial<ExchangeRange> = {}) {
  const whole = { type: "noEnd", startDate: day(start), ...range } as ExchangeRange
  return exchangeDates({ pattern, range: whole }, day(until)).map(date => date.toString())
}

test("a day the month does not have is its last day", () => {
  const found = dates({ type: "absoluteMonthly", interval: 1, dayOfMonth: 31 }, "2026-01-31", "2026-04-30")
  assert.deepEqual(found, ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"])
})

test("29 February is the 28th in other years", () => {
  const found = dates({ type: "absoluteYearly", interval: 1, month: 2, dayOfMonth: 29 }, "2024-02-29", "2026-12-31")
  assert.deepEqual(found, ["2024-02-29", "2025-02-28", "2026-02-28"])
})

test("several days in a month mean the first that is any of them, or the second, or the last", () => {
  const pattern = { type: "relativeMonthly", interval: 1, daysOfWeek: ["TU", "TH"] } as const
  assert.deepEqual(dates({ ...pattern, index: "first" }, "2026-01-01", "2026-02-28"), ["2026-01-01", "2026-02-03"])
  assert.deepEqual(dates({ ...pattern, index: "second" }, "2026-01-01", "2026-02-28"), ["2026-01-06", "2026-02-05"])
  assert.deepEqual(dates({ ...pattern, index: "last" }, "2026-01-01", "2026-02-28"), ["2026-01-29", "2026-02-26"])
})

test("the first weekday and the last Monday of a month in the year", () => {
  const weekdays = ["MO", "TU", "WE", "TH", "FR"] as const
  const first = { type: "relativeYearly", interval: 1, month: 8, daysOfWeek: weekdays, index: "first" } as const
  assert.deepEqual(dates(first, "2026-01-01", "2027-12-31"), ["2026-08-03", "2027-08-02"])
  assert.deepEqual(dates({ ...first, daysOfWeek: ["MO"], index: "last" }, "2026-01-01", "2026-12-31"), ["2026-08-31"])
})

test("where the week begins decides which Sunday belongs to the fortnight", () => {
  const pattern = { type: "weekly", interval: 2, daysOfWeek: ["TU", "SU"] } as const
  const monday = dates({ ...pattern, firstDayOfWeek: "MO" }, "2026-01-06", "2026-01-25")
  const sunday = dates({ ...pattern, firstDayOfWeek: "SU" }, "2026-01-06", "2026-01-25")
  assert.deepEqual(monday, ["2026-01-06", "2026-01-11", "2026-01-20", "2026-01-25"])
  assert.deepEqual(sunday, ["2026-01-06", "2026-01-18", "2026-01-20"])
})

test("the first occurrence is the first match at or after the start, and the count begins there", () => {
  const pattern = { type: "weekly", interval: 1, daysOfWeek: ["WE"], firstDayOfWeek: "MO" } as const
  const found = dates(pattern, "2026-01-08", "2026-12-31", { type: "numbered", numberOfOccurrences: 2 })
  assert.deepEqual(found, ["2026-01-14", "2026-01-21"])
})

test("the end date is included, and what was asked for is not passed", () => {
  const pattern = { type: "daily", interval: 2 } as const
  const range = { type: "endDate", endDate: day("2026-01-05") } as const
  assert.deepEqual(dates(pattern, "2026-01-01", "2026-12-31", range), ["2026-01-01", "2026-01-03", "2026-01-05"])
  assert.deepEqual(dates(pattern, "2026-01-01", "2026-01-04", range), ["2026-01-01", "2026-01-03"])
})

test("asked from a later day, the days before are counted and not told", () => {
  const range = { type: "numbered", startDate: day("2026-01-01"), numberOfOccurrences: 3 } as const
  const found = exchangeDates({ pattern: { type: "daily", interval: 1 }, range }, day("2026-12-31"), day("2026-01-02"))
  assert.deepEqual(found.map(String), ["2026-01-02", "2026-01-03"])
})

for (const pattern of [
  { type: "weekly", interval: 1, daysOfWeek: [], firstDayOfWeek: "MO" },
  { type: "daily", interval: 0 },
  { type: "relativeMonthly", interval: 1, daysOfWeek: [], index: "first" },
] as const) {
  test(`a ${pattern.type} pattern that gets nowhere is refused, not followed for ever`, () => {
    assert.throws(() => dates(pattern, "2026-01-01", "2026-12-31"), RangeError)
  })
}
