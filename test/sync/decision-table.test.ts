import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { parseMark } from "../../operator/core/origin.ts"
import { InProcessMemory } from "../../operator/memory/in-process.ts"
import { at, lesson, weekly } from "../fakes/lesson.ts"
import { MailboxStory, now, owner, source } from "./mailbox-story.ts"

const maths = lesson({ key: "maths", subject: "Mathematics" })
const physics = lesson({ key: "physics", subject: "Physics", start: "2026-12-02T10:00" })
const later = { ...maths, time: lesson({ start: "2026-12-01T14:00" }).time }

async function inStep(...events: (typeof maths)[]): Promise<MailboxStory> {
  const story = new MailboxStory()
  await story.pass(events)
  return story
}

/** The row is done when the pass after it has nothing to do. */
async function assertSettled(story: MailboxStory, ...rest: Parameters<MailboxStory["pass"]>): Promise<void> {
  const before = story.calendar.writes
  await story.pass(...rest)
  assert.equal(story.calendar.writes, before, "a second pass plans nothing")
}

describe("the decision table, row by row", () => {
  test("new in the source and absent in the mailbox: a copy is created, with our mark", async () => {
    const story = new MailboxStory()

    const report = await story.pass([maths])

    assert.equal(report.lastPass.created, 1)
    assert.deepEqual(story.subjects, ["Mathematics"])
    assert.equal(parseMark(story.calendar.items[0]?.mark ?? "")?.installation, "school")
    await assertSettled(story, [maths])
  })

  test("absent in the source and not ours in the mailbox: left alone", async () => {
    const story = new MailboxStory()
    story.calendar.userAdds(lesson({ subject: "Dentist" }))

    await story.pass([physics])
    await story.pass([])

    assert.deepEqual(story.subjects, ["Dentist"])
  })

  test("new in the source and already entered by hand: the first sync adopts it", async () => {
    const story = new MailboxStory()
    const id = story.calendar.userAdds(lesson({ subject: " Mathematics " }))

    const report = await story.pass([maths])

    assert.equal(report.lastPass.adopted, 1)
    assert.deepEqual(story.ids, [id])
    await assertSettled(story, [maths])
  })

  test("entered by hand after the first sync: never adopted", async () => {
    const story = await inStep(physics)
    story.calendar.userAdds(maths)

    const report = await story.pass([maths, physics])

    assert.equal(report.lastPass.created, 1)
    assert.equal(report.lastPass.adopted, 0)
    assert.deepEqual(story.subjects, ["Mathematics", "Mathematics", "Physics"])
  })

  test("unchanged and unchanged: nothing is written", async () => {
    const story = await inStep(maths, physics)

    const report = await story.pass([maths, physics])

    assert.equal(story.calendar.writes, 2)
    assert.deepEqual(report.events, { desired: 2, inSync: 2, held: 0, failed: 0 })
    assert.deepEqual(report.synced, { status: "True", reason: "InSync", message: "2 of 2 events are in sync" })
  })

  test("changed in the source: the copy is updated where it is", async () => {
    const story = await inStep(maths)
    const [id] = story.ids

    const report = await story.pass([later])

    assert.equal(report.lastPass.updated, 1)
    assert.deepEqual(story.ids, [id])
    await assertSettled(story, [later])
  })

  test("changed in the mailbox: the copy is restored, and the drift is told", async () => {
    const story = await inStep(maths)
    story.calendar.userEdits(story.ids[0] ?? "", { subject: "Maths with a friend" })

    const report = await story.pass([maths])

    assert.equal(report.lastPass.restored, 1)
    assert.deepEqual(report.drift, { found: 1, corrected: 1 })
    assert.equal(report.drifted?.reason, "DriftCorrected")
    assert.deepEqual(story.subjects, ["Mathematics"])
    await assertSettled(story, [maths])
  })

  for (const drift of ["Warn", "Ignore"] as const) {
    test(`changed in the mailbox under drift ${drift}: the copy stays as somebody wants it, until the source changes`, async () => {
      const story = await inStep(maths)
      story.calendar.userEdits(story.ids[0] ?? "", { subject: "Maths with a friend" })

      const report = await story.pass([maths], { policy: { drift } })

      assert.equal(report.lastPass.restored, 0)
      assert.deepEqual(report.drift, { found: drift === "Warn" ? 1 : 0, corrected: 0 })
      assert.equal(report.synced.status, "True")
      assert.deepEqual(story.subjects, ["Maths with a friend"])

      await story.pass([later], { policy: { drift } })
      assert.deepEqual(story.subjects, ["Mathematics"])
    })
  }

  test("changed on both sides to the same: nothing is written where drift is corrected", async () => {
    const story = await inStep(maths)
    story.calendar.userEdits(story.ids[0] ?? "", { time: later.time })

    const report = await story.pass([later])

    assert.equal(report.lastPass.updated, 0)
    assert.equal(report.events.inSync, 1)
  })

  test("changed on both sides to the same: the mark catches up where drift is tolerated, so that edits stay tolerated", async () => {
    const story = await inStep(maths)
    const policy = { drift: "Ignore" } as const
    story.calendar.userEdits(story.ids[0] ?? "", { time: later.time })
    await story.pass([later], { policy })

    story.calendar.userEdits(story.ids[0] ?? "", { subject: "My maths" })
    await story.pass([later], { policy })

    assert.deepEqual(story.subjects, ["My maths"])
  })

  test("changed on both sides and differing: the source wins", async () => {
    const story = await inStep(maths)
    story.calendar.userEdits(story.ids[0] ?? "", { subject: "Maths with a friend" })

    const report = await story.pass([later])

    assert.equal(report.lastPass.updated, 1)
    assert.deepEqual(story.subjects, ["Mathematics"])
    await assertSettled(story, [later])
  })

  test("gone from the source: the copy is removed", async () => {
    const story = await inStep(maths, physics)

    const report = await story.pass([maths])

    assert.equal(report.lastPass.deleted, 1)
    assert.deepEqual(story.subjects, ["Mathematics"])
  })

  test("gone from the source and changed in the mailbox: the copy is removed", async () => {
    const story = await inStep(maths, physics)
    story.calendar.userEdits(story.ids[1] ?? "", { subject: "My physics" })

    await story.pass([maths])

    assert.deepEqual(story.subjects, ["Mathematics"])
  })

  test("under another key and otherwise the same: the copy stays and follows the new key", async () => {
    const story = await inStep(maths, physics)
    const before = story.ids
    const rekeyed = [maths, physics].map(event => ({ ...event, key: `${event.key}-exported-again` }))

    const report = await story.pass(rekeyed)

    assert.deepEqual([report.lastPass.adopted, report.lastPass.created, report.lastPass.deleted], [2, 0, 0])
    assert.deepEqual(story.ids, before)
    await assertSettled(story, rekeyed)
    await story.pass(rekeyed.slice(1))
    assert.deepEqual(story.subjects, ["Physics"])
  })

  test("a source with new keys at every export neither doubles a calendar nor trips the guard", async () => {
    const story = new MailboxStory()
    const alike = (round: number) => Array.from({ length: 40 }, (_, index) => ({ ...maths, key: `${round}-${index}` }))

    for (const round of [1, 2, 3]) assert.equal((await story.pass(alike(round))).hold, undefined)

    assert.equal(story.calendar.items.length, 40)
  })

  test("under another key while somebody edited the copy: the copy goes and a new one comes", async () => {
    const story = await inStep(maths)
    story.calendar.userEdits(story.ids[0] ?? "", { subject: "My maths" })

    const report = await story.pass([{ ...maths, key: "exported-again" }])

    assert.deepEqual([report.lastPass.created, report.lastPass.deleted], [1, 1])
    assert.deepEqual(story.subjects, ["Mathematics"])
  })

  test("deleted in the mailbox: the copy is created again", async () => {
    const story = await inStep(maths)
    story.calendar.userDeletes(story.ids[0] ?? "")

    const report = await story.pass([maths])

    assert.equal(report.lastPass.created, 1)
    assert.deepEqual(story.subjects, ["Mathematics"])
    await assertSettled(story, [maths])
  })

  test("deleted in the mailbox and respected: it stays away until the source changes", async () => {
    const story = new MailboxStory()
    const rest = {
      policy: { onExchangeDelete: "Respect" },
      memory: { store: new InProcessMemory(), sync: "a/b" },
    } as const
    await story.pass([maths, physics], rest)
    story.calendar.userDeletes(story.ids[0] ?? "")

    const report = await story.pass([maths, physics], rest)
    await story.pass([maths, physics], rest)

    assert.deepEqual(story.subjects, ["Physics"])
    assert.deepEqual(report.events, { desired: 1, inSync: 1, held: 0, failed: 0 })
    assert.equal(report.lastPass.skipped, 1)

    await story.pass([later, physics], rest)
    assert.deepEqual(story.subjects, ["Mathematics", "Physics"])
  })

  test("a lost memory makes respected deletions come back, and deletes nothing", async () => {
    const story = new MailboxStory()
    const policy = { onExchangeDelete: "Respect" } as const
    await story.pass([maths, physics], { policy, memory: { store: new InProcessMemory(), sync: "a/b" } })
    story.calendar.userDeletes(story.ids[0] ?? "")

    await story.pass([maths, physics], { policy, memory: { store: new InProcessMemory(), sync: "a/b" } })

    assert.deepEqual(story.subjects, ["Mathematics", "Physics"])
  })

  test("gone on both sides: forgotten, so that its return is new", async () => {
    const story = new MailboxStory()
    const store = new InProcessMemory()
    const rest = { policy: { onExchangeDelete: "Respect" }, memory: { store, sync: "a/b" } } as const
    await story.pass([maths, physics], rest)
    story.calendar.userDeletes(story.ids[0] ?? "")

    await story.pass([physics], rest)
    assert.equal((await store.load("a/b"))?.length, 1)

    await story.pass([maths, physics], rest)
    assert.deepEqual(story.subjects, ["Mathematics", "Physics"])
  })

  test("out of the window: the copy is forgotten, not removed", async () => {
    const story = await inStep(maths, physics)
    story.clock = at("2026-12-20T12:00")

    const report = await story.pass([])

    assert.equal(report.lastPass.deleted, 0)
    assert.equal(report.hold, undefined)
    assert.deepEqual(story.subjects, ["Mathematics", "Physics"])
  })

  test("just out of the window, though the mailbox still lists it: the copy is forgotten, not removed", async () => {
    const story = new MailboxStory()
    story.clock = at("2026-11-16T12:00")
    await story.pass([lesson({ start: "2026-11-17T12:00" })])
    story.clock = now

    const report = await story.pass([])

    assert.equal(report.kept.OutsideWindow, 1)
    assert.equal(story.calendar.items.length, 1)
  })

  test("a series that is over: forgotten, not removed, whether the mailbox tells what it says or only when it is", async () => {
    for (const kind of ["Full", "Incremental"] as const) {
      const story = new MailboxStory()
      story.clock = at("2026-10-01T12:00")
      await story.pass([weekly(lesson({ start: "2026-10-06T08:00" }))])
      await story.pass([weekly(lesson({ start: "2026-10-06T08:00" }))])
      story.clock = at("2026-12-20T12:00")

      await story.pass([], { kind })

      assert.equal(story.calendar.items.length, 1)
    }
  })

  test("readable only in part: the copy is not cut down to the part, until all of it can be read again", async () => {
    const story = new MailboxStory()
    const whole = lesson({ key: "maths", location: "Room 12" })
    const part = lesson({ key: "maths" })
    const problem = { key: "maths", reason: "UnreadableRule", message: "the rule has no meaning" }
    await story.pass([whole])
    const [before] = story.calendar.items

    const report = await story.pass(source([part], { problems: [problem] }))

    assert.deepEqual(story.calendar.items, [before])
    assert.equal(report.events.failed, 1)
    assert.equal((await story.pass([part])).lastPass.updated, 1)
  })

  test("unreadable in the source: the copy stays as it is, and the problem is told", async () => {
    const story = await inStep(maths, physics)
    const problem = { key: "maths", reason: "Unreadable", message: "DTSTART is missing" }

    const report = await story.pass(source([physics], { problems: [problem] }))

    assert.deepEqual(story.subjects, ["Mathematics", "Physics"])
    assert.equal(report.kept.EventUnreadable, 1)
    assert.deepEqual(report.failures, [problem])
    assert.deepEqual(report.events, { desired: 2, inSync: 1, held: 0, failed: 1 })
    assert.equal(report.synced.reason, "PartiallyApplied")
  })

  test("a source read in part removes nothing", async () => {
    const story = await inStep(maths, physics)

    const report = await story.pass(source([physics], { complete: false }))

    assert.equal(report.kept.SourceIncomplete, 1)
    assert.deepEqual(story.subjects, ["Mathematics", "Physics"])
  })

  test("a source that speaks about December removes nothing in November", async () => {
    const november = lesson({ key: "november", subject: "November", start: "2026-11-27T08:00" })
    const story = await inStep(november, maths, physics)
    const december = { start: at("2026-12-01T00:00"), end: at("2026-12-31T00:00") }

    const report = await story.pass(source([physics], { window: december }))

    assert.equal(report.lastPass.deleted, 1)
    assert.equal(report.kept.OutsideWindow, 1)
    assert.deepEqual(story.subjects, ["November", "Physics"])
  })

  test("a mailbox read in part gets nothing new and loses nothing", async () => {
    const story = await inStep(maths, physics)
    story.calendar.faults = { list: () => "incomplete" }
    const chemistry = lesson({ key: "chemistry", subject: "Chemistry" })

    const report = await story.pass([physics, chemistry])

    assert.deepEqual(story.subjects, ["Mathematics", "Physics"])
    assert.equal(report.goodPassAt, undefined)
    assert.equal(report.kept.MailboxIncomplete, 1)
  })

  test("a copy of a binding that is no more is adopted by the sync that desires its event", async () => {
    const story = await inStep(maths)
    const [id] = story.ids
    const renamed = { owner: owner("renamed"), knownOwners: new Set([owner("renamed")]) }

    const report = await story.pass([maths], { ownership: renamed })

    assert.equal(report.lastPass.adopted, 1)
    assert.deepEqual(story.ids, [id])
    await assertSettled(story, [maths], { ownership: renamed })
  })

  test("a copy of a binding that is no more, desired by nobody, is reported and kept", async () => {
    const story = await inStep(maths)
    const renamed = { owner: owner("renamed"), knownOwners: new Set([owner("renamed")]) }

    const report = await story.pass([], { ownership: renamed })

    assert.equal(report.orphans, 1)
    assert.match(report.synced.message, /1 copies of bindings that are no more are left alone/)
    assert.deepEqual(story.subjects, ["Mathematics"])
  })

  test("a copy of another living binding is left to it", async () => {
    const story = await inStep(maths)
    const other = { owner: owner("other"), knownOwners: new Set([owner("other"), owner("timetable")]) }

    const report = await story.pass([maths], { ownership: other })

    assert.equal(report.lastPass.created, 1)
    assert.equal(report.orphans, 0)
    await story.pass([], { ownership: other })
    assert.deepEqual(story.subjects, ["Mathematics"])
  })

  test("copies of another installation are left alone", async () => {
    const story = await inStep(maths)

    await story.pass([later], { ownership: { installation: "other" } })
    await story.pass([], { ownership: { installation: "other" } })

    assert.deepEqual(story.subjects, ["Mathematics"])
  })

  test("copies of an installation taken over are adopted, and those not desired removed", async () => {
    const story = await inStep(maths, physics)
    const names = { installation: "new", takeOver: ["school"] }

    const report = await story.pass([maths], { ownership: names })

    assert.equal(report.lastPass.adopted, 1)
    assert.equal(report.lastPass.deleted, 1)
    assert.equal(parseMark(story.calendar.items[0]?.mark ?? "")?.installation, "new")
    await assertSettled(story, [maths], { ownership: names })
  })

  test("a duplicate somebody made loses the mark and is theirs from then on", async () => {
    const story = await inStep(maths)
    const duplicate = story.calendar.userDuplicates(story.ids[0] ?? "")

    const report = await story.pass([maths])
    await story.pass([])

    assert.equal(report.lastPass.stripped, 1)
    assert.deepEqual(story.ids, [duplicate])
  })

  test("a copy that is there twice by our own doing is removed once", async () => {
    const story = await inStep(maths)
    const twin = new MailboxStory()
    await twin.pass([maths], { ownership: { cluster: "cluster-b" } })
    const [made] = twin.calendar.items
    assert.ok(made)
    await story.calendar.writer.create(
      [
        {
          event: made.event,
          mark: parseMark(made.mark ?? "") ?? assert.fail(),
          idempotencyKey: made.createdWith ?? "",
        },
      ],
      new AbortController().signal,
    )
    story.state = { firstSyncDone: true }

    const report = await story.pass([maths])

    assert.equal(report.lastPass.deleted, 1)
    assert.equal(report.lastPass.stripped, 0)
    assert.deepEqual(story.subjects, ["Mathematics"])
  })

  test("copies another cluster wrote since our last good pass stop everything, until that is approved", async () => {
    const story = await inStep(maths, physics)
    await story.pass([later, physics], { ownership: { cluster: "cluster-b" } })
    story.state = { firstSyncDone: true, lastGoodPassAt: now.add({ minutes: 1 }) }

    const report = await story.pass([maths])

    assert.equal(report.hold?.by, "OwnershipConflict")
    assert.equal(report.goodPassAt, undefined)
    assert.equal(story.calendar.items.length, 2)

    story.state = { ...story.state, approvedToken: report.hold?.token }
    await story.pass([maths])
    assert.deepEqual(story.subjects, ["Mathematics"])
  })

  test("a cluster rebuilt from Git finds every copy again and writes nothing", async () => {
    const story = await inStep(maths, physics)
    story.state = { firstSyncDone: false }

    await assertSettled(story, [maths, physics], { ownership: { cluster: "cluster-b" } })
    await assertSettled(story, [maths, physics], { ownership: { cluster: "cluster-b" } })
  })
})

