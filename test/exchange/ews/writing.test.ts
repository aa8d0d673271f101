import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import { ChangedMeanwhileError, reasonOf } from "../../../operator/core/errors.ts"
import type { CalendarEvent } from "../../../operator/core/event.ts"
import { fingerprint } from "../../../operator/core/fingerprint.ts"
import { checkOf, type Mark } from "../../../operator/core/origin.ts"
import type { CreateItem, WriteOutcome } from "../../../operator/core/ports.ts"
import { EwsCalendar } from "../../../operator/exchange/ews/calendar.ts"
import { at, lesson, timed, weekly, zone } from "../../fakes/lesson.ts"
import { createItem } from "../copies.ts"
import { placesIn } from "./places.ts"
import { fault, requestIn, type ScriptedEws, scriptedEws, xml } from "./scripted-ews.ts"
import { Shelf } from "./shelf.ts"

const signal = new AbortController().signal
const window = { start: at("2026-11-20T00:00"), end: at("2027-01-31T00:00") }
let server: ScriptedEws
let calendar: EwsCalendar
/** Another one that works on the same mailbox. */
let processNamed: (nonce: string) => EwsCalendar
let shelf: Shelf
/** The first request of that name is not answered, be it done or not. */
let mishaps: Map<string, { readonly isDone: boolean | "late" }>
/** What a late request asks for, when its time has come. */
let late: () => Promise<void>

before(async () => {
  server = await scriptedEws()
})
beforeEach(() => {
  shelf = new Shelf()
  mishaps = new Map()
  const mailbox = { transport: server.transport(), address: "anna@contoso.test" }
  processNamed = nonce => new EwsCalendar({ mailbox, places: placesIn(zone), nonce })
  calendar = processNamed("one")
  late = async () => {}
  const asked = new Map<string, number>()
  server.script((seen, response) => {
    const request = requestIn(seen)
    const times = asked.get(request.name) ?? 0
    asked.set(request.name, times + 1)
    const mishap = mishaps.get(request.name)
    const isMishap = mishap !== undefined && times === 0
    const answer = isMishap && mishap.isDone !== true ? "" : shelf.answer(request)
    if (isMishap && mishap.isDone === "late") late = async () => void shelf.answer(request)
    if (isMishap) response.destroy()
    else xml(response, 200, answer)
  })
})
after(() => server.close())

