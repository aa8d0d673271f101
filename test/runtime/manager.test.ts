import assert from "node:assert/strict"
import { afterEach, beforeEach, test } from "node:test"
import { request } from "undici"
import type { ControllerOptions } from "../../operator/runtime/controller.ts"
import { NotLeaderError } from "../../operator/runtime/fence.ts"
import { KubeClient } from "../../operator/runtime/kube-client.ts"
import { LeaseLostError } from "../../operator/runtime/leader-election.ts"
import { silentLog } from "../../operator/runtime/log.ts"
import { Manager, type ManagerOptions } from "../../operator/runtime/manager.ts"
import type { ResourceKind } from "../../operator/runtime/objects.ts"
import { changedForUs } from "../../operator/runtime/predicates.ts"
import { patchStatus } from "../../operator/runtime/status.ts"
import { ApiStub, statusReply } from "./api-stub.ts"
import { type Widget, widget, widgetKind } from "./builders.ts"
import { eventually, settle, VirtualClock } from "./virtual-clock.ts"

const secretKind: ResourceKind = { group: "", version: "v1", plural: "secrets", kind: "Secret" }
const leasePath = "/apis/coordination.k8s.io/v1/namespaces/ops/leases/lead"

let api: ApiStub
let ends: (() => Promise<void>)[]

beforeEach(async () => {
  api = await new ApiStub().listen()
  ends = []
})

afterEach(async () => {
  for (const end of ends) await end()
  await api.close()
})

/** A manager with its own connections, stopped after the test at the latest. */
function makeManager(options: Partial<ManagerOptions> = {}) {
  const clock = new VirtualClock()
  const client = new KubeClient({ kubeConfig: api.kubeConfig(), clock })
  const manager = new Manager({
    client,
    clock,
    log: silentLog,
    identity: "pod",
    reportingController: "test.dev/operator",
    metricsPrefix: "test_",
    probes: { host: "127.0.0.1", port: 0 },
    ...options,
  })
  const stop = new AbortController()
  let run: Promise<unknown> = Promise.resolve()
  const start = () => {
    run = manager.start(stop.signal).catch((error: unknown) => error)
  }
  /** Aborts and lets virtual time pass until everything has ended. */
  const end = async () => {
    stop.abort(new Error("SIGTERM"))
    let ended = false
    const ending = run.finally(() => {
      ended = true
    })
    while (!ended) {
      await clock.advance(500)
      await settle(20)
    }
    await client.close()
    return ending
  }
  ends.push(async () => {
    await end()
  })
  return { clock, client, manager, stop, start, end, outcome: () => run }
}

function controllerOf(reconcile: ControllerOptions["reconcile"]): ControllerOptions {
  return { name: "widgets", concurrency: 2, reconcile, classify: () => ({ kind: "bug" }) }
}

async function probe(manager: Manager, path: string): Promise<{ readonly code: number; readonly text: string }> {
  const { statusCode, body } = await request(`http://127.0.0.1:${manager.probePort}${path}`)
  return { code: statusCode, text: await body.text() }
}

const leader = { leaderElection: { namespace: "ops", name: "lead" } }

async function passing(clock: VirtualClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 250) {
    await clock.advance(Math.min(250, left))
    await settle(15)
  }
}

test("from a change to a status: one write, and then an idle object costs no write for a day", async () => {
  const { clock, client, manager, start, stop } = makeManager()
  const cache = manager.cache<Widget>(widgetKind)
  const controller = manager.controller(
    controllerOf(async (key, { signal }) => {
      const object = cache.get(key)
      if (object === undefined) return undefined
      await patchStatus(
        { client, kind: widgetKind, object, next: { phase: "Done", count: object.spec.size }, clock },
        signal,
      )
      return { requeueAfterMs: 600_000 }
    }),
  )
  cache.onChange((before, after) => {
    if (changedForUs(before, after)) controller.enqueue(`default/${(after ?? before)?.metadata.name}`)
  })
  start()
  await eventually(() => api.openWatches.length === 1)

  api.put(widget("a"))
  await eventually(() => cache.get("default/a")?.status?.phase === "Done")
  assert.equal(api.writes, 1)
  for (let hour = 0; hour < 24; hour++) {
    await clock.advance(3_600_000)
    await settle(20)
  }
  assert.equal(api.writes, 1)

  api.put({
    ...api.object("/apis/test.dev/v1/namespaces/default/widgets/a"),
    spec: { size: 7 },
    metadata: { ...widget("a", { generation: 2 }).metadata },
  })
  await passing(clock, 2_000)
  await eventually(() => cache.get("default/a")?.status?.count === 7)
  assert.equal(api.writes, 2)
  stop.abort()
})

