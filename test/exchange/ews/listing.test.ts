import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import { NeedsAttentionError, reasonOf, TemporaryError } from "../../../operator/core/errors.ts"
import { fingerprint } from "../../../operator/core/fingerprint.ts"
import { EwsCalendar } from "../../../operator/exchange/ews/calendar.ts"
import type { FolderRef } from "../../../operator/exchange/ews/operations/mailbox.ts"
import { at, lesson, timed, weekly, zone } from "../../fakes/lesson.ts"
import { createItem } from "../copies.ts"
import { placesIn } from "./places.ts"
import { messages, requestIn, type ScriptedEws, scriptedEws, xml } from "./scripted-ews.ts"
import { Shelf } from "./shelf.ts"

const signal = new AbortController().signal
const window = { start: at("2026-11-20T00:00"), end: at("2027-01-31T00:00") }
let server: ScriptedEws
let calendar: EwsCalendar
let shelf: Shelf
/** Requests of that name whose turn it is (from 1) get nothing. */
let silence: { readonly name: string; readonly turn: number } | undefined
let folder: FolderRef | undefined
let forgotten: number

before(async () => {
  server = await scriptedEws()
})
beforeEach(() => {
  shelf = new Shelf()
  silence = undefined
  folder = { kind: "Id", id: "timetable" }
  forgotten = 0
  const forget = () => {
    forgotten += 1
  }
  const places = placesIn(zone, { findFolder: async () => folder, forget })
  calendar = new EwsCalendar({ mailbox: { transport: server.transport(), address: "anna@contoso.test" }, places })
  const turns = new Map<string, number>()
  server.script((seen, response) => {
    const request = requestIn(seen)
    const turn = (turns.get(request.name) ?? 0) + 1
    turns.set(request.name, turn)
    if (silence?.name === request.name && turn >= silence.turn) response.destroy()
    else xml(response, 200, shelf.answer(request))
  })
})
after(() => server.close())

describe("where nothing changed", () => {
  test("a listing is one request, also after our own writes", async () => {
    const items = Array.from({ length: 250 }, (_, index) => createItem(calendar, lesson({ key: `lesson-${index}` })))
    await list()
    const outcomes = await calendar.writer.create(items, signal)
    const [first] = outcomes
    assert.ok(first?.ok)
    const changed = createItem(calendar, lesson({ key: "lesson-0", subject: "Physics" }))
    await calendar.writer.update([{ ...changed, id: first.id, version: first.version }], signal)
    shelf.asked.length = 0

    const events = await list()

    assert.deepEqual(shelf.asked, ["m:SyncFolderItems"])
    assert.equal(events.length, 250)
    assert.equal(events[0]?.fingerprint, fingerprint(calendar.normalize(lesson({ subject: "Physics" }))))
  })

  test("items of other people are not read", async () => {
    for (let count = 0; count < 20; count += 1) shelf.put(lesson({ key: `theirs-${count}` }))

    await list()

    assert.deepEqual(shelf.asked, ["m:SyncFolderItems"])
  })
})

describe("changes that cannot be read to their end", () => {
  test("go on where they broke off", async () => {
    for (let count = 0; count < 30; count += 1) shelf.putCopy(lesson({ key: `copy-${count}` }))
    shelf.changesPerPage = 10
    silence = { name: "m:SyncFolderItems", turn: 3 }
    await assert.rejects(list(), TemporaryError)

    silence = undefined
    shelf.asked.length = 0

    assert.equal((await list()).length, 30)
    assert.deepEqual(shelf.asked, ["m:SyncFolderItems", "m:GetItem"])
  })

  test("are not lost when an item they point to cannot be read just then", async () => {
    shelf.putCopy(lesson({ key: "one" }))
    await list()
    shelf.putCopy(lesson({ key: "one", subject: "Physics" }))
    silence = { name: "m:GetItem", turn: 2 }
    await assert.rejects(list(), TemporaryError)

    silence = undefined

    const [copy] = await list()
    assert.equal(copy?.fingerprint, fingerprint(calendar.normalize(lesson({ subject: "Physics" }))))
  })

  test("begin with nothing when the server forgot the state, and what is known need not be read again", async () => {
    shelf.putCopy(lesson({ key: "one" }))
    shelf.putCopy(lesson({ key: "two" }))
    await list()
    shelf.remove("two")
    shelf.forgottenBefore = 3
    shelf.read.length = 0

    const events = await list()

    assert.deepEqual(
      events.map(({ id }) => id),
      ["one"],
    )
    assert.deepEqual(shelf.read, ["two"], "what is not told of any more is looked for before it is believed")
  })

  test("are an error when the server forgets every state it gives out", async () => {
    shelf.putCopy(lesson({ key: "one" }))
    shelf.changesPerPage = 1
    shelf.putCopy(lesson({ key: "two" }))
    shelf.forgottenBefore = Number.POSITIVE_INFINITY

    await assert.rejects(list(), TemporaryError)
  })
})

