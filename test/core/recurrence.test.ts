import assert from "node:assert/strict"
import { test } from "node:test"
import type { CalendarEvent } from "../../operator/core/event.ts"
import type { Window } from "../../operator/core/ports.ts"
import { expand, hasOccurrenceAfter, isExhausted } from "../../operator/core/recurrence.ts"
import { RecurrenceTooComplexError } from "../../operator/core/recurrence-errors.ts"
import { days, series } from "../fakes/series.ts"

const march = days("2026-03-01", "2026-04-01")
const options = { zone: "UTC", limit: 1_000 }

function keys(event: CalendarEvent, window: Window = march, zone = "UTC"): readonly string[] {
  return expand(event, window, { zone, limit: 1_000 }).map(({ key }) => key)
}

function clock(event: CalendarEvent, window: Window): readonly string[] {
  return expand(event, window, options).map(({ time: { start, end } }) => `${short(start)}–${short(end)}`)
}

function short(time: Temporal.PlainDate | Temporal.ZonedDateTime): string {
  const text =
    time instanceof Temporal.PlainDate ? `${time}` : time.toString({ smallestUnit: "minute", timeZoneName: "never" })
  return text.slice("2026-".length)
}

test("an event that does not recur is its own occurrence, inside the window only", () => {
  const { recurrence: _, ...single } = series({ start: "2026-03-02T08:00[UTC]" })
  assert.deepEqual(keys(single), ["20260302T080000Z"])
  assert.deepEqual(keys(single, days("2026-03-03", "2026-03-04")), [])
})

test("each occurrence says what the series says, at its own time, and nothing of key or rules", () => {
  const event = { ...series({ start: "2026-03-02T08:00[UTC]", rules: ["FREQ=WEEKLY;COUNT=2"] }), location: "A12" }
  const [, second] = expand(event, march, options)
  assert.equal(second?.content.time, second?.time)
  assert.deepEqual({ ...second?.content, time: undefined }, { subject: "Maths", location: "A12", time: undefined })
})

test("the window cuts, and a lesson that runs into it is in it", () => {
  const event = series({ start: "2026-01-01T23:30[UTC]", rules: ["FREQ=DAILY"] })
  assert.deepEqual(keys(event, days("2026-03-02", "2026-03-03")), ["20260301T233000Z", "20260302T233000Z"])
})

test("a journey of days that runs into the window is in it", () => {
  const event = series({ start: "2026-02-20", length: 10, rules: ["FREQ=YEARLY"] })
  assert.deepEqual(keys(event, days("2026-03-01", "2026-03-02")), ["20260220"])
  assert.deepEqual(keys(event, days("2026-03-02", "2026-03-03")), [])
})

test("a lesson stays at eight on the wall clock through the whole year", () => {
  const event = series({ start: "2026-01-05T08:00[Europe/Copenhagen]", rules: ["FREQ=MONTHLY;BYMONTHDAY=5"] })
  const starts = expand(event, days("2026-01-01", "2027-01-01"), options).map(({ key }) => key.slice(4, 11))
  assert.deepEqual(starts.slice(0, 4), ["0105T07", "0205T07", "0305T07", "0405T06"])
  assert.equal(starts.at(-1), "1205T07")
})

for (const { where, start, window, times } of [
  {
    where: "a gap in Copenhagen moves the lesson by its length and keeps how long it takes",
    start: "2026-03-01T02:30[Europe/Copenhagen]",
    window: days("2026-03-28", "2026-03-31"),
    times: [
      "03-28T02:30+01:00–03-28T03:15+01:00",
      "03-29T03:30+02:00–03-29T04:15+02:00",
      "03-30T02:30+02:00–03-30T03:15+02:00",
    ],
  },
  {
    where: "an overlap in Copenhagen takes the first",
    start: "2026-10-01T02:00[Europe/Copenhagen]",
    window: days("2026-10-24", "2026-10-27"),
    times: [
      "10-24T02:00+02:00–10-24T02:45+02:00",
      "10-25T02:00+02:00–10-25T02:45+02:00",
      "10-26T02:00+01:00–10-26T02:45+01:00",
    ],
  },
  {
    where: "a gap in New York",
    start: "2026-03-01T02:30[America/New_York]",
    window: days("2026-03-08", "2026-03-09"),
    times: ["03-08T03:30-04:00–03-08T04:15-04:00"],
  },
  {
    where: "half an hour's gap on Lord Howe Island",
    start: "2026-10-01T02:15[Australia/Lord_Howe]",
    window: { start: Temporal.Instant.from("2026-10-03T12:00Z"), end: Temporal.Instant.from("2026-10-04T12:00Z") },
    times: ["10-04T02:45+11:00–10-04T03:30+11:00"],
  },
]) {
  test(where, () => {
    assert.deepEqual(clock(series({ start, rules: ["FREQ=DAILY"] }), window), times)
  })
}

