import assert from "node:assert/strict"
import { test } from "node:test"
import { request } from "undici"
import { isJson, listAt, textAt } from "./store/json.ts"
import { anna, meeting, type Talk, talk } from "./talk.ts"

async function call(exchange: Talk, method: string, ...args: readonly unknown[]) {
  const answer = await request(`${exchange.pageUrl}/_sim/${method}`, { method: "POST", body: JSON.stringify(args) })
  const body: unknown = await answer.body.json()
  assert.ok(isJson(body))
  return { status: answer.statusCode, result: body["result"], error: body["error"] }
}

test("another process seeds people and events, makes bad days and reads the counters", async () => {
  await using exchange = await talk()
  await call(exchange, "addMailbox", { address: "cleo@contoso.example", events: [meeting({ subject: "Seeded" })] })
  const seeded = await exchange.get("//v1.0/users/cleo@contoso.example/events?$select=subject")
  assert.deepEqual(
    (listAt(seeded.body, "value") ?? []).map(row => textAt(row, "subject")),
    ["Seeded"],
  )

  const { result: id } = await call(exchange, "createEvent", anna, meeting())
  await call(exchange, "moveEvent", anna, id, { minutes: 60 })
  const moved = await exchange.get(`/events/${String(id)}`)
  assert.equal(textAt(moved.body["start"], "dateTime"), "2026-03-10T08:00:00.0000000")

  await call(exchange, "addFault", { kind: "status", status: 503, mailbox: anna })
  assert.equal((await exchange.get("/events")).status, 503)
  await call(exchange, "clearFaults")
  const counters = await call(exchange, "counters")
  assert.equal(isJson(counters.result) && isJson(counters.result["operations"]), true)
  const tenant = await request(`${exchange.pageUrl}/_sim/tenantId`)
  assert.deepEqual(await tenant.body.json(), { result: exchange.admin.tenantId })
})

test("what the admin does not know is an error and no crash", async () => {
  await using exchange = await talk()
  assert.equal((await call(exchange, "constructor")).status, 404)
  assert.equal((await call(exchange, "fly")).status, 404)
  assert.deepEqual(await call(exchange, "deleteEvent", "nobody@contoso.example", "x"), {
    status: 400,
    result: undefined,
    error: "no mailbox nobody@contoso.example",
  })
  assert.equal((await call(exchange, "createEvent", anna, { subject: "No time" })).status, 400)
})

test("people's edits are neither counted nor throttled nor struck by faults", async () => {
  await using exchange = await talk()
  exchange.admin.resetCounters()
  exchange.admin.addFault({ kind: "status", status: 503 })
  for (let at = 0; at < 10; at++) exchange.admin.createEvent(anna, meeting())
  exchange.admin.deleteEvent(anna, exchange.admin.events(anna)[0]?.id ?? "")
  assert.equal(exchange.admin.events(anna).length, 9)
  assert.deepEqual(exchange.admin.counters().operations, {})
})

test("a view of the admin is expanded and shows every named property", async () => {
  await using exchange = await talk()
  const range = { type: "numbered", startDate: "2026-03-10", numberOfOccurrences: 3 }
  exchange.admin.createEvent(
    anna,
    meeting({
      recurrence: { pattern: { type: "daily", interval: 1 }, range },
      singleValueExtendedProperties: [{ id: "String {6b2f2c4e-9d1a-4c57-8a55-1d0a7f3c9e21} Name calsync", value: "m" }],
    }),
  )
  const seen = exchange.admin.view(anna, { start: "2026-03-11T00:00:00Z", end: "2026-04-01T00:00:00Z" })
  assert.equal(seen.length, 2)
  assert.deepEqual(Object.values(seen[0]?.properties ?? {}), ["m"])
})
