import assert from "node:assert/strict"
import { test } from "node:test"
import { normalRecurrence } from "../../operator/core/recurrence-normal.ts"
import { formatRule } from "../../operator/core/recurrence-rule.ts"
import type { ExchangePattern, ExchangeSeries } from "../../operator/exchange/pattern.ts"
import { fromExchangeSeries, toExchangeSeries } from "../../operator/exchange/series.ts"
import { days, type SeriesWords, series } from "../fakes/series.ts"

const year = days("2026-01-01", "2027-01-01")
const zone = "Europe/Copenhagen"

/** 2026-01-06 is a Tuesday. */
const tuesday = `2026-01-06T08:00[${zone}]`
const at = (date: string) => `${date}T08:00[${zone}]`

function toSeries(words: SeriesWords, dialect: "graph" | "ews" = "graph"): ExchangeSeries | undefined {
  return toExchangeSeries(series(words), year, dialect)
}

function said(pattern: ExchangePattern | undefined): string | undefined {
  return pattern && Object.values(pattern).join(" ")
}

for (const [rule, start, pattern] of [
  ["FREQ=DAILY;INTERVAL=3", tuesday, "daily 3"],
  ["FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", tuesday, "weekly 1 MO,TU,WE,TH,FR MO"],
  ["FREQ=WEEKLY", tuesday, "weekly 1 TU MO"],
  ["FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,TU;WKST=SU", tuesday, "weekly 2 TU,SU SU"],
  ["FREQ=MONTHLY", tuesday, "absoluteMonthly 1 6"],
  ["FREQ=MONTHLY;BYMONTHDAY=-1", at("2026-01-31"), "absoluteMonthly 1 31"],
  ["FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1", at("2026-01-30"), "absoluteMonthly 1 30"],
  ["FREQ=MONTHLY;BYDAY=1TU", tuesday, "relativeMonthly 1 TU first"],
  ["FREQ=MONTHLY;BYDAY=TU;BYSETPOS=1", tuesday, "relativeMonthly 1 TU first"],
  ["FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", at("2026-01-30"), "relativeMonthly 1 MO,TU,WE,TH,FR last"],
  ["FREQ=MONTHLY;BYDAY=SA,SU;BYSETPOS=1", at("2026-01-03"), "relativeMonthly 1 SA,SU first"],
  ["FREQ=MONTHLY;BYDAY=TU", tuesday, "weekly 1 TU MO"],
  ["FREQ=YEARLY", tuesday, "absoluteYearly 1 1 6"],
  ["FREQ=YEARLY", at("2026-12-31"), "absoluteYearly 1 12 31"],
  ["FREQ=YEARLY;BYMONTH=1;BYDAY=1TU", tuesday, "relativeYearly 1 1 TU first"],
  ["FREQ=YEARLY;BYMONTH=1,4,7,10", tuesday, "absoluteMonthly 3 6"],
] as const) {
  test(`${rule} from ${start.slice(0, 10)} is ${pattern}, on Graph and on EWS`, () => {
    assert.equal(said(toSeries({ start, rules: [rule] })?.pattern), pattern)
    assert.equal(said(toSeries({ start, rules: [rule] }, "ews")?.pattern), pattern)
  })
}

for (const [rule, start, graph, ews] of [
  ["FREQ=YEARLY;INTERVAL=2", tuesday, "absoluteYearly 2 1 6", "absoluteMonthly 24 6"],
  ["FREQ=YEARLY;INTERVAL=2;BYMONTH=1;BYDAY=1TU", tuesday, "relativeYearly 2 1 TU first", "relativeMonthly 24 TU first"],
  ["FREQ=MONTHLY;BYDAY=TU,TH;BYSETPOS=2", tuesday, "relativeMonthly 1 TU,TH second", undefined],
] as const) {
  test(`${rule} is ${graph} on Graph and ${ews ?? "expanded"} on EWS`, () => {
    assert.equal(said(toSeries({ start, rules: [rule] })?.pattern), graph)
    assert.equal(said(toSeries({ start, rules: [rule] }, "ews")?.pattern), ews)
  })
}

