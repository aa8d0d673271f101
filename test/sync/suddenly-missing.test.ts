import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { ListRequest } from "../../operator/core/ports.ts"
import { InProcessMemory } from "../../operator/memory/in-process.ts"
import type { SyncReport } from "../../operator/sync/report.ts"
import { lesson } from "../fakes/lesson.ts"
import type { ListFault } from "../fakes/memory-calendar.ts"
import { MailboxStory } from "./mailbox-story.ts"

const lessons = Array.from({ length: 40 }, (_, index) => lesson({ key: `lesson-${index}`, subject: `Lesson ${index}` }))

/** A mailbox in which everything is in sync, and from then on one whose lists are wrong. */
async function broken(fault: ListFault, count = lessons.length): Promise<MailboxStory> {
  const story = new MailboxStory()
  await story.pass(lessons.slice(0, count))
  story.calendar.faults = { list: () => fault }
  return story
}

function later(story: MailboxStory, minutes: number): void {
  story.clock = story.clock.add({ minutes })
}

/** What a listing was asked for, from now on. */
function freshnessOf(story: MailboxStory): readonly boolean[] {
  const asked: boolean[] = []
  const list = story.calendar.list.bind(story.calendar)
  story.calendar.list = (request: ListRequest, signal: AbortSignal) => {
    asked.push(request.fresh)
    return list(request, signal)
  }
  return asked
}

function made({ lastPass }: SyncReport): number {
  return lastPass.created
}

describe("a mailbox that suddenly lists none of its copies", () => {
  test("is not filled a second time, and the report says why", async () => {
    const story = await broken("none")

    const report = await story.pass(lessons)

    assert.equal(made(report), 0)
    assert.equal(story.calendar.items.length, 40)
    assert.deepEqual([report.synced.status, report.synced.reason], ["False", "PartiallyApplied"])
    assert.match(report.synced.message, /^the mailbox shows none of the 40 copies that were there; .* another look at /)
    assert.deepEqual([report.events.desired, report.events.inSync, report.events.unseen], [40, 0, 40])
    assert.equal(report.goodPassAt, undefined)
  })

  test("is right again with the first list that is", async () => {
    const story = await broken("none")
    await story.pass(lessons)
    story.calendar.faults = {}

    const report = await story.pass(lessons)

    assert.equal(made(report), 0)
    assert.deepEqual([report.events.inSync, report.events.unseen, report.absence], [40, undefined, undefined])
    assert.equal(report.synced.reason, "InSync")
  })

  test("is filled again when a fresh look ten minutes on shows none either", async () => {
    const story = new MailboxStory()
    await story.pass(lessons)
    for (const id of story.ids) story.calendar.userDeletes(id)

    const reports = [await story.pass(lessons)]
    for (let minute = 0; minute < 10; minute++) reports.push(await story.pass(lessons))

    assert.deepEqual(reports.map(made), [...Array.from({ length: 10 }, () => 0), 40])
    assert.equal(reports.at(-1)?.synced.reason, "InSync")
    assert.equal(story.calendar.items.length, 40)
    assert.equal(made(await story.pass(lessons)), 0)
  })

  test("is read afresh at the second look, and only then", async () => {
    const story = await broken("none")
    const asked = freshnessOf(story)

    const first = await story.pass(lessons)
    await story.pass(lessons)
    assert.deepEqual(first.secondLookAt, first.absence?.since.add({ minutes: 10 }))
    later(story, 10)
    story.calendar.faults = {}
    const report = await story.pass(lessons)

    assert.deepEqual(asked, [false, false, true])
    assert.equal(report.events.inSync, 40)
  })

  test("begins anew in another process, and is not forgotten", async () => {
    const story = await broken("none")
    await story.pass(lessons)
    later(story, 60)
    story.state = { ...story.state, absence: undefined }

    const report = await story.pass(lessons, { kind: "Full" })

    assert.equal(made(report), 0)
    assert.deepEqual(report.absence?.since, story.clock)
  })

  test("waits with what is new, too: it may be there under the same key", async () => {
    const story = await broken("none")

    const report = await story.pass([...lessons, lesson({ key: "new" })])

    assert.equal(made(report), 0)
  })

  test("of a handful is filled at once: that is somebody tidying up", async () => {
    const story = await broken("none", 5)

    assert.equal(made(await story.pass(lessons.slice(0, 5))), 5)
  })

  test("keeps what Respect means: what was deleted stays so, and what was not is found again", async () => {
    const memory = { store: new InProcessMemory(), sync: "one" }
    const change = { policy: { onExchangeDelete: "Respect" as const }, memory }
    const story = new MailboxStory()
    await story.pass(lessons, change)
    story.calendar.faults = { list: () => "none" }

    const report = await story.pass(lessons, change)
    story.calendar.faults = {}
    const after = await story.pass(lessons, change)

    assert.deepEqual([made(report), report.lastPass.skipped, report.absence], [0, 40, undefined])
    assert.deepEqual([made(after), after.events.inSync], [0, 40])
  })
})

describe("a mailbox that suddenly lists few of its copies", () => {
  test("waits for the second look, and what is listed is kept right", async () => {
    const story = await broken("few")
    const [first, ...others] = lessons

    const report = await story.pass([{ ...(first ?? lesson()), subject: "Another" }, ...others])

    assert.deepEqual([made(report), report.lastPass.updated], [0, 1])
    assert.match(report.synced.message, /^the mailbox shows only 4 of the 40 copies that were there/)
    assert.deepEqual([report.events.inSync, report.events.unseen], [4, 36])
  })

  test("removes nothing meanwhile", async () => {
    const story = await broken("few")

    const report = await story.pass(lessons.slice(1))

    assert.deepEqual([report.lastPass.deleted, report.kept.MailboxIncomplete], [0, 1])
  })

  test("and then none begins anew: what was seen once was less", async () => {
    const story = await broken("few")
    await story.pass(lessons)
    later(story, 10)
    story.calendar.faults = { list: () => "none" }

    const report = await story.pass(lessons)

    assert.equal(made(report), 0)
    assert.deepEqual(report.absence, { since: story.clock, expected: 40, missing: 40 })
  })

  test("is everyday work up to twenty, and up to half of more", async () => {
    const small = await broken("few", 20)
    assert.equal(made(await small.pass(lessons.slice(0, 20))), 18)

    const half = new MailboxStory()
    await half.pass(lessons)
    for (const id of half.ids.slice(0, 20)) half.calendar.userDeletes(id)
    assert.equal(made(await half.pass(lessons)), 20)
  })

  test("is no wonder where the source wants them no more", async () => {
    const story = new MailboxStory()
    await story.pass(lessons)
    const others = Array.from({ length: 30 }, (_, index) =>
      lesson({ key: `other-${index}`, subject: `Other ${index}` }),
    )

    const report = await story.pass(others)

    assert.deepEqual([made(report), report.absence], [30, undefined])
  })
})
