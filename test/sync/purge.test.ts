import assert from "node:assert/strict"
import { test } from "node:test"
import { purge } from "../../operator/sync/purge.ts"
import { at, lesson } from "../fakes/lesson.ts"
import { MailboxStory, now, owner, ownership } from "./mailbox-story.ts"

const signal = new AbortController().signal

async function settled(): Promise<MailboxStory> {
  const story = new MailboxStory()
  await story.pass([lesson({ key: "a", subject: "A" }), lesson({ key: "b", subject: "B" })])
  story.calendar.userAdds(lesson({ subject: "Dentist" }))
  return story
}

test("a purge removes every copy of its owner, long past ones too, and nothing else", async () => {
  const story = await settled()
  await story.pass([lesson({ key: "c", subject: "C" })], { ownership: { owner: owner("other") } })
  story.clock = at("2028-01-01T00:00")

  const report = await purge({ mailbox: story.calendar, ownership: ownership(), now: story.clock }, signal)

  assert.deepEqual(report, { removed: 2, failures: [], failuresTotal: 0, complete: true })
  assert.deepEqual(story.subjects, ["C", "Dentist"])
})

test("a purge leaves a duplicate somebody made, without the mark", async () => {
  const story = await settled()
  story.calendar.userDuplicates(story.ids[0] ?? "")

  await purge({ mailbox: story.calendar, ownership: ownership(), now }, signal)

  assert.deepEqual(story.subjects, ["A", "Dentist"])
  assert.ok(story.calendar.items.every(item => item.mark === undefined))
})

test("a purge that could not remove everything says so and can be repeated", async () => {
  const story = await settled()
  let call = 0
  story.calendar.faults = { write: () => (call++ === 0 ? "refused" : undefined) }

  const report = await purge({ mailbox: story.calendar, ownership: ownership(), now }, signal)
  assert.equal(report.complete, false)
  assert.equal(report.failuresTotal, 1)

  story.calendar.faults = {}
  assert.equal((await purge({ mailbox: story.calendar, ownership: ownership(), now }, signal)).complete, true)
  assert.deepEqual(story.subjects, ["Dentist"])
})

test("a mailbox that is bound under another address keeps its copies when the old address goes", async () => {
  const story = await settled()
  const elsewhere = new MailboxStory()
  const request = { mailbox: story.calendar, ownership: ownership(), now }

  const report = await purge({ ...request, goingOn: [elsewhere.calendar, story.calendar] }, signal)

  assert.deepEqual([report.removed, report.complete], [0, true])
  assert.deepEqual(story.subjects, ["A", "B", "Dentist"])
})
