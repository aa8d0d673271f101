import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import type { CalendarEvent, EventTime } from "../../operator/core/event.ts"
import { fingerprint } from "../../operator/core/fingerprint.ts"
import type { Calendar, ListRequest } from "../../operator/core/ports.ts"
import { at, holiday, lesson, timed, weekly } from "../fakes/lesson.ts"
import { markFor, signal, written } from "./copies.ts"
import { ownCalendar, type Simulated, simulated } from "./simulated.ts"

const window = { start: at("2026-11-20T00:00"), end: at("2027-01-31T00:00") }

let exchange: Simulated

before(async () => {
  exchange = await simulated()
})

after(async () => {
  await exchange.close()
})

describe("a calendar read after a restart", () => {
  for (const [what, event] of Object.entries(variety())) {
    test(`${what} is found as it was written`, async () => {
      const address = exchange.newMailbox()
      const calendar = open(address)
      assert.ok(!event.recurrence || calendar.canStoreSeries(event, window))
      await written(calendar, [event])

      const restarted = exchange.reopen().mailbox({ address, calendar: ownCalendar })
      const [listed, ...others] = (await list(restarted)).events

      assert.equal(others.length, 0)
      assert.equal(listed?.fingerprint, fingerprint(restarted.normalize(event)))
    })
  }
})

test("an adopted event is told from a duplicate after a restart too", async () => {
  const address = exchange.newMailbox()
  exchange.admin.createEvent(address, foreignSeries)
  const calendar = open(address)
  const [found] = (await list(calendar, { includeForeign: true })).events
  assert.ok(found?.event)
  const mark = markFor(found.event, found.fingerprint, found.id)
  await calendar.writer?.update([{ id: found.id, version: found.version, event: found.event, mark }], signal)

  const [listed] = (await list(exchange.reopen().mailbox({ address, calendar: ownCalendar }))).events

  assert.deepEqual(listed?.mark, mark)
  assert.equal(listed?.isCopyOfAnother, false)
  assert.equal(listed?.fingerprint, found.fingerprint)
})

describe("what a pass costs", () => {
  test("a pass without change is one request, first and every time after", async () => {
    const { calendar } = await filled(30)
    await list(calendar)

    const costs = []
    for (let pass = 0; pass < 3; pass += 1) costs.push(await costOf(() => list(calendar)))

    assert.deepEqual(costs, [1, 1, 1])
  })

  test("our own writes are no news to us, series with exceptions included", async () => {
    const { calendar } = await filled(5)
    await list(calendar)
    const series = withExceptions(weekly(lesson({ key: "series" })))
    const [made, gone] = await written(calendar, [series, lesson({ key: "gone" })])
    assert.ok(made && gone)
    await calendar.writer?.remove([gone], signal)

    assert.equal(await costOf(() => list(calendar)), 1)
    assert.equal(await costOf(() => list(calendar)), 1)
  })

  test("a single edit by hand costs one more, whatever else is in the calendar", async () => {
    const { calendar, address, ids } = await filled(30)
    await list(calendar)

    exchange.admin.updateEvent(address, ids[3] ?? "", { subject: "Edited by hand" })

    assert.equal(await costOf(() => list(calendar)), 2)
    assert.equal(await costOf(() => list(calendar)), 1)
  })

  test("the window may move on for a day before it costs a new round", async () => {
    const { calendar } = await filled(3)
    await list(calendar)

    const later = (hours: number) => ({ start: window.start.add({ hours }), end: window.end.add({ hours }) })

    assert.equal(await costOf(() => list(calendar, { window: later(23) })), 1)
    assert.ok((await costOf(() => list(calendar, { window: later(30) }))) > 1)
    assert.equal(await costOf(() => list(calendar, { window: later(40) })), 1)
  })

  test("a lost place in the changes means reading everything once", async () => {
    const { calendar } = await filled(3)
    await list(calendar)
    exchange.admin.forgetDeltaTokens()

    assert.equal((await list(calendar)).events.length, 3)
    assert.equal(await costOf(() => list(calendar)), 1)
  })
})