test("a night shift ends at six also in the nights the clocks change", () => {
  const event = series({ start: "2026-03-01T22:00[Europe/Copenhagen]", length: 480, rules: ["FREQ=DAILY"] })
  const ends = expand(event, days("2026-03-27", "2026-03-31"), options).map(({ time }) => short(time.end).slice(0, 11))
  assert.deepEqual(ends, ["03-27T06:00", "03-28T06:00", "03-29T06:00", "03-30T06:00", "03-31T06:00"])
})

test("an event that begins in the later of two equal hours begins there, and its followers where the clock says", () => {
  const event = series({ start: "2026-10-25T02:30+01:00[Europe/Copenhagen]", rules: ["FREQ=DAILY;COUNT=2"] })
  assert.deepEqual(keys(event, days("2026-10-01", "2026-11-01")), ["20261025T013000Z", "20261026T013000Z"])
})

test("all-day series are dates: the window meets them in the zone that is asked", () => {
  const event = series({ start: "2026-03-01", rules: ["FREQ=WEEKLY"] })
  const evening = { start: Temporal.Instant.from("2026-03-08T00:00Z"), end: Temporal.Instant.from("2026-03-08T01:00Z") }
  assert.deepEqual(keys(event), ["20260301", "20260308", "20260315", "20260322", "20260329"])
  assert.deepEqual(keys(event, evening, "UTC"), ["20260308"])
  assert.deepEqual(keys(event, evening, "America/New_York"), [])
})

test("an all-day series of several days keeps them over a change of clocks", () => {
  const event = series({ start: "2026-03-21", length: 2, rules: ["FREQ=WEEKLY"] })
  assert.deepEqual(clock(event, days("2026-03-29", "2026-03-30")), ["03-28–03-30"])
})

test("29 February recurs in leap years only", () => {
  const event = series({ start: "2024-02-29", rules: ["FREQ=YEARLY;COUNT=3"] })
  assert.deepEqual(keys(event, days("2024-01-01", "2040-01-01")), ["20240229", "20280229", "20320229"])
})

test("31 January recurs in months that have a 31st only", () => {
  const event = series({ start: "2026-01-31", rules: ["FREQ=MONTHLY"] })
  assert.deepEqual(keys(event, days("2026-01-01", "2026-08-01")), ["20260131", "20260331", "20260531", "20260731"])
})

test("a start that is not on the rule counts, and counts as one of COUNT", () => {
  const event = series({ start: "2026-03-02T08:00[UTC]", rules: ["FREQ=WEEKLY;BYDAY=WE;COUNT=3"] })
  assert.deepEqual(keys(event), ["20260302T080000Z", "20260304T080000Z", "20260311T080000Z"])
})

test("a start that is not on the rule is all there is of COUNT=1", () => {
  const event = series({ start: "2026-03-02T08:00[UTC]", rules: ["FREQ=WEEKLY;BYDAY=WE;COUNT=1"] })
  assert.deepEqual(keys(event), ["20260302T080000Z"])
})

test("a rule that ended before it began leaves nothing", () => {
  const event = series({ start: "2026-03-02T08:00[UTC]", rules: ["FREQ=DAILY;UNTIL=20260301"] })
  assert.deepEqual(keys(event), [])
  assert.equal(isExhausted(event, Temporal.Instant.from("2026-01-01T00:00Z"), "UTC"), true)
})

test("UNTIL is included to the second, on the wall clock", () => {
  const rules = ["FREQ=DAILY;UNTIL=20260331T060000Z"]
  const event = series({ start: "2026-03-30T08:00[Europe/Copenhagen]", rules })
  assert.deepEqual(keys(event, days("2026-03-01", "2026-05-01")), ["20260330T060000Z", "20260331T060000Z"])
})

test("COUNT and UNTIL together end with whichever comes first", () => {
  const both = (rule: string) => keys(series({ start: "2026-03-01", rules: [rule] })).length
  assert.equal(both("FREQ=DAILY;COUNT=3;UNTIL=20260310"), 3)
  assert.equal(both("FREQ=DAILY;COUNT=30;UNTIL=20260304"), 4)
})

