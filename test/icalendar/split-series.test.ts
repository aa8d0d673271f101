import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { CalendarEvent } from "../../operator/core/event.ts"
import { expand } from "../../operator/core/recurrence.ts"
import { calendar, read, vevent } from "./calendar-text.ts"

/** RANGE=THISANDFUTURE: Monday the second of March 2026 at eight is the first lesson. */

const change = (occurrence: string, properties: Readonly<Record<string, string>>) =>
  vevent({ "RECURRENCE-ID;RANGE=THISANDFUTURE": occurrence, ...properties })

function days(event: CalendarEvent): string[] {
  const window = { start: Temporal.Instant.from("2026-01-01T00:00Z"), end: Temporal.Instant.from("2026-07-01T00:00Z") }
  return expand(event, window, { zone: "UTC", limit: 500 }).map(({ time }) => time.start.toString().slice(5, 16))
}

const weekly = (rule: string, properties: Readonly<Record<string, string>> = {}) =>
  vevent({ RRULE: rule, ...properties })

describe("a series that changes its future", () => {
  test("moves its weekdays along with a lesson that moved to another day", async () => {
    const text = calendar(
      weekly("FREQ=WEEKLY;COUNT=6;BYDAY=MO,TH"),
      change("20260309T080000Z", { DTSTART: "20260310T090000Z", DTEND: "20260310T094500Z" }),
    )

    const { events, problems } = await read(text)

    assert.deepEqual(problems, [])
    assert.deepEqual(events.map(days), [
      ["03-02T08:00", "03-05T08:00"],
      ["03-10T09:00", "03-13T09:00", "03-17T09:00", "03-20T09:00"],
    ])
  })

  test("moves later exceptions and changes along, and leaves the earlier ones", async () => {
    const text = calendar(
      weekly("FREQ=DAILY;UNTIL=20260310T080000Z", { EXDATE: "20260303T080000Z,20260306T080000Z" }),
      change("20260305T080000Z", { DTSTART: "20260305T100000Z", DTEND: "20260305T104500Z" }),
      vevent({ "RECURRENCE-ID": "20260307T080000Z", DTSTART: "20260307T180000Z", DTEND: "20260307T190000Z" }),
    )

    const { events } = await read(text)

    assert.deepEqual(events.map(days), [
      ["03-02T08:00", "03-04T08:00"],
      ["03-05T10:00", "03-07T18:00", "03-08T10:00", "03-09T10:00", "03-10T10:00"],
    ])
  })

  test("may change it more than once", async () => {
    const text = calendar(
      weekly("FREQ=DAILY;COUNT=6"),
      change("20260304T080000Z", { DTSTART: "20260304T090000Z", DTEND: "20260304T094500Z", SUMMARY: "B" }),
      change("20260306T080000Z", { DTSTART: "20260306T110000Z", DTEND: "20260306T114500Z", SUMMARY: "C" }),
    )

    const { events } = await read(text)

    assert.deepEqual(
      events.map(event => [event.subject, days(event)]),
      [
        ["Maths", ["03-02T08:00", "03-03T08:00"]],
        ["B", ["03-04T09:00", "03-05T09:00"]],
        ["C", ["03-06T11:00", "03-07T11:00"]],
      ],
    )
  })

  test("may end it", async () => {
    const { events } = await read(calendar(weekly("FREQ=DAILY"), change("20260304T080000Z", { STATUS: "CANCELLED" })))

    assert.deepEqual(events.map(days), [["03-02T08:00", "03-03T08:00"]])
  })

  test("may change it from the first occurrence on", async () => {
    const text = calendar(
      weekly("FREQ=DAILY;COUNT=2"),
      change("20260302T080000Z", { DTSTART: "20260302T100000Z", DTEND: "20260302T104500Z" }),
    )

    assert.deepEqual((await read(text)).events.map(days), [["03-02T10:00", "03-03T10:00"]])
  })

  test("keeps whole days whole", async () => {
    const text = calendar(
      vevent({ "DTSTART;VALUE=DATE": "20260302", RRULE: "FREQ=DAILY;COUNT=4" }),
      vevent({ "RECURRENCE-ID;VALUE=DATE;RANGE=THISANDFUTURE": "20260304", "DTSTART;VALUE=DATE": "20260306" }),
    )

    const { events } = await read(text)

    assert.deepEqual(
      events.map(event => days(event).map(day => day.slice(0, 5))),
      [
        ["03-02", "03-03"],
        ["03-06", "03-07"],
      ],
    )
  })

  test("is a problem where its days cannot be moved, and the problem guards the copies of both parts", async () => {
    const text = calendar(
      weekly("FREQ=MONTHLY;BYDAY=1MO"),
      change("20260406T080000Z", { DTSTART: "20260407T080000Z", DTEND: "20260407T084500Z" }),
      vevent({ UID: "healthy" }),
    )

    const { events, problems } = await read(text)

    assert.deepEqual(
      events.map(event => event.key),
      ["healthy"],
    )
    assert.deepEqual(
      problems.map(({ key, reason }) => [key, reason]),
      [["lesson-1", "RecurrenceTooComplex"]],
    )
    assert.ok(problems[0]?.otherKeys?.includes("lesson-1/20260406T080000Z"))
  })
})
