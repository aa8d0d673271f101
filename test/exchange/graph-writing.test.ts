import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import type { CalendarEvent } from "../../operator/core/event.ts"
import { fingerprint } from "../../operator/core/fingerprint.ts"
import type { Calendar, WriteOutcome } from "../../operator/core/ports.ts"
import { at, lesson, timed, weekly } from "../fakes/lesson.ts"
import { defaultSwitches } from "../simulators/exchange/store/switches.ts"
import { createItem, markFor, signal, type Written, written } from "./copies.ts"
import { ownCalendar, type Simulated, simulated } from "./simulated.ts"

const window = { start: at("2026-11-20T00:00"), end: at("2027-01-31T00:00") }

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
  exchange.admin.setSwitches(defaultSwitches)
  exchange.setFence(() => {})
  address = exchange.newMailbox()
  calendar = exchange.connection.mailbox({ address, calendar: ownCalendar })
})

/** Every way a repeated transaction may be answered; the facts do not agree. */
const repeats = {
  "with the same event": { transactionIdRepeat: "sameEvent" },
  "with an error that names the event": { transactionIdRepeat: "error", transactionIdNamesEvent: true },
  "with an error that names nothing": { transactionIdRepeat: "error", transactionIdNamesEvent: false },
  "with a 400 that names nothing": {
    transactionIdRepeat: "error",
    transactionIdNamesEvent: false,
    transactionIdStatus: 400,
  },
} as const

for (const [how, switches] of Object.entries(repeats)) {
  describe(`where a repeated create is answered ${how}`, () => {
    beforeEach(() => exchange.admin.setSwitches(switches))

    test("a lost answer makes no second copy", async () => {
      exchange.admin.addFault({ kind: "drop", when: "after", mailbox: address, operation: "events.create", times: 3 })

      await written(calendar, lessons(45))

      assert.equal(new Set(exchange.admin.events(address).map(event => event["subject"])).size, 45)
      assert.equal(exchange.admin.events(address).length, 45)
    })

    test("a create that was carried out though it was called a failure makes no second copy", async () => {
      exchange.admin.addFault({
        kind: "delayedCommit",
        delayMs: 5,
        mailbox: address,
        operation: "events.create",
        times: 2,
      })

      await written(calendar, lessons(10))

      await new Promise(resolve => setTimeout(resolve, 20))
      assert.equal(exchange.admin.events(address).length, 10)
    })

    test("a create repeated in a later pass brings the copy to what the source says by then", async () => {
      await written(calendar, [lesson()])
      const changed = lesson({ subject: "Physics" })

      await written(restarted(), [changed])

      assert.deepEqual(
        exchange.admin.events(address).map(event => event["subject"]),
        ["Physics"],
      )
    })

    test("a copy deleted before its create was repeated is made again, once", async () => {
      const [copy] = await written(calendar, [lesson()])
      await list(calendar)
      exchange.admin.deleteEvent(address, copy?.id ?? "")
      await list(calendar)

      await written(calendar, [lesson()])
      await written(restarted(), [lesson()])

      assert.equal(exchange.admin.events(address).length, 1)
      assert.equal((await list(calendar)).events[0]?.isCopyOfAnother, false)
    })
  })
}

test("an answer that names a copy deleted long ago is found out by the next listing, after a restart too", async () => {
  const [copy] = await written(calendar, [lesson()])
  exchange.admin.deleteEvent(address, copy?.id ?? "")
  const fresh = restarted()
  await list(fresh)

  await fresh.writer?.create([createItem(fresh, lesson())], signal)

  const { events } = await list(fresh)
  assert.equal(events.length, exchange.admin.events(address).length)
})