test("several rules are united, and what both say happens once", () => {
  const event = series({ start: "2026-03-02", rules: ["FREQ=WEEKLY;COUNT=2", "FREQ=DAILY;INTERVAL=7;COUNT=3"] })
  assert.deepEqual(keys(event), ["20260302", "20260309", "20260316"])
})

test("explicit dates join the rule, and alone they follow the start", () => {
  const start = "2026-03-02T08:00[UTC]"
  const extra = ["2026-03-20T10:00[UTC]"]
  assert.deepEqual(keys(series({ start, extra })), ["20260302T080000Z", "20260320T100000Z"])
  assert.equal(keys(series({ start, extra, rules: ["FREQ=DAILY;COUNT=3"] })).at(-1), "20260320T100000Z")
})

test("what is excluded is gone, be it from the rule, an explicit date or the start", () => {
  const event = series({
    start: "2026-03-02T08:00[UTC]",
    rules: ["FREQ=DAILY;COUNT=3"],
    extra: ["2026-03-20T10:00[UTC]"],
    excluded: ["20260302T080000Z", "20260303T080000Z", "20260320T100000Z", "20260401T080000Z"],
  })
  assert.deepEqual(keys(event), ["20260304T080000Z"])
})

test("an occurrence moved out of the window is gone, and one moved in is there under its old name", () => {
  const weekly = { start: "2026-03-02T08:00[UTC]", rules: ["FREQ=WEEKLY"] }
  const out = series({ ...weekly, moved: { "20260302T080000Z": "2026-04-20T08:00[UTC]" } })
  const into = series({ ...weekly, moved: { "20260406T080000Z": "2026-03-31T08:00[UTC]" } })
  assert.ok(!keys(out).includes("20260302T080000Z"))
  assert.equal(keys(into).at(-1), "20260406T080000Z")
})

test("occurrences come by when they are, not by when they would have been", () => {
  const event = series({
    start: "2026-03-02T08:00[UTC]",
    rules: ["FREQ=DAILY;COUNT=3"],
    moved: { "20260302T080000Z": "2026-03-05T08:00[UTC]" },
  })
  assert.deepEqual(keys(event), ["20260303T080000Z", "20260304T080000Z", "20260302T080000Z"])
})

test("an override of an excluded occurrence is not believed, of one the rule never had it is", () => {
  const moved = { "20260302T080000Z": "2026-03-02T10:00[UTC]", "20260310T090000Z": "2026-03-10T10:00[UTC]" }
  const rules = ["FREQ=DAILY;COUNT=1"]
  const event = series({ start: "2026-03-02T08:00[UTC]", rules, moved, excluded: ["20260302T080000Z"] })
  assert.deepEqual(keys(event), ["20260310T090000Z"])
})

test("more occurrences than the limit are refused, as many are not", () => {
  const event = series({ start: "2026-03-01", rules: ["FREQ=DAILY"] })
  assert.equal(expand(event, march, { zone: "UTC", limit: 31 }).length, 31)
  assert.throws(() => expand(event, march, { zone: "UTC", limit: 30 }), RecurrenceTooComplexError)
})

for (const [what, start, rule, found] of [
  [
    "week 53 of 2026, which reaches into January",
    "2020-12-28",
    "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO,SU",
    ["20261228", "20270103"],
  ],
  [
    "week 1, which begins in December",
    "2024-12-30",
    "FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO,FR",
    ["20260102", "20270104", "20270108"],
  ],
  ["the last week, without a day: the start's", "2020-12-29", "FREQ=YEARLY;BYWEEKNO=-1", ["20261229", "20271228"]],
  ["weeks that begin on Sunday", "2020-01-05", "FREQ=YEARLY;BYWEEKNO=2;WKST=SU;BYDAY=SU", ["20260111", "20270110"]],
  [
    "the last Monday of weeks 10 and 11",
    "2020-03-09",
    "FREQ=YEARLY;BYWEEKNO=10,11;BYDAY=MO;BYSETPOS=-1",
    ["20260309", "20270315"],
  ],
] as const) {
  test(`by week number: ${what}`, () => {
    assert.deepEqual(keys(series({ start, rules: [rule] }), days("2026-01-01", "2028-01-01")), found)
  })
}

test("week numbers are counted, end and are asked about like anything else", () => {
  const counted = series({ start: "2020-12-28", rules: ["FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;COUNT=2"] })
  const ended = series({ start: "2020-12-28", rules: ["FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;UNTIL=20300101"] })
  assert.deepEqual(keys(counted, days("2020-01-01", "2050-01-01")), ["20201228", "20261228"])
  assert.deepEqual(keys(ended, days("2020-01-01", "2050-01-01")), ["20201228", "20261228"])
  assert.equal(hasOccurrenceAfter(ended, Temporal.Instant.from("2026-12-29T12:00Z"), "UTC"), false)
})