describe("changes by hand", () => {
  test("a copy moved out of the window and back is the same copy", async () => {
    const { calendar, address, ids } = await filled(2)
    const [id = ""] = ids
    const start = (await list(calendar)).events.map(event => event.fingerprint)

    exchange.admin.moveEvent(address, id, { minutes: 60 * 24 * 400 })
    const without = await list(calendar)
    exchange.admin.moveEvent(address, id, { minutes: -60 * 24 * 400 })
    const again = await list(calendar)

    assert.equal(without.events.length, 1)
    assert.deepEqual(again.events.map(event => event.fingerprint).toSorted(), start.toSorted())
  })

  test("a foreign event deleted far outside the window changes nothing", async () => {
    const { calendar, address } = await filled(2)
    const foreign = exchange.admin.createEvent(address, farAway)
    await list(calendar)

    exchange.admin.deleteEvent(address, foreign)

    assert.equal((await list(calendar)).events.length, 2)
  })

  test("an occurrence moved, and one cancelled, are seen in their series", async () => {
    const address = exchange.newMailbox()
    const calendar = open(address)
    const series = weekly(lesson())
    await written(calendar, [series])
    const before = (await list(calendar)).events[0]?.fingerprint

    exchange.admin.moveEvent(address, occurrence(address, 1), { minutes: 60 })
    const moved = (await list(calendar)).events[0]?.fingerprint
    exchange.admin.deleteEvent(address, occurrence(address, 2))
    const cancelled = (await list(calendar)).events[0]

    assert.equal(new Set([before, moved, cancelled?.fingerprint]).size, 3)
    assert.equal(cancelled?.event?.recurrence?.overrides.length, 1)
    assert.deepEqual(cancelled?.event?.recurrence?.excluded, ["20261215T070000Z"])
  })

  test("a copy that came back from the deleted items, or from another calendar, is seen again", async () => {
    const { calendar, address, ids } = await filled(2)
    exchange.admin.addCalendar(address, "Archive")
    const [id = ""] = ids
    await list(calendar)

    const elsewhere = exchange.admin.moveToCalendar(address, id, "Archive")
    const without = await list(calendar, { fresh: true })
    exchange.admin.moveToCalendar(address, elsewhere, "Calendar")

    assert.equal(without.events.length, 1)
    assert.equal((await list(calendar)).events.length, 2)
  })

  test("a copy to which somebody invites people is left alone, and nobody is mailed", async () => {
    const { calendar, address, ids } = await filled(1)
    const [id = ""] = ids
    await list(calendar)
    exchange.admin.updateEvent(address, id, { attendees: [guest] })
    exchange.admin.clearOutbox()

    const [copy] = (await list(calendar)).events
    assert.ok(copy?.mark)
    const { version, mark } = copy
    const [updated] = (await calendar.writer?.update([{ id, version, mark, event: lesson() }], signal)) ?? []
    const [removed] = (await calendar.writer?.remove([{ id, version }], signal)) ?? []

    assert.equal(updated?.ok, false)
    assert.equal(removed?.ok, false)
    assert.deepEqual(exchange.admin.outbox(), [])
  })
})

describe("people's own events", () => {
  test("a foreign series is listed once, with its rule and what was done to it", async () => {
    const address = exchange.newMailbox()
    exchange.admin.createEvent(address, foreignSeries)
    exchange.admin.deleteEvent(address, occurrence(address, 1))

    const { events } = await list(open(address), { includeForeign: true })

    assert.equal(events.length, 1)
    assert.equal(events[0]?.event?.recurrence?.rules[0]?.frequency, "WEEKLY")
    assert.equal(events[0]?.event?.recurrence?.excluded.length, 1)
  })

  test("meetings are not offered for adoption", async () => {
    const address = exchange.newMailbox()
    exchange.admin.createEvent(address, { ...foreignSeries, attendees: [guest] })

    assert.deepEqual((await list(open(address), { includeForeign: true })).events, [])
  })
})

