import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { onBothBackends } from "../world/both-backends.ts"
import { condition, type Seen } from "../world/cluster.ts"
import { fastForward } from "../world/fast-forward.ts"
import { manyEvents } from "../world/feed-text.ts"
import { type School, startSchool } from "../world/school.ts"
import { ShiftingClock } from "../world/shifting-clock.ts"

/** Exchange, in trouble with an index or in the middle of a restore, answers that there is nothing. */

onBothBackends(({ backend, faults }) => {
  const clock = new ShiftingClock()
  const anna = "anna@contoso.com"
  let school: School
  before(async () => {
    school = await startSchool({ backend, events: manyEvents(30), clock })
  })
  after(() => school.close())

  function showNothing(): void {
    for (const fault of faults.nothingShown) school.exchange.admin.addFault(fault)
  }

  function fullPass(): Promise<Seen> {
    clock.advance({ seconds: 2 })
    return school.cluster.request(school.cluster.sync(), "fullResyncAt")
  }

  /** Time goes by until the second look has come, by itself, and all is well. */
  async function untilInSync(): Promise<Seen> {
    const wait = () => school.cluster.untilCondition("Synced=True/InSync", () => school.cluster.sync())
    return await fastForward(clock, wait, { seconds: 20 })
  }

  test("a mailbox whose list is empty for a while is not filled a second time", async () => {
    showNothing()
    const during = await fullPass()

    assert.equal(condition(during, "Synced")?.reason, "PartiallyApplied")
    assert.match(condition(during, "Synced")?.message ?? "", /^the mailbox shows none of the 30 copies that were there/)
    assert.equal(condition(during, "Ready")?.status, "True")
    assert.deepEqual([during.status.events.inSync, during.status.events.unseen], [0, 30])

    school.exchange.admin.clearFaults()
    const afterwards = await untilInSync()

    assert.deepEqual([afterwards.status.events.inSync, afterwards.status.events.unseen], [30, undefined])
    assert.equal(school.subjects().length, 30)
  })

  test("an operator restarted meanwhile knows that copies were there", async () => {
    showNothing()
    await fullPass()
    await school.cluster.stopOperators()

    await school.cluster.startOperator()
    const during = await school.cluster.request(school.cluster.sync())
    assert.deepEqual([during.status.events.unseen, school.subjects().length], [30, 30])

    school.exchange.admin.clearFaults()
    await untilInSync()
    assert.equal(school.subjects().length, 30)
  })

  test("copies somebody really deleted, all of them, are made again after the second look", async () => {
    for (const { id } of school.exchange.admin.events(anna)) school.exchange.admin.deleteEvent(anna, id)
    const during = await school.pass()
    assert.deepEqual([during.status.events.unseen, school.subjects().length], [30, 0])

    await untilInSync()

    assert.equal(school.subjects().length, 30)
  })
})
