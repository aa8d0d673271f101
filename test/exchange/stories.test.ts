import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { fingerprint } from "../../operator/core/fingerprint.ts"
import type { Calendar, Listing } from "../../operator/core/ports.ts"
import { untilAborted } from "../../operator/exchange/clock.ts"
import { at, lesson, weekly } from "../fakes/lesson.ts"
import { createItem, markFor, signal, written } from "./copies.ts"
import { ownCalendar, type Simulated, simulated } from "./simulated.ts"

/** What random walks ran into, each told once more in plain words. */

const window = { start: at("2026-11-20T00:00"), end: at("2027-01-31T00:00") }

let exchange: Simulated

before(async () => {
  exchange = await simulated()
})

after(async () => {
  await exchange.close()
})

test("a copy somebody moved to another calendar of theirs is no longer here, though its id still finds it", async () => {
  const { address, calendar } = opened()
  await written(calendar, [lesson({ key: "moved" }), lesson({ key: "stays" })])
  await list(calendar)

  exchange.admin.addCalendar(address, "Drawer")
  exchange.admin.moveToCalendar(address, idAt(address, 0), "Drawer")

  assert.equal((await list(calendar)).events.length, 1)
  assert.equal((await list(calendar)).events.length, 1)
})

test("a copy moved to another calendar before its creation was known is made here, and once", async () => {
  const { address, calendar } = opened()
  const item = createItem(calendar, lesson())
  await calendar.writer?.create([item], signal)
  exchange.admin.addCalendar(address, "Drawer")
  exchange.admin.moveToCalendar(address, idAt(address, 0), "Drawer")

  const restarted = exchange.reopen().mailbox({ address, calendar: ownCalendar })
  await list(restarted)
  exchange.admin.setSwitches({ transactionIdRepeat: "error" })
  const [outcome] = (await restarted.writer?.create([item], signal)) ?? []
  exchange.admin.setSwitches({ transactionIdRepeat: "sameEvent" })

  assert.equal(outcome?.ok, true)
  assert.equal(exchange.admin.events(address).length, 1)
})

test("an occurrence somebody moved far away comes back to its day", async () => {
  const { address, calendar } = opened()
  const series = weekly(lesson())
  const [copy] = await written(calendar, [series])
  const last = exchange.admin.view(address, span).at(-1)
  exchange.admin.moveEvent(address, last?.id ?? "", { minutes: 60 * 24 * 60 })
  const [changed] = (await list(calendar)).events
  const print = fingerprint(calendar.normalize(series))
  assert.notEqual(changed?.fingerprint, print)

  const version = changed?.version ?? ""
  await calendar.writer?.update([{ id: copy?.id ?? "", version, event: series, mark: markFor(series, print) }], signal)

  const starts = exchange.admin.view(address, span).map(event => JSON.stringify(event["start"]).slice(13, 23))
  assert.deepEqual(starts, ["2026-12-01", "2026-12-08", "2026-12-15", "2026-12-22", "2026-12-29"])
})

test("work that fails after its caller went away is no failure nobody heard of", async () => {
  const aborted = AbortSignal.abort(new Error("gone"))

  await assert.rejects(untilAborted(Promise.reject(new Error("no answer")), aborted), { message: "gone" })

  // Were it unheard, the runner would hear of it now.
  await new Promise(resolve => setImmediate(resolve))
})

const span = { start: "2026-11-20T00:00:00Z", end: "2027-06-01T00:00:00Z" }

function opened(): { readonly address: string; readonly calendar: Calendar } {
  const address = exchange.newMailbox()
  return { address, calendar: exchange.connection.mailbox({ address, calendar: ownCalendar }) }
}

function list(calendar: Calendar): Promise<Listing> {
  return calendar.list({ window, includeForeign: false, fresh: false }, signal)
}

function idAt(address: string, index: number): string {
  return exchange.admin.events(address)[index]?.id ?? ""
}
