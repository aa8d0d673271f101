import assert from "node:assert/strict"
import { describe, test } from "node:test"
import fc from "fast-check"
import type { CalendarEvent, EventTime, Recurrence } from "../../operator/core/event.ts"
import { fingerprint } from "../../operator/core/fingerprint.ts"
import { PackedEvents } from "../../operator/sources/packed-events.ts"

const zones = ["UTC", "Europe/Copenhagen", "America/St_Johns", "+05:45", "Africa/Monrovia"]

/** Days of two centuries, so that old offsets with seconds and both sides of a clock change are among them. */
const times: fc.Arbitrary<EventTime> = fc.oneof(
  fc.record({ day: fc.nat(73_000), days: fc.integer({ min: 1, max: 9 }) }).map(({ day, days }) => {
    const start = Temporal.PlainDate.from("1900-01-01").add({ days: day })
    return { allDay: true as const, start, end: start.add({ days }) }
  }),
  fc
    .record({
      milliseconds: fc.integer({ min: -2_000_000_000_000, max: 4_000_000_000_000 }),
      nanoseconds: fc.nat(999_999_999),
      zone: fc.constantFrom(...zones),
      endZone: fc.constantFrom(...zones),
    })
    .map(({ milliseconds, nanoseconds, zone, endZone }) => {
      const at = Temporal.Instant.fromEpochMilliseconds(milliseconds).add({ nanoseconds })
      const [start, end] = [at.toZonedDateTimeISO(zone), at.add({ minutes: 45 }).toZonedDateTimeISO(endZone)]
      return { allDay: false as const, start, end }
    }),
)

const contents = fc.record(
  {
    subject: fc.string({ unit: "binary" }),
    time: times,
    body: fc.record({ contentType: fc.constantFrom("text" as const, "html" as const), content: fc.string() }),
    people: fc.array(fc.string()),
    reminder: fc.oneof(fc.nat(), fc.constant("None" as const)),
  },
  { requiredKeys: ["subject", "time"] },
)

const recurrences: fc.Arbitrary<Recurrence> = fc.record({
  rules: fc.array(
    fc.record(
      {
        frequency: fc.constantFrom("DAILY" as const, "WEEKLY" as const),
        interval: fc.integer({ min: 1, max: 9 }),
        weekStart: fc.constantFrom("MO" as const, "SU" as const),
        until: fc.nat(9_999).map(days => Temporal.PlainDateTime.from("2026-01-01T23:59:59").add({ days })),
        byDay: fc.array(fc.record({ day: fc.constantFrom("MO" as const, "FR" as const), ordinal: fc.integer() })),
      },
      { requiredKeys: ["frequency", "interval", "weekStart"] },
    ),
    { maxLength: 2 },
  ),
  extraTimes: fc.array(times, { maxLength: 2 }),
  excluded: fc.array(fc.string(), { maxLength: 2 }),
  overrides: fc.array(fc.record({ occurrence: fc.string(), content: contents }), { maxLength: 2 }),
})

const events: fc.Arbitrary<CalendarEvent> = fc
  .record({ key: fc.string({ unit: "binary" }), content: contents, recurrence: fc.option(recurrences) })
  .map(({ key, content, recurrence }) => ({ key, ...content, ...(recurrence ? { recurrence } : {}) }))

describe("packed events", () => {
  test("are the events they were made of, in their order, at every walk", () => {
    fc.assert(
      fc.property(fc.array(events, { maxLength: 5 }), originals => {
        const packed = new PackedEvents(originals)

        assert.equal(packed.length, originals.length)
        for (const walk of [[...packed], [...packed]]) {
          assert.deepEqual(walk.map(textOf), originals.map(textOf))
        }
      }),
    )
  })

  test("have times that are times again", () => {
    const start = Temporal.ZonedDateTime.from("2026-10-25T02:30:00+01:00[Europe/Copenhagen]")
    const time: EventTime = { allDay: false, start, end: start.add({ hours: 1 }) }
    const until = Temporal.PlainDateTime.from("2027-06-30T23:59:59")
    const rule = { frequency: "WEEKLY", interval: 1, weekStart: "MO", until } as const
    const days: EventTime = { allDay: true, start: start.toPlainDate(), end: start.toPlainDate().add({ days: 2 }) }
    const override = { occurrence: "20261101T013000Z", content: { subject: "Moved", time: days } }
    const series = { rules: [rule], extraTimes: [time], excluded: [], overrides: [override] }
    const event: CalendarEvent = { key: "a", subject: "Lesson", time, recurrence: series }

    const [unpacked] = new PackedEvents([event])

    assert.ok(unpacked?.time.start instanceof Temporal.ZonedDateTime)
    assert.ok(unpacked.time.start.equals(start), "the second half past two of that night")
    assert.ok(unpacked.recurrence?.rules[0]?.until instanceof Temporal.PlainDateTime)
    assert.ok(unpacked.recurrence.extraTimes[0]?.end instanceof Temporal.ZonedDateTime)
    assert.ok(unpacked.recurrence.overrides[0]?.content.time.start instanceof Temporal.PlainDate)
    assert.equal(fingerprint(unpacked), fingerprint(event))
  })
})

/** Temporal writes itself as text that is equal exactly when the times are; members of objects have no order. */
function textOf(event: CalendarEvent): string {
  const isObject = (part: unknown): part is object => part !== null && typeof part === "object" && !Array.isArray(part)
  return JSON.stringify(event, (_name, part: unknown) =>
    isObject(part) ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1))) : part,
  )
}
