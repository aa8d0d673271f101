import assert from "node:assert/strict"
import { afterEach, test } from "node:test"
import { onBothBackends } from "../world/both-backends.ts"
import { condition } from "../world/cluster.ts"
import { inDays, policy } from "../world/manifests.ts"
import { openSchool, type School, type SchoolOptions, startSchool } from "../world/school.ts"

onBothBackends(({ backend, operations, perRequest }) => {
  const anna = "anna@contoso.com"
  let school: School | undefined
  afterEach(async () => {
    await school?.close()
    school = undefined
  })

  async function open(options: SchoolOptions = {}): Promise<School> {
    school = await openSchool({ backend, events: [{ uid: "one" }, { uid: "two", day: 2 }], ...options })
    return school
  }

  /** As somebody entered it by hand: the same as the feed's first event. */
  function enterByHand({ exchange }: School, subject = "Subject of one"): string {
    const at = (hour: string) => ({ dateTime: `${inDays(1)}T${hour}:00:00`, timeZone: "Europe/Copenhagen" })
    return exchange.admin.createEvent(anna, { subject, start: at("10"), end: at("11") })
  }

  test("the first sync adopts an event that somebody entered already, instead of doubling it", async () => {
    const { cluster, exchange, subjects, ...world } = await open()
    const byHand = enterByHand({ cluster, exchange, subjects, ...world })
    await cluster.startOperator()
    const sync = await cluster.untilCondition("Ready=True/Succeeded", () => cluster.sync())

    assert.deepEqual([sync.status.lastPass.adopted, sync.status.lastPass.created], [1, 1])
    assert.deepEqual(subjects(), ["Subject of one", "Subject of two"])
    assert.ok(exchange.admin.events(anna).some(({ id }) => id === byHand))
  })

  test("only the first sync does: what is entered later is somebody's own", async () => {
    const world = await open({ events: [{ uid: "two", day: 2 }] })
    await world.cluster.startOperator()
    await world.cluster.untilCondition("Ready=True/Succeeded", () => world.cluster.sync())
    enterByHand(world)
    world.publish({ uid: "one" }, { uid: "two", day: 2 })
    await world.pass()
    await world.cluster.until("it is there twice", () => world.subjects().length === 3)
  })

  test("two that could be meant are in doubt, and in doubt nothing is merged", async () => {
    const world = await open()
    enterByHand(world)
    enterByHand(world)
    await world.cluster.startOperator()
    const sync = await world.cluster.untilCondition("Ready=True/Succeeded", () => world.cluster.sync())
    assert.equal(sync.status.lastPass.adopted, 0)
    assert.equal(world.subjects().length, 4)
  })

  test("requireApproval: nothing is written before somebody approved the plan that was shown", async () => {
    const world = await open({ policy: { firstSync: { requireApproval: true } } })
    const { cluster, subjects } = world
    await cluster.startOperator()
    const held = await cluster.untilCondition("Stalled=True/ApprovalRequired", () => cluster.sync())
    assert.deepEqual([held.status.plan.create, held.status.plan.blockedBy], [2, "ApprovalRequired"])
    assert.equal(subjects().length, 0)

    world.publish({ uid: "one" }, { uid: "two", day: 2 }, { uid: "three" })
    const changed = await world.pass()
    await cluster.annotate(changed, { "calsync.dev/approve": held.status.plan.approvalToken })
    await world.pass()
    assert.equal(changed.status.plan.create, 3)
    assert.equal(subjects().length, 0)

    await cluster.annotate(changed, { "calsync.dev/approve": changed.status.plan.approvalToken })
    await cluster.untilCondition("Ready=True/Succeeded", () => cluster.sync())
    assert.equal(subjects().length, 3)
  })

  test("ObserveOnly shows the plan and writes nothing; UpsertOnly deletes nothing; CreateOnly changes nothing", async () => {
    const world = await open({ policy: { management: "ObserveOnly" } })
    const { cluster, subjects, exchange } = world
    const manage = async (management: "ObserveOnly" | "UpsertOnly" | "CreateOnly") => {
      cluster.apply(policy({ management }))
      await world.pass()
      return await world.pass()
    }
    await cluster.startOperator()
    const observing = await cluster.untilCondition("Synced=True/ObserveOnly", () => cluster.sync())
    assert.deepEqual([observing.status.plan.create, observing.status.plan.blockedBy], [2, "ObserveOnly"])
    assert.equal(condition(observing, "Ready")?.status, "True")
    assert.equal(exchange.admin.counters().operations[operations.create], undefined)

    await manage("CreateOnly")
    assert.equal(subjects().length, 2)
    world.publish({ uid: "one", subject: "Subject of change" })
    const creating = await manage("CreateOnly")
    assert.deepEqual([creating.status.plan.update, creating.status.plan.delete], [1, 1])
    assert.deepEqual(subjects(), ["Subject of one", "Subject of two"])

    const upserting = await manage("UpsertOnly")
    assert.deepEqual([upserting.status.plan.delete, upserting.status.plan.blockedBy], [1, "UpsertOnly"])
    assert.deepEqual(subjects(), ["Subject of change", "Subject of two"])
  })

  test("a changed appearance changes the copies, each in one write", async () => {
    const world = await startSchool({ backend, events: [{ uid: "one" }, { uid: "two", day: 2 }] })
    school = world
    world.cluster.apply(policy({ appearance: { hideSubject: "Busy", showAs: "Tentative" } }))
    await world.cluster.until("the subjects are hidden", () => world.subjects().every(subject => subject === "Busy"))
    const shown = world.exchange.admin.events(anna).map(event => event["showAs"])
    assert.deepEqual(shown, ["tentative", "tentative"])
    assert.equal(world.exchange.admin.counters().operations[operations.update], Math.ceil(2 / perRequest))
  })

  test("types that the policy leaves out are taken out of the mailbox", async () => {
    const world = await startSchool({
      backend,
      events: [
        { uid: "one", lines: ["CATEGORIES:exam"] },
        { uid: "two", day: 2 },
      ],
    })
    school = world
    world.cluster.apply(policy({ include: { when: 'event.categories.exists(name, name == "exam")' } }))
    await world.cluster.until("one is left", () => world.subjects().length === 1)
  })
})
