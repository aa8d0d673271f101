import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import type { CalendarEvent } from "../../operator/core/event.ts"
import { fingerprint } from "../../operator/core/fingerprint.ts"
import type { Calendar, Listing } from "../../operator/core/ports.ts"
import { writeContent } from "../../operator/exchange/graph/write-event.ts"
import { at, lesson, weekly } from "../fakes/lesson.ts"
import { createItem, markFor, signal, written } from "./copies.ts"
import { ownCalendar, type Simulated, simulated } from "./simulated.ts"

const window = { start: at("2026-11-20T00:00"), end: at("2027-01-31T00:00") }
const guest = { type: "required", emailAddress: { address: "guest@fabrikam.example", name: "Guest" } }

let exchange: Simulated
let address: string
let calendar: Calendar

before(async () => {
  exchange = await simulated()
})

after(async () => {
  await exchange.close()
})

beforeEach(() => {
  exchange.admin.clearFaults()
  address = exchange.newMailbox()
  calendar = exchange.connection.mailbox({ address, calendar: ownCalendar })
})

describe("people invited to one occurrence of a series are not mailed", () => {
  async function invited(): Promise<{ readonly id: string; readonly version: string }> {
    await written(calendar, [weekly(lesson())])
    await list()
    exchange.admin.updateEvent(address, occurrence(1), { attendees: [guest] })
    exchange.admin.clearOutbox()
    const [copy] = (await list()).events
    assert.ok(copy)
    return copy
  }

  test("when the series is gone from the source", async () => {
    const [outcome] = (await calendar.writer?.remove([await invited()], signal)) ?? []

    assert.equal(outcome?.ok, false)
    assert.deepEqual(exchange.admin.outbox(), [])
  })

  test("when that occurrence is put right or cancelled", async () => {
    const copy = await invited()

    for (const event of [weekly(lesson()), excluding(weekly(lesson()), "20261208T070000Z")]) {
      const mark = markFor(event, fingerprint(calendar.normalize(event)))
      const [outcome] = (await calendar.writer?.update([{ ...copy, event, mark }], signal)) ?? []
      assert.equal(outcome?.ok, false)
    }
    assert.deepEqual(exchange.admin.outbox(), [])
  })

  test("when they were invited after the listing", async () => {
    await written(calendar, [weekly(lesson())])
    const [copy] = (await list()).events
    exchange.admin.updateEvent(address, occurrence(1), { attendees: [guest] })
    exchange.admin.clearOutbox()
    const event = excluding(weekly(lesson()), "20261208T070000Z")

    assert.ok(copy)
    const mark = markFor(event, fingerprint(calendar.normalize(event)))
    await calendar.writer?.update([{ ...copy, event, mark }], signal)

    assert.deepEqual(exchange.admin.outbox(), [])
  })
})

describe("a series left half written is never taken for a whole one", () => {
  const series = excluding(weekly(lesson()), "20261208T070000Z")
  const wanted = () => fingerprint(calendar.normalize(series))

  beforeEach(async () => {
    await list()
    const fault = exchange.admin.addFault({ kind: "status", status: 503, mailbox: address, operation: "events.delete" })
    const [outcome] = (await calendar.writer?.create([createItem(calendar, series)], signal)) ?? []
    assert.equal(outcome?.ok, false)
    exchange.admin.removeFault(fault)
  })

  test("when the next listing fails on the way", async () => {
    const fault = exchange.admin.addFault({ kind: "status", status: 503, mailbox: address, operation: "events.get" })
    await assert.rejects(list())
    exchange.admin.removeFault(fault)

    assert.notEqual((await list()).events[0]?.fingerprint, wanted())
  })

  test("when the calendar's changes are forgotten and all is read again", async () => {
    exchange.admin.forgetDeltaTokens()

    assert.notEqual((await list()).events[0]?.fingerprint, wanted())
  })

  test("nor for one that somebody edited, whatever the policy says about drift", async () => {
    const [half] = (await list()).events

    assert.ok(half?.mark)
    assert.notEqual(half.mark.fingerprint, wanted(), "the mark says that the source is ahead")
  })
})

test("a whole series says in its mark what the source said", async () => {
  const series = excluding(weekly(lesson()), "20261208T070000Z")

  await written(calendar, [series])

  for (const reader of [calendar, exchange.reopen().mailbox({ address, calendar: ownCalendar })]) {
    const [copy] = (await reader.list({ window, includeForeign: false, fresh: false }, signal)).events
    assert.equal(copy?.mark?.fingerprint, fingerprint(calendar.normalize(series)))
    assert.equal(copy?.fingerprint, copy?.mark?.fingerprint)
  }
})

test("a time in a zone that left its Windows zone is written in UTC, not an hour off", () => {
  // British Columbia ends changing its clocks in 2026; `Pacific Standard Time` is California's.
  const start = Temporal.ZonedDateTime.from("2027-02-15T08:00[America/Vancouver]")
  const event = lesson({ time: { allDay: false, start, end: start.add({ hours: 1 }) } })

  const written = writeContent(event)["start"]

  assert.deepEqual(written, {
    dateTime: start.withTimeZone("UTC").toPlainDateTime().toString({ smallestUnit: "second" }),
    timeZone: "UTC",
  })
})

function list(): Promise<Listing> {
  return calendar.list({ window, includeForeign: false, fresh: false }, signal)
}

function occurrence(weeks: number): string {
  const span = { start: window.start.toString(), end: window.end.toString() }
  return exchange.admin.view(address, span)[weeks]?.id ?? ""
}

function excluding(series: CalendarEvent, key: string): CalendarEvent {
  assert.ok(series.recurrence)
  return { ...series, recurrence: { ...series.recurrence, excluded: [...series.recurrence.excluded, key] } }
}
