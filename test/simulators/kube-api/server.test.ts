import assert from "node:assert/strict"
import { test } from "node:test"
import { parse } from "yaml"
import { Client } from "./client.ts"
import { at, isObject, listAt, objectAt, textAt } from "./json.ts"
import { createWidget, startCluster, widgets } from "./sample-cluster.ts"

test("a wrong token is answered 401; nobody may ask for the version, and for nothing else", async context => {
  const { api } = await startCluster(context)
  const stranger = new Client(api, "guess")
  const nobody = new Client(api)
  context.after(() => [stranger, nobody].forEach(client => void client.close()))

  const guessed = await stranger.call("/api/v1/namespaces")
  const unnamed = await nobody.call("/api/v1/namespaces")

  assert.deepEqual([guessed.code, textAt(guessed.body, "reason")], [401, "Unauthorized"])
  assert.equal(unnamed.code, 403)
  assert.match(textAt(unnamed.body, "message") ?? "", /User "system:anonymous" cannot get path/u)
  assert.equal((await nobody.call("/version")).code, 200)
  assert.equal((await nobody.call("/readyz")).text, "ok")
})

test("the kubeconfig names the server, its authority and the user's token", async context => {
  const { api } = await startCluster(context)

  const config: unknown = parse(api.kubeconfig("dev"))

  assert.ok(typeof config === "object" && config !== null)
  const json = objectAt(JSON.parse(JSON.stringify({ config })), "config")
  assert.equal(textAt(json, "clusters", 0, "cluster", "server"), api.url)
  assert.equal(
    Buffer.from(textAt(json, "clusters", 0, "cluster", "certificate-authority-data") ?? "", "base64").toString(),
    api.caPem,
  )
  assert.equal(textAt(json, "users", 0, "user", "token"), "dev-token")
  assert.throws(() => api.kubeconfig("stranger"))
})

