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

test("a copy somebody made a series that nobody can read becomes a single event again", async () => {
  const { address, calendar } = opened()
  const single = lesson({ start: "2026-12-02T18:00" })
  const [copy] = await written(calendar, [single])
  const wednesdays = { type: "weekly", interval: 1, daysOfWeek: ["wednesday"], firstDayOfWeek: "monday" }
  const range = { type: "numbered", startDate: "2026-12-02", numberOfOccurrences: 4 }
  exchange.admin.updateEvent(address, idAt(address, 0), { recurrence: { pattern: wednesdays, range } })
  exchange.admin.moveEvent(address, exchange.admin.view(address, span).at(1)?.id ?? "", { minutes: 60 })
  // The exceptions of a series are asked one by one, and then there is none.
  exchange.admin.addFault({
    kind: "status",
    status: 404,
    operation: "events.get",
    mailbox: address,
    after: 2,
    times: 1,
  })
  const [changed] = (await list(calendar)).events
  exchange.admin.clearFaults()
  const print = fingerprint(calendar.normalize(single))

  const version = changed?.version ?? ""
  const mark = markFor(single, print)
  const [outcome] =
    (await calendar.writer?.update([{ id: copy?.id ?? "", version, event: single, mark }], signal)) ?? []

  assert.equal(outcome?.ok, true)
  assert.equal((await list(calendar)).events[0]?.fingerprint, print)
  assert.equal(exchange.admin.view(address, span).length, 1)
})

for (const times of [1, 3])
  test(`a series that the list still has and nobody finds ${times} times is not as anybody wants it, and none is made in its place`, async () => {
    const { address, calendar } = opened()
    const series = weekly(lesson())
    await written(calendar, [series])
    const restarted = exchange.reopen().mailbox({ address, calendar: ownCalendar })
    exchange.admin.addFault({ kind: "status", status: 404, operation: "events.get", mailbox: address, times })

    const doubtful = []
    for (let looks = 0; looks < times; looks += 1) doubtful.push(...(await list(restarted)).events)
    const [found] = (await list(restarted)).events

    const print = fingerprint(calendar.normalize(series))
    assert.equal(doubtful.length, times)
    assert.ok(doubtful.every(copy => copy.fingerprint !== print))
    assert.equal(found?.fingerprint, print)
  })

for (const [what, event] of [
  ["a lesson", lesson()],
  ["a series", weekly(lesson())],
] as const) {
  test(`${what} edited between a lost answer and the second try is listed as it is, created or updated`, async () => {
    const { address, calendar } = opened()
    const item = createItem(calendar, event)
    await list(calendar)

    await losingOneAnswer(address, () => calendar.writer?.create([item], signal))
    const [made] = (await list(calendar)).events
    assert.notEqual(made?.fingerprint, item.mark.fingerprint)

    const update = { id: made?.id ?? "", version: made?.version ?? "", event, mark: item.mark }
    await calendar.writer?.update([{ ...update, event: { ...event, subject: "Physics" } }], signal)
    const [before] = (await list(calendar)).events
    const again = { ...update, version: before?.version ?? "" }
    await losingOneAnswer(address, () => calendar.writer?.update([again], signal))
    assert.notEqual((await list(calendar)).events[0]?.fingerprint, item.mark.fingerprint)
  })
}

test("a copy the changes speak of is not gone because one answer says so", async () => {
  for (const event of [lesson(), weekly(lesson())]) {
    const { address, calendar } = opened()
    await written(calendar, [event])
    await list(calendar)
    const missing = { kind: "status", status: 404, operation: "events.get", mailbox: address, times: 1 } as const

    exchange.admin.updateEvent(address, idAt(address, 0), { subject: "My own words" })
    exchange.admin.addFault(missing)
    assert.equal((await list(calendar)).events.length, 1)
    const [known] = (await list(calendar)).events
    assert.notEqual(known?.fingerprint, fingerprint(calendar.normalize(event)))

    exchange.admin.addFault(missing)
    const restarted = exchange.reopen().mailbox({ address, calendar: ownCalendar })
    assert.equal((await list(restarted)).events.length, 1)
    assert.equal((await list(restarted)).events[0]?.fingerprint, known?.fingerprint)
    exchange.admin.clearFaults()
  }
})

test("an occurrence deleted while its series is written is missed by the next listing", async () => {
  const { address, calendar } = opened()
  const series = weekly(lesson())
  await written(calendar, [series])
  exchange.admin.moveEvent(address, exchange.admin.view(address, span).at(1)?.id ?? "", { minutes: 60 })
  const [changed] = (await list(calendar)).events
  const mark = markFor(series, fingerprint(calendar.normalize(series)))
  let writes = 0
  exchange.onRequest(({ operation }) => {
    if (operation !== "write") return
    writes += 1
    // The master is written first, the occurrence after it.
    if (writes === 2) exchange.admin.deleteEvent(address, exchange.admin.view(address, span).at(2)?.id ?? "")
  })

  const item = { id: changed?.id ?? "", version: changed?.version ?? "", event: series, mark }
  await calendar.writer?.update([item], signal)
  exchange.onRequest(() => {})

  assert.ok(writes >= 2)
  assert.notEqual((await list(calendar)).events[0]?.fingerprint, mark.fingerprint)
})

test("work that fails after its caller went away is no failure nobody heard of", async () => {
  const aborted = AbortSignal.abort(new Error("gone"))

  await assert.rejects(untilAborted(Promise.reject(new Error("no answer")), aborted), { message: "gone" })

  // Were it unheard, the runner would hear of it now.
  await new Promise(resolve => setImmediate(resolve))
})

/** What is asked is done, its answer is lost, and somebody edits the event before it is asked again. */
async function losingOneAnswer(address: string, ask: () => Promise<unknown> | undefined): Promise<void> {
  exchange.admin.addFault({ kind: "drop", when: "after", operation: "batch", times: 1, after: batchesBefore(address) })
  exchange.onRequest(({ status }) => {
    if (status === 0) exchange.admin.updateEvent(address, idAt(address, 0), { subject: "My own words" })
  })
  await ask()
  exchange.onRequest(() => {})
  exchange.admin.clearFaults()
}

/** Series are looked at before they are written. */
function batchesBefore(address: string): number {
  return exchange.admin.events(address).some(event => event["recurrence"]) ? 1 : 0
}

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
