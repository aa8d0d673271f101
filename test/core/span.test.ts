import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { intersection, liesIn, spanOf } from "../../operator/core/span.ts"
import { at, holiday, lesson, timed, weekly } from "../fakes/lesson.ts"

const december = { start: at("2026-12-01T00:00"), end: at("2027-01-01T00:00") }

/** Every claim is asked of the event and of its span alone: a listing may keep either. */
function lies(event: Parameters<typeof spanOf>[0]): boolean | undefined {
  const byEvent = liesIn({ event }, december)
  assert.equal(liesIn({ span: spanOf(event) }, december), byEvent)
  return byEvent
}

describe("an event lies in the window", () => {
  test("when any of it does", () => {
    assert.equal(lies(lesson()), true)
    assert.equal(lies(lesson({ start: "2026-11-30T23:30" })), true)
    assert.equal(lies(lesson({ start: "2026-12-31T23:59" })), true)
    assert.equal(lies(holiday()), true)
  })

  test("when it is a series that has begun and still goes on", () => {
    assert.equal(lies(weekly(lesson({ start: "2026-11-03T08:00" }), { count: 20 })), true)
    assert.equal(lies(weekly(lesson({ start: "2020-11-03T08:00" }), {})), false)
    const { count: _, ...endless } = { frequency: "WEEKLY", interval: 1, weekStart: "MO", count: 0 } as const
    const event = lesson({ start: "2020-11-03T08:00" })
    assert.equal(
      lies({ ...event, recurrence: { rules: [endless], extraTimes: [], excluded: [], overrides: [] } }),
      true,
    )
  })

  test("when only a moved occurrence or an extra time does", () => {
    const series = weekly(lesson({ start: "2027-02-02T08:00" }))
    assert.ok(series.recurrence)
    const overrides = [{ occurrence: "20270202T070000Z", content: { subject: "x", time: timed("2026-12-20T08:00") } }]
    assert.equal(lies({ ...series, recurrence: { ...series.recurrence, overrides } }), true)
    assert.equal(
      lies({ ...series, recurrence: { ...series.recurrence, extraTimes: [timed("2026-12-20T08:00")] } }),
      true,
    )
  })
})

describe("an event does not lie in the window", () => {
  test("when it only touches it", () => {
    assert.equal(lies(lesson({ start: "2026-11-30T23:00" })), false)
    assert.equal(lies(lesson({ start: "2027-01-01T00:00" })), false)
    assert.equal(lies(weekly(lesson({ start: "2027-01-05T08:00" }))), false)
  })

  test("when it is a series that is over", () => {
    assert.equal(lies(weekly(lesson({ start: "2026-10-06T08:00" }))), false)
    const until = Temporal.PlainDateTime.from("2026-11-29T00:00")
    assert.equal(lies(weekly(lesson({ start: "2026-10-06T08:00" }), { until })), false)
  })
})

test("of an item that does not say when it is nothing is known", () => {
  assert.equal(liesIn({}, december), undefined)
})

test("the end of a finite series is found to the day", () => {
  const { startMs, endMs = Number.NaN } = spanOf(weekly(lesson({ start: "2026-12-01T08:00" }), { count: 30 }))
  const last = at("2027-06-22T09:00")

  assert.equal(startMs, at("2026-12-01T08:00").epochMilliseconds)
  assert.ok(endMs >= last.epochMilliseconds)
  assert.ok(endMs < last.add({ hours: 25 }).epochMilliseconds)
})

test("what two windows vouch for together may be nothing", () => {
  const november = { start: at("2026-11-01T00:00"), end: at("2026-12-01T00:00") }

  assert.deepEqual(intersection([december, { start: at("2026-12-10T00:00"), end: at("2027-03-01T00:00") }]), {
    start: at("2026-12-10T00:00"),
    end: december.end,
  })
  assert.equal(intersection([november, december]), undefined)
})
