import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { CalendarEvent } from "../../operator/core/event.ts"
import type { PolicySpec } from "../../operator/core/policy.ts"
import { at, lesson, weekly } from "../fakes/lesson.ts"
import { MailboxStory } from "./mailbox-story.ts"

/** The window begins on the 18th at 00:00 UTC when it is the 25th, seven days before. */
const fewDaysEarlier = at("2026-11-20T12:00")

/** Written while it was well inside the window, and looked at when it is at the edge. */
async function atTheEdge(event: CalendarEvent, policy: PolicySpec = {}): Promise<MailboxStory> {
  const story = new MailboxStory()
  const later = story.clock
  story.clock = fewDaysEarlier
  const first = await story.pass([event], { policy })
  assert.equal(first.lastPass.created, 1)
  story.clock = later
  return story
}

describe("what leaves the window is forgotten, not removed", () => {
  const stories: readonly (readonly [string, CalendarEvent, PolicySpec])[] = [
    ["a lesson", lesson({ start: "2026-11-17T08:00" }), {}],
    [
      "a series whose next occurrence is far ahead",
      weekly(lesson({ start: "2026-11-17T08:00" }), { interval: 52, count: 9 }),
      {},
    ],
    [
      "a round shown all-day, whose time was before the edge in UTC",
      lesson({ start: "2026-11-18T00:15", minutes: 30, type: "round" }),
      { appearance: { allDayTypes: ["round"] } },
    ],
    [
      "a case without an end, shown an hour long across the edge",
      lesson({ start: "2026-11-18T00:30", minutes: 0 }),
      { appearance: { defaultDuration: "60m" } },
    ],
    [
      "a series of rounds shown all-day, whose last was before the edge in UTC",
      weekly(lesson({ start: "2026-11-18T00:15", minutes: 30, type: "round" }), { count: 1 }),
      { appearance: { allDayTypes: ["round"] } },
    ],
  ]

  for (const [what, event, policy] of stories) {
    test(what, async () => {
      const story = await atTheEdge(event, policy)

      for (let hours = 0; hours <= 48; hours += 12) {
        const report = await story.pass([event], { policy })
        assert.equal(report.lastPass.deleted, 0, `after ${hours} hours`)
        assert.equal(report.lastPass.created, 0, `after ${hours} hours`)
        story.clock = story.clock.add({ hours: 12 })
      }
      assert.equal(story.calendar.items.length, 1)
    })
  }
})

test("a series gone from the source is removed where it has an occurrence in the window", async () => {
  const story = new MailboxStory()
  const series = weekly(lesson({ start: "2026-11-24T08:00" }), { interval: 52, count: 9 })
  await story.pass([series, lesson({ key: "other" })])

  const report = await story.pass([lesson({ key: "other" })])

  assert.equal(report.lastPass.deleted, 1)
})
