import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { CalendarReading } from "../../operator/icalendar/read.ts"
import { calendar, read, vevent } from "./calendar-text.ts"

const eight = { DTSTART: "20260302T080000Z", DTEND: "20260302T084500Z" }
const ten = { DTSTART: "20260302T100000Z", DTEND: "20260302T104500Z" }

describe("where a feed's identity is more than the UID", () => {
  for (const identityBy of ["uidAndStart", "content"] as const) {
    test(`an event is no version of another one that starts at another time (${identityBy})`, async () => {
      const old = vevent({ ...eight, DTSTAMP: "20260101T000000Z" })
      const revised = vevent({ ...ten, DTSTAMP: "20260201T000000Z", SEQUENCE: "3" })

      const { events } = await read(calendar(old, revised), { identityBy })

      assert.equal(events.length, 2)
    })
  }

  test("of two versions with one start the later one counts", async () => {
    const old = vevent({ ...eight, SUMMARY: "Maths" })
    const revised = vevent({ ...eight, SUMMARY: "Physics", SEQUENCE: "1" })

    const { events } = await read(calendar(old, revised), { identityBy: "uidAndStart" })

    assert.deepEqual(
      events.map(event => event.subject),
      ["Physics"],
    )
  })

  test("two events that share UID and start are both there", async () => {
    const { events } = await read(
      calendar(vevent({ ...eight, SUMMARY: "Maths" }), vevent({ ...eight, SUMMARY: "Physics" })),
      { identityBy: "uidAndStart" },
    )

    assert.deepEqual(events.map(event => event.subject).toSorted(), ["Maths", "Physics"])
    assert.equal(new Set(events.map(event => event.key)).size, 2)
  })

  test("changed occurrences stay with their series", async () => {
    const series = vevent({ ...eight, RRULE: "FREQ=DAILY;COUNT=3" })
    const moved = vevent({ ...ten, "RECURRENCE-ID": "20260303T080000Z" })
    const other = vevent({ ...ten, DTSTAMP: "20260201T000000Z" })

    const { events } = await read(calendar(series, moved, other), { identityBy: "uidAndStart" })

    assert.deepEqual(
      events.map(event => event.recurrence?.overrides.length),
      [1, undefined],
    )
  })
})

describe("an event that cannot be read any more keeps its copy", () => {
  const series = { ...eight, RRULE: "FREQ=DAILY;COUNT=30" }
  const future = vevent({ ...ten, "RECURRENCE-ID;RANGE=THISANDFUTURE": "20260310T080000Z" })

  test("with every part of its series that goes on under another key", async () => {
    const good = await read(calendar(vevent(series), future))
    const broken = await read(calendar(vevent({ ...series, DTEND: "tomorrow" }), future))

    assert.equal(good.events.length, 2)
    assert.deepEqual(broken.events, [])
    const doubted = doubtedKeys(broken)
    assert.deepEqual(
      good.events.filter(event => !doubted.has(event.key)),
      [],
    )
  })

  test("also where others have its UID", async () => {
    const good = await read(calendar(vevent(eight), vevent(ten)))
    const broken = await read(calendar(vevent({ ...eight, DTEND: "noon" }), vevent(ten)))

    const doubted = doubtedKeys(broken)
    assert.equal(good.events.length, 2)
    assert.deepEqual(
      good.events.filter(event => !doubted.has(event.key)).map(event => event.time.start.toString()),
      ["2026-03-02T10:00:00+00:00[UTC]"],
      "what can still be read may change its key, because its copy is found by its content",
    )
  })
})

function doubtedKeys({ problems }: CalendarReading): ReadonlySet<string> {
  return new Set(problems.flatMap(({ key, otherKeys = [] }) => [key, ...otherKeys]))
}