describe("series", () => {
  const series = weekly(maths)

  test("a series the calendar can store is one item", async () => {
    const story = await inStep(series)

    assert.equal(story.calendar.items.length, 1)
    await assertSettled(story, [series])
  })

  test("a series it cannot store becomes single events, one per occurrence in the window", async () => {
    const monthly = weekly(maths, { frequency: "MONTHLY", count: 3 })
    const story = await inStep(monthly)

    assert.equal(story.calendar.items.length, 3)
    await assertSettled(story, [monthly])
  })

  test("series: Series holds back what cannot be one series, and says so", async () => {
    const story = new MailboxStory()

    const report = await story.pass([weekly(maths, { frequency: "MONTHLY" }), physics], {
      policy: { series: "Series" },
    })

    assert.deepEqual(story.subjects, ["Physics"])
    assert.equal(report.failures[0]?.reason, "RecurrenceTooComplex")
  })

  test("a series of a type that is always all-day becomes single days: its rule speaks of hours", async () => {
    const story = new MailboxStory()
    const rounds = weekly(lesson({ type: "round" }))
    const policy = { appearance: { allDayTypes: ["round"] } }

    await story.pass([rounds], { policy })

    assert.equal(story.calendar.items.length, 5)
    assert.ok(story.calendar.items.every(item => item.event.time.allDay && !item.event.recurrence))
    await assertSettled(story, [rounds], { policy })
  })

  test("an occurrence cancelled in the source loses its copy only", async () => {
    const policy = { series: "Expand" } as const
    const story = new MailboxStory()
    await story.pass([series], { policy })
    const { recurrence } = series
    assert.ok(recurrence)

    const report = await story.pass([{ ...series, recurrence: { ...recurrence, excluded: ["20261208T070000Z"] } }], {
      policy,
    })

    assert.equal(report.lastPass.deleted, 1)
    assert.equal(story.calendar.items.length, 4)
  })

  test("a series that changes its shape is replaced without tripping the guard", async () => {
    const story = await inStep(series)
    const long = weekly(maths, { count: 20 })
    await story.pass([long], { policy: { series: "Expand" } })
    assert.equal(story.calendar.items.length, 20)

    const report = await story.pass([long])

    assert.equal(report.hold, undefined)
    assert.equal(story.calendar.items.length, 1)
    await assertSettled(story, [long])
  })

  test("the old shape stays while the new one cannot be created", async () => {
    const story = new MailboxStory()
    await story.pass([series], { policy: { series: "Expand" } })
    story.calendar.faults = { write: kind => (kind === "create" ? "invalid" : undefined) }

    await story.pass([series])

    assert.equal(story.calendar.items.length, 5)
  })
})
