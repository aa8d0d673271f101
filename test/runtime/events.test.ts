import assert from "node:assert/strict"
import { afterEach, beforeEach, test } from "node:test"
import { EventWriter, type ObjectEvent } from "../../operator/runtime/events.ts"
import { KubeClient } from "../../operator/runtime/kube-client.ts"
import { silentLog } from "../../operator/runtime/log.ts"
import { createMetrics } from "../../operator/runtime/metrics.ts"
import { ApiStub, statusReply } from "./api-stub.ts"
import { widget } from "./builders.ts"
import { eventually, settle, VirtualClock } from "./virtual-clock.ts"

const never = new AbortController().signal
const failed: ObjectEvent = { type: "Warning", reason: "SyncFailed", action: "Sync", note: "The sync failed." }

let api: ApiStub
let clock: VirtualClock
let client: KubeClient
let writer: EventWriter
let metrics: ReturnType<typeof createMetrics>

beforeEach(async () => {
  api = await new ApiStub().listen()
  clock = new VirtualClock()
  client = new KubeClient({ kubeConfig: api.kubeConfig(), clock })
  metrics = createMetrics()
  const reporting = { reportingController: "test.dev/operator", reportingInstance: "pod-1" }
  writer = new EventWriter({ client, clock, log: silentLog, metrics: metrics.events, ...reporting })
})

afterEach(async () => {
  await writer.close(never)
  await client.close()
  await api.close()
})

const created = (count: number) => eventually(() => api.count("create") === count, `${count} Events`)
const dropped = async () => Number((await metrics.registry.metrics()).match(/dropped_total\{.*\} (\d+)/)?.[1] ?? 0)

test("an Event says what happened to which object, as events.k8s.io/v1 asks", async () => {
  writer.record(widget("w", { namespace: "ns" }), failed)
  await created(1)
  const body = api.requests[0]?.body ?? {}
  assert.equal(api.requests[0]?.path, "/apis/events.k8s.io/v1/namespaces/ns/events")
  assert.deepEqual(body["regarding"], {
    apiVersion: "test.dev/v1",
    kind: "Widget",
    name: "w",
    namespace: "ns",
    uid: "uid-w",
    resourceVersion: "1",
  })
  assert.match(String(body["eventTime"]), /\.\d{6}Z$/)
  for (const field of ["type", "reason", "action", "note"] as const) assert.equal(body[field], failed[field])
  assert.deepEqual([body["reportingController"], body["reportingInstance"]], ["test.dev/operator", "pod-1"])
})

test("the same again becomes a series: told at once, then once a minute with the count", async () => {
  for (let i = 0; i < 10; i++) writer.record(widget("w"), failed)
  await eventually(() => api.count("patch") === 1)
  await clock.advance(60_000)
  await eventually(() => api.count("patch") === 2)
  assert.equal(api.count("create"), 1)
  const series = api.requests.filter(({ verb }) => verb === "patch").map(({ body }) => body["series"])
  assert.deepEqual(
    series.map(one => (one as { count: number }).count),
    [2, 10],
  )
  assert.match((series[0] as { lastObservedTime: string }).lastObservedTime, /\.\d{6}Z$/)
})

test("another reason, another object, and the same after six quiet minutes begin anew", async () => {
  writer.record(widget("w"), failed)
  writer.record(widget("w"), { ...failed, reason: "Other" })
  writer.record(widget("v"), failed)
  await created(3)
  await clock.advance(6 * 60_000)
  writer.record(widget("w"), failed)
  await created(4)
})

test("one object cannot flood: 25 at once, then one in five minutes; another object is not held back", async () => {
  for (let i = 0; i < 40; i++) writer.record(widget("w"), { ...failed, reason: `Reason${i}` })
  writer.record(widget("quiet"), failed)
  await created(26)
  assert.equal(await dropped(), 15)
  await clock.advance(5 * 60_000)
  writer.record(widget("w"), { ...failed, reason: "Later1" })
  writer.record(widget("w"), { ...failed, reason: "Later2" })
  await created(27)
})

test("a server that refuses or is silent costs the Event, nothing else", async () => {
  api.rule = () => statusReply(403, "Forbidden")
  writer.record(widget("w"), failed)
  await created(1)
  api.rule = () => "silence"
  writer.record(widget("v"), failed)
  await created(2)
  await clock.advance(10_000)
  await settle(10)
  api.rule = () => undefined
  writer.record(widget("u"), failed)
  await created(3)
  assert.equal(await dropped(), 2)
})

test("an Event that Kubernetes forgot meanwhile is begun anew with the next one", async () => {
  writer.record(widget("w"), failed)
  await created(1)
  api.script("patch", statusReply(404, "NotFound"))
  writer.record(widget("w"), failed)
  await eventually(() => api.count("patch") === 1)
  await settle(20)
  writer.record(widget("w"), failed)
  await created(2)
})

test("closing writes the counts that are pending, leaves no timer and takes nothing more", async () => {
  for (let i = 0; i < 5; i++) writer.record(widget("w"), failed)
  await writer.close(never)
  writer.record(widget("v"), failed)
  assert.equal(api.count("create"), 1)
  const last = api.requests.at(-1)?.body["series"]
  assert.equal((last as { count: number }).count, 5)
  assert.equal(clock.pending, 0)
})

test("texts longer than the API takes are cut", async () => {
  writer.record(widget("w"), { ...failed, note: "x".repeat(5_000) })
  await created(1)
  assert.equal(String(api.requests[0]?.body["note"]).length, 1024)
})
