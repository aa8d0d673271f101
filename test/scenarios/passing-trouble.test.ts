import assert from "node:assert/strict"
import { after, afterEach, before, test } from "node:test"
import { onBothBackends } from "../world/both-backends.ts"
import { condition, type Seen } from "../world/cluster.ts"
import { fastForward } from "../world/fast-forward.ts"
import { feedSource } from "../world/manifests.ts"
import { type School, startSchool } from "../world/school.ts"
import { ShiftingClock } from "../world/shifting-clock.ts"

onBothBackends(({ backend, faults }) => {
  const clock = new ShiftingClock()
  const anna = "anna@contoso.com"
  let school: School
  before(async () => {
    school = await startSchool({ backend, events: [{ uid: "one" }], clock })
  })
  afterEach(async () => {
    school.exchange.admin.clearFaults()
    clock.advance({ minutes: 5 })
    await school.cluster.untilCondition("Synced=True/InSync", () => school.cluster.sync())
    await school.cluster.untilCondition("Ready=True/Succeeded", () => school.cluster.sync())
  })
  after(() => school.close())

  /** A pass on a bad day takes its time: what failed is tried again within it. */
  function badPass(): Promise<Seen> {
    return fastForward(clock, () => school.cluster.request(school.cluster.sync()))
  }

  test("trouble that passes leaves Ready as it was, and is told by Synced and Reconciling at once", async () => {
    school.exchange.admin.addFault({ kind: "status", status: 503, mailbox: anna })
    const sync = await badPass()

    assert.equal(condition(sync, "Ready")?.status, "True")
    assert.equal(condition(sync, "Synced")?.reason, "Unreachable")
    assert.equal(condition(sync, "Reconciling")?.reason, "ProgressingWithRetry")
    assert.ok(sync.status.nextAttemptTime)
  })

  test("after the third failure in a row the mailbox is not Ready, and is tried again by itself", async () => {
    school.exchange.admin.addFault({ kind: "status", status: 503, mailbox: anna })
    const waiting = () => school.cluster.untilCondition("Ready=False/Unreachable", () => school.cluster.sync())
    await fastForward(clock, waiting, { seconds: 5 })
    assert.ok(school.cluster.sync()?.status.consecutiveFailures >= 3)
  })

  test("a mailbox that is throttled says so, and is left alone as long as Exchange asks for", async () => {
    school.exchange.admin.addFault({ ...faults.throttled(120), mailbox: anna })
    const sync = await school.cluster.request(school.cluster.sync())
    assert.equal(condition(sync, "Synced")?.reason, "Throttled")
    assert.equal(condition(sync, "Reconciling")?.reason, "Throttled")

    const { operations } = school.exchange.admin.counters()
    await school.cluster.request(school.cluster.sync())
    assert.deepEqual(school.exchange.admin.counters().operations, operations)
  })

  test("a source that fails for a moment stays Ready, and after the third time is so no more", async () => {
    const look = () => school.cluster.find("CalendarSource")
    school.feeds.set("school", { body: "busy", status: 503 })
    const first = await school.cluster.request(look())
    assert.equal(condition(first, "Ready")?.status, "True")
    assert.equal(condition(first, "SourceFetched")?.reason, "Unreachable")

    await fastForward(clock, () => school.cluster.untilCondition("Ready=False/Unreachable", look))

    school.publish({ uid: "one" })
    await school.cluster.request(look())
    await school.cluster.untilCondition("Ready=True/Succeeded", look)
  })

  test("a source that breaks off on the way is a partial read", async () => {
    school.feeds.set("broken", { body: "BEGIN:VCALENDAR", status: 206 })
    school.cluster.apply(feedSource({ url: `${school.feeds.url}/broken` }, {}, { name: "broken" }))
    await school.cluster.untilCondition("SourceFetched=False/PartialRead", () =>
      school.cluster.find("CalendarSource", "broken"),
    )
  })
})
