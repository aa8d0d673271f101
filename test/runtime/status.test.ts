import assert from "node:assert/strict"
import { afterEach, beforeEach, test } from "node:test"
import fc from "fast-check"
import { type Condition, removeCondition, setCondition } from "../../operator/runtime/conditions.ts"
import { KubeClient } from "../../operator/runtime/kube-client.ts"
import { KubeApiError } from "../../operator/runtime/kube-error.ts"
import { mergePatchOf, patchStatus } from "../../operator/runtime/status.ts"
import { ApiStub, statusReply } from "./api-stub.ts"
import { type Widget, widget, widgetKind } from "./builders.ts"
import { VirtualClock } from "./virtual-clock.ts"

const never = new AbortController().signal
const path = "/apis/test.dev/v1/namespaces/default/widgets/w"
const conflict = statusReply(409, "Conflict")

let api: ApiStub
let client: KubeClient
let clock: VirtualClock

beforeEach(async () => {
  api = await new ApiStub().listen()
  clock = new VirtualClock()
  client = new KubeClient({ kubeConfig: api.kubeConfig(), clock })
})

afterEach(async () => {
  await client.close()
  await api.close()
})

async function write(object: Widget, next: Widget["status"] & object) {
  let done = false
  const work = patchStatus({ client, kind: widgetKind, object, next, clock }, never).finally(() => {
    done = true
  })
  work.catch(() => undefined)
  while (!done) await clock.advance(10)
  return work
}

async function stored(phase?: string): Promise<Widget> {
  api.put(widget("w", phase === undefined ? {} : { phase }))
  return client.get<Widget>(widgetKind, { namespace: "default", name: "w" }, never)
}

test("only what differs is sent, once, to the status subresource", async () => {
  const object = await stored("Old")
  const after = await write(object, { phase: "New" })
  assert.deepEqual(after?.status, { phase: "New" })
  const patch = api.requests.at(-1)
  assert.equal(patch?.path, `${path}/status`)
  assert.deepEqual(patch?.body, { status: { phase: "New" } })
  assert.equal(api.writes, 1)
})

test("a status that says the same already costs no request at all", async () => {
  const object = await stored("Same")
  const asked = api.requests.length
  assert.equal(await write(object, { phase: "Same" }), object)
  assert.equal(api.requests.length, asked)
})

test("the first status of an object is a plain merge patch", async () => {
  const object = await stored()
  await write(object, { phase: "New", count: 1 })
  assert.deepEqual(api.object(path)?.["status"], { phase: "New", count: 1 })
})

test("a field no longer there is removed", async () => {
  const object = await stored("Old")
  await write(object, { count: 1 })
  assert.deepEqual(api.object(path)?.["status"], { count: 1 })
})

test("a storm of conflicts: four are survived by looking again, the fifth is given up", async () => {
  const object = await stored("Old")
  api.script("patch", conflict, conflict, conflict, conflict)
  assert.deepEqual((await write(object, { phase: "New" }))?.status, { phase: "New" })

  const again = await stored("Old")
  api.script("patch", conflict, conflict, conflict, conflict, conflict)
  await assert.rejects(
    write(again, { phase: "New" }),
    (error: unknown) => error instanceof KubeApiError && error.code === 409,
  )
})

test("after a conflict that was somebody saying the same, nothing more is written", async () => {
  const object = await stored("Old")
  api.script("patch", conflict)
  api.put(widget("w", { phase: "New" }))
  await write(object, { phase: "New" })
  assert.equal(api.count("patch"), 1)
})

test("an object that is gone is dropped, and so is its namesake made meanwhile", async () => {
  const object = await stored("Old")
  api.remove(path)
  assert.equal(await write(object, { phase: "New" }), undefined)

  api.put(widget("w", { uid: "another" }))
  api.script("patch", conflict)
  assert.equal(await write(object, { phase: "New" }), undefined)
  assert.equal(api.object(path)?.["status"], undefined)
})

test("a merge patch applied to what was gives what shall be, and none is made when both mean the same", () => {
  const json = fc.letrec(tie => ({
    value: fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.integer()), tie("object")),
    object: fc.dictionary(fc.constantFrom("a", "b", "c", "d"), tie("value"), { maxKeys: 4, noNullPrototype: true }),
  })).object
  fc.assert(
    fc.property(json, json, (before, after) => {
      const patch = mergePatchOf(before, after)
      assert.deepEqual(applyMergePatch(before, patch ?? {}), { ...(after as object) })
      assert.equal(mergePatchOf(after, structuredClone(after)), undefined)
    }),
  )
})

/** RFC 7386, from its own pseudocode. */
function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch
  const result: Record<string, unknown> =
    typeof target === "object" && target !== null && !Array.isArray(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch))
    if (value === null) delete result[name]
    else result[name] = applyMergePatch(result[name], value)
  return result
}

const early = Temporal.Instant.from("2026-11-24T08:00:00.123Z")
const late = early.add({ hours: 1 })
const ready = { type: "Ready", status: "True", reason: "Succeeded", message: "" } as const

test("a condition keeps its transition time until its status flips", () => {
  const first = setCondition(undefined, ready, early)
  assert.equal(first[0]?.lastTransitionTime, "2026-11-24T08:00:00Z")

  const reasoned = setCondition(first, { ...ready, reason: "Suspended", observedGeneration: 2 }, late)
  assert.deepEqual(reasoned, [
    { ...ready, reason: "Suspended", observedGeneration: 2, lastTransitionTime: "2026-11-24T08:00:00Z" },
  ])

  const flipped = setCondition(reasoned, { ...ready, status: "False" }, late)
  assert.equal(flipped[0]?.lastTransitionTime, "2026-11-24T09:00:00Z")
})

test("setting the same condition again gives an equal list, so nothing would be written", () => {
  const once = setCondition(undefined, ready, early)
  assert.equal(mergePatchOf({ conditions: once }, { conditions: setCondition(once, ready, late) }), undefined)
})

test("other conditions keep their place, and a removed one is gone", () => {
  const other: Condition = { type: "Synced", status: "False", reason: "X", message: "", lastTransitionTime: "t" }
  const both = setCondition([other], ready, early)
  assert.deepEqual(
    both.map(({ type }) => type),
    ["Synced", "Ready"],
  )
  assert.deepEqual(removeCondition(both, "Ready"), [other])
  assert.deepEqual(removeCondition(undefined, "Ready"), [])
})
