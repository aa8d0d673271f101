import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { test } from "node:test"
import { textAt } from "./store/json.ts"
import { defaultSwitches } from "./store/switches.ts"
import { allPages, anna, codeOf, meeting, talk } from "./talk.ts"

test("every switch is turned by some test", () => {
  const here = new URL(".", import.meta.url)
  const tests = readdirSync(here, { recursive: true, encoding: "utf8" }).filter(name => name.endsWith(".test.ts"))
  const text = tests.map(name => readFileSync(new URL(name, here), "utf8")).join("\n")
  const unturned = Object.keys(defaultSwitches).filter(name => !new RegExp(`\\b${name}:`).test(text))
  assert.deepEqual(unturned, [])
})

test("a draft mails its attendees, or does not", async () => {
  const attendees = [{ emailAddress: { address: "bo@contoso.example" } }]
  for (const suppresses of [false, true]) {
    await using exchange = await talk({ switches: { draftSuppressesInvitations: suppresses } })
    await exchange.make(meeting({ attendees, isDraft: true }))
    assert.equal(exchange.admin.outbox().length, suppresses ? 0 : 1)
  }
})

test("the immutable id of a deleted event finds it, or does not; no list does", async () => {
  for (const reachable of [false, true]) {
    await using exchange = await talk({ switches: { deletedStayReachable: reachable } })
    await exchange.make(meeting())
    const [listed] = (await allPages(exchange, "/events", { prefer: 'IdType="ImmutableId"' })).rows
    const id = textAt(listed, "id") ?? ""
    await exchange.send("DELETE", `/events/${id}`)

    assert.equal((await exchange.get(`/events/${id}`)).status, reachable ? 200 : 404)
    assert.deepEqual((await allPages(exchange, "/events")).rows, [])
    assert.equal((await exchange.send("DELETE", `/events/${id}`)).status, reachable ? 204 : 404)
    assert.equal((await exchange.get(`/events/${id}`)).status, 404)
  }
})

test("the texts of a refusal may be any; the code stays", async () => {
  const texts = { accessDeniedText: "Zugriff verweigert.", accessPolicyText: "Blockiert." }
  await using exchange = await talk({ switches: texts })
  const refused = async () => {
    const answer = await exchange.get("/calendar")
    assert.deepEqual([answer.status, codeOf(answer)], [403, "ErrorAccessDenied"])
    return textAt(answer.body["error"], "message")
  }
  exchange.admin.addGroup({ mail: "all@contoso.example", members: [anna] })
  const deny = { appId: exchange.clientId, right: "DenyAccess", group: "all@contoso.example" } as const
  exchange.admin.setAccessPolicies([deny])
  assert.equal(await refused(), "Blockiert.")
  exchange.admin.updateApp(exchange.clientId, { permissions: [] })
  await exchange.login()
  assert.equal(await refused(), "Zugriff verweigert.")
})

test("the highest number of occurrences is what the switch says", async () => {
  await using exchange = await talk({ switches: { maximumOccurrences: 10 } })
  const series = (numberOfOccurrences: number) =>
    meeting({
      recurrence: {
        pattern: { type: "daily", interval: 1 },
        range: { type: "numbered", startDate: "2026-03-10", numberOfOccurrences },
      },
    })
  assert.equal((await exchange.send("POST", "/events", series(10))).status, 201)
  assert.equal((await exchange.send("POST", "/events", series(11))).status, 400)
})

test("a view refuses to select when an event was made, or gives it", async () => {
  const view = "/calendarView?startDateTime=2026-03-01T00:00:00Z&endDateTime=2026-04-01T00:00:00Z"
  for (const refuses of [true, false]) {
    await using exchange = await talk({ switches: { viewRefusesStamps: refuses } })
    await exchange.make(meeting())
    const answer = await exchange.get(`${view}&$select=subject,createdDateTime`)
    assert.equal(answer.status, refuses ? 400 : 200)
  }
})

test("a batch may be answered in the order it was asked", async () => {
  await using exchange = await talk({ switches: { batchShuffles: false } })
  const steps = Array.from({ length: 6 }, (_, at) => ({
    id: String(at),
    method: "GET",
    url: `/users/${anna}/calendar`,
  }))
  const ids = (await exchange.batch(steps)).map(response => response["id"])
  assert.deepEqual(ids, ["0", "1", "2", "3", "4", "5"])
})

test("fewer requests at a time, and a shorter life of delta tokens, are both possible", async () => {
  await using exchange = await talk({
    latencyMs: 20,
    switches: { concurrentRequestsPerMailbox: 1, deltaTokenLifetimeMs: 1000 },
  })
  const [one, two] = await Promise.all([exchange.get("/calendar"), exchange.get("/calendar")])
  assert.deepEqual([one?.status, two?.status].sort(), [200, 429])

  const round = "/calendarView/delta?startDateTime=2026-03-01T00:00:00Z&endDateTime=2026-04-01T00:00:00Z"
  const link = textAt((await exchange.get(round)).body, "@odata.deltaLink") ?? ""
  assert.equal((await exchange.get(link)).status, 200)
  exchange.admin.advance(1001)
  assert.equal((await exchange.get(link)).status, 410)
})
