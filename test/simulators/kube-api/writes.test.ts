import assert from "node:assert/strict"
import { test } from "node:test"
import type { Client, Reply } from "./client.ts"
import { at, type Json, type JsonObject, objectAt, textAt } from "./json.ts"
import { createWidget, startCluster, widget, widgets } from "./sample-cluster.ts"

const one = `${widgets}/one`

function mergePatch(client: Client, path: string, body: Json): Promise<Reply> {
  return client.call(path, { method: "PATCH", contentType: "application/merge-patch+json", body })
}

test("an update with an old resourceVersion is a conflict, and without any is refused", async context => {
  const { client } = await startCluster(context)
  const created = await createWidget(client)
  await mergePatch(client, one, { spec: { size: 2 } })

  const stale = await client.call(one, { method: "PUT", body: created })
  const blind = await client.call(one, { method: "PUT", body: widget() })

  assert.equal(stale.code, 409)
  assert.equal(textAt(stale.body, "reason"), "Conflict")
  assert.equal(
    textAt(stale.body, "message"),
    'Operation cannot be fulfilled on widgets.example.org "one": the object has been modified; please apply your changes to the latest version and try again',
  )
  assert.equal(blind.code, 422)
  assert.match(textAt(blind.body, "message") ?? "", /must be specified for an update/u)
})

test("the generation counts changes of the specification; metadata and status do not", async context => {
  const { client } = await startCluster(context)
  await createWidget(client)
  const generation = async () => at((await client.call(one)).body, "metadata", "generation")

  await mergePatch(client, one, { metadata: { labels: { a: "b" } } })
  assert.equal(await generation(), 1)
  await mergePatch(client, `${one}/status`, { status: { observedGeneration: 1 } })
  assert.equal(await generation(), 1)
  await mergePatch(client, one, { spec: { size: 2 } })
  assert.equal(await generation(), 2)
})

test("the status is written through /status only, and nothing else is", async context => {
  const { client } = await startCluster(context)
  const created = await createWidget(client, {})
  const both = { ...created, spec: { color: "red", size: 5 }, status: { observedGeneration: 9 } }

  const main = await client.call(one, { method: "PUT", body: both })
  assert.equal(at(main.body, "spec", "size"), 5)
  assert.equal(at(main.body, "status"), undefined)

  const again = {
    ...objectAt({ body: main.body }, "body"),
    spec: { color: "red", size: 7 },
    status: { observedGeneration: 9 },
  }
  const status = await client.call(`${one}/status`, { method: "PUT", body: again })
  assert.equal(at(status.body, "spec", "size"), 5)
  assert.equal(at(status.body, "status", "observedGeneration"), 9)
})

test("a write that changes nothing is no write", async context => {
  const { client } = await startCluster(context)
  const created = await createWidget(client)

  const patched = await mergePatch(client, one, { spec: { color: "red" } })
  const updated = await client.call(one, { method: "PUT", body: created })

  const revision = textAt(created, "metadata", "resourceVersion")
  assert.equal(textAt(patched.body, "metadata", "resourceVersion"), revision)
  assert.equal(textAt(updated.body, "metadata", "resourceVersion"), revision)
})

test("a dry run answers with the result and stores nothing", async context => {
  const { api, client } = await startCluster(context)
  await createWidget(client)

  const created = await client.call(`${widgets}?dryRun=All`, { method: "POST", body: widget({ name: "two" }) })
  const patched = await mergePatch(client, `${one}?dryRun=All`, { spec: { size: 9 } })
  const deleted = await client.call(`${one}?dryRun=All`, { method: "DELETE" })

  assert.deepEqual([created.code, patched.code, deleted.code], [201, 200, 200])
  assert.equal(at(patched.body, "spec", "size"), 9)
  const [stored, ...others] = api.admin.stored("widgets.example.org")
  assert.equal(others.length, 0)
  assert.equal(at(stored, "spec", "size"), 1)
})

test("generateName gives every object a name of its own, and a taken name is refused", async context => {
  const { client } = await startCluster(context)
  const body: JsonObject = { ...widget(), metadata: { generateName: "w-" } }

  const names = await Promise.all(
    [1, 2, 3].map(async () => textAt((await client.call(widgets, { method: "POST", body })).body, "metadata", "name")),
  )
  const again = await client.call(widgets, { method: "POST", body: widget({ name: names[0] ?? "" }) })

  assert.equal(new Set(names).size, 3)
  for (const name of names) assert.match(name ?? "", /^w-[a-z0-9]{5}$/u)
  assert.equal(again.code, 409)
  assert.equal(textAt(again.body, "reason"), "AlreadyExists")
})

