import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import type { CalendarEvent } from "../../../operator/core/event.ts"
import { fingerprint } from "../../../operator/core/fingerprint.ts"
import type { Calendar, ExchangeConnection, StoredEvent } from "../../../operator/core/ports.ts"
import { openConnection } from "../../../operator/exchange/index.ts"
import { at, lesson, weekly } from "../../fakes/lesson.ts"
import { type RunningExchange, startExchange } from "../../simulators/exchange/start-exchange.ts"
import { markFor, signal, written } from "../copies.ts"
import { hurriedClock } from "../hurried-clock.ts"
import { addServiceAccount, ewsSettingsFor, ownCalendar } from "../simulated.ts"

const address = "anna@contoso.example"
const window = { start: at("2026-11-20T00:00"), end: at("2027-01-31T00:00") }
const guest = { type: "required", emailAddress: { address: "guest@fabrikam.example", name: "Guest" } }
let exchange: RunningExchange
let connection: ExchangeConnection
let calendar: Calendar

before(async () => {
  exchange = await startExchange()
  addServiceAccount(exchange)
  exchange.admin.addMailbox({ address, timeZone: "Romance Standard Time" })
  const deps = { clock: hurriedClock, random: () => 0.5, proxy: {}, mayWrite() {}, observe() {} }
  connection = openConnection({ ...deps, log: { debug() {}, warn() {} } })(ewsSettingsFor(exchange))
})
beforeEach(() => {
  for (const { id } of exchange.admin.events(address)) exchange.admin.deleteEvent(address, id)
  calendar = connection.mailbox({ address, calendar: ownCalendar })
})
after(async () => {
  await connection.close()
  await exchange.close()
})

describe("a series of Exchange Server, to one occurrence of which people were invited, stays with that occurrence", () => {
  test("when it is gone from the source", async () => {
    const copy = await invited()

    const [outcome] = (await calendar.writer?.remove([copy], signal)) ?? []

    assert.equal(outcome?.ok, false)
    assertGuestsAreStillComing()
  })

  const changes: readonly (readonly [string, CalendarEvent])[] = [
    ["it is put right", weekly(lesson())],
    ["one of its occurrences is cancelled", excluding(weekly(lesson()), "20261215T070000Z")],
    ["it becomes a single event", lesson()],
  ]
  for (const [what, event] of changes)
    test(`when ${what}`, async () => {
      const copy = await invited()

      const mark = markFor(event, fingerprint(calendar.normalize(event)))
      const [outcome] = (await calendar.writer?.update([{ ...copy, event, mark }], signal)) ?? []

      assert.equal(outcome?.ok, false)
      assertGuestsAreStillComing()
    })

  test("when they were invited after the listing", async () => {
    await written(calendar, [weekly(lesson())])
    const copy = await listed()
    invite()

    const [outcome] = (await calendar.writer?.remove([copy], signal)) ?? []

    assert.equal(outcome?.ok, false)
    assertGuestsAreStillComing()
  })
})

async function invited(): Promise<StoredEvent> {
  await written(calendar, [weekly(lesson())])
  await listed()
  invite()
  return listed()
}

function invite(): void {
  exchange.admin.updateEvent(address, occurrences()[1]?.id ?? "", { attendees: [guest] })
  exchange.admin.clearOutbox()
}

function assertGuestsAreStillComing(): void {
  assert.deepEqual(occurrences()[1]?.["attendees"], [
    { ...guest, status: { response: "none", time: "0001-01-01T00:00:00Z" } },
  ])
  assert.deepEqual(exchange.admin.outbox(), [])
}

function occurrences() {
  return exchange.admin.view(address, { start: window.start.toString(), end: window.end.toString() })
}

async function listed(): Promise<StoredEvent> {
  const [copy] = (await calendar.list({ window, includeForeign: false, fresh: false }, signal)).events
  assert.ok(copy)
  return copy
}

function excluding(series: CalendarEvent, key: string): CalendarEvent {
  assert.ok(series.recurrence)
  return { ...series, recurrence: { ...series.recurrence, excluded: [...series.recurrence.excluded, key] } }
}