describe("updates", () => {
  test("a lost answer to an update is no conflict with ourselves", async () => {
    const [copy] = await written(calendar, [lesson()])
    exchange.admin.addFault({ kind: "drop", when: "after", mailbox: address, operation: "events.update", times: 1 })

    const outcome = await update(copy, lesson({ subject: "Physics" }))

    assert.equal(outcome?.ok, true)
    assert.equal((await list(calendar)).events[0]?.version, outcome?.ok && outcome.version)
  })

  for (const ifMatchStatus of [412, 409] as const) {
    test(`a change by hand meanwhile, answered with ${ifMatchStatus}, is left as it is`, async () => {
      exchange.admin.setSwitches({ ifMatchStatus })
      const [copy] = await written(calendar, [lesson()])
      exchange.admin.updateEvent(address, copy?.id ?? "", { subject: "Edited by hand" })

      const outcome = await update(copy, lesson({ subject: "Physics" }))

      assert.equal(!outcome?.ok && outcome?.error.name, "ChangedMeanwhileError")
      assert.equal(exchange.admin.events(address)[0]?.["subject"], "Edited by hand")
    })
  }

  test("a lost answer to a removal is a removal", async () => {
    const [copy] = await written(calendar, [lesson()])
    assert.ok(copy)
    exchange.admin.addFault({ kind: "drop", when: "after", mailbox: address, operation: "events.delete", times: 1 })

    const [outcome] = (await calendar.writer?.remove([copy], signal)) ?? []

    assert.equal(outcome?.ok, true)
    assert.deepEqual(exchange.admin.events(address), [])
  })
})

describe("series", () => {
  const changes = {
    "an occurrence cancelled": excluding(weekly(lesson()), "20261208T070000Z"),
    "an occurrence moved": moving(weekly(lesson()), "20261215T070000Z"),
    "another weekday": weekly(lesson({ start: "2026-12-02T08:00" })),
    "another length": weekly(lesson({ minutes: 90 })),
    "another subject": weekly(lesson({ subject: "Physics" })),
    "a longer series with exceptions": moving(
      excluding(weekly(lesson(), { count: 8 }), "20261208T070000Z"),
      "20261215T070000Z",
    ),
    "a single lesson": lesson({ subject: "Physics" }),
    "nothing special": weekly(lesson()),
  }
  const starts = {
    "a plain series": weekly(lesson()),
    "a series with exceptions": moving(excluding(weekly(lesson()), "20261222T070000Z"), "20261229T070000Z"),
    "a single lesson": lesson(),
  }

  for (const patternChangeDropsExceptions of [true, false]) {
    for (const [from, start] of Object.entries(starts)) {
      for (const [to, wanted] of Object.entries(changes)) {
        const habit = patternChangeDropsExceptions ? "drop" : "survive"
        test(`${from} becomes ${to} where exceptions ${habit} a new pattern`, async () => {
          exchange.admin.setSwitches({ patternChangeDropsExceptions })
          await written(calendar, [start])
          const [before] = (await list(calendar)).events

          const outcome = await update(before, wanted)

          assert.ok(outcome?.ok, outcome && !outcome.ok ? String(outcome.error) : "")
          for (const reader of [calendar, restarted()]) {
            const { events } = await list(reader)
            assert.equal(events.length, 1)
            assert.equal(events[0]?.fingerprint, fingerprint(reader.normalize(wanted)))
            assert.equal(events[0]?.version, outcome.version)
            assert.equal(events[0]?.isCopyOfAnother, false)
          }
        })
      }
    }
  }

  test("a new subject leaves cancelled occurrences alone", async () => {
    const series = excluding(weekly(lesson()), "20261208T070000Z")
    await written(calendar, [series])
    const [before] = (await list(calendar)).events
    exchange.admin.resetCounters()

    await update(before, { ...series, subject: "Physics" })

    assert.equal(exchange.admin.counters().operations["events.delete"] ?? 0, 0)
    assert.equal(exchange.admin.counters().operations["events.update"], 1)
  })

  test("what a person did to occurrences is put right", async () => {
    const series = weekly(lesson())
    await written(calendar, [series])
    exchange.admin.moveEvent(address, occurrence(1), { minutes: 60 })
    exchange.admin.deleteEvent(address, occurrence(2))
    const [before] = (await list(calendar)).events

    const outcome = await update(before, series)

    assert.equal(outcome?.ok, true)
    const { events } = await list(restarted())
    assert.equal(events.length, 1)
    assert.equal(events[0]?.fingerprint, fingerprint(calendar.normalize(series)))
  })

  test("a series left half written is told as a failure, and finished by the next pass", async () => {
    const series = moving(excluding(weekly(lesson()), "20261208T070000Z"), "20261215T070000Z")
    const fault = exchange.admin.addFault({
      kind: "status",
      status: 503,
      mailbox: address,
      operation: "events.update",
    })

    const [first] = (await calendar.writer?.create([createItem(calendar, series)], signal)) ?? []
    exchange.admin.removeFault(fault)
    const [half] = (await list(calendar)).events
    assert.equal(first?.ok, false)
    assert.notEqual(half?.fingerprint, fingerprint(calendar.normalize(series)))
    const outcome = await update(half, series)

    assert.equal(outcome?.ok, true)
    assert.equal((await list(restarted())).events[0]?.fingerprint, fingerprint(calendar.normalize(series)))
  })
})