for (const rule of [
  "FREQ=YEARLY;BYWEEKNO=20;BYMONTHDAY=13",
  "FREQ=MONTHLY;BYWEEKNO=20",
  "FREQ=YEARLY;BYMONTHDAY=30;BYDAY=1SU",
  "FREQ=YEARLY;BYYEARDAY=100;BYDAY=WE",
  "FREQ=YEARLY;BYYEARDAY=1;BYMONTHDAY=28",
  "FREQ=SECONDLY",
  "FREQ=SECONDLY;COUNT=100000000",
  "FREQ=MINUTELY;BYMONTH=3",
  `FREQ=DAILY;BYHOUR=${numbers(24)};BYMINUTE=${numbers(60)};BYSECOND=0,30`,
  `FREQ=HOURLY;BYMINUTE=${numbers(60)};BYSECOND=${numbers(60)};BYSETPOS=-1,1`,
]) {
  test(`${rule.slice(0, 50)} is refused, and at once`, () => {
    const began = performance.now()
    assert.throws(() => keys(series({ start: "1970-01-01T08:00[UTC]", rules: [rule] })), RecurrenceTooComplexError)
    assert.ok(performance.now() - began < mostMs)
  })
}

for (const rule of [
  "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2",
  "FREQ=YEARLY;BYDAY=53MO;BYMONTH=1",
  "FREQ=WEEKLY;BYSETPOS=300",
  "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
  "FREQ=YEARLY;INTERVAL=999999999",
  "FREQ=DAILY;INTERVAL=999999999",
  "FREQ=YEARLY;BYWEEKNO=53;INTERVAL=999999999",
  "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6",
  "FREQ=HOURLY;INTERVAL=24;BYHOUR=3",
]) {
  test(`${rule} leads nowhere but its start, and nobody waits for it`, () => {
    const event = series({ start: "2026-03-01T08:00[UTC]", rules: [rule] })
    const began = performance.now()
    assert.deepEqual(keys(event), ["20260301T080000Z"])
    assert.ok(performance.now() - began < mostMs)
  })
}

/** Far more than any of them takes, far less than anybody would wait. */
const mostMs = 2_000

function numbers(count: number): string {
  return Array.from({ length: count }, (_, index) => index).join()
}

test("a rule of long ago is read where the window is, not from its beginning", () => {
  const old = series({ start: "1950-01-01T08:00[Europe/Copenhagen]", rules: ["FREQ=DAILY"] })
  const began = performance.now()
  for (let time = 0; time < 100; time++) assert.equal(keys(old, days("2026-03-01", "2026-03-08")).length, 7)
  assert.ok(performance.now() - began < mostMs)
})

test("a series goes on as long as anything of it is left", () => {
  const start = "2026-03-02T08:00[UTC]"
  const at = (text: string) => Temporal.Instant.from(text)
  const ended = { start, rules: ["FREQ=DAILY;COUNT=3"] }
  assert.equal(hasOccurrenceAfter(series({ start, rules: ["FREQ=DAILY"] }), at("2099-01-01T00:00Z"), "UTC"), true)
  assert.equal(hasOccurrenceAfter(series(ended), at("2026-03-04T08:44Z"), "UTC"), true)
  assert.equal(hasOccurrenceAfter(series(ended), at("2026-03-04T08:45Z"), "UTC"), false)
  assert.equal(isExhausted(series(ended), at("2026-03-04T08:45Z"), "UTC"), true)
})

test("the last occurrence excluded or moved away is the last no longer", () => {
  const ended = { start: "2026-03-02T08:00[UTC]", rules: ["FREQ=DAILY;COUNT=3"] }
  const last = "20260304T080000Z"
  const afterSecond = Temporal.Instant.from("2026-03-03T12:00Z")
  assert.equal(hasOccurrenceAfter(series({ ...ended, excluded: [last] }), afterSecond, "UTC"), false)
  const moved = { [last]: "2026-06-01T08:00[UTC]" }
  assert.equal(hasOccurrenceAfter(series({ ...ended, moved }), Temporal.Instant.from("2026-05-01T00:00Z"), "UTC"), true)
  assert.equal(hasOccurrenceAfter(series({ ...ended, extra: ["2026-06-01T08:00[UTC]"] }), afterSecond, "UTC"), true)
})
