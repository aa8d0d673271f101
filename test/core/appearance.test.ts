import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { type AppearanceSpec, parseAppearance, render } from "../../operator/core/appearance.ts"
import type { CalendarEvent } from "../../operator/core/event.ts"
import { holiday, lesson, timed, weekly } from "../fakes/lesson.ts"

function shown(event: CalendarEvent, spec: AppearanceSpec = {}): CalendarEvent {
  return render(event, parseAppearance(spec))
}

describe("the subject", () => {
  test("is the event's own, unless a template says otherwise", () => {
    assert.equal(shown(lesson()).subject, "Mathematics")
    const event = lesson({ location: "Room 12", type: "lesson" })
    assert.equal(
      shown(event, { subject: "{{type}}: {{ subject }} ({{location}})" }).subject,
      "lesson: Mathematics (Room 12)",
    )
  })

  test("has no gaps where something is absent, and is one line", () => {
    assert.equal(shown(lesson(), { subject: "{{subject}} {{location}} {{type}}" }).subject, "Mathematics")
    assert.equal(shown(lesson({ location: "a\r\nb\u0000c" }), { subject: "{{location}}" }).subject, "a b c")
  })

  test("never reads what it puts in as a template", () => {
    const event = lesson({ subject: "{{location}} $& $1", location: "{{subject}}" })
    assert.equal(shown(event, { subject: "{{subject}}|{{location}}" }).subject, "{{location}} $& $1|{{subject}}")
  })

  test("can be hidden, and then nothing else tells it", () => {
    const event = lesson({
      location: "Room 12",
      body: { contentType: "text", content: "Mathematics with AN" },
      url: "https://example.org/1",
      people: ["AN"],
    })
    const hidden = shown(event, { hideSubject: "Busy" })

    assert.equal(hidden.subject, "Busy")
    assert.ok(!JSON.stringify(hidden).match(/Mathematics|AN|Room|example/))
  })
})

describe("the body", () => {
  const event = lesson({
    body: { contentType: "text", content: "Bring books\n" },
    people: ["Anna N", "Bo\nS"],
    url: "https://example.org/1",
  })

  test("tells people and link after the text, and nobody becomes an attendee", () => {
    const { body, people, url } = shown(event)
    assert.equal(body?.content, "Bring books\n\nPeople: Anna N, Bo S\n\nLink: https://example.org/1")
    assert.equal(people, undefined)
    assert.equal(url, undefined)
  })

  test("can do without headings and without the link", () => {
    assert.equal(shown(event, { hideHeadings: true, includeLink: false }).body?.content, "Bring books\n\nAnna N, Bo S")
  })

  test("in html shows texts as texts, inside the document", () => {
    const html = {
      ...event,
      body: { contentType: "html", content: "<html><body><p>x</p></body></html>" },
      people: ["<b>&"],
    } as const
    assert.equal(
      shown(html).body?.content,
      '<html><body><p>x</p><p>People: &lt;b&gt;&amp;</p><p>Link: <a href="https://example.org/1">https://example.org/1</a></p></body></html>',
    )
  })

  test("makes a link of an address of the web only", () => {
    const html = { ...lesson({ url: 'javascript:alert("x")' }), body: { contentType: "html", content: "" } } as const
    assert.equal(shown(html).body?.content, "<p>Link: javascript:alert(&quot;x&quot;)</p>")
  })

  test("of an event that says nothing is absent", () => {
    assert.equal(shown(lesson()).body, undefined)
  })
})

describe("how the time shows", () => {
  test("is what the source says, busy and normal where it says nothing", () => {
    const { showAs, sensitivity, reminder } = shown(lesson({ showAs: "Free" }))
    assert.deepEqual([showAs, sensitivity, reminder], ["Free", "Normal", "None"])
    assert.equal(shown(lesson()).showAs, "Busy")
  })

  test("is what the policy says, if it does", () => {
    const event = shown(lesson({ showAs: "Free", reminder: 5, categories: ["A"] }), {
      showAs: "OutOfOffice",
      sensitivity: "Private",
      reminder: "15m",
      categories: ["Timetable", "A"],
      includeLocation: false,
    })
    assert.deepEqual([event.showAs, event.sensitivity, event.reminder], ["OutOfOffice", "Private", 15])
    assert.deepEqual(event.categories, ["A", "Timetable"])
    assert.equal(shown(lesson({ reminder: 5 }), { reminder: "FromSource" }).reminder, 5)
    assert.equal(shown(lesson({ location: "Room 12" }), { includeLocation: false }).location, undefined)
  })

  test("may differ for a type of event, which inherits the rest", () => {
    const spec = {
      showAs: "Free",
      hideSubject: "Busy",
      types: { inspection: { showAs: "Busy", subject: "{{type}}" }, constructor: { reminder: "5m" } },
    } as const
    const inspection = shown(lesson({ type: "inspection" }), { ...spec, categories: ["X"] })
    assert.deepEqual([inspection.showAs, inspection.subject, inspection.categories], ["Busy", "inspection", ["X"]])
    assert.equal(shown(lesson({ type: "toString" }), spec).subject, "Busy")
    assert.equal(shown(lesson({ type: "constructor" }), spec).reminder, 5)
  })
})

describe("the length", () => {
  test("of an event that has only a start is the default one", () => {
    assert.deepEqual(shown(lesson({ minutes: 0 }), { defaultDuration: "60m" }).time, lesson().time)
    assert.deepEqual(shown(lesson({ minutes: 0 })).time, lesson({ minutes: 0 }).time)
    assert.deepEqual(shown(lesson({ minutes: 5 }), { defaultDuration: "60m" }).time, lesson({ minutes: 5 }).time)
    assert.deepEqual(shown(holiday(), { defaultDuration: "60m" }).time, holiday().time)
  })

  test("of the occurrences of a series too", () => {
    const series = weekly(lesson({ minutes: 0 }))
    assert.ok(series.recurrence)
    const override = { occurrence: "20261208T070000Z", content: { subject: "x", time: timed("2026-12-09T08:00", 0) } }
    const { recurrence } = shown(
      { ...series, recurrence: { ...series.recurrence, overrides: [override] } },
      { defaultDuration: "60m" },
    )
    assert.deepEqual(recurrence?.overrides[0]?.content.time, timed("2026-12-09T08:00", 60))
  })

  const days = [
    ["a morning", "2026-12-01T08:00", 60, "2026-12-01", "2026-12-02"],
    ["no time at all", "2026-12-01T08:00", 0, "2026-12-01", "2026-12-02"],
    ["midnight only", "2026-12-01T00:00", 0, "2026-12-01", "2026-12-02"],
    ["until midnight", "2026-12-01T08:00", 16 * 60, "2026-12-01", "2026-12-02"],
    ["past midnight", "2026-12-01T08:00", 17 * 60, "2026-12-01", "2026-12-03"],
  ] as const
  for (const [what, start, minutes, first, end] of days) {
    test(`of a type that is always all-day is the days it touches: ${what}`, () => {
      const { time } = shown(lesson({ type: "round", start, minutes }), { allDayTypes: ["round"] })
      assert.deepEqual([time.allDay, String(time.start), String(time.end)], [true, first, end])
    })
  }
})