for (const [why, rule, start = tuesday] of [
  ["it recurs within a day", "FREQ=HOURLY;INTERVAL=4"],
  ["two lessons a day", "FREQ=DAILY;BYHOUR=8,10"],
  ["weeks by number", "FREQ=YEARLY;BYWEEKNO=2;BYDAY=TU"],
  ["days of the year", "FREQ=YEARLY;BYYEARDAY=6"],
  ["two days of a month", "FREQ=MONTHLY;BYMONTHDAY=6,20"],
  ["the last but one day", "FREQ=MONTHLY;BYMONTHDAY=-2", at("2026-01-30")],
  ["RFC 5545 skips months without a 31st, Exchange does not", "FREQ=MONTHLY;BYMONTHDAY=31", at("2026-01-31")],
  ["RFC 5545 skips years without 29 February, Exchange does not", "FREQ=YEARLY", at("2024-02-29")],
  ["29 February every four years: 2100 has none", "FREQ=YEARLY;INTERVAL=4", at("2024-02-29")],
  ["a fifth Tuesday", "FREQ=MONTHLY;BYDAY=5TU", at("2026-03-31")],
  ["the last but one Tuesday", "FREQ=MONTHLY;BYDAY=-2TU", at("2026-01-20")],
  ["two counted weekdays", "FREQ=MONTHLY;BYDAY=1TU,3TU"],
  ["two positions", "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1,-1", at("2026-01-05")],
  ["Friday the thirteenth", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", at("2026-02-13")],
  ["days of some months only", "FREQ=DAILY;BYMONTH=1"],
  ["weeks of some months only", "FREQ=WEEKLY;BYMONTH=1,2"],
  ["months unevenly spaced", "FREQ=YEARLY;BYMONTH=1,2,7"],
  ["the twentieth Tuesday of the year", "FREQ=YEARLY;BYDAY=20TU", at("2026-05-19")],
  ["every other day, on weekdays", "FREQ=DAILY;INTERVAL=2;BYDAY=MO,TU,WE,TH,FR"],
  ["too many days between", "FREQ=DAILY;INTERVAL=1000"],
  ["too many weeks between", "FREQ=WEEKLY;INTERVAL=100"],
  ["too many months between", "FREQ=MONTHLY;INTERVAL=100"],
  ["too many years between", "FREQ=YEARLY;INTERVAL=9"],
  ["too many to be numbered", "FREQ=DAILY;COUNT=1000"],
  ["a start that is not on the rule", "FREQ=WEEKLY;BYDAY=WE"],
  ["an end before the start", "FREQ=WEEKLY;UNTIL=20260101"],
  ["no end of seconds", "FREQ=SECONDLY"],
] as const) {
  test(`no series: ${why} (${rule})`, () => {
    assert.equal(toSeries({ start, rules: [rule] }), undefined)
    assert.equal(toSeries({ start, rules: [rule] }, "ews"), undefined)
  })
}

for (const [why, words] of [
  ["it does not recur", { start: tuesday }],
  ["two rules", { start: tuesday, rules: ["FREQ=WEEKLY", "FREQ=MONTHLY"] }],
  ["an explicit date", { start: tuesday, rules: ["FREQ=WEEKLY"], extra: [at("2026-01-08")] }],
  ["lessons longer than the time between them", { start: tuesday, length: 25 * 60, rules: ["FREQ=DAILY"] }],
  ["all-day lessons that overlap", { start: "2026-01-06", length: 8, rules: ["FREQ=WEEKLY"] }],
  ["an occurrence of six years", { start: "2026-01-06", length: 2_200, rules: ["FREQ=YEARLY;INTERVAL=8"] }],
  ["a zone Exchange has no name for", { start: "2026-01-06T08:00+05:45[+05:45]", rules: ["FREQ=WEEKLY"] }],
  ["nothing left of it", { start: "2026-01-06", rules: ["FREQ=WEEKLY;COUNT=2"], excluded: ["20260106", "20260113"] }],
] as const) {
  test(`no series: ${why}`, () => {
    assert.equal(toSeries(words), undefined)
  })
}

const weekly = { start: tuesday, rules: ["FREQ=WEEKLY;BYDAY=TU,TH"] }
/** Thursday 8 January. */
const second = "20260108T070000Z"

for (const [what, moved, is] of [
  ["to another hour of its day", at("2026-01-08").replace("08:00", "15:00"), true],
  ["to a free day between its neighbours", at("2026-01-10"), true],
  ["onto the day of the one before", at("2026-01-06").replace("08:00", "15:00"), false],
  ["before the one before", at("2026-01-05"), false],
  ["onto the day of the next", at("2026-01-13").replace("08:00", "15:00"), false],
  ["beyond the next", at("2026-01-14"), false],
] as const) {
  test(`an occurrence moved ${what} ${is ? "stays in its" : "breaks the"} series`, () => {
    assert.equal(toSeries({ ...weekly, moved: { [second]: moved } }) !== undefined, is)
  })
}

test("no occurrence is moved over a deleted one, whose hours are free", () => {
  const onto = { [second]: at("2026-01-13").replace("08:00", "15:00") }
  assert.equal(toSeries({ ...weekly, excluded: ["20260113T070000Z"], moved: onto }), undefined)
  assert.ok(toSeries({ ...weekly, excluded: ["20260113T070000Z"] }))
})

test("an override of an occurrence the rule does not have breaks the series, of an excluded one it does not", () => {
  const key = "20260109T070000Z"
  assert.equal(toSeries({ ...weekly, moved: { [key]: at("2026-01-09") } }), undefined)
  assert.ok(toSeries({ ...weekly, excluded: [second], moved: { [second]: at("2026-01-20") } }))
})

test("an occurrence moved years outside the window is looked at too", () => {
  const old = { start: at("2020-01-07"), rules: ["FREQ=WEEKLY"] }
  assert.ok(toSeries({ ...old, moved: { "20200114T070000Z": at("2020-01-15") } }))
  assert.equal(toSeries({ ...old, moved: { "20200114T070000Z": at("2020-01-22") } }), undefined)
})

for (const [what, words, range] of [
  ["no end", { start: tuesday, rules: ["FREQ=WEEKLY"] }, { type: "noEnd", startDate: "2026-01-06", zone }],
  [
    "a count",
    { start: tuesday, rules: ["FREQ=WEEKLY;COUNT=9"] },
    { type: "numbered", startDate: "2026-01-06", zone, numberOfOccurrences: 9 },
  ],
  [
    "the day of the last occurrence",
    { start: tuesday, rules: ["FREQ=WEEKLY;UNTIL=20260201"] },
    { type: "endDate", startDate: "2026-01-06", zone, endDate: "2026-01-27" },
  ],
  ["no zone when all-day", { start: "2026-01-06", rules: ["FREQ=WEEKLY"] }, { type: "noEnd", startDate: "2026-01-06" }],
  [
    "no end beyond what Exchange can date",
    { start: tuesday, rules: ["FREQ=YEARLY;UNTIL=99991231"] },
    { type: "noEnd", startDate: "2026-01-06", zone },
  ],
] as const) {
  test(`the range says ${what}`, () => {
    assert.deepEqual(JSON.parse(JSON.stringify(toSeries(words)?.range)), range)
  })
}

test("the last occurrence is dated on the wall clock, not in UTC", () => {
  const range = toSeries({ start: `2026-01-06T00:30[${zone}]`, rules: ["FREQ=WEEKLY;UNTIL=20260119T233000Z"] })?.range
  assert.equal(range?.type === "endDate" && range.endDate.toString(), "2026-01-20")
})

test("a 31st that meets no short month is a series", () => {
  assert.ok(toSeries({ start: at("2026-07-31"), rules: ["FREQ=MONTHLY;COUNT=2"] }))
  assert.equal(toSeries({ start: at("2026-07-31"), rules: ["FREQ=MONTHLY;COUNT=3"] }), undefined)
})

for (const [pattern, rule] of [
  [{ type: "daily", interval: 2 }, "FREQ=DAILY;INTERVAL=2"],
  [
    { type: "weekly", interval: 2, daysOfWeek: ["MO", "FR"], firstDayOfWeek: "SU" },
    "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=MO,FR",
  ],
  [{ type: "absoluteMonthly", interval: 1, dayOfMonth: 28 }, "FREQ=MONTHLY;BYMONTHDAY=28"],
  [{ type: "absoluteMonthly", interval: 1, dayOfMonth: 29 }, "FREQ=MONTHLY;BYMONTHDAY=28,29;BYSETPOS=-1"],
  [{ type: "absoluteMonthly", interval: 1, dayOfMonth: 30 }, "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1"],
  [{ type: "absoluteMonthly", interval: 1, dayOfMonth: 31 }, "FREQ=MONTHLY;BYMONTHDAY=-1"],
  [
    { type: "absoluteYearly", interval: 1, month: 2, dayOfMonth: 29 },
    "FREQ=YEARLY;BYMONTHDAY=28,29;BYMONTH=2;BYSETPOS=-1",
  ],
  [{ type: "relativeMonthly", interval: 1, daysOfWeek: ["TU"], index: "last" }, "FREQ=MONTHLY;BYDAY=-1TU"],
  [
    { type: "relativeYearly", interval: 1, month: 3, daysOfWeek: ["SA", "SU"], index: "second" },
    "FREQ=YEARLY;BYDAY=SA,SU;BYMONTH=3;BYSETPOS=2",
  ],
] as const) {
  test(`${said(pattern)} is read as ${rule}`, () => {
    const read = fromExchangeSeries({
      pattern,
      range: { type: "noEnd", startDate: Temporal.PlainDate.from("2026-01-06") },
    })
    assert.equal(formatRule(read, { zone, allDay: false }), rule)
  })
}

test("a series read back from Exchange is the recurrence that was written", () => {
  const { recurrence, time } = series({ start: at("2026-12-31"), rules: ["FREQ=YEARLY;UNTIL=20320615"] })
  const stored = toSeries({ start: at("2026-12-31"), rules: ["FREQ=YEARLY;UNTIL=20320615"] })
  assert.ok(stored)
  const read = { ...recurrence, rules: [fromExchangeSeries(stored)] }
  assert.equal(JSON.stringify(normalRecurrence(read, time)), JSON.stringify(normalRecurrence(recurrence, time)))
})
