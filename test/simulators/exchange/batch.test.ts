import assert from "node:assert/strict"
import { test } from "node:test"
import { type Json, jsonAt, listAt, numberAt, textAt } from "./store/json.ts"
import { anna, codeOf, meeting, talk } from "./talk.ts"

const json = { "Content-Type": "application/json" }
const create = (id: number, changes: Json = {}): Json => ({
  id: String(id),
  method: "POST",
  url: `/users/${anna}/events`,
  headers: json,
  body: meeting({ subject: `Lesson ${id}` }),
  ...changes,
})
const steps = (count: number) => Array.from({ length: count }, (_, at) => create(at + 1))
const statuses = (responses: readonly Json[]) =>
  Object.fromEntries(responses.map(response => [textAt(response, "id"), numberAt(response, "status")]))

test("twenty steps are done and answered by id in another order; twenty-one are refused whole", async () => {
  await using exchange = await talk()
  const responses = await exchange.batch(steps(20))
  assert.equal(responses.length, 20)
  assert.ok(responses.every(response => response["status"] === 201))
  assert.notDeepEqual(
    responses.map(response => response["id"]),
    steps(20).map(step => step["id"]),
  )
  for (const response of responses)
    assert.equal(textAt(response["body"], "subject"), `Lesson ${textAt(response, "id")}`)

  const many = await exchange.send("POST", "//v1.0/$batch", { requests: steps(21) })
  assert.deepEqual([many.status, codeOf(many)], [400, "MaximumValueExceeded"])
  assert.equal(exchange.admin.events(anna).length, 20)
})

test("each step fails for itself", async () => {
  await using exchange = await talk()
  const responses = await exchange.batch([
    create(1),
    create(2, { url: "/users/nobody@contoso.example/events" }),
    create(3, { headers: {} }),
    create(4, { body: { subject: "No time" } }),
    { id: "5", method: "GET", url: `users/${anna}/events?$select=subject` },
    { id: "6", method: "GET", url: `/users/${anna}/events/abc` },
  ])
  assert.deepEqual(statuses(responses), { 1: 201, 2: 404, 3: 400, 4: 400, 5: 200, 6: 400 })
  const failed = responses.find(response => response["id"] === "2")
  assert.equal(textAt(jsonAt(failed?.["body"], "error"), "code"), "ErrorInvalidUser")
})

test("a step has headers of its own and inherits none but who calls", async () => {
  await using exchange = await talk()
  const id = await exchange.make(meeting())
  const get = (step: string, headers: Json) => ({
    id: step,
    method: "GET",
    url: `/users/${anna}/events/${id}`,
    headers,
  })
  const { body } = await exchange.send(
    "POST",
    "//v1.0/$batch",
    { requests: [get("plain", {}), get("zoned", { Prefer: 'outlook.timezone="Asia/Tokyo"' })] },
    { prefer: 'IdType="ImmutableId"' },
  )
  const answers = Object.fromEntries((listAt(body, "responses") ?? []).map(step => [textAt(step, "id"), step]))
  assert.equal(textAt(jsonAt(answers["plain"], "body"), "id"), id)
  assert.equal(textAt(jsonAt(jsonAt(answers["zoned"], "body"), "start"), "timeZone"), "Asia/Tokyo")
  assert.match(textAt(jsonAt(answers["zoned"], "headers"), "Preference-Applied") ?? "", /Asia\/Tokyo/)
})

test("what depends on a failed step is not done", async () => {
  await using exchange = await talk()
  const responses = await exchange.batch([
    create(1),
    create(2, { body: { subject: "No time" }, dependsOn: ["1"] }),
    create(3, { dependsOn: ["2"] }),
    create(4, { dependsOn: ["3"] }),
    create(5),
  ])
  assert.deepEqual(statuses(responses), { 1: 201, 2: 400, 3: 424, 4: 424, 5: 201 })
  assert.equal(exchange.admin.events(anna).length, 2)
})

test("a malformed batch is refused whole", async () => {
  await using exchange = await talk()
  const wrong: readonly Json[] = [
    {},
    { requests: [{ id: "1" }] },
    { requests: [create(1), create(1)] },
    { requests: [create(1, { dependsOn: ["9"] })] },
  ]
  for (const body of wrong) assert.equal((await exchange.send("POST", "//v1.0/$batch", body)).status, 400)
  assert.equal(exchange.admin.events(anna).length, 0)
})

test("one batch never has more than four steps in flight, two batches at once are too many", async () => {
  await using exchange = await talk({ latencyMs: 20 })
  const alone = await exchange.batch(steps(20))
  assert.ok(alone.every(response => response["status"] === 201))
  assert.equal(exchange.admin.counters().peakConcurrencyPerMailbox, 4)

  const [one, two] = await Promise.all([exchange.batch(steps(8)), exchange.batch(steps(8))])
  const throttled = [...(one ?? []), ...(two ?? [])].filter(response => response["status"] === 429)
  assert.ok(throttled.length > 0)
  const [first] = throttled
  assert.equal(textAt(jsonAt(first, "headers"), "Retry-After"), "1")
  const error = jsonAt(jsonAt(first, "body"), "error")
  assert.deepEqual(
    [textAt(error, "code"), textAt(error, "message")],
    ["ApplicationThrottled", "Application is over its MailboxConcurrency limit."],
  )
})

test("steps count as operations, the batch as one request", async () => {
  await using exchange = await talk()
  exchange.admin.resetCounters()
  await exchange.batch(steps(7))
  const { requests, operations, mailboxes } = exchange.admin.counters()
  assert.equal(requests, 1)
  assert.deepEqual(operations, { batch: 1, "events.create": 7 })
  assert.deepEqual(mailboxes, { [anna]: { "events.create": 7 } })
})