describe("a named calendar", () => {
  const timetable = { kind: "Named", name: "Timetable" } as const

  test("is not made by reading, and an absent one is empty for certain", async () => {
    const address = exchange.newMailbox()

    const listing = await list(exchange.connection.mailbox({ address, calendar: timetable }))

    assert.equal(listing.complete, true)
    assert.deepEqual(exchange.admin.calendars(address), ["Calendar"])
  })

  test("is made by the first write and found again by its name", async () => {
    const address = exchange.newMailbox()
    await written(exchange.connection.mailbox({ address, calendar: timetable }), [lesson()])

    const restarted = exchange.reopen().mailbox({ address, calendar: timetable })
    await written(restarted, [lesson({ key: "second" })])

    assert.equal((await list(restarted)).events.length, 2)
    assert.equal(exchange.admin.events(address, "Timetable").length, 2)
    assert.equal(exchange.admin.events(address).length, 0)
  })

  test("is one calendar although two writers make it at once", async () => {
    const address = exchange.newMailbox()
    const both = [exchange.reopen(), exchange.reopen()].map(one => one.mailbox({ address, calendar: timetable }))

    await Promise.all(both.map((calendar, index) => written(calendar, [lesson({ key: `lesson-${index}` })])))

    assert.deepEqual(exchange.admin.calendars(address), ["Calendar", "Timetable"])
    assert.equal(exchange.admin.events(address, "Timetable").length, 2)
  })
})

describe("a bad day while reading", () => {
  test("a page that fails for good makes the listing fail, never a shorter one", async () => {
    const { address } = await filled(250)
    const calendar = exchange.reopen().mailbox({ address, calendar: ownCalendar })
    const fault = exchange.admin.addFault({
      kind: "status",
      status: 503,
      mailbox: address,
      operation: "events.list",
      after: 1,
    })

    await assert.rejects(list(calendar), { name: "TemporaryError", reason: "Unreachable" })
    exchange.admin.removeFault(fault)

    assert.equal((await list(calendar)).events.length, 250)
  })

  test("a copy removed by hand between two pages hides no other copy", async () => {
    const { address, ids } = await filled(450)
    const calendar = exchange.reopen().mailbox({ address, calendar: ownCalendar })
    let pages = 0
    exchange.onRequest(({ operation }) => {
      if (operation !== "list") return
      pages += 1
      if (pages === 1) for (const id of ids.slice(0, 3)) exchange.admin.deleteEvent(address, id)
    })

    const listing = await list(calendar)
    exchange.onRequest(() => {})

    assert.ok(listing.complete)
    assert.deepEqual(new Set(listing.events.map(event => event.id)), new Set(ids.slice(3)))
  })

  test("a copy edited or added by hand between two pages is there as it is now", async () => {
    const { address, ids } = await filled(250)
    const calendar = exchange.reopen().mailbox({ address, calendar: ownCalendar })
    const [id = ""] = ids
    let pages = 0
    exchange.onRequest(({ operation }) => {
      if (operation !== "list") return
      pages += 1
      if (pages === 1) exchange.admin.updateEvent(address, id, { subject: "Edited by hand" })
    })

    const known = (await list(calendar)).events.find(event => event.id === id)
    exchange.onRequest(() => {})
    const fresh = (await list(calendar, { fresh: true })).events.find(event => event.id === id)

    assert.equal(known?.fingerprint, fresh?.fingerprint)
  })

  test("a connection that breaks, and a service busy for a moment, are waited out", async () => {
    const { calendar, address } = await filled(3)
    exchange.admin.addFault({ kind: "drop", when: "after", mailbox: address, times: 1 })
    exchange.admin.addFault({ kind: "status", status: 503, retryAfter: 2, mailbox: address, times: 1 })

    assert.equal((await list(calendar, { fresh: true })).events.length, 3)
  })

  test("a token taken back is replaced once", async () => {
    const { calendar } = await filled(1)
    exchange.admin.revokeTokens()

    assert.equal((await list(calendar)).events.length, 1)
  })

  for (const [state, reason] of [
    ["missing", "MailboxNotFound"],
    ["softDeleted", "MailboxOnPremises"],
    ["onPremises", "MailboxOnPremises"],
  ] as const) {
    test(`a mailbox that is ${state} says ${reason}`, async () => {
      const { calendar, address } = await filled(1)
      exchange.admin.setMailboxState(address, state)

      await assert.rejects(list(calendar), { name: "NeedsAttentionError", reason })
    })
  }

  test("an address nobody has says MailboxNotFound", async () => {
    await assert.rejects(list(open("nobody@contoso.example")), { reason: "MailboxNotFound" })
  })

  test("a mailbox outside the scope says AccessDenied", async () => {
    const { calendar, address } = await filled(1)
    const { mail: group } = exchange.admin.addGroup({ mail: "denied@contoso.example", members: [address] })
    exchange.admin.setAccessPolicies([{ appId: exchange.settings.clientId, right: "DenyAccess", group }])

    await assert.rejects(list(calendar), { reason: "AccessDenied" })
    exchange.admin.setAccessPolicies([])
  })
})

