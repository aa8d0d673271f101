import assert from "node:assert/strict"
import { test } from "node:test"
import { NeedsAttentionError } from "../../operator/core/errors.ts"
import type { Calendar } from "../../operator/core/ports.ts"
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

  assert.deepEqual(report, { removed: 2, failures: [], failuresTotal: 0, kept: 0, complete: true })
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

  assert.deepEqual([report.removed, report.kept, report.complete], [0, 2, true])
  assert.deepEqual(story.subjects, ["A", "B", "Dentist"])
})

/** Exchange Server knows the mailbox by the old address, and answers to the new one only. */
function onlyAnswersTo(primaryAddress: string, story: MailboxStory): Calendar {
  const list = () =>
    Promise.reject(new NeedsAttentionError("not the primary address", { reason: "MailboxNotFound", primaryAddress }))
  return { ...calendarOf(story), list }
}

function calendarOf({ calendar }: MailboxStory): Calendar {
  return {
    list: (request, signal) => calendar.list(request, signal),
    normalize: event => calendar.normalize(event),
    canStoreSeries: event => calendar.canStoreSeries(event),
    ...(calendar.writer && { writer: calendar.writer }),
  }
}

const primary = "new@contoso.com"
const byAddress = (story: MailboxStory) => (address: string) => (address === primary ? story.calendar : undefined)

test("a mailbox that got a new address on its server is emptied by that", async () => {
  const story = await settled()
  const request = { mailbox: onlyAnswersTo(primary, story), ownership: ownership(), now, openAt: byAddress(story) }

  const report = await purge(request, signal)

  assert.deepEqual([report.removed, report.complete], [2, true])
  assert.deepEqual(story.subjects, ["Dentist"])
})

test("a mailbox whose new address is out of bounds is not touched, and not told as emptied", async () => {
  const story = await settled()
  const request = { mailbox: onlyAnswersTo(primary, story), ownership: ownership(), now, openAt: () => undefined }

  await assert.rejects(purge(request, signal), { reason: "MailboxNotFound" })

  assert.deepEqual(story.subjects, ["A", "B", "Dentist"])
})

for (const [what, openAt] of [
  ["can be followed", byAddress],
  ["cannot be followed", () => () => undefined],
] as const)
  test(`a mailbox that is bound anew by an address it does not answer to, which ${what}, keeps its copies`, async () => {
    const story = await settled()
    const goingOn = [onlyAnswersTo(primary, story)]
    const request = { mailbox: story.calendar, ownership: ownership(), now, goingOn, openAt: openAt(story) }

    const report = await purge(request, signal).catch(() => undefined)

    assert.notEqual(report?.removed, 2)
    assert.deepEqual(story.subjects, ["A", "B", "Dentist"])
  })
