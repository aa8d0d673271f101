import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { NeedsAttentionError } from "../../operator/core/errors.ts"
import { readPolicy } from "../../operator/resources/calendar-sync-policy.ts"

describe("a CalendarSyncPolicy", () => {
  test("that says nothing forgives three failures and an hour", () => {
    const { alerts, suspended } = readPolicy({})
    assert.deepEqual(alerts, { afterFailures: 3, staleAfterMs: 3_600_000 })
    assert.equal(suspended, false)
  })

  test("that says nothing does all the documented defaults say", () => {
    const { sync } = readPolicy({})
    assert.deepEqual(
      [sync.management, sync.drift, sync.onExchangeDelete, sync.series, sync.deletion, sync.schedule.intervalMs],
      [
        "Full",
        "Correct",
        "Recreate",
        "Auto",
        { guard: { maxPercent: 30, maxCount: 100 }, onUnbind: "Retain" },
        300_000,
      ],
    )
    assert.deepEqual([sync.window.past.days, sync.window.future.days], [7, 200])
    assert.deepEqual(sync.schedule.fullResync, { cron: "0 2 * * *", timeZone: "UTC", spreadMs: 7_200_000 })
  })

  test("with a cron line alone means UTC, spread over an hour", () => {
    const { sync } = readPolicy({ schedule: { fullResync: { cron: "0 2 * * *" } } })
    assert.deepEqual(sync.schedule.fullResync, { cron: "0 2 * * *", timeZone: "UTC", spreadMs: 7_200_000 })
  })

  for (const [field, spec] of [
    ["window.future", { window: { future: "1826d" } }],
    ["window.future", { window: { future: "0d" } }],
    ["window.past", { window: { past: "99999d" } }],
    ["alerts.staleAfter", { alerts: { staleAfter: "10s" } }],
    ["schedule.fullResync", { schedule: { fullResync: { cron: "61 2 * * *" } } }],
    ["schedule.fullResync", { schedule: { fullResync: { cron: "0 2 * * *", timeZone: "Europe/Atlantis" } } }],
  ] as const) {
    test(`that asks for ${JSON.stringify(spec)} is told about ${field}`, () => {
      assert.throws(
        () => readPolicy(spec),
        (error: unknown) => {
          assert.ok(error instanceof NeedsAttentionError)
          assert.equal(error.reason, "InvalidSpec")
          assert.ok(error.message.includes(field), error.message)
          return true
        },
      )
    })
  }
})
