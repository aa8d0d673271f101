import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import type { CalendarEvent } from "../../operator/core/event.ts"
import { fingerprint } from "../../operator/core/fingerprint.ts"
import type { Calendar, ExchangeConnection } from "../../operator/core/ports.ts"
import { openConnection } from "../../operator/exchange/index.ts"
import { at, lesson, timed, weekly } from "../fakes/lesson.ts"
import { signal, written } from "./copies.ts"
import { hurriedClock } from "./hurried-clock.ts"
import { addServiceAccount, ewsSettingsFor, ownCalendar, type Simulated, simulated } from "./simulated.ts"

const window = { start: at("2026-11-20T00:00"), end: at("2027-01-31T00:00") }
let exchange: Simulated
let server: ExchangeConnection

before(async () => {
  exchange = await simulated()
  addServiceAccount(exchange)
  const deps = { clock: hurriedClock, random: () => 0.5, proxy: {}, mayWrite() {}, observe() {} }
  server = openConnection({ ...deps, log: { debug() {}, warn() {} } })(ewsSettingsFor(exchange))
})

after(async () => {
  await server.close()
  await exchange.close()
})

/** A daily lesson, each of which is a day later or earlier: on the way none may pass its neighbour. */
function movedBy(days: number): CalendarEvent {
  const series = weekly(lesson({ start: "2026-12-01T08:00" }), { frequency: "DAILY", count: 4 })
  const starts = ["2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04"].map(date => Temporal.PlainDate.from(date))
  const overrides = starts.map(date => ({
    occurrence: `${date.toString().replaceAll("-", "")}T070000Z`,
    content: { subject: "Moved", time: timed(`${date.add({ days })}T09:00`) },
  }))
  return { ...series, recurrence: { rules: [], extraTimes: [], excluded: [], ...series.recurrence, overrides } }
}

describe("occurrences that all move past where their neighbours were", () => {
  const backends: readonly (readonly [string, () => ExchangeConnection])[] = [
    ["Graph", () => exchange.connection],
    ["EWS", () => server],
  ]
  for (const [name, connection] of backends)
    for (const days of [1, -1])
      test(`are written through ${name} when they go ${days > 0 ? "later" : "earlier"}`, async () => {
        const calendar: Calendar = connection().mailbox({ address: exchange.newMailbox(), calendar: ownCalendar })
        const event = movedBy(days)
        assert.equal(calendar.canStoreSeries(event, window), true)

        await written(calendar, [event])

        const { events } = await calendar.list({ window, includeForeign: false, fresh: true }, signal)
        assert.deepEqual(
          events.map(({ fingerprint: print }) => print),
          [fingerprint(calendar.normalize(event))],
        )
      })
})
