import assert from "node:assert/strict"
import { test } from "node:test"
import { Losses } from "../../operator/sync/losses.ts"
import type { SyncReport } from "../../operator/sync/report.ts"
import { lesson } from "../fakes/lesson.ts"
import { MailboxStory } from "./mailbox-story.ts"

const lessons = Array.from({ length: 300 }, (_, index) =>
  lesson({ key: `lesson-${index}`, subject: `Lesson ${index}` }),
)

/** A story whose losses are kept from pass to pass, as one process keeps them. */
class LongStory extends MailboxStory {
  readonly losses = new Losses()

  async look(count: number, approvedToken?: string, from = 0): Promise<SyncReport> {
    this.state = { ...this.state, recentlyLost: this.losses.within("sync", this.clock), approvedToken }
    const report = await this.pass(lessons.slice(from, from + count))
    this.losses.note("sync", report, this.clock)
    return report
  }
}

test("a source that breaks little by little does not empty a calendar either", async () => {
  const story = new LongStory()
  for (const count of [300, 250, 200, 150, 100, 50, 0]) await story.look(count)

  assert.equal(story.calendar.items.length, 250)
})

test("the condition says what was lost before, and its token lets the rest through, once", async () => {
  const story = new LongStory()
  await story.look(300)
  await story.look(250)

  const held = await story.look(200)
  assert.match(held.hold?.message ?? "", /^50 of 250 copies would be deleted: with 50 lost within a day before/)
  await story.look(200, held.hold?.token)
  assert.equal(story.calendar.items.length, 200)

  const next = await story.look(190, held.hold?.token)
  assert.equal(next.hold, undefined, "what was approved is not held against what follows")
  assert.equal(story.calendar.items.length, 190)
})

test("a calendar that changes all day long and stays as full loses nothing", async () => {
  const story = new LongStory()
  for (const from of [0, 40, 80, 120]) {
    const report = await story.look(150, undefined, from)
    assert.equal(report.hold, undefined)
  }
  assert.equal(story.calendar.items.length, 150)
})

test("the next day is another day", async () => {
  const story = new LongStory()
  await story.look(300)
  await story.look(250)
  story.clock = story.clock.add({ hours: 25 })

  const report = await story.look(200)

  assert.equal(report.hold, undefined)
})