describe("bad days while writing", () => {
  test("throttled steps are sent again, and only those", async () => {
    exchange.admin.addFault({
      kind: "status",
      status: 429,
      code: "ApplicationThrottled",
      retryAfter: 1,
      mailbox: address,
      operation: "events.create",
      times: 5,
    })
    exchange.admin.resetCounters()

    const cost = await costOf(() => written(calendar, lessons(40)))

    assert.equal(exchange.admin.events(address).length, 40)
    assert.ok(exchange.admin.counters().peakConcurrencyPerMailbox <= 4)
    assert.equal(cost, 45)
  })

  test("a connection that may use fewer places sends no more steps at a time than that", async () => {
    const limits = { concurrencyPerMailbox: 2, requestsPerSecond: 500 }
    const careful = exchange.reopen({ limits }).mailbox({ address, calendar: ownCalendar })
    const before = exchange.requests.length

    await written(careful, lessons(9))

    assert.equal(exchange.admin.events(address).length, 9)
    const most = Math.max(...exchange.requests.slice(before).map(({ cost }) => cost))
    assert.equal(most, 2)
  })

  test("a service that stays down costs fewer requests than one that works", async () => {
    const healthy = await costOf(() => written(calendar, lessons(100)))
    const mailbox = exchange.newMailbox()
    const down = exchange.connection.mailbox({ address: mailbox, calendar: ownCalendar })
    exchange.admin.addFault({ kind: "status", status: 503, mailbox })

    const outcomes: WriteOutcome[] = []
    const cost = await costOf(async () => {
      const items = lessons(100).map(event => createItem(down, event))
      outcomes.push(...((await down.writer?.create(items, signal)) ?? []))
    })

    assert.equal(outcomes.length, 100)
    assert.ok(outcomes.every(outcome => !outcome.ok && outcome.error.name === "TemporaryError"))
    assert.ok(cost < healthy, `${cost} requests when down, ${healthy} when well`)
  })

  test("one event Exchange refuses costs no other", async () => {
    exchange.admin.addFault({
      kind: "status",
      status: 400,
      code: "ErrorPropertyValidationFailure",
      mailbox: address,
      operation: "events.create",
      times: 1,
    })
    const items = lessons(30).map(event => createItem(calendar, event))

    const outcomes = (await calendar.writer?.create(items, signal)) ?? []

    assert.equal(outcomes.filter(outcome => outcome.ok).length, 29)
    assert.equal(exchange.admin.events(address).length, 29)
  })

  test("whoever may not write sends nothing that writes, and reads on", async () => {
    const [copy] = await written(calendar, [lesson()])
    assert.ok(copy)
    exchange.setFence(() => {
      throw new Error("not the leader any more")
    })

    await assert.rejects(written(calendar, [lesson({ key: "other" })]), /not the leader/)
    await assert.rejects(async () => calendar.writer?.remove([copy], signal), /not the leader/)

    assert.equal((await list(calendar, true)).events.length, 1)
    assert.equal(exchange.admin.events(address).length, 1)
  })

  for (const seed of [1, 2, 3]) {
    test(`whatever goes wrong on the way, every lesson is there once in the end (${seed})`, async () => {
      exchange.admin.seedFaults(seed)
      const some = { mailbox: address, probability: 0.15 }
      exchange.admin.addFault({ kind: "drop", when: "after", ...some })
      exchange.admin.addFault({ kind: "drop", when: "before", ...some })
      exchange.admin.addFault({ kind: "status", status: 503, retryAfter: 1, ...some })
      exchange.admin.addFault({ kind: "status", status: 429, code: "ApplicationThrottled", ...some })
      const wanted = lessons(60)

      for (let pass = 0; pass < 8; pass += 1) await tryPass(wanted)
      exchange.admin.clearFaults()
      await tryPass(wanted)

      const subjects = exchange.admin.events(address).map(event => event["subject"])
      assert.deepEqual(subjects.toSorted(), wanted.map(event => event.subject).toSorted())
    })
  }

  test("nobody was ever mailed", () => {
    assert.deepEqual(exchange.admin.outbox(), [])
  })
})

