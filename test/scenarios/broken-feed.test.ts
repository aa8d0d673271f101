import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import type { Feed } from "../world/feed-server.ts"
import { feedOf, manyEvents } from "../world/feed-text.ts"
import { type School, startSchool } from "../world/school.ts"

const lessons = manyEvents(8, "lesson")
let school: School
before(async () => {
  school = await startSchool({ events: lessons })
})
beforeEach(async () => {
  school.publish(...lessons)
  await school.pass()
})
after(() => school.close())

const whole = feedOf(...lessons)
const badDays: readonly { readonly name: string; readonly feed: Feed; readonly reason: string }[] = [
  {
    name: "is a log-in page",
    feed: { body: "<!doctype html><html>Log in</html>", contentType: "text/html" },
    reason: "Implausible",
  },
  { name: "is empty", feed: { body: "" }, reason: "Implausible" },
  { name: "breaks off in the middle", feed: { body: whole.slice(0, whole.length / 2) }, reason: "ParseError" },
  { name: "answers 404", feed: { body: "gone", status: 404 }, reason: "Unreachable" },
  { name: "answers 401", feed: { body: "who are you", status: 401 }, reason: "Unauthorized" },
  { name: "answers 500", feed: { body: "oops", status: 500 }, reason: "Unreachable" },
]

for (const { name, feed, reason } of badDays) {
  test(`a feed that ${name} deletes nothing, and says so as ${reason}`, async () => {
    school.feeds.set("school", feed)
    await school.cluster.request(school.cluster.find("CalendarSource"))

    await school.cluster.untilCondition(`SourceFetched=False/${reason}`, () => school.cluster.find("CalendarSource"))
    const sync = await school.cluster.request(school.cluster.sync())
    assert.equal(sync.status.events.inSync, 8)
    assert.equal(school.subjects().length, 8)

    school.publish(...lessons)
    await school.cluster.request(school.cluster.find("CalendarSource"))
    await school.cluster.untilCondition("Ready=True", () => school.cluster.find("CalendarSource"))
  })
}

test("a calendar that is suddenly without any event is held, and heals when the events are back", async () => {
  school.publish()
  await school.cluster.request(school.cluster.find("CalendarSource"))
  const held = await school.cluster.untilCondition("Stalled=True/DeletionGuard", () => school.cluster.sync())
  assert.equal(held.status.plan.delete, 8)
  assert.equal(school.subjects().length, 8)

  school.publish(...lessons)
  await school.cluster.request(school.cluster.find("CalendarSource"))
  await school.cluster.untilCondition("Ready=True/Succeeded", () => school.cluster.sync())
  assert.equal(school.subjects().length, 8)
})