test("JSON patch carries out its operations, and one that cannot be is answered 422 and changes nothing", async context => {
  const { api, client } = await startCluster(context)
  await createWidget(client, { spec: { tags: ["a", "b"], settings: { x: 1 } } })
  const patch = (body: Json) => client.call(one, { method: "PATCH", contentType: "application/json-patch+json", body })

  const patched = await patch([
    { op: "test", path: "/spec/color", value: "red" },
    { op: "add", path: "/spec/tags/-", value: "c" },
    { op: "remove", path: "/spec/tags/0" },
    { op: "move", from: "/spec/settings/x", path: "/spec/settings/y~1z" },
    { op: "add", path: "/metadata/labels", value: { l: "1" } },
    { op: "copy", from: "/spec/settings/y~1z", path: "/spec/size" },
  ])
  const failing = await patch([
    { op: "replace", path: "/spec/size", value: 5 },
    { op: "test", path: "/spec/color", value: "blue" },
  ])
  const missing = await patch([{ op: "replace", path: "/spec/nothing/here", value: 5 }])

  assert.equal(patched.code, 200, patched.text)
  assert.deepEqual(at(patched.body, "spec"), { color: "red", size: 1, tags: ["b", "c"], settings: { "y/z": 1 } })
  assert.deepEqual([failing.code, missing.code], [422, 422])
  assert.equal(at(api.admin.stored("widgets.example.org")[0], "spec", "size"), 1)
})

test("a patch whose type is not known, or not for custom kinds, is answered 415", async context => {
  const { client } = await startCluster(context)
  await createWidget(client)
  const types = ["application/json", "application/strategic-merge-patch+json", "application/vnd.kubernetes.protobuf"]

  for (const contentType of types) {
    const { code, body } = await client.call(one, { method: "PATCH", contentType, body: {} })
    assert.equal(code, 415)
    assert.match(textAt(body, "message") ?? "", /accepted media types include: application\/json-patch\+json/u)
  }
})

test("an object with a finalizer waits, takes no new finalizers, and goes with the last of them", async context => {
  const { api, client } = await startCluster(context)
  await createWidget(client, { metadata: { finalizers: ["example.org/hold"] } })

  const marked = await client.call(one, { method: "DELETE" })
  const added = await mergePatch(client, one, { metadata: { finalizers: ["example.org/hold", "example.org/more"] } })
  const stillThere = await client.call(one)
  const released = await mergePatch(client, one, { metadata: { finalizers: null } })

  assert.equal(textAt(marked.body, "kind"), "Widget")
  assert.ok(textAt(marked.body, "metadata", "deletionTimestamp") !== undefined)
  assert.equal(at(marked.body, "metadata", "generation"), 2)
  assert.equal(added.code, 422)
  assert.match(textAt(added.body, "message") ?? "", /no new finalizers can be added if the object is being deleted/u)
  assert.equal(stillThere.code, 200)
  assert.equal(released.code, 200)
  assert.deepEqual(api.admin.stored("widgets.example.org"), [])
})

test("a deletion with the precondition of another life is refused", async context => {
  const { client } = await startCluster(context)
  const created = await createWidget(client)
  const remove = (preconditions: JsonObject) => client.call(one, { method: "DELETE", body: { preconditions } })

  const otherUid = await remove({ uid: "00000000-0000-0000-0000-000000000000" })
  const otherRevision = await remove({ resourceVersion: "1" })
  const right = await remove({ uid: at(created, "metadata", "uid") ?? "" })

  assert.deepEqual([otherUid.code, otherRevision.code, right.code], [409, 409, 200])
  assert.equal(textAt(right.body, "status"), "Success")
  assert.equal((await remove({})).code, 404)
})

test("a collection is deleted by its selector", async context => {
  const { api, client } = await startCluster(context)
  await createWidget(client, { name: "a", metadata: { labels: { gone: "yes" } } })
  await createWidget(client, { name: "b" })

  await client.call(`${widgets}?labelSelector=gone`, { method: "DELETE" })

  assert.deepEqual(
    api.admin.stored("widgets.example.org").map(object => object.metadata.name),
    ["b"],
  )
})

test("names, labels and namespaces that cannot be are refused", async context => {
  const { client } = await startCluster(context)
  const create = (body: JsonObject, path = widgets) => client.call(path, { method: "POST", body })

  const badName = await create(widget({ name: "Not_A_Name" }))
  const noName = await create({ ...widget(), metadata: {} })
  const badLabel = await create(widget({ metadata: { labels: { a: "not a label!" } } }))
  const otherNamespace = await create(widget({ metadata: { namespace: "kube-system" } }))
  const revised = await create(widget({ metadata: { resourceVersion: "5" } }))
  const noNamespace = await create(widget(), "/apis/example.org/v1/namespaces/nowhere/widgets")
  const otherKind = await create({ ...widget(), kind: "Gadget" })
  const noObject = await client.call(widgets, { method: "POST", body: "{" })

  assert.deepEqual([badName.code, noName.code, badLabel.code], [422, 422, 422])
  assert.deepEqual([otherNamespace.code, otherKind.code, noObject.code], [400, 400, 400])
  assert.equal(revised.code, 500)
  assert.equal(noNamespace.code, 404)
  assert.equal(textAt(noNamespace.body, "message"), 'namespaces "nowhere" not found')
})
