import assert from "node:assert/strict"
import { test } from "node:test"
import type { Client, Reply } from "./client.ts"
import { at, type JsonObject, listAt, textAt } from "./json.ts"
import { startCluster, widget, widgets } from "./sample-cluster.ts"

const one = `${widgets}/one`

type Applying = { readonly by: string; readonly force?: boolean; readonly status?: boolean }

function apply(client: Client, spec: JsonObject, { by, force = false }: Applying): Promise<Reply> {
  return send(client, widget({ spec }), `${one}?fieldManager=${by}&force=${force}`)
}

function send(client: Client, body: JsonObject, path: string): Promise<Reply> {
  return client.call(path, { method: "PATCH", contentType: "application/apply-patch+yaml", body })
}

function fieldsOf(reply: Reply, manager: string): unknown {
  const entry = listAt(reply.body, "metadata", "managedFields").find(each => textAt(each, "manager") === manager)
  return at(entry, "fieldsV1")
}

test("applying creates what is not there, and changes nothing the second time", async context => {
  const { client } = await startCluster(context)

  const first = await apply(client, { tags: ["a"] }, { by: "anna" })
  const second = await apply(client, { tags: ["a"] }, { by: "anna" })

  assert.deepEqual([first.code, second.code], [201, 200])
  assert.deepEqual(fieldsOf(first, "anna"), { "f:spec": { "f:color": {}, "f:tags": { 'v:"a"': {} } } })
  assert.deepEqual(second.body, first.body)
})

test("what an applier leaves out disappears, unless somebody else owns it too", async context => {
  const { client } = await startCluster(context)
  await apply(client, { max: 9, link: "https://a.example", parts: [{ name: "a" }, { name: "b" }] }, { by: "anna" })
  await apply(client, { link: "https://a.example" }, { by: "bert" })

  const { body } = await apply(client, { parts: [{ name: "b" }] }, { by: "anna" })

  assert.deepEqual(at(body, "spec"), { color: "red", size: 1, link: "https://a.example", parts: [{ name: "b" }] })
})

test("an object that was applied empty is filled by the next apply, not taken away", async context => {
  const { client } = await startCluster(context)
  await client.call(`${one}?fieldManager=anna`, {
    method: "PATCH",
    contentType: "application/apply-patch+yaml",
    body: { ...widget({}), metadata: { name: "one", labels: {} } },
  })

  const { body } = await client.call(`${one}?fieldManager=anna`, {
    method: "PATCH",
    contentType: "application/apply-patch+yaml",
    body: { ...widget({}), metadata: { name: "one", labels: { team: "blue" } } },
  })

  assert.deepEqual(at(body, "metadata", "labels"), { team: "blue" })
})

test("changing what another owns is a conflict that names owner and field, until it is forced", async context => {
  const { client } = await startCluster(context)
  await apply(client, { max: 9, code: "aa" }, { by: "anna" })

  const single = await apply(client, { max: 8 }, { by: "bert" })
  const double = await apply(client, { max: 8, code: "bb" }, { by: "bert" })
  const forced = await apply(client, { max: 8, code: "bb" }, { by: "bert", force: true })

  assert.equal(single.code, 409)
  assert.equal(textAt(single.body, "message"), 'Apply failed with 1 conflict: conflict with "anna": .spec.max')
  assert.deepEqual(listAt(single.body, "details", "causes"), [
    { reason: "FieldManagerConflict", message: 'conflict with "anna"', field: ".spec.max" },
  ])
  assert.equal(
    textAt(double.body, "message"),
    'Apply failed with 2 conflicts: conflicts with "anna":\n- .spec.code\n- .spec.max',
  )
  assert.equal(forced.code, 200)
  assert.deepEqual(fieldsOf(forced, "anna"), { "f:spec": { "f:color": {} } })
})

test("applying the value that is there already shares the field", async context => {
  const { client } = await startCluster(context)
  await apply(client, { max: 9 }, { by: "anna" })

  const shared = await apply(client, { max: 9 }, { by: "bert" })
  const left = await apply(client, {}, { by: "anna" })

  assert.equal(shared.code, 200)
  assert.equal(at(left.body, "spec", "max"), 9)
})

test("an ordinary update takes the fields it changes, and is named with its version in a conflict", async context => {
  const { client } = await startCluster(context)
  await apply(client, { max: 9 }, { by: "anna" })
  const patch = { method: "PATCH", contentType: "application/merge-patch+json", body: { spec: { max: 7 } } }
  await client.call(one, { ...patch, userAgent: "kubectl/v1.35 (linux)" })

  const conflict = await apply(client, { max: 9 }, { by: "anna" })

  assert.equal(
    textAt(conflict.body, "message"),
    'Apply failed with 1 conflict: conflict with "kubectl" using example.org/v1: .spec.max',
  )
})

test("status and specification have owners of their own", async context => {
  const { client } = await startCluster(context)
  await apply(client, {}, { by: "anna" })
  const condition = { type: "Ready", status: "True" }
  const configuration = { ...widget(), spec: { color: "blue" }, status: { conditions: [condition] } }

  const reply = await send(client, configuration, `${one}/status?fieldManager=controller`)

  assert.equal(reply.code, 200, reply.text)
  assert.equal(at(reply.body, "spec", "color"), "red")
  assert.deepEqual(at(reply.body, "status", "conditions"), [condition])
  assert.deepEqual(fieldsOf(reply, "controller"), {
    "f:status": { "f:conditions": { 'k:{"type":"Ready"}': { ".": {}, "f:status": {}, "f:type": {} } } },
  })
  const again = await apply(client, { size: 4 }, { by: "anna" })
  assert.deepEqual(at(again.body, "status", "conditions"), [condition])
})

test("two appliers keep an item each in a keyed list", async context => {
  const { client } = await startCluster(context)
  await apply(client, { parts: [{ name: "a", count: 1 }] }, { by: "anna" })
  await apply(client, { parts: [{ name: "b", count: 2 }] }, { by: "bert" })

  const { body } = await apply(client, { parts: [{ name: "a", count: 3 }] }, { by: "anna" })

  assert.deepEqual(at(body, "spec", "parts"), [
    { name: "a", count: 3 },
    { name: "b", count: 2 },
  ])
})

test("a field that no schema declares is refused, as is a configuration without a kind", async context => {
  const { client } = await startCluster(context)

  const typo = await apply(client, { colour: "red" }, { by: "anna" })
  const { kind: _, ...kindless } = widget()
  const noKind = await send(client, kindless, `${one}?fieldManager=anna`)

  assert.equal(typo.code, 500)
  assert.equal(
    textAt(typo.body, "message"),
    "failed to create typed patch object (default/one; example.org/v1, Kind=Widget): .spec.colour: field not declared in schema",
  )
  assert.equal(noKind.code, 400)
})

test("emptying managedFields makes the server forget all owners", async context => {
  const { client } = await startCluster(context)
  await apply(client, { max: 9 }, { by: "anna" })
  const body = { metadata: { managedFields: [{}] } }

  const reset = await client.call(one, { method: "PATCH", contentType: "application/merge-patch+json", body })
  const applied = await apply(client, { max: 8 }, { by: "bert" })

  assert.equal(at(reset.body, "metadata", "managedFields"), undefined)
  assert.equal(applied.code, 200)
})
