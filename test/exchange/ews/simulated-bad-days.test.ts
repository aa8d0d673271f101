import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import type { Calendar, CreateItem, ExchangeConnection, WriteOutcome } from "../../../operator/core/ports.ts"
import type { RequestObservation } from "../../../operator/exchange/deps.ts"
import { openConnection } from "../../../operator/exchange/index.ts"
import { at, lesson } from "../../fakes/lesson.ts"
import type { Fault } from "../../simulators/exchange/faults.ts"
import { type RunningExchange, startExchange } from "../../simulators/exchange/start-exchange.ts"
import { createItem, signal } from "../copies.ts"
import { hurriedClock } from "../hurried-clock.ts"
import { addServiceAccount, ewsSettingsFor, ownCalendar } from "../simulated.ts"

const window = { start: at("2026-11-20T00:00"), end: at("2027-01-31T00:00") }
let exchange: RunningExchange
let connection: ExchangeConnection
let calendar: Calendar
let mailboxes = 0
/** Of the answers to writes; 0 where none came. */
let statuses: number[] = []
let address: string

before(async () => {
  exchange = await startExchange()
  addServiceAccount(exchange)
  const deps = { clock: hurriedClock, random: () => 0.5, proxy: {}, mayWrite() {}, observe }
  connection = openConnection({ ...deps, log: { debug() {}, warn() {} } })(ewsSettingsFor(exchange))
})
beforeEach(async () => {
  mailboxes += 1
  address = exchange.admin.addMailbox({ address: `person-${mailboxes}@contoso.example` }).address
  calendar = connection.mailbox({ address, calendar: ownCalendar })
  await list()
  statuses = []
})
after(async () => {
  await connection.close()
  await exchange.close()
})

describe("on a bad day of Exchange Server", () => {
  const operation = "ews.CreateItem"
  const faults: readonly {
    readonly what: string
    readonly fault: Fault
    readonly status: number
    readonly failedAtFirst: number
  }[] = [
    {
      what: "an answer gets lost",
      fault: { kind: "drop", when: "after", operation, times: 1 },
      status: 0,
      failedAtFirst: 0,
    },
    {
      what: "an answer breaks off",
      fault: { kind: "drop", when: "midBody", operation, times: 1 },
      status: 0,
      failedAtFirst: 0,
    },
    {
      what: "a batch never arrives",
      fault: { kind: "drop", when: "before", operation, times: 1 },
      status: 0,
      failedAtFirst: 6,
    },
    {
      what: "a batch stops at one",
      fault: { kind: "batchStopped", at: 1, operation, times: 1 },
      status: 200,
      failedAtFirst: 1,
    },
    {
      what: "the server is busy",
      fault: { kind: "status", status: 500, code: "ErrorServerBusy", operation, times: 1 },
      status: 500,
      failedAtFirst: 6,
    },
  ]
  for (const { what, fault, status, failedAtFirst } of faults)
    test(`when ${what}, a second try leaves every event there once`, async () => {
      const items = Array.from({ length: 6 }, (_, index) => createItem(calendar, lesson({ key: `lesson-${index}` })))
      exchange.admin.addFault({ ...fault, mailbox: address })

      const first = await write(items)
      assert.equal(statuses[0], status, "the fault has struck")
      const open = items.filter((_, index) => !first[index]?.ok)
      const second = await write(open)

      assert.equal(open.length, failedAtFirst)
      assert.ok(second.every(({ ok }) => ok))
      assert.equal(exchange.admin.events(address).length, items.length)
      assert.deepEqual(
        (await list()).events.map(({ mark }) => mark?.key).toSorted(),
        items.map(({ mark }) => mark.key).toSorted(),
      )
    })
})

function observe({ operation, status }: RequestObservation): void {
  if (operation === "write") statuses.push(status)
}

async function write(items: readonly CreateItem[]): Promise<readonly WriteOutcome[]> {
  return (await calendar.writer?.create(items, signal)) ?? []
}

function list() {
  return calendar.list({ window, includeForeign: false, fresh: false }, signal)
}
