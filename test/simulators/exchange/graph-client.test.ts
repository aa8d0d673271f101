import assert from "node:assert/strict"
import { test } from "node:test"
import {
  BatchRequestContent,
  BatchResponseContent,
  Client,
  GraphError,
  type PageCollection,
  PageIterator,
} from "@microsoft/microsoft-graph-client"
import { fetch as undiciFetch } from "undici"
import { isJson, jsonAt, listAt, textAt } from "./store/json.ts"
import { anna, meeting, type Talk, talk } from "./talk.ts"

/** Microsoft's own client, which nobody here wrote, as the judge of the protocol. */
function microsoftClient(exchange: Talk): Client {
  return Client.init({
    baseUrl: `${exchange.url}/`,
    customHosts: new Set(["127.0.0.1"]),
    fetchOptions: overDispatcher(exchange),
    authProvider: done => {
      exchange.token().then(
        token => done(null, token),
        (error: unknown) => done(error, null),
      )
    },
  })
}

test("Microsoft's client creates, reads, changes and deletes an event", async () => {
  await using exchange = await talk()
  using _fetch = replacedFetch()
  const client = microsoftClient(exchange)

  const made: unknown = await client.api(`/users/${anna}/events`).post(meeting())
  const id = textAt(made, "id") ?? ""
  await client
    .api(`/users/${anna}/events/${id}`)
    .header("If-Match", textAt(made, "@odata.etag") ?? "")
    .patch({ subject: "Changed" })
  const read: unknown = await client
    .api(`/users/${anna}/events/${id}`)
    .header("Prefer", 'outlook.timezone="Europe/Helsinki"')
    .select("subject,start")
    .get()
  assert.deepEqual([textAt(read, "subject"), textAt(jsonAt(read, "start"), "timeZone")], ["Changed", "Europe/Helsinki"])
  await client.api(`/users/${anna}/events/${id}`).delete()
  await assert.rejects(client.api(`/users/${anna}/events/${id}`).get(), (error: unknown) => {
    assert.ok(error instanceof GraphError)
    assert.deepEqual([error.statusCode, error.code], [404, "ErrorItemNotFound"])
    assert.ok(error.requestId)
    return true
  })
})

test("Microsoft's page iterator walks a list and a change round to its end", async () => {
  await using exchange = await talk()
  using _fetch = replacedFetch()
  const client = microsoftClient(exchange)
  for (let at = 0; at < 23; at++) exchange.admin.createEvent(anna, meeting({ subject: `Lesson ${at}` }))

  const subjects = new Set<string>()
  const visit = (row: unknown) => {
    subjects.add(textAt(row, "subject") ?? "")
    return true
  }
  const list: PageCollection = await client.api(`/users/${anna}/events`).top(5).select("subject").get()
  await new PageIterator(client, list, visit).iterate()
  assert.equal(subjects.size, 23)

  subjects.clear()
  const view = client
    .api(`/users/${anna}/calendarView/delta`)
    .query({ startDateTime: "2026-03-01T00:00:00Z", endDateTime: "2026-04-01T00:00:00Z" })
  const first: PageCollection = await view.get()
  const iterator = new PageIterator(client, first, visit)
  await iterator.iterate()
  assert.equal(subjects.size, 23)
  const after: unknown = await client.api(iterator.getDeltaLink() ?? "").get()
  assert.deepEqual(listAt(after, "value"), [])
})

test("Microsoft's client writes a batch and finds each answer by its id", async () => {
  await using exchange = await talk()
  using _fetch = replacedFetch()
  const client = microsoftClient(exchange)
  const steps = Array.from({ length: 20 }, (_, at) => ({
    id: String(at),
    request: new Request(`https://host/users/${anna}/events`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(meeting({ subject: `Lesson ${at}` })),
    }),
  }))
  const content = await new BatchRequestContent(steps).getContent()
  const answer = new BatchResponseContent(await client.api("/$batch").post(content))
  for (let at = 0; at < 20; at++) {
    const response = answer.getResponseById(String(at))
    assert.equal(response.status, 201)
    const body: unknown = await response.json()
    assert.ok(isJson(body))
    assert.equal(body["subject"], `Lesson ${at}`)
  }
})

test("Microsoft's client waits as long as a throttled answer says and tries again", async () => {
  await using exchange = await talk()
  using _fetch = replacedFetch()
  exchange.admin.addFault({ kind: "status", status: 429, retryAfter: 0, times: 1 })
  const client = microsoftClient(exchange)
  const calendar: unknown = await client.api(`/users/${anna}/calendar`).get()
  assert.equal(textAt(calendar, "name"), "Calendar")
  assert.equal(exchange.admin.counters().statuses["429"], 1)
})

/** The client calls the global fetch; the one of the installed undici understands its own dispatcher. */
function replacedFetch(): Disposable {
  const original = globalThis.fetch
  Object.assign(globalThis, { fetch: undiciFetch })
  return { [Symbol.dispose]: () => void Object.assign(globalThis, { fetch: original }) }
}

/** The client's types do not know undici's option. */
function overDispatcher({ dispatcher }: Talk): NonNullable<Parameters<typeof Client.init>[0]["fetchOptions"]> {
  const options = {}
  Reflect.set(options, "dispatcher", dispatcher)
  return options
}
