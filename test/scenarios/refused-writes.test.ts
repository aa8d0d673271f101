import assert from "node:assert/strict"
import { after, afterEach, before, test } from "node:test"
import { onBothBackends } from "../world/both-backends.ts"
import { condition } from "../world/cluster.ts"
import { type School, startSchool } from "../world/school.ts"

/** Exchange takes some writes and refuses others. */

onBothBackends(({ backend, operations, faults }) => {
  const anna = "anna@contoso.com"
  let school: School
  before(async () => {
    school = await startSchool({ backend, events: [{ uid: "one" }] })
  })
  afterEach(() => school.exchange.admin.clearFaults())
  after(() => school.close())

  const reasonsOf = (failures: readonly { readonly reason: string }[]) => failures.map(({ reason }) => reason)

  test("an event that Exchange refuses is named by its key, and all others are written", async () => {
    const { exchange } = school
    exchange.admin.addFault(faults.oneRefused)
    school.publish({ uid: "one" }, { uid: "two" }, { uid: "three" })
    await school.cluster.request(school.cluster.find("CalendarSource"))
    await school.cluster.untilCondition("Synced=False/PartiallyApplied", () => school.cluster.sync())
    const { failures } = school.cluster.sync()?.status ?? {}
    assert.deepEqual(reasonsOf(failures), ["ApplyFailed"])
    assert.ok(["two", "three"].includes(failures[0].key))

    await school.pass()
    await school.cluster.until("it is written after all", () => school.subjects().length === 3)
  })

  test("when not one event can be written, that is ApplyFailed", async () => {
    const { exchange } = school
    school.publish()
    await school.pass()
    await school.cluster.until("the mailbox is empty", () => school.subjects().length === 0)
    exchange.admin.addFault({ ...faults.refused, operation: operations.create })
    school.publish({ uid: "one" })
    await school.pass()
    await school.cluster.untilCondition("Synced=False/ApplyFailed", () => school.cluster.sync())

    exchange.admin.clearFaults()
    const sync = await school.pass()
    assert.equal(condition(sync, "Synced")?.reason, "InSync")
  })

  test("somebody who keeps editing is left in peace until the next pass, which looks again", async () => {
    const { exchange } = school
    exchange.admin.addFault({ ...faults.changedMeanwhile, operation: operations.update, mailbox: anna })
    school.publish({ uid: "one", subject: "Subject of change" })
    await school.pass()
    const sync = await school.cluster.untilCondition("Synced=False", () => school.cluster.sync())
    assert.deepEqual(reasonsOf(sync.status.failures), ["ChangedMeanwhile"])

    exchange.admin.clearFaults()
    await school.pass()
    await school.cluster.until("it follows", () => school.subjects()[0] === "Subject of change")
  })
})