describe("a create", () => {
  test("is not searched for where all that is there was listed", async () => {
    await list()
    shelf.asked.length = 0

    for (const key of ["a", "b", "c"]) await create(lesson({ key }))

    assert.deepEqual(shelf.asked, ["m:CreateItem", "m:CreateItem", "m:CreateItem"])
  })

  test("whose answer got lost is found when it had happened", async () => {
    mishaps.set("m:CreateItem", { isDone: true })

    const outcome = await create(lesson())

    assert.deepEqual(outcome, { ok: true, id: "made-1", version: "1" })
    assert.deepEqual(shelf.ids, ["made-1"])
  })

  test("whose answer got lost is told when it had not happened, and the next try makes one", async () => {
    mishaps.set("m:CreateItem", { isDone: false })

    assert.equal(reasonOfOutcome(await create(lesson())), "Unreachable")
    assert.equal((await create(lesson())).ok, true)

    assert.equal(shelf.ids.length, 1)
  })

  test("that happens late, after it was searched for, is found by the next try of the same pass", async () => {
    mishaps.set("m:CreateItem", { isDone: "late" })
    await list()

    assert.equal(reasonOfOutcome(await create(lesson())), "Unreachable")
    await late()
    const outcome = await create(lesson())

    assert.deepEqual(outcome, { ok: true, id: "made-1", version: "1" })
    assert.deepEqual(shelf.ids, ["made-1"])
  })

  for (const [when, between] of [
    ["in the same pass", async () => {}],
    ["after another listing", list],
  ] as const)
    test(`that happens when it was already made anew, ${when}, is no duplicate of somebody's, so that one is removed`, async () => {
      mishaps.set("m:CreateItem", { isDone: "late" })
      await list()
      assert.equal(reasonOfOutcome(await create(lesson())), "Unreachable")
      await between()
      assert.equal((await create(lesson())).ok, true)

      await late()

      const events = await list()
      assert.deepEqual(
        events.map(({ isCopyOfAnother }) => isCopyOfAnother),
        [false, false],
      )
      assert.notEqual(events[0]?.mark?.check, events[1]?.mark?.check)
    })

  test("whose answer got lost, and which another process had made from older words, is brought to what is wanted", async () => {
    await list()
    mishaps.set("m:CreateItem", { isDone: false })
    const [theirs, ours] = [lesson({ key: "key.two" }), lesson({ key: "key.two", subject: "Physics" })]
    shelf.putCopy(theirs)

    const [outcome] = await calendar.writer.create([createItem(calendar, ours, "key")], signal)

    assert.equal(outcome?.ok && outcome.id, "key.two")
    const [copy, ...others] = await list()
    assert.equal(others.length, 0)
    assert.equal(copy?.fingerprint, fingerprint(calendar.normalize(ours)))
    assert.equal(copy?.mark?.check, checkOf("key.two"))
  })

  test("repeated after one that got lost still makes one", async () => {
    mishaps.set("m:CreateItem", { isDone: false })
    await list()
    await create(lesson())
    const second = await create(lesson())

    assert.deepEqual(await create(lesson()), second)
    assert.equal(shelf.ids.length, 1)
  })

  test("that failed after it was saved is found", async () => {
    shelf.failures.push("ErrorInternalServerError")

    const outcome = await create(lesson())

    assert.deepEqual(outcome, { ok: true, id: "made-1", version: "1" })
  })

  test("is found by a later process that did not list, be it one or many", async () => {
    for (const count of [2, 12]) {
      const items = Array.from({ length: count }, (_, index) => itemOf(lesson({ key: `${count}-${index}` })))
      const before = await calendar.writer.create(items, signal)

      const again = await processNamed("two").writer.create(items, signal)

      assert.deepEqual(
        again.map(outcome => outcome.ok && outcome.id),
        before.map(outcome => outcome.ok && outcome.id),
      )
    }
    assert.equal(shelf.ids.length, 14)
  })

  test("after another in a calendar nobody has listed searches all of it once, not each time", async () => {
    for (const slice of ["a", "b", "c"])
      await calendar.writer.create(
        Array.from({ length: 8 }, (_, index) => itemOf(lesson({ key: `${slice}-${index}` }))),
        signal,
      )

    assert.equal(shelf.asked.filter(name => name === "m:FindItem").length, 1)
  })

  test("that got lost has only itself searched for before it is tried again", async () => {
    await list()
    mishaps.set("m:CreateItem", { isDone: false })
    await create(lesson({ key: "lost" }))
    shelf.asked.length = 0

    await create(lesson({ key: "other" }))
    assert.deepEqual(shelf.asked, ["m:CreateItem"])

    await create(lesson({ key: "lost" }))
    assert.deepEqual(shelf.asked, ["m:CreateItem", "m:FindItem", "m:CreateItem"])
  })

  test("of a copy somebody deleted meanwhile makes it again", async () => {
    const first = await create(lesson())
    assert.ok(first.ok)
    shelf.remove(first.id)

    const second = await create(lesson())

    assert.deepEqual(shelf.ids, [second.ok && second.id])
  })

  test("by two processes at once makes two copies that are told apart, so that planning can take one away", async () => {
    const other = processNamed("two")
    for (const one of [calendar, other]) await one.list({ window, includeForeign: false, fresh: false }, signal)

    await create(lesson())
    await other.writer.create([itemOf(lesson())], signal)

    const events = await list()
    assert.deepEqual(
      events.map(({ isCopyOfAnother }) => isCopyOfAnother),
      [false, false],
    )
    assert.notEqual(events[0]?.mark?.check, events[1]?.mark?.check)
  })

  test("into a calendar that is gone has it looked for anew", async () => {
    let forgotten = 0
    const forget = () => {
      forgotten += 1
    }
    const places = placesIn(zone, { forget })
    calendar = new EwsCalendar({ mailbox: { transport: server.transport(), address: "anna@contoso.test" }, places })
    await list()
    shelf.failures.push("ErrorFolderNotFound")

    assert.equal(reasonOfOutcome(await create(lesson())), "AccessDenied")

    assert.equal(forgotten, 1)
  })
})

