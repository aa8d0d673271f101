import assert from "node:assert/strict"
import { afterEach, beforeEach, test } from "node:test"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { ObjectCache } from "../../operator/runtime/cache.ts"
import { KubeClient } from "../../operator/runtime/kube-client.ts"
import { silentLog } from "../../operator/runtime/log.ts"
import { createMetrics } from "../../operator/runtime/metrics.ts"
import { Reflector, type RestartReason } from "../../operator/runtime/reflector.ts"
import { ApiStub, gone, statusReply } from "./api-stub.ts"
import { type Widget, type WidgetIdea, widget, widgetKind } from "./builders.ts"
import { eventually, settle, VirtualClock } from "./virtual-clock.ts"

setFlagsFromString("--expose-gc")
const collectGarbage: () => void = runInNewContext("gc")

type Rig = Awaited<ReturnType<typeof startRig>>
let rig: Rig

beforeEach(async () => {
  rig = await startRig()
})

afterEach(() => rig.end())

/** A reflector against the stub, in virtual time, not yet running. */
async function startRig() {
  const api = await new ApiStub().listen()
  const clock = new VirtualClock()
  const client = new KubeClient({ kubeConfig: api.kubeConfig(), clock })
  const metrics = createMetrics()
  const changes: string[] = []
  let handlerErrors = 0
  const onHandlerError = () => {
    handlerErrors += 1
  }
  const cache = new ObjectCache<Widget>({ log: silentLog, onHandlerError })
  cache.onChange((before, after, { initial }) => {
    const { name, uid } = (after ?? before ?? widget("nothing")).metadata
    const what = before === undefined ? (initial ? "found" : "added") : after === undefined ? "removed" : "changed"
    changes.push(`${what} ${name}${uid === `uid-${name}` ? "" : ` ${uid}`}`)
  })
  const common = { client, clock, log: silentLog, metrics: metrics.informer, part: cache.openPart() }
  const reflector = new Reflector<Widget>({ ...common, kind: widgetKind, scope: {}, resource: "widgets.test.dev" })
  const stop = new AbortController()
  let run: Promise<void> = Promise.resolve()
  return {
    api,
    clock,
    cache,
    changes,
    reflector,
    metrics,
    get handlerErrors() {
      return handlerErrors
    },
    start: () => {
      run = reflector.run(stop.signal)
    },
    stop: async () => {
      stop.abort(new Error("stop"))
      await run
    },
    end: async () => {
      stop.abort(new Error("stop"))
      await run
      await client.close()
      await api.close()
    },
  }
}

async function running(): Promise<Rig> {
  rig.start()
  await eventually(() => rig.api.openWatches.length === 1, "an open watch")
  return rig
}

function put(name: string, idea: WidgetIdea = {}, options = {}): void {
  rig.api.put(widget(name, idea), options)
}

function names(): readonly string[] {
  return rig.cache
    .list()
    .map(({ metadata }) => metadata.name)
    .sort()
}

const restarts = (reason: RestartReason) => rig.reflector.health.restarts.get(reason) ?? 0
const pathOf = (name: string) => `/apis/test.dev/v1/namespaces/default/widgets/${name}`
const watched = (count: number) => eventually(() => rig.api.watches.length === count, `watch number ${count}`)
const shows = (...expected: readonly string[]) =>
  eventually(() => names().join() === expected.join(), `the cache to show ${expected}`)

/** Lets virtual time pass in small steps until something crosses the wire. */
async function passing(claim: () => boolean, mostMs = 120_000): Promise<number> {
  const startMs = rig.clock.monotonicMs()
  while (!claim() && rig.clock.monotonicMs() - startMs < mostMs) {
    await rig.clock.advance(50)
    await settle(10) // real sockets need real turns of the event loop
  }
  await eventually(claim)
  return rig.clock.monotonicMs() - startMs
}

/** Lets virtual time pass, with room for what crosses the wire meanwhile. */
async function spend(ms: number): Promise<void> {
  for (let spentMs = 0; spentMs < ms; spentMs += 50) {
    await rig.clock.advance(50)
    await settle(10)
  }
}

test("what there is is found, what comes, changes and goes is told with what it was before", async () => {
  put("a")
  await running()
  await shows("a")
  assert.ok(rig.cache.synced)

  put("b")
  put("a", { size: 2 })
  rig.api.remove(pathOf("b"))
  await eventually(() => rig.changes.length === 4)

  assert.deepEqual(rig.changes, ["found a", "added b", "changed a", "removed b"])
})

