import assert from "node:assert/strict"
import { test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { anna, codeOf, meeting, talk } from "./talk.ts"

const bo = "bo@contoso.example"

test("a fault strikes its mailbox and operation, as often as it was told", async () => {
  await using exchange = await talk({ mailboxes: [{ address: anna }, { address: bo }] })
  exchange.admin.addFault({
    kind: "status",
    status: 429,
    retryAfter: 7,
    mailbox: anna,
    operation: "events.create",
    times: 2,
  })

  const answers = []
  for (let at = 0; at < 3; at++) answers.push(await exchange.send("POST", "/events", meeting()))

  assert.deepEqual(
    answers.map(answer => answer.status),
    [429, 429, 201],
  )
  assert.deepEqual(
    [answers[0]?.headers["retry-after"], codeOf(answers[0] ?? { body: {} })],
    ["7", "ApplicationThrottled"],
  )
  assert.equal((await exchange.get("/events")).status, 200)
  assert.equal((await exchange.send("POST", `//v1.0/users/${bo}/events`, meeting())).status, 201)
})

test("a fault names a family of operations, lets some pass first, and can come without Retry-After", async () => {
  await using exchange = await talk()
  const id = exchange.admin.addFault({ kind: "status", status: 503, operation: "calendarView", after: 1 })
  const view = "/calendarView?startDateTime=2026-03-01T00:00:00Z&endDateTime=2026-04-01T00:00:00Z"
  assert.equal((await exchange.get(view)).status, 200)
  const struck = await exchange.get(view.replace("View?", "View/delta?"))
  assert.deepEqual([struck.status, struck.headers["retry-after"]], [503, undefined])
  exchange.admin.removeFault(id)
  assert.equal((await exchange.get(view)).status, 200)
})

test("an answer that is lost leaves the write done, a connection that drops before leaves nothing", async () => {
  await using exchange = await talk()
  exchange.admin.addFault({ kind: "drop", when: "before", operation: "events.create", times: 1 })
  await assert.rejects(exchange.send("POST", "/events", meeting()))
  assert.equal(exchange.admin.events(anna).length, 0)

  for (const when of ["after", "midBody"] as const) {
    exchange.admin.addFault({ kind: "drop", when, operation: "events.create", times: 1 })
    await assert.rejects(exchange.send("POST", "/events", meeting()), when)
  }
  assert.equal(exchange.admin.events(anna).length, 2)
})

test("a lost step takes its batch with it, and what was done stays done", async () => {
  await using exchange = await talk()
  exchange.admin.addFault({ kind: "drop", when: "after", operation: "events.create", times: 1 })
  const step = {
    id: "1",
    method: "POST",
    url: `/users/${anna}/events`,
    headers: { "content-type": "application/json" },
    body: meeting(),
  }
  await assert.rejects(exchange.batch([step]))
  assert.equal(exchange.admin.events(anna).length, 1)
})

test("a delayed commit answers 504 first and happens afterwards", async () => {
  await using exchange = await talk()
  exchange.admin.addFault({ kind: "delayedCommit", delayMs: 20, operation: "events.create", times: 1 })
  assert.equal((await exchange.send("POST", "/events", meeting())).status, 504)
  assert.equal(exchange.admin.events(anna).length, 0)
  await wait(60)
  assert.equal(exchange.admin.events(anna).length, 1)
})

test("a fault strikes with a probability, the same way in every run", async () => {
  await using exchange = await talk()
  const run = async () => {
    exchange.admin.clearFaults()
    exchange.admin.seedFaults(7)
    exchange.admin.addFault({ kind: "status", status: 504, probability: 0.5 })
    const statuses = []
    for (let at = 0; at < 20; at++) statuses.push((await exchange.get("/calendar")).status)
    return statuses
  }
  const first = await run()
  assert.ok(first.includes(200) && first.includes(504))
  assert.deepEqual(await run(), first)
})

test("a slow answer is slow, and a proxy's page is no error object", async () => {
  await using exchange = await talk()
  exchange.admin.addFault({ kind: "slow", delayMs: 50, times: 1 })
  const begin = performance.now()
  assert.equal((await exchange.get("/calendar")).status, 200)
  assert.ok(performance.now() - begin >= 45)
  exchange.admin.addFault({ kind: "status", status: 502, text: "<html>Bad gateway</html>", times: 1 })
  const page = await exchange.get("/calendar")
  assert.deepEqual(
    [page.status, page.text, page.headers["content-type"]],
    [502, "<html>Bad gateway</html>", "text/html; charset=utf-8"],
  )
})

test("ten thousand requests in ten minutes are enough, and the next ten minutes are new", async () => {
  await using exchange = await talk({ switches: { requestsPerTenMinutes: 5 } })
  const statuses = async () => {
    const found = []
    for (let at = 0; at < 6; at++) found.push((await exchange.get("/calendar")).status)
    return found
  }
  assert.deepEqual(await statuses(), [200, 200, 200, 200, 200, 429])
  exchange.admin.advance(600_000)
  assert.equal((await statuses())[0], 200)
})

test("five requests at a time are one too many for a mailbox, and none for its neighbour", async () => {
  await using exchange = await talk({ latencyMs: 30, mailboxes: [{ address: anna }, { address: bo }] })
  const both = [anna, bo].flatMap(address => Array.from({ length: 4 }, () => `//v1.0/users/${address}/calendar`))
  const four = await Promise.all(both.map(path => exchange.get(path)))
  assert.deepEqual([...new Set(four.map(answer => answer.status))], [200])

  const five = await Promise.all(Array.from({ length: 5 }, () => exchange.get("/calendar")))
  assert.deepEqual(five.map(answer => answer.status).sort(), [200, 200, 200, 200, 429])
  exchange.admin.setSwitches({ concurrencyStatus: 503, retryAfterSeconds: undefined })
  const again = await Promise.all(Array.from({ length: 5 }, () => exchange.get("/calendar")))
  const [refused] = again.filter(answer => answer.status === 503)
  assert.deepEqual(
    [refused?.headers["retry-after"], codeOf(refused ?? { body: {} })],
    [undefined, "ApplicationThrottled"],
  )
})

test("a mailbox that is elsewhere, gone or never was is told apart the way Exchange does", async () => {
  await using exchange = await talk({
    mailboxes: [
      { address: anna },
      { address: "onprem@contoso.example", state: "onPremises" },
      { address: "deleted@contoso.example", state: "softDeleted" },
    ],
  })
  const cases: readonly (readonly [string, string])[] = [
    ["onprem@contoso.example", "MailboxNotEnabledForRESTAPI"],
    ["deleted@contoso.example", "MailboxNotEnabledForRESTAPI"],
    ["nobody@contoso.example", "ErrorInvalidUser"],
    ["11111111-2222-3333-4444-555555555555", "Request_ResourceNotFound"],
  ]
  for (const [name, code] of cases) {
    const answer = await exchange.get(`//v1.0/users/${name}/events`)
    assert.deepEqual([answer.status, codeOf(answer)], [404, code], name)
  }
  exchange.admin.setMailboxState(anna, "onPremises")
  assert.equal((await exchange.get("/events")).status, 404)
  exchange.admin.setMailboxState(anna, "present")
  assert.equal((await exchange.get("/events")).status, 200)
})

test("the token endpoint has bad days of its own", async () => {
  await using exchange = await talk()
  exchange.admin.addFault({ kind: "status", status: 503, operation: "token", retryAfter: 3, times: 1 })
  const answer = await exchange.send("POST", `//${exchange.admin.tenantId}/oauth2/v2.0/token`, undefined)
  assert.deepEqual([answer.status, answer.headers["retry-after"]], [503, "3"])
})

test("a body that is no JSON, or none of Graph's size, is refused", async () => {
  await using exchange = await talk()
  const huge = meeting({ body: { contentType: "text", content: "x".repeat(5_000_000) } })
  assert.equal((await exchange.send("POST", "/events", huge)).status, 413)
  assert.equal((await exchange.send("POST", "/events", meeting(), { "content-type": "text/plain" })).status, 400)
  assert.equal((await exchange.send("POST", "/events", "a string")).status, 400)
})
