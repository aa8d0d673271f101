import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { CalendarReading } from "../../operator/icalendar/read.ts"
import { calendar, read, vevent } from "./calendar-text.ts"

const daily = { RRULE: "FREQ=DAILY;COUNT=10" }
const day = (index: number) =>
  `${Temporal.PlainDate.from("2026-03-02").add({ days: index }).toString().replaceAll("-", "")}T080000Z`
const days = (count: number) => Array.from({ length: count }, (_, index) => day(index))

function said({ problems }: CalendarReading): readonly string[] {
  return problems.map(({ key, reason, message }) => `${key} ${reason}: ${message}`)
}

function guarded({ problems }: CalendarReading): ReadonlySet<string> {
  return new Set(problems.flatMap(({ key, otherKeys = [] }) => [key, ...otherKeys]))
}

describe("what is left out of a series is a problem of it, and the rest is read", () => {
  const lists = [
    ["an exception that cannot be read", { ...daily, EXDATE: `${day(1)},tomorrow` }, /UnreadableTime: .* EXDATE /],
    ["an exception on no day there is", { ...daily, EXDATE: "20260231T080000Z" }, /UnreadableTime: .* EXDATE /],
    ["exceptions that are too many", { ...daily, EXDATE: days(4_001) }, /UnreadableTime: .* more than 4000/],
    ["exceptions in one line that are too many", { ...daily, EXDATE: days(4_001).join(",") }, /more than 4000/],
    ["a further date that cannot be read", { RDATE: `${day(1)},soon` }, /UnreadableTime: .* RDATE /],
    ["the only further date, that cannot be read", { RDATE: "soon" }, /UnreadableTime: .* RDATE /],
    ["further dates that are too many", { RDATE: days(4_001).join(",") }, /UnreadableTime: .* RDATE /],
    [
      "rules that are too many",
      { RRULE: Array.from({ length: 21 }, (_, index) => `FREQ=DAILY;COUNT=${index + 1}`) },
      /RecurrenceTooComplex: it has more than 20 rules/,
    ],
  ] as const
  for (const [what, properties, expected] of lists) {
    test(what, async () => {
      const reading = await read(calendar(vevent(properties), vevent({ UID: "healthy" })))

      assert.deepEqual(reading.events.map(({ key }) => key).toSorted(), ["healthy", "lesson-1"])
      assert.equal(reading.problems.length, 1)
      assert.match(said(reading)[0] ?? "", expected)
      assert.deepEqual(guarded(reading), new Set(["lesson-1"]))
    })
  }

  test("changed occurrences that are too many", async () => {
    const changes = days(4_001).map(start => vevent({ "RECURRENCE-ID": start, SUMMARY: "Physics" }))
    const reading = await read(calendar(vevent({ RRULE: "FREQ=DAILY" }), ...changes))

    assert.match(said(reading).join(), /^lesson-1 RecurrenceTooComplex: it has more than 4000 changed occurrences/)
    assert.equal(reading.events.length, 1)
  })

  test("the copies of all that the series became are guarded, and no others that share its UID", async () => {
    const future = vevent({ DTSTART: day(5), DTEND: day(5), "RECURRENCE-ID;RANGE=THISANDFUTURE": day(5) })
    const other = vevent({ DTSTART: "20260302T120000Z", DTEND: "20260302T130000Z", SUMMARY: "Physics" })
    const reading = await read(calendar(vevent({ ...daily, EXDATE: "soon" }), future, other))

    const keys = reading.events.map(({ key }) => key)
    assert.deepEqual(keys.length, 3)
    assert.deepEqual(
      keys.filter(key => !guarded(reading).has(key)),
      ["lesson-1/20260302T120000Z"],
    )
  })
})

describe("what makes no difference is no problem", () => {
  const harmless = [
    ["as many as are looked at", { ...daily, EXDATE: days(4_000).join(",") }],
    ["an empty list", { ...daily, EXDATE: " ", RDATE: " , " }],
    ["one rule written thirty times", { RRULE: Array.from({ length: 30 }, () => "FREQ=DAILY;COUNT=3") }],
    ["an exception of an event that does not recur", { EXDATE: "soon" }],
  ] as const
  for (const [what, properties] of harmless) {
    test(what, async () => {
      const reading = await read(calendar(vevent(properties)))

      assert.deepEqual([said(reading), reading.events.length], [[], 1])
    })
  }

  test("the recurrence of one changed occurrence, which is used by nobody", async () => {
    const change = vevent({ "RECURRENCE-ID": day(1), RRULE: "nonsense", EXDATE: "soon", RDATE: "soon" })
    const reading = await read(calendar(vevent(daily), change))

    assert.deepEqual([said(reading), reading.events.length], [[], 1])
  })

  test("a version that was replaced by one without it", async () => {
    const reading = await read(
      calendar(
        vevent({ ...daily, EXDATE: "soon", DTSTAMP: "20260101T000000Z" }),
        vevent({ ...daily, SEQUENCE: "1", DTSTAMP: "20260201T000000Z" }),
      ),
    )

    assert.deepEqual([said(reading), reading.events.length], [[], 1])
  })
})

describe("a flood under one UID", () => {
  const few = 3
  const flood = 20_001
  const version = (index: number) => vevent({ UID: "flood", SUMMARY: `Number ${index}` })
  const versions = (count: number) => Array.from({ length: count }, (_, index) => version(index))

  for (const identityBy of ["uid", "uidAndStart"] as const) {
    test(`is a problem that guards the copies there were before (${identityBy})`, async () => {
      const before = await read(calendar(...versions(few)), { identityBy })
      const reading = await read(calendar(...versions(flood), vevent({ UID: "healthy" })), { identityBy })

      assert.equal(before.events.length, few)
      assert.equal(reading.events.length, 1)
      assert.match(said(reading).join(), /^flood \w+: more than 20000 events have its key/)
      assert.deepEqual(
        before.events.filter(({ key }) => !guarded(reading).has(key)),
        [],
      )
    })
  }

  test("is none where the identity tells the events apart", async () => {
    const { events, problems } = await read(calendar(...versions(flood)), { identityBy: "content" })

    assert.deepEqual([events.length, problems], [flood, []])
  })
})

test("a series with a rule of exceptions is not shown on days it may not be on, and keeps the copies it has", async () => {
  const reading = await read(calendar(vevent({ ...daily, EXRULE: "FREQ=WEEKLY;BYDAY=MO" }), vevent({ UID: "healthy" })))

  assert.deepEqual(
    reading.events.map(({ key }) => key),
    ["healthy"],
  )
  assert.match(said(reading).join(), /^lesson-1 RecurrenceTooComplex: .* EXRULE/)
  assert.ok(guarded(reading).has("lesson-1"))
})