test("workers begin only when everything was listed", async () => {
  api.script("list", "silence")
  const { manager, start } = makeManager()
  manager.cache<Widget>(widgetKind)
  const seen: string[] = []
  manager
    .controller(
      controllerOf(async key => {
        seen.push(key)
        return undefined
      }),
    )
    .enqueue("a")
  start()
  await eventually(() => api.count("list") === 1)
  await settle(20)
  assert.deepEqual(seen, [])
})

test("a standby lists and watches but does not work, may not write, and is ready", async () => {
  const first = makeManager({ ...leader, identity: "one" })
  first.manager.cache<Widget>(widgetKind)
  first.start()
  await eventually(() => first.manager.isLeader)
  const second = makeManager({ ...leader, identity: "two" })
  const cache = second.manager.cache<Widget>(widgetKind)
  const seen: string[] = []
  const controller = second.manager.controller(
    controllerOf(async key => {
      seen.push(key)
      return undefined
    }),
  )
  second.start()
  await eventually(() => api.openWatches.length === 2)
  api.put(widget("a"))
  await eventually(() => cache.get("default/a") !== undefined)
  controller.enqueue("default/a")
  await settle(20)

  assert.equal(second.manager.isLeader, false)
  assert.throws(() => second.manager.mayWrite(), NotLeaderError)
  assert.doesNotThrow(() => first.manager.mayWrite())
  assert.deepEqual(seen, [])
  assert.equal((await probe(second.manager, "/readyz")).code, 200)

  await first.end()
  await passing(second.clock, 3_000)
  await eventually(() => seen.length === 1, "the standby to take over and work what it kept")
})

test("SIGTERM in mid-apply: what is under way ends and may write, then Events, then the lease is free", async () => {
  const { clock, client, manager, start, end, stop } = makeManager(leader)
  const cache = manager.cache<Widget>(widgetKind)
  api.put(widget("a"))
  api.put(widget("b"))
  const wrote: string[] = []
  const controller = manager.controller({
    ...controllerOf(async (key, { signal }) => {
      await new Promise<void>(resolve => clock.setTimeout(resolve, 20_000))
      manager.mayWrite()
      const object = cache.get(key)
      assert.ok(object)
      await patchStatus({ client, kind: widgetKind, object, next: { phase: "Done" }, clock }, signal)
      manager.recorder.record(object, { type: "Normal", reason: "Done", action: "Finish", note: "Done." })
      wrote.push(key)
      return undefined
    }),
    concurrency: 1,
  })
  start()
  await eventually(() => manager.isLeader)
  controller.enqueue("default/a")
  controller.enqueue("default/b")
  await passing(clock, 1_000)

  stop.abort(new Error("SIGTERM"))
  await passing(clock, 25_000)
  await end()

  assert.deepEqual(wrote, ["default/a"], "the one under way, and no other")
  const writes = api.requests.filter(({ method }) => method !== "GET")
  const last = writes.at(-1)
  assert.equal(last?.path, leasePath)
  assert.deepEqual({ ...(api.object(leasePath)?.["spec"] ?? {}), holderIdentity: "" }, api.object(leasePath)?.["spec"])
  const eventAt = writes.findIndex(({ path }) => path.includes("/events"))
  assert.ok(eventAt > writes.findIndex(({ path }) => path.endsWith("/status")) && eventAt < writes.length - 1)
})

