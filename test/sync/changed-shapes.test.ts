import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { holiday, lesson, weekly } from "../fakes/lesson.ts"
import { MailboxStory } from "./mailbox-story.ts"

const daily = { frequency: "DAILY", count: 60 } as const
const asSingles = { series: "Expand" } as const

test("a series that lost its rule takes its occurrences no further than the guard allows", async () => {
  const story = new MailboxStory()
  await story.pass([weekly(lesson(), daily)], { policy: asSingles })
  assert.equal(story.calendar.items.length, 60)

  const report = await story.pass([lesson()], { policy: asSingles })

  assert.equal(report.hold?.by, "DeletionGuard")
  assert.equal(report.lastPass.deleted, 0)
})

test("a series that is shorter in its new shape takes no more than the guard allows", async () => {
  const story = new MailboxStory()
  await story.pass([weekly(lesson(), daily)], { policy: asSingles })

  const report = await story.pass([weekly(lesson(), { ...daily, count: 5 })])

  assert.equal(report.hold?.by, "DeletionGuard")
})

test("a series that only changes its shape passes the guard, whatever its length", async () => {
  const story = new MailboxStory()
  const series = weekly(lesson(), daily)
  await story.pass([series], { policy: asSingles })

  const report = await story.pass([series])

  assert.equal(report.hold, undefined)
  assert.equal(report.lastPass.deleted, 60)
  assert.equal(story.calendar.items.length, 1)
})

test("the old shape stays while the new one is refused, also in the second look of a pass", async () => {
  const story = new MailboxStory()
  const series = weekly(lesson({ key: "series" }), { count: 4 })
  const other = lesson({ key: "other" })
  await story.pass([series, other], { policy: asSingles })
  let touched = false
  story.calendar.faults = {
    write: (kind, id) => {
      if (kind === "create") return "invalid"
      if (kind !== "update" || touched) return undefined
      touched = true
      return id === "" ? undefined : "editedJustBefore"
    },
  }

  const report = await story.pass([series, { ...other, location: "Room 12" }])

  assert.equal(report.lastPass.updated, 1)
  assert.equal(report.lastPass.deleted, 0)
  assert.equal(story.calendar.items.length, 5)
})

test("an event whose new shape means other days keeps its old days while the new shape is refused", async () => {
  const story = new MailboxStory()
  await story.pass([weekly(lesson(), { count: 4 })], { policy: asSingles })
  const elsewhere = lesson({ start: "2026-12-20T08:00" })
  story.calendar.faults = { write: kind => (kind === "create" ? "invalid" : undefined) }

  const refused = await story.pass([elsewhere], { policy: asSingles })
  const kept = story.calendar.items.length
  story.calendar.faults = {}
  await story.pass([elsewhere], { policy: asSingles })

  assert.deepEqual([refused.lastPass.deleted, kept], [0, 4])
  assert.equal(story.calendar.items.length, 1)
})

describe("a series of single events that is moved within its days is moved, not doubled", () => {
  const series = weekly(lesson({ start: "2026-12-01T08:00" }), daily)
  const moves = {
    "by an hour": weekly(lesson({ start: "2026-12-01T09:00" }), daily),
    "to whole days": weekly(holiday({ key: "lesson-1", date: "2026-12-01" }), daily),
  }

  for (const [how, moved] of Object.entries(moves)) {
    test(how, async () => {
      const story = new MailboxStory()
      await story.pass([series], { policy: asSingles })
      const ids = story.ids

      const report = await story.pass([moved], { policy: asSingles })
      const second = await story.pass([moved], { policy: asSingles })

      assert.equal(report.hold, undefined)
      assert.equal(report.lastPass.updated, 60)
      assert.deepEqual(story.ids, ids)
      assert.equal(second.events.inSync, 60)
      assert.equal(second.lastPass.updated, 0)
    })
  }

  test("and what it no longer has on a day is a deletion like any other", async () => {
    const story = new MailboxStory()
    await story.pass([series], { policy: asSingles })

    const shorter = weekly(lesson({ start: "2026-12-01T09:00" }), { ...daily, count: 20 })
    const report = await story.pass([shorter], { policy: asSingles })

    assert.equal(report.lastPass.updated, 20)
    assert.equal(report.pending.delete, 40)
    assert.equal(report.hold?.by, "DeletionGuard")
  })
})
