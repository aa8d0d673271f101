import assert from "node:assert/strict"
import { describe, test } from "node:test"
import fc from "fast-check"
import type { CalendarEvent } from "../../operator/core/event.ts"
import { fingerprint } from "../../operator/core/fingerprint.ts"
import { readEvent, readItem } from "../../operator/exchange/graph/read-event.ts"
import { writeContent, writeEvent, writeLook, writeNew } from "../../operator/exchange/graph/write-event.ts"
import { canStoreSeries, normalForm, seriesOf } from "../../operator/exchange/normal-form.ts"
import { at, holiday, lesson, timed, weekly, zone } from "../fakes/lesson.ts"
import { contents } from "./contents.ts"
import { markFor } from "./copies.ts"

const window = { start: at("2026-11-20T00:00"), end: at("2027-01-31T00:00") }

describe("what is sent", () => {
  test("no request body can invite anybody, whatever the event says", () => {
    fc.assert(
      fc.property(contents(), fc.boolean(), (content, recurs) => {
        const event: CalendarEvent = { key: "key", ...content }
        const series = recurs ? weekly(event) : event
        const bodies = [
          writeNew(series, { mark: markFor(event, "print"), transactionId: "id", series: seriesOf(series, "graph") }),
          writeEvent(series, seriesOf(series, "graph")),
          writeContent(content),
          writeLook(content),
        ]
        for (const body of bodies) {
          const names = namesIn(body)
          for (const name of mailing) assert.ok(!names.has(name), name)
        }
      }),
    )
  })

  test("reminders are always said, so that no mailbox adds its own", () => {
    assert.partialDeepStrictEqual(writeLook(lesson()), { isReminderOn: false, reminderMinutesBeforeStart: 0 })
    assert.partialDeepStrictEqual(writeLook(lesson({ reminder: 0 })), { isReminderOn: true })
    assert.partialDeepStrictEqual(writeLook(lesson({ reminder: 15 })), { reminderMinutesBeforeStart: 15 })
  })

  test("a lesson is written on its own clock, by the name Exchange has for it", () => {
    const { start, end } = writeContent(lesson())

    assert.deepEqual(start, { dateTime: "2026-12-01T08:00:00", timeZone: "Romance Standard Time" })
    assert.deepEqual(end, { dateTime: "2026-12-01T09:00:00", timeZone: "Romance Standard Time" })
  })

  test("a time the clock shows twice is written in UTC", () => {
    const start = Temporal.Instant.from("2026-10-25T01:30Z").toZonedDateTimeISO("Europe/Copenhagen")
    const { start: written } = writeContent(lesson({ time: { allDay: false, start, end: start.add({ hours: 1 }) } }))

    assert.deepEqual(written, { dateTime: "2026-10-25T01:30:00", timeZone: "UTC" })
  })

  test("a zone Exchange has no name for is written in UTC, and cannot carry a series", () => {
    const start = Temporal.ZonedDateTime.from("2026-12-01T08:00+05:17[+05:17]")
    const event = lesson({ time: { allDay: false, start, end: start.add({ hours: 1 }) } })

    assert.deepEqual(writeContent(event)["start"], { dateTime: "2026-12-01T02:43:00", timeZone: "UTC" })
    assert.equal(canStoreSeries(weekly(event), window, "graph"), false)
  })

  test("days are midnights in one zone, the end after the last", () => {
    const { isAllDay, start, end } = writeContent(holiday({ days: 2 }))

    assert.equal(isAllDay, true)
    assert.deepEqual(start, { dateTime: "2026-12-24T00:00:00", timeZone: "UTC" })
    assert.deepEqual(end, { dateTime: "2026-12-26T00:00:00", timeZone: "UTC" })
  })

  test("a series carries its pattern, its first day and one clock for all", () => {
    const body = writeEvent(weekly(lesson()), seriesOf(weekly(lesson()), "graph"))

    assert.partialDeepStrictEqual(body, {
      start: { timeZone: "Romance Standard Time" },
      recurrence: {
        pattern: { type: "weekly", interval: 1, daysOfWeek: ["tuesday"], firstDayOfWeek: "monday" },
        range: {
          type: "numbered",
          startDate: "2026-12-01",
          numberOfOccurrences: 5,
          recurrenceTimeZone: "Romance Standard Time",
        },
      },
    })
  })
})

