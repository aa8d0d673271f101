import assert from "node:assert/strict"
import { test } from "node:test"
import { lesson } from "../fakes/lesson.ts"
import { MailboxStory } from "./mailbox-story.ts"

const lessons = Array.from({ length: 12 }, (_, index) => lesson({ key: `lesson-${index}`, subject: `Lesson ${index}` }))

/** Every item under a new id, as after a mailbox was exported and imported, or moved to another organisation. */
function restore(story: MailboxStory): void {
  for (const id of story.ids) {
    story.calendar.userDuplicates(id)
    story.calendar.userDeletes(id)
  }
}

test("a mailbox that comes back from a backup with new ids keeps its copies, each once", async () => {
  const story = new MailboxStory()
  await story.pass(lessons)
  restore(story)

  const report = await story.pass(lessons)
  const second = await story.pass(lessons)

  assert.equal(report.lastPass.created, 0)
  assert.equal(report.lastPass.adopted, 12)
  assert.equal(story.calendar.items.length, 12)
  assert.deepEqual([second.lastPass.adopted, second.lastPass.updated, second.lastPass.stripped], [0, 0, 0])
})

test("a mailbox of one event comes back with it, once", async () => {
  const story = new MailboxStory()
  await story.pass(lessons.slice(0, 1))
  restore(story)

  const report = await story.pass(lessons.slice(0, 1))

  assert.deepEqual([report.lastPass.created, report.lastPass.adopted], [0, 1])
  assert.equal(story.calendar.items.length, 1)
})

test("somebody tidying up one event among others keeps their duplicate, and the copy is made again", async () => {
  const story = new MailboxStory()
  await story.pass(lessons)
  const [original = ""] = story.ids
  story.calendar.userDuplicates(original)
  story.calendar.userDeletes(original)

  const report = await story.pass(lessons)

  assert.deepEqual([report.lastPass.created, report.lastPass.adopted, report.lastPass.stripped], [1, 0, 1])
})

test("copies restored beside the ones that are there are theirs who restored them", async () => {
  const story = new MailboxStory()
  await story.pass(lessons)
  for (const id of story.ids) story.calendar.userDuplicates(id)

  const report = await story.pass(lessons)

  assert.equal(report.lastPass.adopted, 0)
  assert.equal(report.lastPass.stripped, 12)
})

test("a duplicate that somebody made something else of stays theirs, though the original is gone", async () => {
  const story = new MailboxStory()
  await story.pass(lessons)
  const [original = ""] = story.ids
  const duplicate = story.calendar.userDuplicates(original) ?? ""
  story.calendar.userEdits(duplicate, { subject: "Homework" })
  story.calendar.userDeletes(original)

  const report = await story.pass(lessons)

  assert.equal(report.lastPass.created, 1)
  assert.equal(report.lastPass.stripped, 1)
  assert.ok(story.subjects.includes("Homework"))
})