describe("a copy said to be gone", () => {
  test("that is in the calendar all the same stays known", async () => {
    shelf.putCopy(lesson({ key: "one" }))
    await list()
    shelf.sayGone("one")

    assert.equal((await list()).length, 1)
  })

  test("and found elsewhere in the mailbox is gone from here", async () => {
    shelf.putCopy(lesson({ key: "one" }))
    await list()
    shelf.moveAway("one")

    assert.deepEqual(await list(), [])
  })

  test("and deleted before any round could tell of it is not kept because we wrote it", async () => {
    await list()
    const [made] = await calendar.writer.create([createItem(calendar, lesson())], signal)
    assert.ok(made?.ok)
    shelf.vanish(made.id)

    assert.deepEqual(await list(), [])
  })
})

describe("a copy that is said to be there", () => {
  test("and cannot be found time and again is listed as one nobody can read, not as absent", async () => {
    shelf.putCopy(lesson({ key: "one" }))
    shelf.refusals.set("one", "ErrorItemNotFound")
    assert.equal((await listing()).complete, false)

    const second = await listing()

    assert.equal(second.complete, true)
    assert.deepEqual(
      second.events.map(({ id, fingerprint: print }) => [id, print]),
      [["one", "unreadable"]],
    )
    shelf.refusals.clear()
    assert.equal((await list())[0]?.fingerprint, fingerprint(calendar.normalize(lesson())))
  })

  test("and gives trouble costs no other, keeps what was known of it, and is read when it can be", async () => {
    shelf.putCopy(lesson({ key: "one" }))
    shelf.putCopy(lesson({ key: "two" }))
    await list()
    shelf.putCopy(lesson({ key: "one", subject: "Physics" }))
    shelf.putCopy(lesson({ key: "two", subject: "Physics" }))
    shelf.refusals.set("one", "ErrorInternalServerError")
    const prints = async () => (await list()).map(({ fingerprint: print }) => print)
    const [old, changed] = [lesson(), lesson({ subject: "Physics" })].map(event =>
      fingerprint(calendar.normalize(event)),
    )

    assert.deepEqual(await prints(), [old, changed])

    shelf.refusals.clear()
    assert.deepEqual(await prints(), [changed, changed])
  })

  test("and cannot be found is forgotten by a reading from nothing that does not tell of it", async () => {
    shelf.putCopy(lesson({ key: "one" }))
    shelf.refusals.set("one", "ErrorItemNotFound")
    assert.equal((await listing()).complete, false)
    shelf.vanish("one")

    for (const fresh of [true, false]) {
      const { events, complete } = await calendar.list({ window, includeForeign: false, fresh }, signal)

      assert.deepEqual([events, complete], [[], true])
    }
  })

  test("and in doubt stays known when it cannot be found and nobody said that it is gone", async () => {
    shelf.putCopy(lesson({ key: "one" }))
    await list()
    shelf.putCopy(lesson({ key: "one", subject: "Physics" }))
    for (const trouble of ["ErrorInternalServerError", "ErrorItemNotFound", "ErrorItemNotFound"]) {
      shelf.refusals.set("one", trouble)
      assert.equal((await list()).length, 1, trouble)
    }
    shelf.refusals.clear()

    const [copy] = await list()

    assert.equal(copy?.fingerprint, fingerprint(calendar.normalize(lesson({ subject: "Physics" }))))
  })

  test("loses its mark and is a copy no more", async () => {
    shelf.putCopy(lesson({ key: "one" }))
    await list()
    shelf.put(lesson({ key: "one" }))

    assert.deepEqual(await list(), [])
  })

  test("told of without its mark is read before it is believed to have none", async () => {
    shelf.putCopy(lesson({ key: "one" }))
    await list()
    shelf.putCopy(lesson({ key: "one", subject: "Physics" }))
    shelf.tellsMarks = false

    const [copy] = await list()

    assert.equal(copy?.fingerprint, fingerprint(calendar.normalize(lesson({ subject: "Physics" }))))
  })

  test("as a series is read again when one of its occurrences was changed", async () => {
    shelf.putCopy(weekly(lesson({ key: "series" })))
    await list()
    shelf.changeOccurrence("series", 2, { subject: "Physics", time: timed("2026-12-09T08:00") })

    const [copy] = await list()

    assert.deepEqual(
      copy?.event?.recurrence?.overrides.map(({ content }) => content.subject),
      ["Physics"],
    )
  })
})

