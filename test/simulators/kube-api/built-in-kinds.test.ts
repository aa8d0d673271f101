import assert from "node:assert/strict"
import { test } from "node:test"
import type { Client } from "./client.ts"
import { at, type Json, type JsonObject, listAt, objectAt, textAt } from "./json.ts"
import type { KubeApi } from "./kube-api.ts"
import { createWidget, startCluster, widgets } from "./sample-cluster.ts"

const leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
const coreEvents = "/api/v1/namespaces/default/events"
const newEvents = "/apis/events.k8s.io/v1/namespaces/default/events"

function lease(spec: JsonObject): JsonObject {
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "leader" }, spec }
}

test("a Lease's times need exactly six digits", async context => {
  const { client } = await startCluster(context)
  const create = (renewTime: string) =>
    client.call(`${leases}?dryRun=All`, { method: "POST", body: lease({ renewTime }) })

  const right = await create("2026-11-24T10:00:00.000000Z")
  const wrong = await Promise.all(
    ["2026-11-24T10:00:00Z", "2026-11-24T10:00:00.000Z", "2026-11-24T10:00:00.000000000Z"].map(create),
  )

  assert.equal(right.code, 201, right.text)
  assert.deepEqual(
    wrong.map(reply => reply.code),
    [400, 400, 400],
  )
  assert.equal(
    textAt(wrong[0]?.body, "message"),
    'Lease in version "v1" cannot be handled as a Lease: parsing time "2026-11-24T10:00:00Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
  )
})

test("of two candidates that update a Lease at once, one gets a conflict", async context => {
  const { client } = await startCluster(context)
  const { body } = await client.call(leases, { method: "POST", body: lease({ holderIdentity: "" }) })
  const take = (holderIdentity: string) =>
    client.call(`${leases}/leader`, {
      method: "PUT",
      body: { ...objectAt({ body }, "body"), spec: { holderIdentity, leaseDurationSeconds: 15 } },
    })

  const replies = await Promise.all([take("a"), take("b")])

  assert.deepEqual(replies.map(reply => reply.code).sort(), [200, 409])
})

test("a Lease with a duration of nothing is invalid", async context => {
  const { client } = await startCluster(context)

  const { code, body } = await client.call(leases, { method: "POST", body: lease({ leaseDurationSeconds: 0 }) })

  assert.equal(code, 422)
  assert.equal(textAt(body, "details", "causes", 0, "field"), "spec.leaseDurationSeconds")
})

function event(changes: JsonObject = {}): JsonObject {
  return {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name: "e1" },
    regarding: { kind: "Widget", name: "one", namespace: "default" },
    eventTime: "2026-11-24T10:00:00.000000Z",
    reason: "Synced",
    action: "Sync",
    note: "done",
    type: "Normal",
    reportingController: "example.org/controller",
    reportingInstance: "pod-1",
    ...changes,
  }
}

test("an event written through the new group is read through the old one under its old names", async context => {
  const { client } = await startCluster(context)

  await client.call(newEvents, { method: "POST", body: event() })
  const { body } = await client.call(
    `${coreEvents}?fieldSelector=involvedObject.name%3Done,involvedObject.kind%3DWidget`,
  )
  const back = await client.call(`${newEvents}/e1`)

  const [found] = listAt(body, "items")
  assert.equal(at(found, "message"), "done")
  assert.equal(at(found, "involvedObject", "name"), "one")
  assert.equal(at(found, "reportingComponent"), "example.org/controller")
  assert.equal(at(found, "regarding"), undefined)
  assert.equal(at(back.body, "note"), "done")
  assert.equal(at(back.body, "involvedObject"), undefined)
})

test("the series of an event may grow, its story may not change", async context => {
  const { client } = await startCluster(context)
  await client.call(newEvents, { method: "POST", body: event() })
  const change = (body: Json) =>
    client.call(`${newEvents}/e1`, { method: "PATCH", contentType: "application/merge-patch+json", body })

  const grown = await change({ series: { count: 2, lastObservedTime: "2026-11-24T10:01:00.000000Z" } })
  const rewritten = await change({ note: "undone" })

  assert.equal(grown.code, 200, grown.text)
  assert.equal(rewritten.code, 422)
})

test("an event that does not say who, what and when is invalid, and so is one in another namespace", async context => {
  const { client } = await startCluster(context)
  const fields = async (changes: JsonObject) => {
    const { body } = await client.call(newEvents, { method: "POST", body: event(changes) })
    return listAt(body, "details", "causes").map(cause => textAt(cause, "field"))
  }

  assert.deepEqual(await fields({ reportingController: "", action: "" }), ["reportingController", "action"])
  assert.deepEqual(await fields({ eventTime: null }), ["eventTime"])
  assert.deepEqual(await fields({ type: "Odd" }), ["type"])
  assert.deepEqual(await fields({ note: "x".repeat(1025) }), ["note"])
  assert.deepEqual(await fields({ regarding: { kind: "Widget", name: "one", namespace: "elsewhere" } }), [
    "involvedObject.namespace",
  ])
})

