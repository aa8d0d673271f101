import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { fingerprint } from "../../operator/core/fingerprint.ts"
import { holiday, lesson, timed, weekly } from "../fakes/lesson.ts"

describe("two events have the same fingerprint", () => {
  test("whatever their keys and types are", () => {
    assert.equal(fingerprint(lesson({ key: "a", type: "x" })), fingerprint(lesson({ key: "b" })))
  })

  test("whatever the order of their categories is, and however often one is named", () => {
    const one = lesson({ categories: ["A", "B", "A"] })
    assert.equal(fingerprint(one), fingerprint(lesson({ categories: ["B", "A"] })))
  })

  test("when they are at the same moment on other clocks", () => {
    const { time } = lesson()
    assert.ok(!time.allDay)
    const inNewYork = {
      ...time,
      start: time.start.withTimeZone("America/New_York"),
      end: time.end.withTimeZone("America/New_York"),
    }
    assert.equal(fingerprint(lesson()), fingerprint(lesson({ time: inNewYork })))
  })

  test("when absent lists are empty lists", () => {
    assert.equal(fingerprint(lesson({ categories: [], people: [] })), fingerprint(lesson()))
  })
})

describe("two events have other fingerprints", () => {
  const base = lesson()
  const others = {
    "another subject": lesson({ subject: "Physics" }),
    "another time": lesson({ start: "2026-12-01T09:00" }),
    "another end": lesson({ minutes: 61 }),
    "a whole day": holiday({ date: "2026-12-01", subject: base.subject }),
    "another place": lesson({ location: "Room 12" }),
    "another body": lesson({ body: { contentType: "text", content: "x" } }),
    "another kind of body": lesson({ body: { contentType: "html", content: "x" } }),
    "another link": lesson({ url: "https://example.org" }),
    "other people": lesson({ people: ["AN"] }),
    "another show-as": lesson({ showAs: "Free" }),
    "another sensitivity": lesson({ sensitivity: "Private" }),
    "another importance": lesson({ importance: "High" }),
    "another category": lesson({ categories: ["A"] }),
    "another reminder": lesson({ reminder: 0 }),
    "no reminder on purpose": lesson({ reminder: "None" }),
    "a recurrence": weekly(base),
    "another recurrence": weekly(base, { interval: 2 }),
    "an occurrence missing": withExcluded("20261208T070000Z"),
    "another occurrence missing": withExcluded("20261215T070000Z"),
    "an occurrence moved": withOverride("2026-12-08T12:00"),
    "an occurrence moved elsewhere": withOverride("2026-12-08T13:00"),
  }

  test("when they differ in anything they say", () => {
    const prints = new Map(Object.entries(others).map(([what, event]) => [fingerprint(event), what]))
    assert.equal(prints.size, Object.keys(others).length)
    assert.ok(!prints.has(fingerprint(base)))
  })

  test("when a series goes on along another clock", () => {
    const { time } = base
    assert.ok(!time.allDay)
    const inLagos = {
      ...time,
      start: time.start.withTimeZone("Africa/Lagos"),
      end: time.end.withTimeZone("Africa/Lagos"),
    }
    assert.notEqual(fingerprint(weekly(base)), fingerprint(weekly({ ...base, time: inLagos })))
  })
})

function withExcluded(key: string) {
  const series = weekly(lesson())
  return { ...series, recurrence: { rules: [], extraTimes: [], overrides: [], ...series.recurrence, excluded: [key] } }
}

function withOverride(start: string) {
  const series = weekly(lesson())
  const overrides = [{ occurrence: "20261208T070000Z", content: { subject: "Mathematics", time: timed(start) } }]
  return { ...series, recurrence: { rules: [], extraTimes: [], excluded: [], ...series.recurrence, overrides } }
}
