import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { condition } from "../world/cluster.ts"
import { fastForward } from "../world/fast-forward.ts"
import { manyEvents } from "../world/feed-text.ts"
import { connection, policy } from "../world/manifests.ts"
import { openSchool, type School } from "../world/school.ts"
import { ShiftingClock } from "../world/shifting-clock.ts"

const limitMs = 100_000
const quick = { concurrencyPerMailbox: 16, requestsPerSecond: 1000 }
let school: School
before(async () => {
  school = await openSchool({
    events: manyEvents(10_000),
    policy: { window: { past: "1d", future: "600d" } },
    switches: { throttling: false },
  })
  school.cluster.apply(connection(school.exchange.url, { limits: quick }))
  await school.cluster.startOperator()
})
after(() => school.close())

const summary = () => school.cluster.sync()?.status?.events?.summary

test("ten thousand events of one feed come into a mailbox, the nearest first, and it is told how far it is", async () => {
  const told = await school.cluster.until("it is told", () => school.cluster.sync()?.status?.initialSync, limitMs)
  assert.equal(told.total, 10_000)
  await school.cluster.untilCondition("Ready=Unknown/Progressing", () => school.cluster.sync())
  assert.ok(school.subjects().includes("Subject of event-0"))

  await school.cluster.until("all are there", () => summary() === "10000/10000", limitMs)
  assert.equal(school.subjects().length, 10_000)
  assert.equal(school.cluster.sync()?.status.initialSync, undefined)
})

test("a second look at them writes none", async () => {
  const again = await school.pass()
  assert.equal(again.status.events.summary, "10000/10000")
  assert.equal(school.exchange.admin.counters().operations["events.create"], 10_000)
})

test("a full pass that has much to do says that it is one, while the mailbox stays Ready", async t => {
  const clock = new ShiftingClock()
  const slow = await openSchool({ events: manyEvents(240), clock })
  t.after(() => slow.close())
  const { cluster, exchange } = slow
  cluster.apply(connection(exchange.url, { limits: quick }))
  await cluster.startOperator()
  await cluster.untilCondition("Ready=True/Succeeded", () => cluster.sync())
  cluster.apply(policy({ suspend: true }))
  await cluster.untilCondition("Ready=True/Suspended", () => cluster.sync())
  exchange.admin.setLatency(5)
  await cluster.annotate(cluster.sync(), { "calsync.dev/fullResyncAt": "now" })
  cluster.apply(policy({ suspend: false, appearance: { showAs: "Tentative" } }))

  const telling = () => cluster.untilCondition("Reconciling=True/FullResync", () => cluster.sync())
  const sync = await fastForward(clock, telling)
  assert.equal(condition(sync, "Ready")?.status, "True")
  const done = await cluster.untilCondition("!Reconciling", () => cluster.sync())
  assert.deepEqual([done.status.lastPass.kind, done.status.lastPass.updated], ["Full", 240])
})