test("discovery is aggregated for those who accept it, in either version, and plain for the rest", async context => {
  const { client } = await startCluster(context)
  const accept = (version: string) =>
    `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList,application/json`

  for (const version of ["v2", "v2beta1"]) {
    const { body, headers } = await client.call("/apis", { accept: accept(version) })
    assert.equal(
      headers["content-type"],
      `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    )
    const group = listAt(body, "items").find(item => textAt(item, "metadata", "name") === "example.org")
    const resource = at(group, "versions", 0, "resources", 0)
    assert.equal(textAt(resource, "resource"), "widgets")
    assert.deepEqual(at(resource, "shortNames"), ["wd"])
    assert.deepEqual(at(resource, "categories"), ["samples"])
    assert.equal(textAt(resource, "subresources", 0, "subresource"), "status")
  }
  const groups = await client.call("/apis")
  const core = await client.call("/api")
  const list = await client.call("/apis/example.org/v1")
  assert.equal(textAt(groups.body, "kind"), "APIGroupList")
  assert.deepEqual(at(core.body, "versions"), ["v1"])
  assert.deepEqual(
    listAt(list.body, "resources").map(resource => textAt(resource, "name")),
    ["widgets", "widgets/status"],
  )
  assert.equal((await client.call("/apis/example.org/v9")).code, 404)
})

test("OpenAPI v3 has a document for each group, with the kind's schema and the parameter of strict validation", async context => {
  const { client } = await startCluster(context)

  const index = await client.call("/openapi/v3")
  const { body } = await client.call(textAt(index.body, "paths", "apis/example.org/v1", "serverRelativeURL") ?? "")

  const schema = at(body, "components", "schemas", "org.example.v1.Widget")
  assert.deepEqual(at(schema, "x-kubernetes-group-version-kind"), [
    { group: "example.org", version: "v1", kind: "Widget" },
  ])
  assert.equal(textAt(schema, "properties", "spec", "properties", "color", "description"), "Its color.")
  const patch = at(body, "paths", "/apis/example.org/v1/namespaces/{namespace}/widgets/{name}", "patch")
  assert.ok(listAt(patch, "parameters").some(parameter => textAt(parameter, "name") === "fieldValidation"))
  assert.equal((await client.call("/openapi/v2")).code, 404)
})

test("every $ref of an OpenAPI document leads somewhere", async context => {
  const { client } = await startCluster(context)
  const index = await client.call("/openapi/v3")
  for (const path of Object.values(objectAt(index.body, "paths"))) {
    const { body, text } = await client.call(textAt(path, "serverRelativeURL") ?? "")
    const names = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/gu)].map(([, name]) => name ?? "")
    assert.ok(names.length > 0)
    for (const name of names) assert.ok(isObject(at(body, "components", "schemas", name)), name)
  }
})

test("a table has the columns of the definition, cells computed by the server and each row's metadata", async context => {
  const { api, client } = await startCluster(context)
  await createWidget(client)
  const conditions = [
    { type: "Synced", status: "False" },
    { type: "Ready", status: "True" },
  ]
  await client.call(`${widgets}/one/status`, {
    method: "PATCH",
    contentType: "application/merge-patch+json",
    body: { status: { conditions } },
  })
  await createWidget(client, { name: "two", spec: { color: "blue" } })
  api.admin.clock.advance({ minutes: 5, seconds: 3 })

  const accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
  const { body } = await client.call(widgets, { accept })
  const single = await client.call(`${widgets}/one?includeObject=Object`, { accept })

  assert.deepEqual(
    listAt(body, "columnDefinitions").map(column => [textAt(column, "name"), at(column, "priority")]),
    [
      ["Name", 0],
      ["Color", 0],
      ["Ready", 0],
      ["Size", 1],
      ["Age", 0],
    ],
  )
  const cells = listAt(body, "rows").map(row => listAt(row, "cells"))
  assert.deepEqual(
    cells.map(row => row.slice(0, 4)),
    [
      ["one", "red", "True", 1],
      ["two", "blue", null, 1],
    ],
  )
  assert.match(String(cells[0]?.[4]), /^5m\ds$/u)
  assert.equal(at(body, "rows", 0, "object", "kind"), "PartialObjectMetadata")
  assert.equal(at(body, "rows", 0, "object", "spec"), undefined)
  assert.equal(at(single.body, "rows", 0, "object", "spec", "color"), "red")
})

test("those who want metadata only get metadata only", async context => {
  const { client } = await startCluster(context)
  await createWidget(client)

  const list = await client.call(widgets, {
    accept: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
  })
  const single = await client.call(`${widgets}/one`, {
    accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
  })

  assert.equal(textAt(list.body, "kind"), "PartialObjectMetadataList")
  for (const object of [at(list.body, "items", 0), single.body]) {
    assert.equal(textAt(object, "kind"), "PartialObjectMetadata")
    assert.deepEqual(Object.keys(objectAt({ object: object ?? null }, "object")).sort(), [
      "apiVersion",
      "kind",
      "metadata",
    ])
  }
})

test("protobuf is neither read nor written", async context => {
  const { client } = await startCluster(context)
  const contentType = "application/vnd.kubernetes.protobuf"

  const written = await client.call("/api/v1/namespaces/default/secrets", {
    method: "POST",
    contentType,
    body: "k8s\0",
  })
  const read = await client.call(widgets, { accept: contentType })
  const either = await client.call(widgets, { accept: `${contentType},application/json` })

  assert.deepEqual([written.code, textAt(written.body, "reason")], [415, "UnsupportedMediaType"])
  assert.deepEqual([read.code, textAt(read.body, "reason")], [406, "NotAcceptable"])
  assert.equal(either.code, 200)
})

test("a body that is larger than three megabytes is refused, and a method that is not known", async context => {
  const { client } = await startCluster(context)

  const large = await client.call(widgets, { method: "POST", body: `"${"x".repeat(3 * 1024 * 1024)}"` })
  const method = await client.call(widgets, { method: "PUT", body: {} })

  assert.equal(large.code, 413)
  assert.deepEqual([method.code, textAt(method.body, "reason")], [405, "MethodNotAllowed"])
})

test("closing the server ends its watches and leaves nothing open", async context => {
  const { api, client } = await startCluster(context)
  const watching = Array.fromAsync(client.watch(`${widgets}?watch=true`))
  watching.catch(() => undefined)
  while (api.admin.watches.count() === 0) await new Promise(resolve => setImmediate(resolve))

  const { admin } = api
  admin.watches.close()

  assert.deepEqual(await watching, [])
  assert.equal(admin.watches.count(), 0)
})