describe("the normal form", () => {
  test("is what is read back of what was written", () => {
    fc.assert(
      fc.property(contents(), content => {
        const event: CalendarEvent = { key: "key", ...content }

        assert.equal(fingerprint(normalForm(throughGraph(event), "graph")), fingerprint(normalForm(event, "graph")))
      }),
    )
  })

  test("is normal", () => {
    fc.assert(
      fc.property(contents(), content => {
        const once = normalForm({ key: "key", ...content }, "graph")
        assert.deepEqual(normalForm(once, "graph"), once)
      }),
    )
  })

  test("of a series is what is read back, exceptions apart", () => {
    for (const series of [weekly(lesson()), weekly(holiday()), weekly(lesson(), { interval: 3, weekStart: "SU" })]) {
      assert.equal(fingerprint(normalForm(throughGraph(series), "graph")), fingerprint(normalForm(series, "graph")))
    }
  })

  test("knows no exclusion of what never takes place, and no override that changes nothing", () => {
    const plain = weekly(lesson())
    const { recurrence } = plain
    assert.ok(recurrence)
    const same = { subject: "Mathematics", time: timed("2026-12-08T08:00") }
    const noisy = {
      ...plain,
      recurrence: {
        ...recurrence,
        excluded: ["20261209T070000Z", "20261208T080000Z"],
        overrides: [{ occurrence: "20261208T070000Z", content: same }],
      },
    }

    assert.equal(fingerprint(normalForm(noisy, "graph")), fingerprint(normalForm(plain, "graph")))
  })

  test("measures what an override changes on the clock, though its series begins in the night the clocks change", () => {
    const at = (day: string, time: string) => Temporal.PlainDateTime.from(`${day}T${time}`).toZonedDateTime(zone)
    const shift = (day: string) => ({ allDay: false, start: at(day, "01:30"), end: at(day, "03:00") }) as const
    const plain = weekly(lesson({ time: shift("2027-03-28") }))
    const { recurrence } = plain
    assert.ok(recurrence)
    const content = { subject: plain.subject, time: shift("2027-04-04") }

    const noisy = { ...plain, recurrence: { ...recurrence, overrides: [{ occurrence: "20270403T233000Z", content }] } }

    assert.equal(fingerprint(normalForm(noisy, "graph")), fingerprint(normalForm(plain, "graph")))
  })

  test("keeps zones apart that tick apart, and not those that do not", () => {
    const on = (zone: string) => {
      const start = Temporal.PlainDateTime.from("2026-12-01T08:00").toZonedDateTime(zone)
      return weekly(lesson({ time: { allDay: false, start, end: start.add({ hours: 1 }) } }))
    }
    const print = (zone: string) => fingerprint(normalForm(on(zone), "graph"))

    assert.equal(print("Europe/Copenhagen"), print("Europe/Paris"))
    assert.notEqual(print("Europe/Copenhagen"), print("Africa/Lagos"))
  })
})

describe("series Exchange cannot hold", () => {
  const base = weekly(lesson())
  const recurrence = base.recurrence ?? { rules: [], extraTimes: [], excluded: [], overrides: [] }
  const moved = { subject: "Mathematics", time: timed("2026-12-10T08:00") }
  const refused: Record<string, CalendarEvent> = {
    "an override of what is no occurrence": {
      ...base,
      recurrence: { ...recurrence, overrides: [{ occurrence: "20261209T070000Z", content: moved }] },
    },
    "an override that lasts all day": {
      ...base,
      recurrence: { ...recurrence, overrides: [{ occurrence: "20261208T070000Z", content: holiday() }] },
    },
    "a start at odd seconds": weekly(lesson({ start: "2026-12-01T08:00:30" })),
    "explicit dates": { ...base, recurrence: { ...recurrence, extraTimes: [timed("2026-12-09T08:00")] } },
    "every hour": weekly(lesson(), { frequency: "HOURLY" }),
  }
  for (const [what, event] of Object.entries(refused)) {
    test(`${what} makes it single events`, () => assert.equal(canStoreSeries(event, window, "graph"), false))
  }

  test("an ordinary one is no such series", () => assert.equal(canStoreSeries(base, window, "graph"), true))
})

const mailing = ["attendees", "isOnlineMeeting", "onlineMeetingProvider", "organizer", "responseRequested", "isDraft"]

function namesIn(value: unknown, names = new Set<string>()): Set<string> {
  if (typeof value !== "object" || value === null) return names
  for (const [name, inner] of Object.entries(value)) {
    if (!Array.isArray(value)) names.add(name)
    namesIn(inner, names)
  }
  return names
}

/** What Graph would give back: times in UTC, everything it was told, and its own id. */
function throughGraph(event: CalendarEvent): CalendarEvent {
  const body = writeEvent(event, seriesOf(event, "graph"))
  const { time } = event
  const utc = (moment: Temporal.ZonedDateTime) => ({
    dateTime: `${moment.withTimeZone("UTC").toPlainDateTime().toString({ smallestUnit: "second" })}.0000000`,
    timeZone: "UTC",
  })
  const times = time.allDay ? {} : { start: utc(time.start), end: utc(time.end) }
  const item = readItem({ id: "id", "@odata.etag": 'W/"1"', ...body, ...times })
  assert.ok(item)
  return readEvent(item)
}