test("a reconcile that does not end within the drain is aborted and the process ends nevertheless", async () => {
  const { clock, manager, start, end, stop } = makeManager({ drainMs: 30_000 })
  let aborted = false
  const controller = manager.controller(
    controllerOf((_, { signal }) => {
      return new Promise((_, reject) =>
        signal.addEventListener("abort", () => {
          aborted = true
          reject(signal.reason)
        }),
      )
    }),
  )
  start()
  controller.enqueue("a")
  await settle(20)
  stop.abort(new Error("SIGTERM"))
  await clock.advance(29_000)
  assert.equal(aborted, false)
  await clock.advance(2_000)
  assert.equal(aborted, true)
  await end()
})

test("a lost lease aborts the work under way and ends the manager with LeaseLostError", async () => {
  const { clock, manager, start, outcome } = makeManager(leader)
  let reason: unknown
  const controller = manager.controller(
    controllerOf((_, { signal }) => {
      return new Promise((_, reject) =>
        signal.addEventListener("abort", () => {
          reason = signal.reason
          reject(signal.reason)
        }),
      )
    }),
  )
  start()
  await eventually(() => manager.isLeader)
  controller.enqueue("a")
  await settle(20)
  api.rule = ({ path }) => (path.includes("leases") ? statusReply(500, "InternalError") : undefined)
  await passing(clock, 20_000)
  assert.ok(reason instanceof LeaseLostError)
  assert.ok((await outcome()) instanceof LeaseLostError)
  assert.throws(() => manager.mayWrite(), NotLeaderError)
})

test("without leader election a single process always leads", async () => {
  const { manager, start } = makeManager()
  start()
  await eventually(() => manager.isLeader)
  assert.doesNotThrow(() => manager.mayWrite())
})

test("stopped, nothing is left: no timer, no connection, no server", async () => {
  const { clock, manager, start, end } = makeManager(leader)
  manager.cache<Widget>(widgetKind, { namespaces: ["n1", "n2"] })
  manager.watchObject(secretKind, { namespace: "n1", name: "s" }, { metadataOnly: true }, () => undefined)
  manager.controller(controllerOf(async () => ({ requeueAfterMs: 1_000 }))).enqueue("a")
  start()
  await eventually(() => manager.isLeader && api.openWatches.length === 3)
  assert.equal((await probe(manager, "/livez")).code, 200)

  await end()

  assert.equal(clock.pending, 0)
  await eventually(() => api.sockets === 0, "all connections to end")
  await assert.rejects(probe(manager, "/livez"))
})

test("the same cache asked for twice is one watch, with the indexes of both", async () => {
  const { manager, start } = makeManager()
  const one = manager.cache<Widget>(widgetKind, { indexes: { size: ({ spec }) => [`${spec.size}`] } })
  const two = manager.cache<Widget>(widgetKind, { indexes: { uid: ({ metadata }) => [metadata.uid] } })
  api.put(widget("a"))
  start()
  await eventually(() => one.synced && api.openWatches.length > 0)
  assert.equal(one.byIndex("uid", "uid-a").length + two.byIndex("size", "1").length, 2)
  assert.equal(api.count("list"), 1)
})

test("an object watched by name: only it is asked for, only its metadata, by one watch for all who hold it", async () => {
  const { manager, start } = makeManager()
  start()
  await eventually(() => manager.isLeader)
  const told: string[] = []
  const ref = { namespace: "default", name: "s" }
  const hold = (who: string) =>
    manager.watchObject(widgetKind, ref, { metadataOnly: true }, (_, after) =>
      told.push(`${who} ${after === undefined ? "gone" : "there"}`),
    )
  const [first, second] = [hold("first"), hold("second")]
  await eventually(() => first.synced && api.openWatches.length === 1)
  assert.equal(first.current, undefined)
  assert.equal(api.count("list"), 1)
  const { query, headers } = api.lastWatch.request
  assert.equal(query.get("fieldSelector"), "metadata.name=s")
  assert.match(headers.accept ?? "", /PartialObjectMetadata;/)

  api.put(widget("s"))
  await eventually(() => second.current !== undefined)
  first.close()
  first.close()
  await settle(20)
  assert.equal(api.openWatches.length, 1, "the second still holds it")
  api.remove("/apis/test.dev/v1/namespaces/default/widgets/s")
  await eventually(() => second.current === undefined)
  second.close()
  await eventually(() => api.openWatches.length === 0)
  assert.deepEqual(told, ["first there", "second there", "second gone"])
})

