import assert from "node:assert/strict"
import { test } from "node:test"
import type { Client } from "./client.ts"
import { at, type Json, listAt, textAt } from "./json.ts"
import { createWidget, startCluster, widget, widgets } from "./sample-cluster.ts"

const one = `${widgets}/one`

/** Reads events until the watch ends or there are as many as wanted. */
async function events(
  client: Client,
  query: string,
  count = Number.POSITIVE_INFINITY,
  accept?: string,
): Promise<readonly Json[]> {
  const found: Json[] = []
  for await (const event of client.watch(`${widgets}?watch=true&${query}`, accept === undefined ? {} : { accept })) {
    found.push(event)
    if (found.length >= count) break
  }
  return found
}

function summary(found: readonly Json[]): readonly string[] {
  return found.map(event => `${textAt(event, "type")} ${textAt(event, "object", "metadata", "name") ?? ""}`.trim())
}

async function label(client: Client, name: string, labels: Json): Promise<void> {
  const patch = { method: "PATCH", contentType: "application/merge-patch+json", body: { metadata: { labels } } }
  await client.call(`${widgets}/${name}`, patch)
}

test("a watch from a revision tells what happened since, in order, and goes on", async context => {
  const { client } = await startCluster(context)
  const first = await createWidget(client)
  await label(client, "one", { a: "b" })
  await createWidget(client, { name: "two" })

  const watching = events(client, `resourceVersion=${textAt(first, "metadata", "resourceVersion")}`, 3)
  await client.call(one, { method: "DELETE" })

  assert.deepEqual(summary(await watching), ["MODIFIED one", "ADDED two", "DELETED one"])
})

test("a watch without a revision begins with everything there is", async context => {
  const { client } = await startCluster(context)
  await createWidget(client, { name: "a" })
  await createWidget(client, { name: "b" })

  assert.deepEqual(summary(await events(client, "", 2)), ["ADDED a", "ADDED b"])
})

test("sendInitialEvents ends the initial events with an annotated bookmark, and is refused without NotOlderThan", async context => {
  const { client } = await startCluster(context)
  await createWidget(client)
  const query = "sendInitialEvents=true&allowWatchBookmarks=true"

  const found = await events(client, `${query}&resourceVersionMatch=NotOlderThan`, 2)
  const refused = await client.call(`${widgets}?watch=true&${query}`)

  assert.deepEqual(summary(found), ["ADDED one", "BOOKMARK"])
  assert.deepEqual(at(found[1], "object", "metadata", "annotations"), { "k8s.io/initial-events-end": "true" })
  assert.equal(at(found[1], "object", "kind"), "Widget")
  assert.equal(refused.code, 422)
})

test("an object that crosses the selector's border comes and goes for the watch", async context => {
  const { client } = await startCluster(context)
  const first = await createWidget(client)
  const query = `labelSelector=seen%3Dyes&resourceVersion=${textAt(first, "metadata", "resourceVersion")}`

  const watching = events(client, query, 4)
  await label(client, "one", { seen: "yes" })
  await label(client, "one", { other: "1" })
  await label(client, "one", { seen: "no" })
  await label(client, "one", { other: "2" })
  await label(client, "one", { seen: "yes" })

  assert.deepEqual(summary(await watching), ["ADDED one", "MODIFIED one", "DELETED one", "ADDED one"])
})

test("bookmarks come when they are allowed, and a timeout ends the watch", async context => {
  const { api, client } = await startCluster(context)
  const first = await createWidget(client)
  const revision = textAt(first, "metadata", "resourceVersion")

  const allowed = events(client, `allowWatchBookmarks=true&resourceVersion=${revision}`, 1)
  const never = events(client, `resourceVersion=${revision}`)
  while (api.admin.watches.count() < 2) await new Promise(resolve => setImmediate(resolve))
  api.admin.watches.bookmark()
  api.admin.watches.close()
  const timed = await events(client, `timeoutSeconds=0&allowWatchBookmarks=true&resourceVersion=${revision}`)

  assert.deepEqual(summary(await allowed), ["BOOKMARK"])
  assert.deepEqual(await never, [])
  assert.deepEqual(summary(timed), ["BOOKMARK"])
  assert.equal(api.admin.watches.count(), 0)
})

test("after compaction an old revision is answered with an ERROR event 410", async context => {
  const { api, client } = await startCluster(context)
  const first = await createWidget(client)
  await label(client, "one", { a: "b" })
  api.admin.compact()

  const [event, ...more] = await events(client, `resourceVersion=${textAt(first, "metadata", "resourceVersion")}`)

  assert.equal(textAt(event, "type"), "ERROR")
  assert.equal(at(event, "object", "code"), 410)
  assert.equal(at(event, "object", "reason"), "Expired")
  assert.deepEqual(more, [])
})