test("objects of the cache are frozen through and through", async () => {
  put("a", { labels: { x: "y" } })
  await running()
  await shows("a")
  const object = rig.cache.get("default/a")
  assert.throws(() => Object.assign(object?.metadata.labels ?? {}, { x: "z" }), TypeError)
})

test("the watch asks for bookmarks, begins at the list's version and ends after five to ten minutes", async () => {
  await running()
  const { query } = rig.api.lastWatch.request
  assert.equal(query.get("allowWatchBookmarks"), "true")
  assert.equal(query.get("resourceVersion"), "100")
  assert.equal(query.get("timeoutSeconds"), "450")
})

test("a watch the server ends in peace goes on at once from the last version heard", async () => {
  await running()
  rig.api.lastWatch.bookmark("555")
  await settle()
  await rig.clock.advance(400_000 / 4)
  rig.api.lastWatch.end()

  await watched(2)
  assert.equal(rig.api.lastWatch.request.query.get("resourceVersion"), "555")
  assert.equal(rig.api.count("list"), 1)
  assert.equal(restarts("closed"), 1)
})

test("a watch that ends at once and says nothing is not asked again without a pause", async () => {
  rig.api.script("watch", { body: "" }, { body: "" }, { body: "" })
  rig.start()
  await eventually(() => rig.api.count("watch") === 1)
  const waits: number[] = []
  for (let count = 2; count <= 4; count++) waits.push(await passing(() => rig.api.count("watch") === count))
  assert.ok(
    waits.every((ms, at) => ms >= 800 * 2 ** at && ms <= 1000 * 2 ** at),
    `${waits}`,
  )
})

test("a connection reset in mid-stream: it goes on from the last version, nothing is listed again", async () => {
  await running()
  put("a")
  await shows("a")
  const version = rig.api.version
  rig.api.lastWatch.reset()

  await passing(() => rig.api.watches.length === 2)
  assert.equal(rig.api.lastWatch.request.query.get("resourceVersion"), `${version}`)
  assert.equal(rig.api.count("list"), 1)
  assert.equal(restarts("lost"), 1)
  put("b")
  await shows("a", "b")
})

test("a half-open connection: silence beyond two and a half minutes ends the watch and it goes on at once", async () => {
  await running()
  await rig.clock.advance(149_000)
  assert.equal(rig.api.count("watch"), 1)
  await rig.clock.advance(1_000)
  await watched(2)
  assert.equal(restarts("inactive"), 1)
  assert.equal(rig.api.count("list"), 1)
})

test("a server that takes the watch and never answers costs the same", async () => {
  rig.api.script("watch", "silence")
  rig.start()
  await eventually(() => rig.api.count("watch") === 1)
  await rig.clock.advance(150_000)
  await watched(1)
  assert.equal(rig.api.count("watch"), 2)
})

test("an hour of nothing but bookmarks is a healthy hour", async () => {
  await running()
  for (let minute = 0; minute < 60; minute++) {
    if (minute % 8 === 7) rig.api.lastWatch.end()
    await eventually(() => rig.api.openWatches.length === 1)
    rig.api.lastWatch.bookmark(`${1000 + minute}`)
    await eventually(() => rig.clock.monotonicMs() === rig.reflector.health.lastActivityMs)
    await rig.clock.advance(60_000)
  }
  assert.equal(restarts("inactive") + restarts("lost") + restarts("error"), 0)
  assert.equal(rig.reflector.health.corrections, 0)
  assert.deepEqual(rig.changes, [])
})

test("410 as the answer to a watch: everything is listed again, and what was missed is told", async () => {
  put("a")
  put("b")
  await running()
  await shows("a", "b")
  put("c", {}, { unheard: true })
  rig.api.remove(pathOf("a"), { unheard: true })
  rig.api.script("watch", gone)
  rig.changes.length = 0
  rig.api.lastWatch.bookmark("1")
  await settle()
  rig.api.lastWatch.end()

  await shows("b", "c")
  await eventually(() => rig.api.openWatches.length === 1)
  assert.deepEqual(rig.changes.toSorted(), ["added c", "removed a"])
})

test("410 inside the stream: the same", async () => {
  await running()
  put("a", {}, { unheard: true })
  rig.api.lastWatch.bookmark("1")
  rig.api.lastWatch.send("ERROR", { kind: "Status", code: 410, reason: "Expired" })
  await shows("a")
  await watched(2)
  assert.equal(restarts("expired"), 1)
})

test("a server that answers every watch with 410 is not hammered", async () => {
  rig.api.rule = ({ query }) => (query.get("watch") === "true" ? gone : undefined)
  rig.start()
  await eventually(() => rig.api.count("watch") === 1)
  await spend(60_000)
  assert.ok(rig.api.count("list") <= 9, `${rig.api.count("list")} lists in a minute`)
  assert.ok(rig.api.count("list") >= 5)
})

