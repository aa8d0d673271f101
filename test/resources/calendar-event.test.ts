import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { Window } from "../../operator/core/ports.ts"
import { expand } from "../../operator/core/recurrence.ts"
import {
  type CalendarEventSpec,
  readCalendarEvent,
  readManifestEvent,
  startText,
} from "../../operator/resources/calendar-event.ts"

const zone = "Europe/Copenhagen"
const evening = { dateTime: "2026-12-01T20:00:00", timeZone: zone }

function manifest(changes: Partial<CalendarEventSpec> = {}) {
  return {
    metadata: { name: "maintenance-window" },
    spec: { subject: "Maintenance", start: evening, identities: ["team"], ...changes },
  }
}

function times(changes: Partial<CalendarEventSpec>): readonly string[] {
  const { time } = readCalendarEvent(manifest(changes))
  return [time.start.toString(), time.end.toString()]
}

const winter: Window = {
  start: Temporal.Instant.from("2026-11-01T00:00:00Z"),
  end: Temporal.Instant.from("2027-02-01T00:00:00Z"),
}

function startsOf(changes: Partial<CalendarEventSpec>): readonly string[] {
  return expand(readCalendarEvent(manifest(changes)), winter, { zone, limit: 100 }).map(({ time }) =>
    time.allDay ? time.start.toString() : time.start.toPlainDateTime().toString(),
  )
}

describe("a CalendarEvent", () => {
  test("is known by its object's name and says what its manifest says", () => {
    const { time: _time, ...said } = readCalendarEvent(
      manifest({
        location: "Online",
        body: "See the notes",
        url: "https://example.com",
        type: "maintenance",
        showAs: "Busy",
        sensitivity: "Private",
        categories: ["Ops"],
        reminder: "2h",
      }),
    )
    assert.deepEqual(said, {
      key: "maintenance-window",
      subject: "Maintenance",
      location: "Online",
      body: { contentType: "text", content: "See the notes" },
      url: "https://example.com",
      type: "maintenance",
      showAs: "Busy",
      sensitivity: "Private",
      categories: ["Ops"],
      reminder: 120,
    })
  })

  test("without a reminder says nothing of one, and with None that there is none", () => {
    assert.equal("reminder" in readCalendarEvent(manifest()), false)
    assert.equal(readCalendarEvent(manifest({ reminder: "None" })).reminder, "None")
  })

  for (const [story, changes, expected] of [
    [
      "lasts until its end",
      { end: { ...evening, dateTime: "2026-12-01T22:00:00" } },
      ["2026-12-01T20:00:00+01:00[Europe/Copenhagen]", "2026-12-01T22:00:00+01:00[Europe/Copenhagen]"],
    ],
    [
      "lasts as long as it says",
      { duration: "90m" },
      ["2026-12-01T20:00:00+01:00[Europe/Copenhagen]", "2026-12-01T21:30:00+01:00[Europe/Copenhagen]"],
    ],
    [
      "without an end has no length, which policies fill",
      {},
      ["2026-12-01T20:00:00+01:00[Europe/Copenhagen]", "2026-12-01T20:00:00+01:00[Europe/Copenhagen]"],
    ],
    [
      "may end in another zone",
      { end: { dateTime: "2026-12-01T19:30:00", timeZone: "Europe/London" } },
      ["2026-12-01T20:00:00+01:00[Europe/Copenhagen]", "2026-12-01T19:30:00+00:00[Europe/London]"],
    ],
    ["on a date alone is that day", { start: { date: "2026-12-24" } }, ["2026-12-24", "2026-12-25"]],
    [
      "of several days ends on the day after",
      { start: { date: "2026-12-24" }, duration: "3d" },
      ["2026-12-24", "2026-12-27"],
    ],
    [
      "at a time the clocks skip is as far after it as it was inside",
      { start: { dateTime: "2026-03-29T02:30:00", timeZone: zone } },
      ["2026-03-29T03:30:00+02:00[Europe/Copenhagen]", "2026-03-29T03:30:00+02:00[Europe/Copenhagen]"],
    ],
  ] as const satisfies readonly (readonly [string, Partial<CalendarEventSpec>, readonly string[]])[]) {
    test(story, () => {
      assert.deepEqual(times(changes), expected)
    })
  }

  test("recurs by its rule, but not on the dates left out, and on those added", () => {
    const recurrence = {
      rrule: "FREQ=WEEKLY;COUNT=3",
      exdates: ["2026-12-08T20:00:00"],
      rdates: ["2026-12-10T09:00:00"],
    }
    assert.deepEqual(startsOf({ recurrence, duration: "1h" }), [
      "2026-12-01T20:00:00",
      "2026-12-10T09:00:00",
      "2026-12-15T20:00:00",
    ])
  })

  test("of whole days recurs by dates alone", () => {
    assert.deepEqual(startsOf({ start: { date: "2026-12-24" }, recurrence: { rdates: ["2026-12-31"] } }), [
      "2026-12-24",
      "2026-12-31",
    ])
  })

  for (const [field, changes] of [
    ["spec.start.timeZone", { start: { ...evening, timeZone: "Europe/Atlantis" } }],
    ["spec.start.dateTime", { start: { ...evening, dateTime: "2026-02-31T20:00:00" } }],
    ["spec.start.dateTime", { start: { ...evening, dateTime: "2026-12-01T25:00:00" } }],
    ["spec.start.date", { start: { date: "2026-02-29" } }],
    ["spec.end", { end: { ...evening, dateTime: "2026-12-01T19:00:00" } }],
    ["spec.end", { end: { dateTime: "2026-12-01T20:30:00", timeZone: "Asia/Tokyo" } }],
    ["spec.end", { end: { date: "2026-12-02" } }],
    ["spec.end", { start: { date: "2026-12-24" }, end: { date: "2026-12-24" } }],
    ["spec.end", { start: { date: "2026-12-24" }, end: evening }],
    ["spec.duration", { start: { date: "2026-12-24" }, duration: "48h" }],
    ["spec.duration", { duration: "long" }],
    ["spec.recurrence.rrule", { recurrence: { rrule: "FREQ=SOMETIMES" } }],
    ["spec.recurrence.exdates[1]", { recurrence: { exdates: ["2026-12-08T20:00:00", "2026-02-30T20:00:00"] } }],
    ["spec.recurrence.rdates[0]", { recurrence: { rdates: ["2026-12-08"] } }],
    ["spec.reminder", { reminder: "soon" }],
    ["spec.reminder", { reminder: "337h" }],
  ] as const satisfies readonly (readonly [string, Partial<CalendarEventSpec>])[]) {
    test(`that says ${JSON.stringify(changes)} is told about ${field}, and costs only itself`, () => {
      const { event, problem, identities } = readManifestEvent(manifest(changes))
      assert.equal(event, undefined)
      assert.deepEqual([identities, problem?.key, problem?.reason], [["team"], "maintenance-window", "InvalidSpec"])
      assert.ok(problem?.message.startsWith(`${field} must `), problem?.message)
    })
  }

  test("what is wrong with it is told without its subject", () => {
    const { problem } = readManifestEvent(manifest({ subject: "Dismissal of B.", duration: "long" }))
    assert.doesNotMatch(problem?.message ?? "", /Dismissal/)
  })

  test("shows its start in lists as people write it", () => {
    assert.equal(startText(readCalendarEvent(manifest()).time), "2026-12-01 20:00 Europe/Copenhagen")
    assert.equal(startText(readCalendarEvent(manifest({ start: { date: "2026-12-24" } })).time), "2026-12-24")
  })
})