describe("a change whose answer got lost", () => {
  for (const isDone of [true, false])
    test(`is ${isDone ? "found when it had happened" : "told when it had not"}`, async () => {
      const made = await create(lesson())
      assert.ok(made.ok)
      mishaps.set("m:UpdateItem", { isDone })
      const item = itemOf(lesson({ subject: "Physics" }))

      const [outcome] = await calendar.writer.update([{ ...item, id: made.id, version: made.version }], signal)

      assert.equal(outcome?.ok, isDone)
      const [copy] = await list()
      assert.equal(copy?.version, isDone ? "2" : "1")
      assert.equal(copy?.fingerprint === item.mark.fingerprint, isDone)
    })

  test("is a deletion, and done when the item is gone", async () => {
    const made = await create(lesson())
    assert.ok(made.ok)
    mishaps.set("m:DeleteItem", { isDone: true })

    const [outcome] = await calendar.writer.remove([made], signal)

    assert.equal(outcome?.ok, true)
  })
})

describe("a series with changed occurrences", () => {
  const time = timed("2026-12-10T10:00")
  const changed: CalendarEvent = {
    ...weekly(),
    recurrence: {
      rules: weekly().recurrence?.rules ?? [],
      extraTimes: [],
      excluded: ["20261215T070000Z"],
      overrides: [{ occurrence: "20261208T070000Z", content: { subject: "Moved", time } }],
    },
  }

  test("is written whole, and only then says so", async () => {
    assert.equal((await create(changed)).ok, true)

    const [copy] = await list()
    assert.equal(copy?.fingerprint, copy?.mark?.fingerprint)
    assert.deepEqual(copy?.event?.recurrence?.excluded, ["20261215T070000Z"])
    assert.equal(copy?.event?.recurrence?.overrides[0]?.content.subject, "Moved")
  })

  test("cut off half way is seen to be unfinished, and made anew by the next try", async () => {
    mishaps.set("m:UpdateItem", { isDone: false })
    assert.equal(reasonOfOutcome(await create(changed)), "Unreachable")
    const [half] = await list()
    assert.equal(half?.mark?.fingerprint, "unfinished")

    assert.equal((await create(changed)).ok, true)

    const [copy, ...others] = await list()
    assert.equal(others.length, 0)
    assert.equal(copy?.fingerprint, copy?.mark?.fingerprint)
  })

  test("that takes the place of one somebody made leaves none behind that nobody knows of", async () => {
    shelf.put(weekly(lesson({ key: "theirs" })))
    const { mark, ...item } = itemOf(changed)
    mishaps.set("m:DeleteItem", { isDone: false })
    mishaps.set("m:CreateItem", { isDone: false })

    for (const [version, open] of [
      ["1", ["theirs"]],
      ["2", ["theirs", "made-1"]],
    ] as const) {
      const target = { id: "theirs", version }
      const [outcome] = await calendar.writer.update([{ ...item, ...target, mark: adopting(mark, "theirs") }], signal)

      assert.equal(reasonOfOutcome(outcome), "Unreachable")
      assert.deepEqual(
        (await list()).map(({ id, isCopyOfAnother }) => [id, isCopyOfAnother]),
        open.map(id => [id, false]),
      )
    }
  })

  test("loses its changes when they are taken back", async () => {
    const made = await create(changed)
    assert.ok(made.ok)

    const item = createItem(calendar, weekly())
    const [outcome] = await calendar.writer.update([{ ...item, id: made.id, version: made.version }], signal)

    assert.equal(outcome?.ok, true)
    const [copy, ...others] = await list()
    assert.equal(others.length, 0)
    assert.deepEqual(copy?.event?.recurrence?.overrides, [])
  })

  test("without them becomes a single event and back in its place", async () => {
    const made = await create(weekly())
    assert.ok(made.ok)
    let version = made.version
    for (const event of [lesson(), weekly()]) {
      const [outcome] = await calendar.writer.update([{ ...createItem(calendar, event), id: made.id, version }], signal)
      assert.ok(outcome?.ok)
      version = outcome.version
      const [copy] = await list()
      assert.equal(copy?.id, made.id)
      assert.equal(copy?.fingerprint, copy?.mark?.fingerprint)
    }
  })
})

