import assert from "node:assert/strict"
import { test } from "node:test"
import type { CalendarEvent } from "../../operator/core/event.ts"
import { fingerprint } from "../../operator/core/fingerprint.ts"
import { matchExisting } from "../../operator/core/matching.ts"
import { at, lesson, weekly } from "../fakes/lesson.ts"

const since = at("2026-10-25T00:00")

function wanted(event: CalendarEvent, keyHash = "hash") {
  return { key: event.key, keyHash, event, fingerprint: fingerprint(event) }
}

function entered(event: CalendarEvent, id = "by-hand") {
  return { id, version: "1", fingerprint: fingerprint(event), event }
}

function match(event: CalendarEvent, other: CalendarEvent) {
  return matchExisting([wanted(event)], [entered(other)], since).found.get("hash/")?.id
}

test("an event entered by hand matches whatever else it says", () => {
  assert.equal(match(lesson(), lesson({ location: "Room 12", showAs: "Free", categories: ["A"] })), "by-hand")
})

test("blanks and the way accents are written make no difference to a subject, letters do", () => {
  assert.equal(match(lesson({ subject: "Idræt  på\tSlåen" }), lesson({ subject: " Idræt på Sla\u030Aen " })), "by-hand")
  assert.equal(match(lesson({ subject: "Mathematics" }), lesson({ subject: "mathematics" })), undefined)
})

test("a meeting other people are in is never adopted", () => {
  assert.equal(match(lesson(), lesson({ people: ["Bo"] })), undefined)
})

test("what was over before is not matched, a series that goes on is", () => {
  const old = lesson({ start: "2026-10-20T08:00" })
  assert.equal(match(old, old), undefined)
  assert.equal(match(weekly(old), weekly(old)), "by-hand")
})

test("two events that want the same one are in doubt, and so is one that could have two", () => {
  const twoWant = matchExisting([wanted(lesson(), "a"), wanted(lesson(), "b")], [entered(lesson())], since)
  assert.deepEqual([twoWant.found.size, twoWant.ambiguous], [0, 2])

  const twoThere = matchExisting([wanted(lesson())], [entered(lesson(), "x"), entered(lesson(), "y")], since)
  assert.deepEqual([twoThere.found.size, twoThere.ambiguous], [0, 1])
})

test("exceptions of a series count as part of it", () => {
  const series = weekly(lesson())
  assert.ok(series.recurrence)
  const shorter = { ...series, recurrence: { ...series.recurrence, excluded: ["20261208T070000Z"] } }

  assert.equal(match(series, shorter), undefined)
  assert.equal(match(shorter, shorter), "by-hand")
})