test("an ERROR event of any other kind ends the watch, and it is resumed after a pause", async () => {
  await running()
  rig.api.lastWatch.send("ERROR", { kind: "Status", code: 500, reason: "InternalError" })
  const waitedMs = await passing(() => rig.api.watches.length === 2)
  assert.ok(waitedMs >= 800 && waitedMs <= 1_100)
  assert.equal(rig.api.count("list"), 1)
})

for (const verb of ["list", "watch"] as const)
  test(`a ${verb} refused with 429 is asked for again when the server said, not sooner`, async () => {
    rig.api.script(verb, statusReply(429, "TooManyRequests", { "retry-after": "40" }))
    rig.start()
    await eventually(() => rig.api.count(verb) === 1)
    const waitedMs = await passing(() => rig.api.openWatches.length === 1)
    assert.ok(waitedMs >= 39_000 && waitedMs <= 41_500, `${waitedMs}`)
    assert.equal(rig.api.count(verb), 2)
  })

test("410 in mid-paging begins the list anew and never shows half a list", async () => {
  const page = { body: { metadata: { resourceVersion: "7", continue: "n" }, items: [widget("half")] } }
  put("a")
  rig.api.script("list", page, gone)
  rig.start()
  await passing(() => rig.api.openWatches.length === 1)
  await shows("a")
  assert.deepEqual(rig.changes, ["found a"])
})

test("a list refused ten times with 500 is asked for with growing pauses, and then all is well", async () => {
  put("a")
  rig.api.script("list", ...Array.from({ length: 10 }, () => statusReply(500, "InternalError")))
  rig.start()
  await eventually(() => rig.api.count("list") === 1)
  assert.equal(rig.cache.synced, false)

  const tookMs = await passing(() => rig.cache.synced, 300_000)

  assert.ok(tookMs > 140_000 && tookMs < 220_000, `${tookMs}`)
  assert.deepEqual(names(), ["a"])
})

test("a truncated JSON line is a lost connection, not an event", async () => {
  await running()
  rig.api.lastWatch.raw('{"type":"ADDED","object":{"metadata":{"name":"ha')
  rig.api.lastWatch.end()
  await passing(() => rig.api.watches.length === 2)
  assert.deepEqual(names(), [])
  assert.equal(restarts("lost"), 1)
})

test("a line that is not JSON ends the watch, and it goes on before that line", async () => {
  await running()
  rig.api.lastWatch.bookmark("300")
  rig.api.lastWatch.raw("<html>\n")
  await passing(() => rig.api.watches.length === 2)
  assert.equal(rig.api.lastWatch.request.query.get("resourceVersion"), "300")
})

test("an object of 10 MB in many pieces arrives, in a time that shows it is joined once", async () => {
  await running()
  const startMs = performance.now()
  put("big", { annotations: { huge: "æ".repeat(5_000_000) } })
  await shows("big")
  assert.equal(rig.cache.get("default/big")?.metadata.annotations?.["huge"]?.length, 5_000_000)
  assert.ok(performance.now() - startMs < 3_000)
})

test("deleted and made again under the same name between list and watch: a removal and an addition", async () => {
  put("a")
  await running()
  await shows("a")
  rig.api.remove(pathOf("a"), { unheard: true })
  put("a", { uid: "second" }, { unheard: true })
  rig.api.lastWatch.send("ERROR", { kind: "Status", code: 410, reason: "Expired" })
  await passing(() => rig.changes.length === 3)
  assert.deepEqual(rig.changes, ["found a", "removed a", "added a second"])
})

test("a handler that throws costs nobody anything", async () => {
  rig.cache.onChange(() => {
    throw new Error("bad handler")
  })
  await running()
  put("a")
  put("b")
  await shows("a", "b")
  assert.deepEqual(rig.changes, ["added a", "added b"])
  assert.equal(rig.handlerErrors, 2)
})

test("the safety list mends what the watch lost and counts it", async () => {
  put("a")
  await running()
  await shows("a")
  put("lost", {}, { unheard: true })
  const version = `${rig.api.version}`
  rig.api.lastWatch.bookmark(version)
  await settle()
  for (let minute = 0; minute < 40 && !names().includes("lost"); minute++) {
    rig.api.openWatches[0]?.bookmark(version)
    await settle()
    if (minute % 7 === 6) rig.api.openWatches[0]?.end()
    await rig.clock.advance(60_000)
    await eventually(() => rig.api.openWatches.length === 1)
  }
  await shows("a", "lost")
  assert.equal(rig.reflector.health.corrections, 1)
  const proof = rig.api.requests.filter(({ verb }) => verb === "list").at(-1)
  assert.equal(proof?.query.get("resourceVersionMatch"), "Exact")
  assert.equal(proof?.query.get("resourceVersion"), version)
})

