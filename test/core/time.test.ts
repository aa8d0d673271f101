import assert from "node:assert/strict"
import { test } from "node:test"
import {
  durationMs,
  endInstant,
  occurrenceKey,
  overlaps,
  parseDuration,
  parseOccurrenceKey,
  resolveWallClock,
  startInstant,
  widened,
  windowAround,
} from "../../operator/core/time.ts"
import { days, eventTime } from "../fakes/series.ts"

const copenhagen = "Europe/Copenhagen"

for (const [text, ms] of [
  ["7d", 604_800_000],
  ["90m", 5_400_000],
  ["1h", 3_600_000],
  ["30s", 30_000],
  ["0s", 0],
] as const) {
  test(`the duration ${text} is ${ms} ms`, () => {
    assert.equal(durationMs(parseDuration(text)), ms)
  })
}

for (const text of ["", "7", "d", "7 d", "-1h", "1.5h", "7D", "P7D", "1h30m", "9999999999s"]) {
  test(`"${text}" is no duration`, () => {
    assert.throws(() => parseDuration(text), RangeError)
  })
}

test("a window around now counts days of 24 hours, also over a change of clocks", () => {
  const now = Temporal.Instant.from("2026-03-29T12:00Z")
  const { start, end } = windowAround(now, { past: parseDuration("1d"), future: parseDuration("2d") })
  assert.equal(start.toString(), "2026-03-28T12:00:00Z")
  assert.equal(end.toString(), "2026-03-31T12:00:00Z")
})

test("a window is widened at both ends", () => {
  const { start, end } = widened(days("2026-03-02", "2026-03-03"), parseDuration("1d"))
  assert.equal(`${start} ${end}`, "2026-03-01T00:00:00Z 2026-03-04T00:00:00Z")
})

for (const { wall, zone, instant } of [
  { wall: "2026-03-29T02:30", zone: copenhagen, instant: "2026-03-29T01:30:00Z" },
  { wall: "2026-10-25T02:30", zone: copenhagen, instant: "2026-10-25T00:30:00Z" },
  { wall: "2026-03-08T02:30", zone: "America/New_York", instant: "2026-03-08T07:30:00Z" },
  { wall: "2026-11-01T01:30", zone: "America/New_York", instant: "2026-11-01T05:30:00Z" },
  // Half an hour only: 02:15 was never shown and 01:45 was shown twice.
  { wall: "2026-10-04T02:15", zone: "Australia/Lord_Howe", instant: "2026-10-03T15:45:00Z" },
  { wall: "2026-04-05T01:45", zone: "Australia/Lord_Howe", instant: "2026-04-04T14:45:00Z" },
]) {
  test(`the wall clock of ${zone} shows ${wall} at ${instant}`, () => {
    assert.equal(resolveWallClock(Temporal.PlainDateTime.from(wall), zone).toInstant().toString(), instant)
  })
}

test("an all-day event floats: it is the day of whoever looks", () => {
  const holiday = eventTime("2026-12-24")
  assert.equal(startInstant(holiday, copenhagen).toString(), "2026-12-23T23:00:00Z")
  assert.equal(endInstant(holiday, copenhagen).toString(), "2026-12-24T23:00:00Z")
  assert.equal(startInstant(holiday, "Pacific/Auckland").toString(), "2026-12-23T11:00:00Z")
})

test("a day without midnight begins when its clock does", () => {
  // Beirut springs forward at midnight.
  assert.equal(startInstant(eventTime("2026-03-29"), "Asia/Beirut").toString(), "2026-03-28T22:00:00Z")
})

for (const { what, time, length, is } of [
  { what: "inside", time: "2026-03-02T08:00[UTC]", length: 45, is: true },
  { what: "over the start", time: "2026-03-01T23:30[UTC]", length: 45, is: true },
  { what: "over the end", time: "2026-03-02T23:30[UTC]", length: 45, is: true },
  { what: "around it all", time: "2026-03-01T00:00[UTC]", length: 4320, is: true },
  { what: "up to the start", time: "2026-03-01T23:15[UTC]", length: 45, is: false },
  { what: "from the end on", time: "2026-03-03T00:00[UTC]", length: 45, is: false },
  { what: "a moment at the start", time: "2026-03-02T00:00[UTC]", length: 0, is: true },
  { what: "a moment at the end", time: "2026-03-03T00:00[UTC]", length: 0, is: false },
  { what: "a moment before", time: "2026-03-01T23:59[UTC]", length: 0, is: false },
]) {
  test(`an event ${what} ${is ? "is" : "is not"} in the window`, () => {
    assert.equal(overlaps(eventTime(time, length), days("2026-03-02", "2026-03-03"), "UTC"), is)
  })
}

test("whether an all-day event is in the window is asked in the given zone", () => {
  const window = { start: Temporal.Instant.from("2026-12-24T23:00Z"), end: Temporal.Instant.from("2026-12-25T12:00Z") }
  assert.equal(overlaps(eventTime("2026-12-24"), window, copenhagen), false)
  assert.equal(overlaps(eventTime("2026-12-24"), window, "America/New_York"), true)
})

test("an occurrence is named by its original start, in UTC or as a date", () => {
  assert.equal(occurrenceKey(eventTime("2026-12-01T20:00[Europe/Copenhagen]")), "20261201T190000Z")
  assert.equal(occurrenceKey(eventTime("2026-12-24")), "20261224")
})

test("a key is read back as what it names", () => {
  assert.equal(parseOccurrenceKey("20261201T190000Z")?.toString(), "2026-12-01T19:00:00Z")
  assert.equal(parseOccurrenceKey("20261224")?.toString(), "2026-12-24")
})

for (const key of ["", "2026-12-24", "20261332", "20261224T1900Z", "20261224T190000", "tomorrow"]) {
  test(`"${key}" is no key`, () => {
    assert.equal(parseOccurrenceKey(key), undefined)
  })
}
