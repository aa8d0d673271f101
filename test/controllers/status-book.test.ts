import assert from "node:assert/strict"
import { test } from "node:test"
import { KubeConfig } from "@kubernetes/client-node"
import type { CalendarSyncObject } from "../../operator/controllers/objects.ts"
import { StatusBook } from "../../operator/controllers/status-book.ts"
import { calendarSyncs } from "../../operator/resources/calendar-sync.ts"
import { ObjectCache } from "../../operator/runtime/cache.ts"
import { KubeClient } from "../../operator/runtime/kube-client.ts"
import { silentLog } from "../../operator/runtime/log.ts"
import { startCluster } from "../world/cluster.ts"

const never = new AbortController().signal
const key = "calendars/anna"

/** A cache that a test fills by hand, over a real API. */
async function begin() {
  const cluster = await startCluster()
  const manifest = { mailbox: "anna@contoso.com", identity: "anna", bindingRef: { name: "main" } }
  const metadata = { name: "anna", namespace: "calendars" }
  cluster.apply(JSON.stringify({ apiVersion: "calsync.dev/v1alpha1", kind: "CalendarSync", metadata, spec: manifest }))
  const kubeConfig = new KubeConfig()
  kubeConfig.loadFromString(cluster.kube.kubeconfig("operator"))
  const client = new KubeClient({ kubeConfig })
  const cache = new ObjectCache<CalendarSyncObject>({ log: silentLog, onHandlerError: () => {} })
  const part = cache.openPart()
  const live = () => client.get<CalendarSyncObject>(calendarSyncs, metadata, never)
  part.replace([await live()])
  const close = async () => {
    await client.close()
    await cluster.close()
  }
  const book = new StatusBook(client)
  const read = () => book.read(cache, calendarSyncs, key)
  const write = async (consecutiveFailures: number) => {
    const object = read()
    assert.ok(object)
    await book.write(calendarSyncs, object, { ...object.status, consecutiveFailures }, never)
  }
  return { cluster, book, part, live, read, write, close }
}

test("what was written is read until the cache has it, also after several writes and somebody's annotation", async () => {
  const { cluster, part, live, read, write, close } = await begin()
  const states = [await live()]
  await write(1)
  states.push(await live())
  await cluster.annotate(cluster.find("CalendarSync", "anna"), { note: "between" })
  states.push(await live())
  await write(2)
  await write(3)

  for (const state of states) {
    part.put(state)
    assert.equal(read()?.status?.consecutiveFailures, 3)
  }
  assert.equal(read()?.metadata.annotations?.["note"], "between")
  await close()
})

test("once the cache has it, what others wrote after us counts", async () => {
  const { cluster, part, live, read, write, close } = await begin()
  await write(1)
  part.put(await live())
  await cluster.annotate(cluster.find("CalendarSync", "anna"), { note: "later" })
  part.put(await live())
  assert.equal(read()?.metadata.annotations?.["note"], "later")
  assert.equal(read()?.status?.consecutiveFailures, 1)
  await close()
})

test("an object made anew under the same name has nothing of the one before", async () => {
  const { part, live, read, write, close } = await begin()
  await write(1)
  const before = await live()
  part.put({ ...before, status: {}, metadata: { ...before.metadata, uid: "another", resourceVersion: "1" } })
  assert.equal(read()?.status?.consecutiveFailures, undefined)
  await close()
})