test("events are tables or metadata when that is accepted", async context => {
  const { client } = await startCluster(context)
  await createWidget(client, { name: "a" })
  await createWidget(client, { name: "b" })

  const tables = await events(client, "", 2, "application/json;as=Table;v=v1;g=meta.k8s.io,application/json")
  const partials = await events(client, "", 2, "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io")

  assert.deepEqual(
    tables.map(event => textAt(event, "object", "kind")),
    ["Table", "Table"],
  )
  assert.deepEqual(
    tables.map(event => at(event, "object", "rows", 0, "cells", 0)),
    ["a", "b"],
  )
  assert.equal(listAt(tables[0], "object", "columnDefinitions").length, 5)
  assert.equal(at(tables[1], "object", "columnDefinitions"), null)
  assert.deepEqual(
    partials.map(event => textAt(event, "object", "kind")),
    ["PartialObjectMetadata", "PartialObjectMetadata"],
  )
  assert.equal(at(partials[0], "object", "spec"), undefined)
})

test("a list in pages shows the state at its first page, and its token expires", async context => {
  const { api, client } = await startCluster(context)
  for (const name of ["a", "b", "c", "d", "e"]) await createWidget(client, { name })

  const first = await client.call(`${widgets}?limit=2`)
  await client.call(`${widgets}/d`, { method: "DELETE" })
  const next = (reply: { readonly body: Json }) =>
    client.call(`${widgets}?limit=2&continue=${textAt(reply.body, "metadata", "continue")}`)
  const second = await next(first)
  const third = await next(second)
  api.admin.compact()
  const late = await next(second)

  const names = [first, second, third].map(({ body }) =>
    listAt(body, "items")
      .map(item => textAt(item, "metadata", "name"))
      .join(""),
  )
  assert.deepEqual(names, ["ab", "cd", "e"])
  assert.equal(at(first.body, "metadata", "remainingItemCount"), 3)
  assert.equal(at(third.body, "metadata", "continue"), undefined)
  assert.equal(late.code, 410)
  assert.equal(textAt(late.body, "reason"), "Expired")
})

test("a token also expires with time", async context => {
  const { api, client } = await startCluster(context)
  for (const name of ["a", "b"]) await createWidget(client, { name })
  const { body } = await client.call(`${widgets}?limit=1`)

  api.admin.clock.advance({ minutes: 6 })
  const late = await client.call(`${widgets}?limit=1&continue=${textAt(body, "metadata", "continue")}`)

  assert.equal(late.code, 410)
})

test("a list is narrowed by labels and by fields, and only by fields that can be selected", async context => {
  const { client } = await startCluster(context)
  await createWidget(client, { name: "a", metadata: { labels: { tier: "web", zone: "x" } } })
  await createWidget(client, { name: "b", spec: { color: "blue" }, metadata: { labels: { tier: "db" } } })
  await createWidget(client, { name: "c" })
  const names = async (query: string) => {
    const { body } = await client.call(`${widgets}?${new URLSearchParams(query)}`)
    return listAt(body, "items")
      .map(item => textAt(item, "metadata", "name"))
      .join("")
  }

  assert.equal(await names("labelSelector=tier in (web, db),!zone"), "b")
  assert.equal(await names("labelSelector=tier notin (web)"), "bc")
  assert.equal(await names("labelSelector=zone"), "a")
  assert.equal(await names("labelSelector=tier!%3Dweb"), "bc")
  assert.equal(await names("fieldSelector=spec.color%3Dblue"), "b")
  assert.equal(await names("fieldSelector=metadata.name%3Da,spec.color%3Dred"), "a")
  const refused = await client.call(`${widgets}?fieldSelector=spec.size%3D1`)
  assert.equal(refused.code, 400)
  assert.match(textAt(refused.body, "message") ?? "", /field label not supported: spec.size/u)
})

test("a revision from the future is answered with a hint to wait", async context => {
  const { client } = await startCluster(context)

  const { code, body, headers } = await client.call(`${widgets}?resourceVersion=999999`)

  assert.equal(code, 504)
  assert.equal(headers["retry-after"], "1")
  assert.equal(textAt(body, "details", "causes", 0, "reason"), "ResourceVersionTooLarge")
})

test("five thousand widgets are listed in well under a second", async context => {
  const { api, client } = await startCluster(context)
  api.admin.load(
    Array.from({ length: 5000 }, (_, index) => JSON.stringify(widget({ name: `w-${index}` }))).join("\n---\n"),
  )

  const began = performance.now()
  const { body } = await client.call("/apis/example.org/v1/widgets")
  const tookMs = performance.now() - began

  assert.equal(listAt(body, "items").length, 5000)
  assert.ok(tookMs < 1000, `took ${tookMs} ms`)
})
