import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { onBothBackends } from "../world/both-backends.ts"
import { manyEvents } from "../world/feed-text.ts"
import { openSchool, type School } from "../world/school.ts"

onBothBackends(({ backend }) => {
  const lessons = manyEvents(40, "lesson")
  let school: School
  before(async () => {
    school = await openSchool({ backend, events: lessons })
    await school.cluster.startOperator()
    await school.cluster.untilCondition("Ready=True/Succeeded", () => school.cluster.sync())
  })
  after(() => school.close())

  test("a feed that loses a quarter at every reading is stopped at the second, and heals", async () => {
    school.publish(...lessons.slice(0, 30))
    await school.pass()
    assert.equal(school.subjects().length, 30)

    school.publish(...lessons.slice(0, 22))
    const sync = await school.pass()
    assert.equal(sync.status.plan.blockedBy, "DeletionGuard")
    assert.equal(school.subjects().length, 30)

    school.publish(...lessons)
    await school.pass()
    await school.cluster.untilCondition("Ready=True/Succeeded", () => school.cluster.sync())
    assert.equal(school.subjects().length, 40)
  })
})
