import assert from "node:assert/strict"
import { after, afterEach, before, test } from "node:test"
import { openSchool, type School } from "../world/school.ts"

const election = { "leader-election": "true", "lease-duration": "3s", "renew-deadline": "2s", "retry-period": "1s" }
let school: School
before(async () => {
  school = await openSchool({ events: [{ uid: "one" }] })
})
afterEach(async () => {
  school.cluster.kube.admin.faults.clear()
  await school.cluster.stopOperators()
})
after(() => school.close())

const isReady = async (port: number | undefined) => {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
  return answer?.ok === true
}

test("of two operators one works, and when it ends the other takes over at once", async () => {
  const first = await school.cluster.startOperator({ ...election, identity: "first" })
  await school.cluster.untilCondition("Ready=True/Succeeded", () => school.cluster.sync())
  await school.cluster.startOperator({ ...election, identity: "second" })
  await first.stop()

  school.publish({ uid: "one" }, { uid: "two" })
  await school.cluster.request(school.cluster.find("CalendarSource"))
  await school.cluster.until("the second works", () => school.subjects().length === 2)
})

test("a lease that is lost ends the operator, and it writes nothing any more", async () => {
  const operator = await school.cluster.startOperator({ ...election, identity: "cut-off" })
  await school.cluster.request(school.cluster.sync())
  const { kube } = school.cluster
  kube.admin.faults.add({ path: /\/leases\//, times: 1_000, action: { kind: "answer", status: 500 } })
  await assert.rejects(operator.finished, { name: "LeaseLostError" })

  const { operations } = school.exchange.admin.counters()
  kube.admin.requests.clear()
  school.publish({ uid: "one" })
  await school.cluster.annotate(school.cluster.sync(), { "calsync.dev/requestedAt": "late" })
  await new Promise(resolve => setTimeout(resolve, 300))
  assert.deepEqual(school.exchange.admin.counters().operations, operations)
  assert.deepEqual(
    kube.admin.requests.find({}).filter(({ user }) => user === "operator"),
    [],
  )
})

test("a stop lets the pass that is under way end, and releases the lease", async () => {
  school.publish({ uid: "one" })
  const operator = await school.cluster.startOperator({ ...election, identity: "leaving" })
  await school.cluster.request(school.cluster.find("CalendarSource"))
  await school.cluster.until("the mailbox follows", () => school.subjects().length === 1)
  school.exchange.admin.addFault({ kind: "slow", delayMs: 400, operation: "events.create" })
  school.publish({ uid: "one" }, { uid: "two" })
  await school.cluster.annotate(school.cluster.find("CalendarSource"), { "calsync.dev/requestedAt": "now" })
  await school.cluster.until(
    "the create is on its way",
    () => (school.exchange.admin.counters().operations["events.create"] ?? 0) >= 3,
  )
  await operator.stop()
  school.exchange.admin.clearFaults()

  assert.equal(school.subjects().length, 2)
  assert.equal(school.cluster.sync()?.status.events.summary, "2/2")
  const [lease] = school.cluster.kube.admin.stored("leases.coordination.k8s.io", "calsync-system")
  assert.equal(Object(lease?.["spec"]).holderIdentity, "")
})

test("an operator that leads says so on its probes, and one that waits is ready all the same", async () => {
  const first = await school.cluster.startOperator({ ...election, identity: "leader" })
  const second = await school.cluster.startOperator({ ...election, identity: "follower" })
  await school.cluster.until("both listen", () => first.probePort() !== undefined && second.probePort() !== undefined)
  const deadline = performance.now() + 10_000
  while (performance.now() < deadline && !((await isReady(first.probePort())) && (await isReady(second.probePort())))) {
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  assert.deepEqual([await isReady(first.probePort()), await isReady(second.probePort())], [true, true])
})