test("RBAC removed at run time: list still allowed, watch denied is told by the health and heals by itself", async () => {
  await running()
  let allowed = false
  rig.api.rule = ({ query }) => (query.get("watch") && !allowed ? statusReply(403, "Forbidden") : undefined)
  rig.api.lastWatch.reset()
  await passing(() => rig.reflector.health.denied === "watch")
  const asked = rig.api.count("watch")
  await spend(60_000)
  assert.ok(rig.api.count("watch") - asked <= 7, "it is asked patiently")

  put("meanwhile")
  allowed = true
  rig.api.script("watch", gone)
  await passing(() => rig.api.openWatches.length === 1)
  await shows("meanwhile")
  rig.api.lastWatch.bookmark("9")
  await eventually(() => rig.reflector.health.denied === undefined)
})

test("a list denied from the start is told as that and nothing is synced", async () => {
  rig.api.rule = () => statusReply(403, "Forbidden")
  rig.start()
  await eventually(() => rig.reflector.health.denied === "list")
  assert.equal(rig.cache.synced, false)
})

test("the CRD deleted and made again at run time: known objects stay until the kind is back, then they are as listed", async () => {
  put("a")
  await running()
  await shows("a")
  let served = false
  rig.api.rule = () => (served ? undefined : { code: 404, body: "404 page not found" })
  rig.api.lastWatch.end()
  await rig.clock.advance(2_000)
  await passing(() => rig.reflector.health.missing)
  await spend(60_000)
  assert.deepEqual(names(), ["a"], "an absence is not a deletion")
  assert.ok(rig.api.requests.length < 20)

  rig.api.remove(pathOf("a"))
  put("b")
  served = true
  await passing(() => rig.api.openWatches.length === 1)
  await shows("b")
  assert.equal(rig.reflector.health.missing, false)
})

test("the wall clock jumps an hour: nothing happens", async () => {
  await running()
  rig.clock.jumpWall(3_600_000)
  await rig.clock.advance(1_000)
  rig.clock.jumpWall(-7_200_000)
  await rig.clock.advance(1_000)
  assert.equal(rig.api.count("watch") + rig.api.count("list"), 2)
})

test("trouble long over is forgotten: the next pause is short again", async () => {
  rig.api.script("list", ...Array.from({ length: 6 }, () => statusReply(500, "InternalError")))
  rig.start()
  await passing(() => rig.api.openWatches.length === 1, 200_000)
  for (let minute = 0; minute < 3; minute++) {
    await rig.clock.advance(60_000)
    rig.api.lastWatch.bookmark("200")
    await settle()
  }
  rig.api.lastWatch.reset()
  const waitedMs = await passing(() => rig.api.watches.length === 2)
  assert.ok(waitedMs <= 1_100, `${waitedMs}`)
})

for (const [state, prepare] of [
  ["before the list is answered", () => rig.api.script("list", "silence")],
  ["before the watch is answered", () => rig.api.script("watch", "silence")],
  ["in a pause", () => rig.api.script("list", statusReply(500, "InternalError"))],
  ["while it watches", () => undefined],
] as const)
  test(`stopped ${state} it leaves no timer and no connection of its own`, async () => {
    prepare()
    rig.start()
    await eventually(() => rig.api.requests.length > 0)
    await new Promise(resolve => setTimeout(resolve, 20))
    const asked = rig.api.requests.length

    await rig.stop()

    assert.equal(rig.clock.pending, 0)
    await rig.clock.advance(600_000)
    assert.equal(rig.api.requests.length, asked, "it asked on after the stop")
    assert.equal(rig.api.openWatches.length, 0)
  })

test("a thousand restarts leave the heap and the connections where they were", async () => {
  put("a")
  await running()
  const restart = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const ended = rig.api.lastWatch
      ended.bookmark(`${1000 + i}`)
      ended.end()
      await eventually(() => rig.api.lastWatch !== ended && rig.api.lastWatch.open)
      rig.api.watches.splice(0, rig.api.watches.length - 1)
      rig.api.requests.length = 0
    }
    collectGarbage()
    return process.memoryUsage().heapUsed
  }
  const before = await restart(200)
  const after = await restart(1_000)
  assert.ok(after - before < 3_000_000, `${((after - before) / 1e6).toFixed(1)} MB more`)
  assert.ok(rig.api.sockets <= 3, `${rig.api.sockets} connections`)
})