test("a Secret takes plain text in and gives base64 out; its type is for life", async context => {
  const { client } = await startCluster(context)
  const secrets = "/api/v1/namespaces/default/secrets"
  const secret = (name: string, fields: JsonObject) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name },
    ...fields,
  })

  const { body } = await client.call(secrets, {
    method: "POST",
    body: secret("s", { stringData: { password: "hunter2" } }),
  })
  const retyped = await client.call(`${secrets}/s`, { method: "PUT", body: secret("s", { type: "other" }) })
  const noText = await client.call(secrets, { method: "POST", body: secret("t", { data: { a: 5 } }) })

  assert.deepEqual(at(body, "data"), { password: Buffer.from("hunter2").toString("base64") })
  assert.equal(at(body, "stringData"), undefined)
  assert.equal(at(body, "type"), "Opaque")
  assert.equal(retyped.code, 422)
  assert.equal(noText.code, 400)
  assert.match(textAt(noText.body, "message") ?? "", /cannot unmarshal number into Go struct field Secret.data/u)
})

test("a strategic merge patch merges what is keyed and obeys its directives", async context => {
  const { client } = await startCluster(context)
  const path = "/api/v1/namespaces/default/serviceaccounts"
  const body = {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "sa" },
    secrets: [{ name: "a" }, { name: "b" }],
  }
  await client.call(path, { method: "POST", body })
  const patch = { secrets: [{ name: "c" }, { name: "a", $patch: "delete" }], metadata: { labels: { x: "y" } } }

  const reply = await client.call(`${path}/sa`, {
    method: "PATCH",
    contentType: "application/strategic-merge-patch+json",
    body: patch,
  })

  assert.deepEqual(at(reply.body, "secrets"), [{ name: "b" }, { name: "c" }])
  assert.deepEqual(at(reply.body, "metadata", "labels"), { x: "y" })
})

test("a namespace goes with its contents, waits for finalizers and takes nothing new", async context => {
  const { api, client } = await startCluster(context)
  api.admin.load("apiVersion: v1\nkind: Namespace\nmetadata: { name: team }")
  const inside = "/apis/example.org/v1/namespaces/team/widgets"
  const create = (name: string, finalizers: readonly string[]) =>
    client.call(inside, {
      method: "POST",
      body: { apiVersion: "example.org/v1", kind: "Widget", metadata: { name, finalizers }, spec: { color: "red" } },
    })
  await create("plain", [])
  await create("held", ["example.org/hold"])

  await client.call("/api/v1/namespaces/team", { method: "DELETE" })
  const terminating = await client.call("/api/v1/namespaces/team")
  const late = await create("late", [])
  assert.equal(at(terminating.body, "status", "phase"), "Terminating")
  assert.deepEqual(
    api.admin.stored("widgets.example.org").map(object => object.metadata.name),
    ["held"],
  )
  assert.equal(late.code, 403)
  assert.equal(textAt(late.body, "details", "causes", 0, "reason"), "NamespaceTerminating")

  await client.call(`${inside}/held`, {
    method: "PATCH",
    contentType: "application/merge-patch+json",
    body: { metadata: { finalizers: null } },
  })
  assert.equal((await client.call("/api/v1/namespaces/team")).code, 404)
})

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1000 && !condition(); turn++) await new Promise(resolve => setImmediate(resolve))
  assert.ok(condition())
}

function owned(api: KubeApi, name: string, owner: JsonObject, extra: JsonObject = {}): void {
  const reference = { apiVersion: "v1", kind: "Widget", name: "one", uid: at(owner, "metadata", "uid") ?? "", ...extra }
  api.admin.load(
    JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, ownerReferences: [reference] } }),
  )
}

function names(api: KubeApi): readonly string[] {
  return api.admin.stored("configmaps").map(object => object.metadata.name)
}

function remove(client: Client, propagationPolicy: string): Promise<unknown> {
  return client.call(`${widgets}/one`, { method: "DELETE", body: { propagationPolicy } })
}

test("what an object owns goes after it in the background", async context => {
  const { api, client } = await startCluster(context)
  const owner = await createWidget(client)
  owned(api, "mine", owner)
  api.admin.load("apiVersion: v1\nkind: ConfigMap\nmetadata: { name: free }")

  await remove(client, "Background")

  await until(() => names(api).join() === "free")
})

test("what an object owns goes before it in the foreground, and stays when orphaned", async context => {
  const { api, client } = await startCluster(context)
  owned(api, "first", await createWidget(client), { blockOwnerDeletion: true })
  await remove(client, "Foreground")
  await until(() => names(api).length === 0 && api.admin.stored("widgets.example.org").length === 0)

  owned(api, "second", await createWidget(client))
  await remove(client, "Orphan")
  await until(() => api.admin.stored("widgets.example.org").length === 0)

  assert.deepEqual(names(api), ["second"])
  assert.equal(at(api.admin.stored("configmaps")[0], "metadata", "ownerReferences"), undefined)
})

test("an object born with an owner that is not there is collected", async context => {
  const { api } = await startCluster(context)

  owned(api, "foundling", { metadata: { uid: "00000000-0000-0000-0000-000000000000" } })

  await until(() => names(api).length === 0)
})
