import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { isFullResyncDue, jitteredIntervalMs, nextFullResync, parseSchedule } from "../../operator/core/schedule.ts"
import { at } from "../fakes/lesson.ts"

const hourMs = 3_600_000
const nightly = parseSchedule({ cron: "0 2 * * *", timeZone: "Europe/Copenhagen", spreadMs: 0 })
const spread = parseSchedule({ cron: "0 2 * * *", timeZone: "Europe/Copenhagen", spreadMs: 2 * hourMs })
const sync = "calendars/timetable-anna"

function nextAfter(text: string, schedule = nightly) {
  return nextFullResync({ schedule, sync, after: at(text) })?.toString()
}

describe("the nightly full pass", () => {
  test("comes at two in the morning of the school, winter and summer", () => {
    assert.equal(nextAfter("2026-12-01T12:00"), "2026-12-02T01:00:00Z")
    assert.equal(nextAfter("2026-07-01T12:00"), "2026-07-02T00:00:00Z")
  })

  test("comes once in the night that has no two o'clock, and once in the night that has it twice", () => {
    const half = parseSchedule({ ...nightly, cron: "30 2 * * *" })
    assert.equal(nextAfter("2026-03-28T12:00", half), "2026-03-29T01:00:00Z")
    assert.equal(nextAfter("2026-10-24T12:00", half), "2026-10-25T00:30:00Z")
    assert.equal(nextAfter("2026-10-25T02:45", half), "2026-10-26T01:30:00Z")
  })

  test("has its own place in the spread, always the same", () => {
    const times = Array.from({ length: 500 }, (_, index) =>
      nextFullResync({ schedule: spread, sync: `calendars/sync-${index}`, after: at("2026-12-01T12:00") }),
    )
    const minutes = times.map(time => (time ? time.since(at("2026-12-02T02:00")).total("minutes") : -1))

    assert.ok(minutes.every(minute => minute >= 0 && minute < 120))
    const perHalfHour = [0, 1, 2, 3].map(part => minutes.filter(minute => Math.floor(minute / 30) === part).length)
    assert.ok(
      perHalfHour.every(count => count > 90 && count < 160),
      `even enough: ${perHalfHour}`,
    )
    assert.equal(nextAfter("2026-12-01T12:00", spread), nextAfter("2026-12-01T13:00", spread))
  })

  test("whose place in the spread is still to come tonight is not put off to tomorrow", () => {
    const due = nextFullResync({ schedule: spread, sync, after: at("2026-12-01T12:00") })
    assert.ok(due)

    const justBefore = nextFullResync({ schedule: spread, sync, after: due.subtract({ seconds: 1 }) })

    assert.equal(justBefore?.toString(), due.toString())
  })

  test("is due once its time has passed, and not before", () => {
    const lastFullResyncAt = at("2026-12-01T02:05")
    const isDue = (text: string) => isFullResyncDue({ schedule: nightly, sync, lastFullResyncAt, now: at(text) })

    assert.equal(isDue("2026-12-02T01:59"), false)
    assert.equal(isDue("2026-12-02T02:00"), true)
  })

  test("missed for a week is caught up exactly once", () => {
    const now = at("2026-12-08T09:00")
    assert.equal(isFullResyncDue({ schedule: nightly, sync, lastFullResyncAt: at("2026-12-01T02:05"), now }), true)
    assert.equal(isFullResyncDue({ schedule: nightly, sync, lastFullResyncAt: now, now: now.add({ hours: 1 }) }), false)
  })

  test("is due where there never was one", () => {
    assert.equal(
      isFullResyncDue({ schedule: nightly, sync, lastFullResyncAt: undefined, now: at("2026-12-01T12:00") }),
      true,
    )
  })
})

for (const [what, spec] of Object.entries({
  "four fields": { cron: "0 2 * *", timeZone: "UTC" },
  seconds: { cron: "0 0 2 * * *", timeZone: "UTC" },
  "a minute that does not exist": { cron: "61 2 * * *", timeZone: "UTC" },
  "a day that never comes": { cron: "0 0 31 2 *", timeZone: "UTC" },
  "a zone nobody knows": { cron: "0 2 * * *", timeZone: "Europe/Atlantis" },
})) {
  test(`a schedule of ${what} is refused as InvalidSpec`, () => {
    assert.throws(() => parseSchedule({ ...spec, spreadMs: 0 }), { name: "NeedsAttentionError", reason: "InvalidSpec" })
  })
}

test("the interval differs by a tenth either way", () => {
  assert.equal(
    jitteredIntervalMs(300_000, () => 0),
    270_000,
  )
  assert.equal(
    jitteredIntervalMs(300_000, () => 0.5),
    300_000,
  )
  assert.ok(jitteredIntervalMs(300_000, () => 0.999999) <= 330_000)
})