function restarted(): Calendar {
  return exchange.reopen().mailbox({ address, calendar: ownCalendar })
}

function list(reader: Calendar, fresh = false) {
  return reader.list({ window, includeForeign: false, fresh }, signal)
}

async function update(copy: Written | undefined, event: CalendarEvent): Promise<WriteOutcome | undefined> {
  assert.ok(copy)
  const mark = markFor(event, fingerprint(calendar.normalize(event)))
  const { id, version } = copy
  return (await calendar.writer?.update([{ id, version, event, mark }], signal))?.[0]
}

/** What a pass does: list, create what is missing. Any failure is the next pass's. */
async function tryPass(wanted: readonly CalendarEvent[]): Promise<void> {
  const pass = restarted()
  try {
    const there = new Set((await list(pass)).events.map(event => event.mark?.key))
    const missing = wanted.map(event => createItem(pass, event)).filter(item => !there.has(item.mark.key))
    await pass.writer?.create(missing, signal)
  } catch {
    return
  }
}

/** Requests as the other side counts them: every step of a batch is one. */
async function costOf(work: () => Promise<unknown>): Promise<number> {
  const before = exchange.requests.length
  await work()
  return exchange.requests
    .slice(before)
    .filter(request => request.operation !== "token")
    .reduce((sum, request) => sum + request.cost, 0)
}

function lessons(count: number): readonly CalendarEvent[] {
  return Array.from({ length: count }, (_, index) => {
    const start = Temporal.PlainDateTime.from("2026-12-01T08:00").add({ days: index % 50, minutes: index })
    return lesson({ key: `lesson-${index}`, subject: `Lesson ${index}`, start: start.toString() })
  })
}

function occurrence(weeks: number): string {
  const span = { start: window.start.toString(), end: window.end.toString() }
  return exchange.admin.view(address, span)[weeks]?.id ?? ""
}

function excluding(series: CalendarEvent, key: string): CalendarEvent {
  assert.ok(series.recurrence)
  return { ...series, recurrence: { ...series.recurrence, excluded: [...series.recurrence.excluded, key] } }
}

/** That occurrence at noon of its day, in another room. */
function moving(series: CalendarEvent, key: string): CalendarEvent {
  assert.ok(series.recurrence)
  const day = `${key.slice(0, 4)}-${key.slice(4, 6)}-${key.slice(6, 8)}`
  const content = { subject: series.subject, location: "Room 12", time: timed(`${day}T12:00`) }
  const overrides = [...series.recurrence.overrides, { occurrence: key, content }]
  return { ...series, recurrence: { ...series.recurrence, overrides } }
}
