import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import { NeedsAttentionError, TemporaryError } from "../../../operator/core/errors.ts"
import { fingerprint } from "../../../operator/core/fingerprint.ts"
import { EwsCalendar } from "../../../operator/exchange/ews/calendar.ts"
import { at, holiday, lesson, weekly } from "../../fakes/lesson.ts"
import { placesIn } from "./places.ts"
import { requestIn, type ScriptedEws, scriptedEws, xml } from "./scripted-ews.ts"
import { Shelf } from "./shelf.ts"

const signal = new AbortController().signal
const mailboxZone = "Europe/Copenhagen"
const window = { start: at("2026-11-20T00:00"), end: at("2027-01-31T00:00") }
let server: ScriptedEws
let calendar: EwsCalendar
let shelf: Shelf

before(async () => {
  server = await scriptedEws()
})
beforeEach(() => {
  shelf = new Shelf()
  const mailbox = { transport: server.transport(), address: "anna@contoso.test" }
  calendar = new EwsCalendar({ mailbox, places: placesIn(mailboxZone), nonce: "one" })
  server.script((seen, response) => xml(response, 200, shelf.answer(requestIn(seen))))
})
after(() => server.close())

describe("a listing", () => {
  test("tells of each copy what it is, whose, and in which version", async () => {
    for (const event of [lesson(), holiday({ key: "days" }), weekly(lesson({ key: "series" }))]) shelf.putCopy(event)

    const { events, complete } = await list()

    assert.equal(complete, true)
    assert.deepEqual(
      events.map(({ id, version, fingerprint: print, isCopyOfAnother }) => ({ id, version, print, isCopyOfAnother })),
      [lesson(), holiday({ key: "days" }), weekly(lesson({ key: "series" }))].map(event => ({
        id: event.key,
        version: "1",
        print: fingerprint(calendar.normalize(event)),
        isCopyOfAnother: false,
      })),
    )
    assert.equal(events[0]?.mark?.cluster, "cluster-a")
  })

  test("reads again only what has another version, unless all is to be read afresh", async () => {
    shelf.putCopy(lesson({ key: "one" }))
    shelf.putCopy(lesson({ key: "two" }))
    await list()
    shelf.read.length = 0

    shelf.putCopy(lesson({ key: "two", subject: "Physics" }))
    const { events } = await list()
    assert.deepEqual(shelf.read, ["two"])
    assert.equal(events[1]?.fingerprint, fingerprint(calendar.normalize(lesson({ subject: "Physics" }))))

    await list({ fresh: true })
    assert.deepEqual(shelf.read, ["two", "one", "two"])
  })

  test("knows a duplicate somebody made of a copy", async () => {
    shelf.putCopy(lesson({ key: "copy" }))
    shelf.putCopy(lesson({ key: "copy" }), { id: "duplicate", uid: "another" })

    const { events } = await list()

    assert.deepEqual(
      events.map(({ id, isCopyOfAnother }) => [id, isCopyOfAnother]),
      [
        ["copy", false],
        ["duplicate", true],
      ],
    )
  })

  test("is not complete while a copy that is listed cannot be read, and fails when it may not be", async () => {
    shelf.putCopy(lesson({ key: "copy" }))
    shelf.refusals.set("copy", "ErrorItemNotFound")
    assert.deepEqual(await list(), { events: [], window, complete: false, problems: [] })

    shelf.refusals.set("copy", "ErrorAccessDenied")
    await assert.rejects(list(), NeedsAttentionError)

    shelf.refusals.clear()
    assert.equal((await list()).events.length, 1)
  })

  test("has a copy that is damaged, and all others", async () => {
    shelf.putCopy(lesson({ key: "damaged" }))
    shelf.putCopy(lesson({ key: "whole" }))
    shelf.refusals.set("damaged", "ErrorCorruptData")

    const { events, complete } = await list()

    assert.equal(complete, true)
    assert.deepEqual(
      events.map(({ id, fingerprint }) => [id, fingerprint === "unreadable"]),
      [
        ["damaged", true],
        ["whole", false],
      ],
    )
  })

  test("leaves out what is outside the window", async () => {
    shelf.putCopy(lesson({ key: "long ago", start: "2020-01-01T08:00" }))

    assert.deepEqual((await list()).events, [])
  })
})

describe("what others put into the calendar", () => {
  test("is an error when one cannot be read just then, and costs only itself when it is damaged", async () => {
    shelf.put(lesson({ key: "theirs" }))
    shelf.put(lesson({ key: "also theirs" }))
    shelf.refusals.set("theirs", "ErrorMailboxFailover")
    await assert.rejects(list({ includeForeign: true }), TemporaryError)

    shelf.refusals.set("theirs", "ErrorItemCorrupt")
    const { events } = await list({ includeForeign: true })

    assert.deepEqual(
      events.map(({ id }) => id),
      ["also theirs"],
    )
  })

  test("is listed when asked for: singles, and series once; no meetings", async () => {
    shelf.putCopy(lesson({ key: "ours" }))
    shelf.put(lesson({ key: "theirs" }))
    shelf.put(lesson({ key: "meeting" }), { extra: "<t:IsMeeting>true</t:IsMeeting>" })
    shelf.put(weekly(lesson({ key: "series" })))

    const { events, complete } = await list({ includeForeign: true })

    assert.equal(complete, true)
    assert.deepEqual(
      events.map(({ id, mark }) => [id, mark === undefined]),
      [
        ["ours", false],
        ["theirs", true],
        ["series", true],
      ],
    )
    assert.equal(events[1]?.event?.subject, "Mathematics")
    assert.equal(events[2]?.event?.recurrence?.rules.length, 1)
    assert.equal((await list()).events.length, 1)
  })

  test("and cannot be read costs no other", async () => {
    shelf.put(lesson({ key: "good" }))
    shelf.put(lesson({ key: "bad" }), { extra: "<t:Recurrence><t:Hourly/></t:Recurrence>" })

    const { events, problems } = await list({ includeForeign: true })

    assert.deepEqual(
      events.map(({ id }) => id),
      ["good"],
    )
    assert.deepEqual(
      problems.map(({ key, reason }) => [key, reason]),
      [["bad", "ParseError"]],
    )
  })

  for (const refusal of [undefined, "ErrorExceededFindCountLimit", "ErrorCalendarViewRangeTooBig"])
    test(`is asked for in halves where one answer does not hold it (${refusal ?? "and says so"})`, async () => {
      shelf.put(lesson({ key: "theirs" }))
      shelf.longestViewHours = 24 * 20
      shelf.viewRefusal = refusal

      assert.equal((await list({ includeForeign: true })).events.length, 1)
      assert.ok(shelf.views > 4)

      shelf.longestViewHours = 0
      await assert.rejects(list({ includeForeign: true }), TemporaryError)
    })

  test("is not asked for in halves when it may not be seen", async () => {
    shelf.longestViewHours = 0
    shelf.viewRefusal = "ErrorAccessDenied"

    await assert.rejects(list({ includeForeign: true }), NeedsAttentionError)
    assert.equal(shelf.views, 1)
  })
})

function list(request: { readonly includeForeign?: boolean; readonly fresh?: boolean } = {}) {
  return calendar.list({ window, includeForeign: false, fresh: false, ...request }, signal)
}