test("readiness names what is not listed, and what may be listed but not watched", async () => {
  const { clock, manager, start } = makeManager()
  manager.cache<Widget>(widgetKind)
  api.script("list", statusReply(500, "InternalError"))
  api.rule = ({ query }) => (query.get("watch") === "true" ? statusReply(403, "Forbidden") : undefined)
  start()
  await eventually(() => manager.probePort !== undefined && api.count("list") === 1)
  const before = await probe(manager, "/readyz")
  assert.equal(before.code, 503)
  assert.match(before.text, /\[-\]caches widgets\.test\.dev not listed yet/)

  await passing(clock, 2_000)
  await eventually(() => api.count("watch") > 0)
  await settle(10)
  const after = await probe(manager, "/readyz")
  assert.equal(after.code, 503)
  assert.match(after.text, /\[\+\]caches ok\n\[-\]permissions watch of widgets\.test\.dev denied/)
  assert.equal((await probe(manager, "/livez")).code, 200, "no reason to be killed")
})

test("liveness fails for a reconcile that does not end, and says which", async () => {
  const { clock, manager, start } = makeManager()
  let release: () => void = () => undefined
  const stuck = new Promise<void>(resolve => {
    release = resolve
  })
  const options = controllerOf(async () => {
    await stuck
    return undefined
  })
  manager.controller({ ...options, timeoutMs: 10_000 }).enqueue("a")
  start()
  await eventually(() => manager.isLeader)
  await settle(10)
  await clock.advance(60_000)
  assert.equal((await probe(manager, "/livez")).code, 200)
  await clock.advance(20_000)
  const { code, text } = await probe(manager, "/livez")
  assert.equal(code, 503)
  assert.match(text, /reconciles widgets does not end/)
  release()
})

test("an API server that is away for an hour is no reason to be killed", async () => {
  const { clock, manager, start } = makeManager()
  manager.cache<Widget>(widgetKind)
  start()
  await eventually(() => api.openWatches.length === 1)
  api.rule = () => "reset"
  api.lastWatch.reset()
  for (let minute = 0; minute < 60; minute++) {
    await passing(clock, 10_000)
    assert.equal((await probe(manager, "/livez")).code, 200)
  }
})

test("the metrics carry controller-runtime's names, ours the prefix, and the process itself is there", async () => {
  const { manager, start } = makeManager(leader)
  manager.cache<Widget>(widgetKind)
  manager.controller(controllerOf(async () => undefined)).enqueue("a")
  start()
  await eventually(() => manager.isLeader)
  await settle(20)
  const { code, text } = await probe(manager, "/metrics")
  assert.equal(code, 200)
  for (const line of [
    'controller_runtime_reconcile_total{controller="widgets",result="success"} 1',
    'controller_runtime_max_concurrent_reconciles{controller="widgets"} 2',
    'controller_runtime_active_workers{controller="widgets"} 0',
    'workqueue_depth{name="widgets"} 0',
    'leader_election_master_status{name="lead"} 1',
    'test_informer_synced{resource="widgets.test.dev"} 1',
    'test_informer_relists_total{resource="widgets.test.dev"} 1',
  ])
    assert.ok(text.includes(`${line}\n`), `${line} is missing`)
  assert.match(text, /^rest_client_requests_total\{method="GET",code="200"\} \d/m)
  assert.match(text, /^nodejs_eventloop_lag_seconds /m)
  assert.match(text, /^nodejs_heap_size_used_bytes /m)
})

test("the probe server knows three addresses and says ok in short and in full", async () => {
  const { manager, start } = makeManager()
  start()
  await eventually(() => manager.isLeader)
  assert.equal((await probe(manager, "/livez")).text, "ok\n")
  assert.match((await probe(manager, "/livez?verbose")).text, /^\[\+\]event-loop ok\n.*check passed\n$/s)
  assert.equal((await probe(manager, "/other")).code, 404)
})
