import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { parseMark } from "../../operator/core/origin.ts"
import { onBothBackends } from "../world/both-backends.ts"
import { condition } from "../world/cluster.ts"
import { policy } from "../world/manifests.ts"
import { type School, startSchool } from "../world/school.ts"

/** What people do to copies in Outlook, and what becomes of it. */

onBothBackends(({ backend, operations }) => {
  const lessons = [{ uid: "one" }, { uid: "two", day: 2 }]
  const anna = "anna@contoso.com"
  let school: School
  before(async () => {
    school = await startSchool({ backend, events: lessons })
  })
  beforeEach(async () => {
    school.cluster.apply(policy({ drift: "Correct", onExchangeDelete: "Recreate" }))
    school.publish(...lessons)
    await school.pass()
    await school.cluster.untilCondition("Ready=True/Succeeded", () => school.cluster.sync())
  })
  after(() => school.close())

  const copy = (uid = "one") => {
    const found = school.exchange.admin.events(anna).find(({ subject }) => subject === `Subject of ${uid}`)
    assert.ok(found, `there is a copy of ${uid}`)
    return found
  }
  const request = () => school.cluster.request(school.cluster.sync())
  const startOf = (uid = "one") => JSON.stringify(copy(uid)["start"])

  test("Correct: a copy that was moved is put back, and that is told", async () => {
    const before = startOf()
    school.exchange.admin.moveEvent(anna, copy().id, { minutes: 90 })
    const sync = await request()

    assert.equal(condition(sync, "Drifted")?.reason, "DriftCorrected")
    assert.equal(sync.status.lastPass.restored, 1)
    assert.equal(startOf(), before)

    await request()
    assert.equal(condition(await request(), "Drifted"), undefined)
  })

  test("Warn: a copy that was moved stays, and that is told", async () => {
    school.cluster.apply(policy({ drift: "Warn" }))
    school.exchange.admin.moveEvent(anna, copy().id, { minutes: 90 })
    const moved = startOf()
    await request()

    await school.cluster.untilCondition("Drifted=True/DriftDetected", () => school.cluster.sync())
    await school.cluster.untilCondition("Ready=True/Succeeded", () => school.cluster.sync())
    assert.equal(startOf(), moved)
  })

  test("Ignore: a copy that was moved stays, without a word, until the source changes", async () => {
    school.cluster.apply(policy({ drift: "Ignore" }))
    school.exchange.admin.moveEvent(anna, copy().id, { minutes: 90 })
    const moved = startOf()
    await request()
    assert.equal(condition(await request(), "Drifted"), undefined)
    assert.equal(startOf(), moved)

    school.publish({ uid: "one", at: "0800" }, { uid: "two", day: 2 })
    await school.pass()
    await school.cluster.until("the copy follows", () => startOf() !== moved)
  })

  test("Recreate: a copy that was deleted comes back", async () => {
    school.exchange.admin.deleteEvent(anna, copy().id)
    await request()
    assert.deepEqual(school.subjects(), ["Subject of one", "Subject of two"])
  })

  test("a copy that somebody duplicated keeps its duplicate, which is theirs from then on", async () => {
    const duplicate = school.exchange.admin.copyEvent(anna, copy().id, { subject: "My own note" })
    await request()
    const theirs = school.exchange.admin.events(anna).find(({ id }) => id === duplicate)
    const marks = Object.values(theirs?.properties ?? {}).map(value => parseMark(`${value}`))
    assert.ok(marks.every(mark => mark === undefined))
    assert.deepEqual(school.subjects(), ["My own note", "Subject of one", "Subject of two"])

    school.publish({ uid: "two", day: 2 })
    await school.pass()
    await school.cluster.until("the copy goes", () => !school.subjects().includes("Subject of one"))
    assert.deepEqual(school.subjects(), ["My own note", "Subject of two"])
    school.exchange.admin.deleteEvent(anna, duplicate)
  })

  test("somebody's own events are never touched", async () => {
    const time = (hour: string) => ({ dateTime: `2027-01-05T${hour}:00:00`, timeZone: "UTC" })
    const id = school.exchange.admin.createEvent(anna, { subject: "Dentist", start: time("10"), end: time("11") })
    const before = school.exchange.admin.events(anna).find(event => event.id === id)
    await school.cluster.request(school.cluster.sync(), "fullResyncAt")
    assert.deepEqual(
      school.exchange.admin.events(anna).find(event => event.id === id),
      before,
    )
    school.exchange.admin.deleteEvent(anna, id)
  })

  test("an event that moves in the source is one write", async () => {
    school.publish({ uid: "one", at: "1400" }, { uid: "two", day: 2 })
    const { operations: before } = school.exchange.admin.counters()
    await school.pass()
    const { operations: after } = school.exchange.admin.counters()
    const grew = (name: string) => (after[name] ?? 0) - (before[name] ?? 0)
    assert.deepEqual([grew(operations.update), grew(operations.create), grew(operations.remove)], [1, 0, 0])
  })

  test("Respect: a copy that was deleted stays away, also after a restart, until the source changes it", async () => {
    school.cluster.apply(policy({ onExchangeDelete: "Respect" }))
    await request()
    school.exchange.admin.deleteEvent(anna, copy().id)
    await request()
    assert.deepEqual(school.subjects(), ["Subject of two"])

    await school.cluster.stopOperators()
    await school.cluster.startOperator()
    const sync = await school.pass()
    assert.deepEqual(school.subjects(), ["Subject of two"])
    assert.equal(condition(sync, "Ready")?.status, "True")
    assert.equal(sync.status.events.summary, "1/1")

    school.publish({ uid: "one", at: "1500" }, { uid: "two", day: 2 })
    await school.pass()
    await school.cluster.until("it is back", () => school.subjects().length === 2)
  })

  test("Respect: what is remembered is ids and hashes, owned by the sync", () => {
    const { name, uid } = school.cluster.sync()?.metadata ?? {}
    const record = school.cluster.find("ConfigMap", name)
    const { ownerReferences } = Object(record?.metadata)
    assert.equal(ownerReferences?.[0]?.uid, uid)
    assert.ok(!JSON.stringify(record).includes("Subject"))
  })
})
