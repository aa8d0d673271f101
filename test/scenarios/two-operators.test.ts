import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { onBothBackends } from "../world/both-backends.ts"
import type { Cluster } from "../world/cluster.ts"
import { manyEvents } from "../world/feed-text.ts"
import { applySchool, openSchool, passOf, type School } from "../world/school.ts"

onBothBackends(({ backend }) => {
  const lessons = manyEvents(5, "lesson")
  const [, ...later] = lessons
  const moved = { uid: "lesson-0", subject: "Subject of another hour", day: 9 }
  const sameId = { "installation-id": "shared" }

  let school: School
  let other: Cluster
  before(async () => {
    school = await openSchool({ backend, events: lessons })
    await school.cluster.startOperator(sameId)
    await school.cluster.untilCondition("Ready=True/Succeeded", () => school.cluster.sync())
    other = await school.addCluster()
    applySchool(school, other)
  })
  after(() => school.close())

  /** Marks and status tell times in seconds; what happens within one is not told apart. */
  async function nextSecond(): Promise<void> {
    await pause(1_001 - (Temporal.Now.instant().epochMilliseconds % 1_000))
  }

  test("a second live operator with the same id makes the first one stop, and say so", async () => {
    await other.startOperator(sameId)
    await other.untilCondition("Ready=True/Succeeded", () => other.sync())
    await nextSecond()
    school.publish(moved, ...later)
    await passOf(other)
    const written = school.exchange.admin.events("anna@contoso.com")

    await school.cluster.request(school.cluster.sync())
    await school.cluster.untilCondition("Stalled=True/OwnershipConflict", () => school.cluster.sync())

    assert.deepEqual(school.exchange.admin.events("anna@contoso.com"), written)
  })

  test("when the other one has ended, its token lets the first go on", async () => {
    await other.stopOperators()
    const held = await school.cluster.untilCondition("Ready=False/OwnershipConflict", () => school.cluster.sync())
    await school.cluster.annotate(held, { "calsync.dev/approve": held.status.plan.approvalToken })

    await school.cluster.untilCondition("Ready=True/Succeeded", () => school.cluster.sync())
    assert.equal(school.subjects().length, 5)
  })

  test("copies of an installation that is named in takeOver become this one's, and are not made twice", async () => {
    await school.cluster.stopOperators()
    const heir = await school.addCluster()
    applySchool(school, heir)
    heir.apply(school.anotherConnection({ takeOver: ["shared"] }))
    await heir.startOperator({ "installation-id": "heir" })

    const sync = await heir.untilCondition("Ready=True/Succeeded", () => heir.sync())
    assert.equal(sync.status.lastPass.adopted, 5)
    assert.equal(school.subjects().length, 5)

    school.publish(...later)
    await passOf(heir)
    await heir.until("the lesson is gone", () => school.subjects().length === 4)
  })
})