describe("a named calendar", () => {
  test("that is not there lists nothing, for certain, and asks for nothing", async () => {
    folder = undefined

    assert.deepEqual(await listing(), { events: [], window, complete: true, problems: [] })
    assert.deepEqual(shelf.asked, [])
  })

  test("that is gone is an error once, and then looked for anew", async () => {
    shelf.putCopy(lesson({ key: "one" }))
    await list()
    server.script((_seen, response) =>
      xml(response, 200, messages("SyncFolderItems", [{ code: "ErrorSyncFolderNotFound" }])),
    )

    await assert.rejects(list(), NeedsAttentionError)
    assert.equal(forgotten, 1)

    folder = undefined
    assert.deepEqual(await list(), [])
  })

  test("made anew under the same name is another calendar", async () => {
    shelf.putCopy(lesson({ key: "one" }))
    await list()
    folder = { kind: "Id", id: "another" }
    shelf = new Shelf()

    assert.deepEqual(await list(), [])
  })
})

describe("a mailbox whose zone nobody knows", () => {
  const nowhere = (zone?: string) =>
    new EwsCalendar({
      mailbox: { transport: server.transport(), address: "anna@contoso.test" },
      places: placesIn(zone),
      nonce: "one",
    })

  test("is one in a zone that Exchange has no name for, too: its days would be written as two", async () => {
    calendar = nowhere("Antarctica/Troll")

    const [outcome] = await calendar.writer.create([createItem(calendar, { ...lesson(), time: holidayTime })], signal)

    assert.equal(outcome?.ok === false && reasonOf(outcome.error), "UnknownTimeZone")
    assert.deepEqual(shelf.ids, [])
  })

  test("gets all events but the all-day ones, which say what to do", async () => {
    calendar = nowhere()
    const days = { ...lesson({ key: "days" }), time: holidayTime }

    const outcomes = await calendar.writer.create(
      [lesson({ key: "a" }), days, weekly(lesson({ key: "b" }))].map(event => createItem(calendar, event)),
      signal,
    )

    assert.deepEqual(
      outcomes.map(({ ok }) => ok),
      [true, false, true],
    )
    const [, refused] = outcomes
    assert.ok(refused?.ok === false && refused.error instanceof NeedsAttentionError)
    assert.match(refused.error.message, /set spec\.ews\.timeZone/)
  })

  test("keeps a copy as it is that should become all-day", async () => {
    calendar = nowhere()
    const [made] = await calendar.writer.create([createItem(calendar, lesson())], signal)
    assert.ok(made?.ok)
    const item = createItem(calendar, { ...lesson(), time: holidayTime })

    const [outcome] = await calendar.writer.update([{ ...item, id: made.id, version: made.version }], signal)

    assert.equal(outcome?.ok === false && reasonOf(outcome.error), "UnknownTimeZone")
    assert.equal((await list())[0]?.version, made.version)
  })

  test("has its all-day events read by the zone they were made in", async () => {
    shelf.putCopy({ ...lesson({ key: "days" }), time: holidayTime })
    calendar = nowhere()

    const [copy] = await list()

    assert.equal(copy?.fingerprint, fingerprint(calendar.normalize({ ...lesson(), time: holidayTime })))
  })
})

const holidayTime = {
  allDay: true,
  start: Temporal.PlainDate.from("2026-12-24"),
  end: Temporal.PlainDate.from("2026-12-25"),
} as const

function listing() {
  return calendar.list({ window, includeForeign: false, fresh: false }, signal)
}

async function list() {
  return (await listing()).events
}