function open(address: string): Calendar {
  return exchange.connection.mailbox({ address, calendar: ownCalendar })
}

function list(calendar: Calendar, request: Partial<ListRequest> = {}) {
  return calendar.list({ window, includeForeign: false, fresh: false, ...request }, signal)
}

/** A mailbox with so many copies of lessons, one a day. */
async function filled(count: number) {
  const address = exchange.newMailbox()
  const calendar = open(address)
  const lessons = Array.from({ length: count }, (_, index) => {
    const start = Temporal.PlainDateTime.from("2026-12-01T08:00").add({ days: index % 50, minutes: index })
    return lesson({ key: `lesson-${index}`, start: start.toString() })
  })
  const made = await written(calendar, lessons)
  return { address, calendar, ids: made.map(one => one.id) }
}

async function costOf(work: () => Promise<unknown>): Promise<number> {
  const before = exchange.requests.length
  await work()
  return exchange.requests.length - before
}

/** The id of the occurrence so many weeks after the first. */
function occurrence(address: string, weeks: number): string {
  const day = window.start.add({ hours: 0 })
  const seen = exchange.admin.view(address, { start: day.toString(), end: window.end.toString() })
  return seen[weeks]?.id ?? ""
}

function withExceptions(series: CalendarEvent): CalendarEvent {
  assert.ok(series.recurrence)
  const content = { subject: "Mathematics, moved", time: timed("2026-12-15T12:00") }
  const overrides = [{ occurrence: "20261215T070000Z", content }]
  return { ...series, recurrence: { ...series.recurrence, excluded: ["20261208T070000Z"], overrides } }
}

function variety(): Record<string, CalendarEvent> {
  return {
    "a lesson": lesson(),
    "a day": holiday(),
    "a lesson in the hour that comes twice": lesson({ time: repeatedHour() }),
    "an html body": lesson({
      body: { contentType: "html", content: "<h1>Bring</h1><ul><li>books &amp; pens<li>f&oslash;de</ul>" },
    }),
    "a text body": lesson({ body: { contentType: "text", content: "first\n\n  second & <third>" } }),
    "a weekly series": weekly(lesson()),
    "a weekly series with exceptions": withExceptions(weekly(lesson())),
    "a weekly all-day series": weekly(holiday({ date: "2026-12-01" })),
    "a series in New York": weekly(lesson({ time: inNewYork() })),
    "an endless series": endless(weekly(lesson())),
  }
}

function endless(series: CalendarEvent): CalendarEvent {
  assert.ok(series.recurrence)
  const rules = series.recurrence.rules.map(({ count: _count, ...rule }) => rule)
  return { ...series, recurrence: { ...series.recurrence, rules } }
}

/** Begins when the clocks of Copenhagen show 02:30 for the second time. */
function repeatedHour(): EventTime {
  const start = Temporal.Instant.from("2026-10-25T01:30Z").toZonedDateTimeISO("Europe/Copenhagen")
  return { allDay: false, start, end: start.add({ days: 40 }) }
}

function inNewYork(): EventTime {
  const start = Temporal.ZonedDateTime.from("2026-12-01T20:00[America/New_York]")
  return { allDay: false, start, end: start.add({ hours: 1 }) }
}

const guest = { type: "required", emailAddress: { address: "guest@elsewhere.example" } }

const farAway = {
  subject: "Dentist",
  start: { dateTime: "2030-01-01T10:00:00", timeZone: "UTC" },
  end: { dateTime: "2030-01-01T11:00:00", timeZone: "UTC" },
}

const foreignSeries = {
  subject: "Choir",
  start: { dateTime: "2026-12-02T18:00:00", timeZone: "Romance Standard Time" },
  end: { dateTime: "2026-12-02T19:00:00", timeZone: "Romance Standard Time" },
  recurrence: {
    pattern: { type: "weekly", interval: 1, daysOfWeek: ["wednesday"], firstDayOfWeek: "monday" },
    range: { type: "numbered", startDate: "2026-12-02", numberOfOccurrences: 4 },
  },
}
