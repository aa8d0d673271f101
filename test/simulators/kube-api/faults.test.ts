import assert from "node:assert/strict"
import { test } from "node:test"
import type { Client } from "./client.ts"
import { at, isObject, type Json, listAt, textAt } from "./json.ts"
import { createWidget, startCluster, widget, widgets } from "./sample-cluster.ts"

async function eventTypes(client: Client): Promise<readonly (string | undefined)[]> {
  const found: (string | undefined)[] = []
  for await (const event of client.watch(`${widgets}?watch=true`)) found.push(textAt(event, "type"))
  return found
}

async function untilOpen(count: () => number, wanted = 1): Promise<void> {
  for (let turn = 0; turn < 10_000 && count() < wanted; turn++) await new Promise(resolve => setImmediate(resolve))
  assert.ok(count() >= wanted, "no watch was opened")
}

test("the next requests that match are answered as ordered, and no others", async context => {
  const { api, client } = await startCluster(context)
  api.admin.faults.add({
    method: "GET",
    path: /\/widgets/u,
    times: 2,
    action: { kind: "answer", status: 429, reason: "TooManyRequests", retryAfterSeconds: 7 },
  })

  const other = await client.call("/api/v1/namespaces")
  const replies = [await client.call(widgets), await client.call(widgets), await client.call(widgets)]

  assert.equal(other.code, 200)
  assert.deepEqual(
    replies.map(reply => reply.code),
    [429, 429, 200],
  )
  assert.equal(replies[0]?.headers["retry-after"], "7")
  assert.equal(at(replies[0]?.body, "details", "retryAfterSeconds"), 7)
  assert.equal(textAt(replies[0]?.body, "reason"), "TooManyRequests")
})

test("an answer is delayed, cut in half or lost with its connection", async context => {
  const { api, client } = await startCluster(context)
  const { faults } = api.admin

  faults.add({ action: { kind: "delay", ms: 40 } })
  const began = performance.now()
  assert.equal((await client.call(widgets)).code, 200)
  assert.ok(performance.now() - began >= 39)

  faults.add({ action: { kind: "reset" } })
  await assert.rejects(client.call(widgets))

  faults.add({ method: "POST", action: { kind: "truncate" } })
  await assert.rejects(client.call(widgets, { method: "POST", body: widget() }))
  assert.equal(
    api.admin.stored("widgets.example.org").length,
    1,
    "a truncated answer belongs to a request that was carried out",
  )
})

test("a fault that is taken back does not happen", async context => {
  const { api, client } = await startCluster(context)
  const takeBack = api.admin.faults.add({ action: { kind: "answer", status: 500 } })

  takeBack()

  assert.equal((await client.call(widgets)).code, 200)
})

test("watches end cleanly, break, expire or stop in the middle of a line", async context => {
  const { api, client } = await startCluster(context)
  const { watches } = api.admin
  await createWidget(client)
  const begin = async () => {
    const watching = eventTypes(client)
    watching.catch(() => undefined)
    await untilOpen(() => watches.count("widgets"))
    return { watching }
  }

  const clean = await begin()
  watches.close()
  assert.deepEqual(await clean.watching, ["ADDED"])

  const expired = await begin()
  watches.expire("widgets")
  assert.deepEqual(await expired.watching, ["ADDED", "ERROR"])

  const broken = await begin()
  watches.reset()
  await assert.rejects(broken.watching)

  const truncated = await begin()
  watches.truncate()
  await assert.rejects(truncated.watching)
  assert.equal(watches.count(), 0)
})

test("hanging watches are silent and open; when they resume nothing is lost", async context => {
  const { api, client } = await startCluster(context)
  const { watches } = api.admin
  const resume = watches.hang()
  const watching = eventTypes(client)
  await untilOpen(() => watches.count("widgets"))
  let isOver = false
  const over = watching.finally(() => {
    isOver = true
  })

  await createWidget(client)
  await new Promise(resolve => setTimeout(resolve, 20))
  assert.equal(isOver, false)
  resume()
  watches.close()

  assert.deepEqual(await over, ["ADDED"])
})

test("a user without a right is answered 403 in the words of RBAC, everybody else goes on", async context => {
  const { api, client } = await startCluster(context)
  const restore = api.admin.denials.add({ user: "admin", verb: "create", resource: "widgets" })

  const create = () => client.call(widgets, { method: "POST", body: widget() })
  const denied = await create()
  const list = await client.call(widgets)
  restore()
  const allowed = await create()

  assert.deepEqual([denied.code, list.code, allowed.code], [403, 200, 201])
  assert.equal(
    textAt(denied.body, "message"),
    'widgets.example.org is forbidden: User "admin" cannot create resource "widgets" in API group "example.org" in the namespace "default"',
  )
})

test("the request log says who asked for what, and how it was answered", async context => {
  const { api, client } = await startCluster(context)
  api.admin.requests.clear()

  await client.call(`${widgets}/none?x=1`, { userAgent: "test/1" })

  assert.deepEqual(api.admin.requests.find({ path: /none/u }), [
    { method: "GET", path: `${widgets}/none?x=1`, user: "admin", userAgent: "test/1", contentType: "", code: 404 },
  ])
})

test("all of it can be ordered over HTTP", async context => {
  const { api, client } = await startCluster(context)
  const order = (path: string, body: Json = {}) => client.call(`/_sim/${path}`, { method: "POST", body })

  await order("faults", { path: "/widgets", status: 503, retryAfterSeconds: 1 })
  assert.equal((await client.call(widgets)).code, 503)
  await order("denials", { verb: "list", resource: "widgets" })
  assert.equal((await client.call(widgets)).code, 403)
  const watching = eventTypes(client)
  await untilOpen(() => api.admin.watches.count())
  assert.deepEqual((await order("watches")).body, { open: 1 })
  await order("watches/close")
  assert.deepEqual(await watching, [])
  const log = await order("requests")
  assert.ok(listAt({ log: log.body }, "log").some(entry => isObject(entry) && entry["code"] === 503))
  assert.equal((await order("nonsense")).code, 404)
})
