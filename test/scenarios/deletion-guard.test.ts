import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { onBothBackends } from "../world/both-backends.ts"
import { manyEvents } from "../world/feed-text.ts"
import { openSchool, type School } from "../world/school.ts"

onBothBackends(({ backend }) => {
  const lessons = manyEvents(12, "lesson")
  let school: School
  before(async () => {
    school = await openSchool({
      backend,
      events: lessons,
      policy: { deletion: { guard: { maxPercent: 30, maxCount: 2 } } },
    })
    await school.cluster.startOperator()
    await school.cluster.untilCondition("Ready=True/Succeeded", () => school.cluster.sync())
  })
  after(() => school.close())

  test("when half the feed is gone, deletions wait while creates and updates go on", async () => {
    const [first, ...others] = lessons.slice(0, 6)
    school.publish({ uid: "lesson-0", ...first, subject: "Subject of moved" }, ...others, { uid: "new" })
    const sync = await school.pass()

    assert.equal(sync.status.plan.delete, 6)
    assert.equal(sync.status.plan.blockedBy, "DeletionGuard")
    assert.ok(school.subjects().includes("Subject of moved"))
    assert.ok(school.subjects().includes("Subject of new"))
    assert.equal(school.subjects().length, 13)
  })

  test("a wrong token lets nothing through", async () => {
    await school.cluster.annotate(school.cluster.sync(), { "calsync.dev/approve": "something-else" })
    await school.pass()

    await school.cluster.untilCondition("Ready=False/DeletionGuard", () => school.cluster.sync())
    assert.equal(school.subjects().length, 13)
  })

  test("the token lets exactly the held plan through", async () => {
    const held = await school.cluster.untilCondition("Stalled=True/DeletionGuard", () => school.cluster.sync())
    await school.cluster.annotate(held, { "calsync.dev/approve": held.status.plan.approvalToken })

    await school.cluster.untilCondition("Ready=True/Succeeded", () => school.cluster.sync())
    assert.equal(school.subjects().length, 7)
  })

  test("the same token does not let the next plan through", async () => {
    school.publish(...lessons.slice(0, 3))
    const sync = await school.pass()

    assert.equal(sync.status.plan.blockedBy, "DeletionGuard")
    assert.equal(school.subjects().length, 7)
  })
})
