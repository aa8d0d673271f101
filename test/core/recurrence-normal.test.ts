import assert from "node:assert/strict"
import { test } from "node:test"
import { normalRecurrence } from "../../operator/core/recurrence-normal.ts"
import { type SeriesWords, series } from "../fakes/series.ts"

function normal(words: SeriesWords): unknown {
  const { recurrence, time } = series(words)
  return JSON.parse(JSON.stringify(normalRecurrence(recurrence, time) ?? null))
}

const tuesday = "2026-01-13T08:00[Europe/Copenhagen]"

for (const [what, one, other, start = tuesday] of [
  ["the weekday of the start", "FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=TU"],
  ["the day of the start", "FREQ=MONTHLY", "FREQ=MONTHLY;BYMONTHDAY=13"],
  ["the month and day of the start", "FREQ=YEARLY", "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=13"],
  ["the hour of the start", "FREQ=DAILY;BYHOUR=8;BYMINUTE=0;BYSECOND=0", "FREQ=DAILY"],
  ["the order of a list", "FREQ=WEEKLY;BYDAY=TH,TU", "FREQ=WEEKLY;BYDAY=TU,TH"],
  ["a day said twice", "FREQ=WEEKLY;BYDAY=TU,TU", "FREQ=WEEKLY"],
  ["days of a daily rule", "FREQ=DAILY;BYDAY=MO,TU", "FREQ=WEEKLY;BYDAY=MO,TU"],
  ["every seventh day", "FREQ=DAILY;INTERVAL=14", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"],
  ["all days of the week", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU", "FREQ=DAILY"],
  ["every Tuesday of the month", "FREQ=MONTHLY;BYDAY=TU", "FREQ=WEEKLY"],
  ["a position and an ordinal", "FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2", "FREQ=MONTHLY;BYDAY=2TU"],
  [
    "a position in one month of the year",
    "FREQ=YEARLY;BYMONTH=1;BYDAY=TU;BYSETPOS=2",
    "FREQ=YEARLY;BYMONTH=1;BYDAY=2TU",
  ],
  ["the thirteenth of all days", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=13", "FREQ=MONTHLY"],
  [
    "the last of 28 to 31",
    "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1",
    "FREQ=MONTHLY;BYMONTHDAY=-1",
    "2026-01-31",
  ],
  ["the last of December", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=-1", "FREQ=YEARLY", "2026-12-31"],
  [
    "the last of February",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1",
    "2026-02-28",
  ],
  ["the 29th of long months", "FREQ=YEARLY;BYMONTH=8;BYMONTHDAY=28,29;BYSETPOS=-1", "FREQ=YEARLY", "2026-08-29"],
  ["the last of July and August", "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=2", "FREQ=MONTHLY;COUNT=2", "2026-07-31"],
  ["quarters", "FREQ=YEARLY;BYMONTH=1,4,7,10", "FREQ=MONTHLY;INTERVAL=3"],
  ["twelve months", "FREQ=MONTHLY;INTERVAL=24;BYDAY=2TU", "FREQ=YEARLY;INTERVAL=2;BYMONTH=1;BYDAY=2TU"],
  ["a first day of every week", "FREQ=WEEKLY;WKST=SU", "FREQ=WEEKLY"],
  [
    "a first day that splits nothing",
    "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU,TH",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH",
  ],
  ["an end between occurrences", "FREQ=WEEKLY;UNTIL=20260202", "FREQ=WEEKLY;UNTIL=20260127T070000Z"],
  ["a count and the end it reaches", "FREQ=WEEKLY;COUNT=3", "FREQ=WEEKLY;UNTIL=20260127"],
] as const) {
  test(`it does not matter whether a rule says or implies ${what}`, () => {
    assert.deepEqual(normal({ start, rules: [one] }), normal({ start, rules: [other] }))
  })
}

for (const [what, one, other, start = tuesday] of [
  ["another weekday", "FREQ=WEEKLY;BYDAY=TU,WE", "FREQ=WEEKLY;BYDAY=TU,TH"],
  ["another interval", "FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2"],
  ["another end", "FREQ=WEEKLY;COUNT=3", "FREQ=WEEKLY;COUNT=4"],
  ["no end", "FREQ=WEEKLY;COUNT=3", "FREQ=WEEKLY"],
  [
    "a first day that splits the fortnight",
    "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,TU",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,TU",
  ],
  ["a second hour", "FREQ=DAILY;BYHOUR=8,9", "FREQ=DAILY"],
  ["the last of February", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28", "2026-02-28"],
  ["the last of each month", "FREQ=MONTHLY;BYMONTHDAY=-1", "FREQ=MONTHLY;BYMONTHDAY=31", "2026-01-31"],
] as const) {
  test(`${what} is another recurrence`, () => {
    assert.notDeepEqual(normal({ start, rules: [one] }), normal({ start, rules: [other] }))
  })
}

test("an exclusion that hits nothing says nothing, and order says nothing", () => {
  const rules = ["FREQ=WEEKLY"]
  const [hit, other, miss] = ["20260120T070000Z", "20260127T070000Z", "20260128T070000Z"] as const
  const expected = normal({ start: tuesday, rules, excluded: [hit, other] })
  assert.deepEqual(normal({ start: tuesday, rules, excluded: [other, miss, hit, hit] }), expected)
})

test("all-day exclusions are looked up as dates", () => {
  const words = { start: "2026-01-13", rules: ["FREQ=WEEKLY"] }
  assert.deepEqual(
    normal({ ...words, excluded: ["20260120", "20260121"] }),
    normal({ ...words, excluded: ["20260120"] }),
  )
  assert.notDeepEqual(normal({ ...words, excluded: ["20260120"] }), normal(words))
})

test("an explicit date the rule has anyway says nothing", () => {
  const words = { start: tuesday, rules: ["FREQ=WEEKLY"] }
  assert.deepEqual(normal({ ...words, extra: ["2026-01-20T08:00[Europe/Copenhagen]"] }), normal(words))
})

test("an override of an excluded occurrence says nothing", () => {
  const words = { start: tuesday, rules: ["FREQ=WEEKLY"], excluded: ["20260120T070000Z"] }
  const moved = { "20260120T070000Z": "2026-01-21T08:00[Europe/Copenhagen]" }
  assert.deepEqual(normal({ ...words, moved }), normal(words))
})

test("nothing that recurs is no recurrence", () => {
  assert.equal(normal({ start: tuesday }), null)
  assert.equal(normalRecurrence(undefined, series({ start: tuesday }).time), undefined)
})

test("a rule too complex to follow is still compared, as it is written", () => {
  const start = "2026-01-13T08:00[UTC]"
  const words = { start, rules: ["FREQ=SECONDLY;COUNT=100000000"], excluded: ["20260113T080001Z"] }
  assert.deepEqual(normal(words), normal(words))
})

test("the normal form is its own normal form", () => {
  const { recurrence, time } = series({
    start: tuesday,
    rules: ["FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2;COUNT=5", "FREQ=DAILY;INTERVAL=14"],
    extra: ["2026-02-01T08:00[Europe/Copenhagen]"],
    excluded: ["20260210T070000Z"],
  })
  const once = normalRecurrence(recurrence, time)
  assert.deepEqual(JSON.stringify(normalRecurrence(once, time)), JSON.stringify(once))
})