describe("a copy", () => {
  test("to which people were invited is left alone", async () => {
    shelf.putCopy(lesson({ key: "copy" }), { extra: "<t:RequiredAttendees><t:Attendee/></t:RequiredAttendees>" })
    const target = { id: "copy", version: "1" }

    const [updated] = await calendar.writer.update([{ ...createItem(calendar, lesson()), ...target }], signal)
    const [removed] = await calendar.writer.remove([target], signal)

    assert.deepEqual([reasonOfOutcome(updated), reasonOfOutcome(removed)], ["ApplyFailed", "ApplyFailed"])
    assert.deepEqual(shelf.ids, ["copy"])
  })

  test("changed by somebody meanwhile is neither deleted nor overwritten; one that is gone is as good as deleted", async () => {
    shelf.putCopy(lesson({ key: "copy" }))
    const target = { id: "copy", version: "seen long ago" }

    const outcomes = await calendar.writer.remove([target, { id: "gone", version: "1" }], signal)
    const [updated] = await calendar.writer.update([{ ...createItem(calendar, lesson()), ...target }], signal)

    assert.ok(!outcomes[0]?.ok && outcomes[0]?.error instanceof ChangedMeanwhileError)
    assert.equal(outcomes[1]?.ok, true)
    assert.equal(reasonOfOutcome(updated), "ChangedMeanwhile")
    assert.deepEqual(shelf.ids, ["copy"])
  })

  test("loses nothing but its mark when that is taken off", async () => {
    shelf.putCopy(lesson({ key: "copy" }))

    const [outcome] = await calendar.writer.stripMark([{ id: "copy", version: "1" }], signal)

    assert.equal(outcome?.ok, true)
    assert.deepEqual(await list(), [])
    assert.deepEqual(shelf.ids, ["copy"])
  })
})

test("where the account may not write, everything stops", async () => {
  server.script((seen, response) => {
    const request = requestIn(seen)
    if (request.name === "m:CreateItem") xml(response, 500, fault("ErrorImpersonateUserDenied"))
    else xml(response, 200, shelf.answer(request))
  })

  await assert.rejects(create(lesson()), (error: unknown) => reasonOf(error) === "AccessDenied")
})

test("a series EWS has no words for is refused and costs no other", async () => {
  const days = [{ day: "MO" as const }, { day: "WE" as const }]
  const odd = weekly(lesson({ key: "odd", start: "2026-12-02T08:00" }), {
    frequency: "MONTHLY",
    byDay: days,
    bySetPos: [1],
  })

  const outcomes = await calendar.writer.create([itemOf(odd), itemOf(lesson())], signal)

  assert.equal(reasonOfOutcome(outcomes[0]), "RecurrenceTooComplex")
  assert.equal(outcomes[1]?.ok, true)
})

/** As planning has it for an event somebody made. */
function adopting(mark: Mark, id: string): Mark {
  return { ...mark, check: checkOf(id) }
}

function itemOf(event: CalendarEvent): CreateItem {
  return createItem(calendar, event)
}

async function create(event: CalendarEvent): Promise<WriteOutcome> {
  const [outcome] = await calendar.writer.create([itemOf(event)], signal)
  assert.ok(outcome)
  return outcome
}

async function list() {
  return (await calendar.list({ window, includeForeign: false, fresh: false }, signal)).events
}

function reasonOfOutcome(outcome: WriteOutcome | undefined): string {
  return outcome?.ok === false ? reasonOf(outcome.error) : "none"
}
