import assert from "node:assert/strict"
import { afterEach, test } from "node:test"
import { onBothBackends } from "../world/both-backends.ts"
import { manyEvents } from "../world/feed-text.ts"
import { applySchool, openSchool, type School, startSchool } from "../world/school.ts"

onBothBackends(({ backend, operations, perRequest, faults }) => {
  const installation = { "installation-id": "from-git" }
  let school: School | undefined
  afterEach(async () => {
    await school?.close()
    school = undefined
  })

  function creates(world: School): number {
    return world.exchange.admin.counters().operations[operations.create] ?? 0
  }

  test("an operator stopped and started again finds every copy and writes nothing", async () => {
    school = await startSchool({ backend, events: manyEvents(30) })
    await school.cluster.stopOperators()
    const { operations: before } = school.exchange.admin.counters()

    await school.cluster.startOperator()
    const sync = await school.pass()

    assert.deepEqual([sync.status.lastPass.created, sync.status.events.summary], [0, "30/30"])
    const { operations: after } = school.exchange.admin.counters()
    for (const write of [operations.create, operations.update, operations.remove])
      assert.equal(after[write], before[write])
  })

  test("a cluster rebuilt from Git, with the same installation id, creates nothing twice", async () => {
    school = await openSchool({ backend, events: manyEvents(30) })
    await school.cluster.startOperator(installation)
    await school.cluster.untilCondition("Ready=True/Succeeded", () => school?.cluster.sync())
    await school.cluster.stopOperators()
    const made = creates(school)

    const rebuilt = await school.addCluster()
    applySchool(school, rebuilt)
    await rebuilt.startOperator(installation)
    const sync = await rebuilt.untilCondition("Ready=True/Succeeded", () => rebuilt.sync())

    assert.equal(sync.status.events.summary, "30/30")
    assert.equal(creates(school), made)
    assert.equal(school.subjects().length, 30)
  })

  test("without a given id the new cluster is a stranger: it touches nothing of the old one's", async () => {
    school = await startSchool({ backend, events: manyEvents(3) })
    await school.cluster.stopOperators()
    const before = school.exchange.admin.events("anna@contoso.com")

    const stranger = await school.addCluster()
    applySchool(school, stranger, { policy: { firstSync: { matchExisting: false } } })
    await stranger.startOperator()
    await stranger.untilCondition("Ready=True/Succeeded", () => stranger.sync())

    const now = school.exchange.admin.events("anna@contoso.com")
    assert.equal(now.length, 6)
    for (const event of before)
      assert.deepEqual(
        now.find(({ id }) => id === event.id),
        event,
      )
  })

  /** Exchange is slow enough for the end to come in the middle of the first load. */
  const slow = { latencyMs: 20 }
  const many = backend === "graph" ? 120 : 400
  for (const killedAfter of [1, many / 2]) {
    test(`an operator killed after ${killedAfter} of ${many} creates leaves nothing that is made twice`, async () => {
      const world = await openSchool({ backend, events: manyEvents(many), ...slow })
      school = world
      const operator = await world.cluster.spawnOperator()
      await world.cluster.until("so many are created", () => creates(world) >= killedAfter / perRequest)
      await operator.kill()
      assert.ok(world.subjects().length < many, "it was killed in the middle")

      world.exchange.admin.setLatency(0)
      await world.cluster.startOperator()
      await world.cluster.untilCondition("Ready=True/Succeeded", () => world.cluster.sync())

      assert.equal(world.subjects().length, many)
      assert.equal(new Set(world.subjects()).size, many)
      assert.equal((await world.pass()).status.lastPass.created, 0)
    })
  }

  test("copies whose answers were lost with the operator are found, not made again", async () => {
    const world = await openSchool({ backend, events: manyEvents(10) })
    school = world
    world.exchange.admin.addFault(faults.answerIsLost)
    const operator = await world.cluster.spawnOperator()
    await world.cluster.until("copies are made, and nobody was told", () => world.subjects().length >= 9)
    await operator.kill()

    world.exchange.admin.clearFaults()
    await world.cluster.startOperator()
    await world.cluster.untilCondition("Ready=True/Succeeded", () => world.cluster.sync())

    assert.equal(world.subjects().length, 10)
  })
})
