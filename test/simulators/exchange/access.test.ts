import assert from "node:assert/strict"
import { test } from "node:test"
import { listAt, textAt } from "./store/json.ts"
import { allPages, anna, codeOf, meeting, type Talk, talk } from "./talk.ts"

const bo = "bo@contoso.example"
const rector = "rector@contoso.example"
const people = { mailboxes: [{ address: anna }, { address: bo }, { address: rector }] }
const group = "calendars@contoso.example"

async function reach(exchange: Talk): Promise<readonly string[]> {
  const reached: string[] = []
  for (const address of [anna, bo, rector]) {
    const answer = await exchange.get(`//v1.0/users/${address}/calendar`)
    if (answer.status === 200) reached.push(address)
    else assert.deepEqual([answer.status, codeOf(answer)], [403, "ErrorAccessDenied"])
  }
  return reached
}

test("a tenant-wide consent reaches everybody", async () => {
  await using exchange = await talk(people)
  assert.deepEqual(await reach(exchange), [anna, bo, rector])
})

test("access policies: deny wins over restrict, and a restriction excludes the rest", async () => {
  await using exchange = await talk(people)
  exchange.admin.addGroup({ mail: group, members: [anna, rector] })
  exchange.admin.addGroup({ mail: "secret@contoso.example", members: [rector] })
  const appId = exchange.clientId

  exchange.admin.setAccessPolicies([{ appId, right: "RestrictAccess", group }])
  assert.deepEqual(await reach(exchange), [anna, rector])
  const restrictAndDeny = [
    { appId, right: "RestrictAccess", group },
    { appId, right: "DenyAccess", group: "secret@contoso.example" },
  ] as const
  exchange.admin.setAccessPolicies(restrictAndDeny)
  assert.deepEqual(await reach(exchange), [anna])
  exchange.admin.setAccessPolicies([{ appId, right: "DenyAccess", group: "secret@contoso.example" }])
  assert.deepEqual(await reach(exchange), [anna, bo])
  exchange.admin.setAccessPolicies([{ appId: "another app", right: "RestrictAccess", group }])
  assert.deepEqual(await reach(exchange), [anna, bo, rector])

  exchange.admin.setAccessPolicies([{ appId, right: "DenyAccess", group: "secret@contoso.example" }])
  const denied = await exchange.get(`//v1.0/users/${rector}/calendar`)
  assert.match(textAt(denied.body["error"], "message") ?? "", /^Access to OData is disabled: \[RAOP\]/)
})

test("a role assignment grants its scope to an app without consent, nested groups included", async () => {
  await using exchange = await talk(people)
  exchange.admin.updateApp(exchange.clientId, { permissions: [] })
  await exchange.login()
  assert.deepEqual(await reach(exchange), [])

  exchange.admin.addGroup({ mail: "inner@contoso.example", members: [bo] })
  exchange.admin.addGroup({ mail: group, members: [anna, "inner@contoso.example"] })
  const role = "Application Calendars.ReadWrite"
  exchange.admin.setRoleAssignments([{ appId: exchange.clientId, role, scope: [group] }])
  assert.deepEqual(await reach(exchange), [anna, bo])
  assert.equal((await exchange.send("POST", "/events", meeting())).status, 201)
})

test("a scope restricts nothing while the tenant-wide consent stays", async () => {
  await using exchange = await talk(people)
  const role = "Application Calendars.ReadWrite"
  exchange.admin.setRoleAssignments([{ appId: exchange.clientId, role, scope: [anna] }])
  assert.deepEqual(await reach(exchange), [anna, bo, rector])
})

test("reading is not writing, and calendars are not settings", async () => {
  await using exchange = await talk(people)
  exchange.admin.updateApp(exchange.clientId, { permissions: ["Calendars.Read"] })
  await exchange.login()
  assert.equal((await exchange.get("/events")).status, 200)
  for (const answer of [await exchange.send("POST", "/events", meeting()), await exchange.get("/mailboxSettings")])
    assert.deepEqual([answer.status, codeOf(answer)], [403, "ErrorAccessDenied"])
  const user = await exchange.get(`//v1.0/users/${anna}`)
  assert.deepEqual([user.status, codeOf(user)], [403, "Authorization_RequestDenied"])
})

test("basic reading shows when and what, but neither bodies nor extended properties", async () => {
  await using exchange = await talk(people)
  const id = "String 0x0037"
  const body = { contentType: "text", content: "between us" }
  await exchange.make(meeting({ body, singleValueExtendedProperties: [{ id, value: "between us" }] }))
  exchange.admin.updateApp(exchange.clientId, { permissions: ["Calendars.ReadBasic.All"] })
  await exchange.login()
  const expand = encodeURIComponent(`singleValueExtendedProperties($filter=id eq '${id}')`)
  const answer = await exchange.get(`/events?$expand=${expand}`)
  assert.equal(textAt(listAt(answer.body, "value")?.[0], "subject"), "Physics")
  assert.ok(!answer.text.includes("between us"))
})

test("a consent counts from the next token on", async () => {
  await using exchange = await talk(people)
  exchange.admin.updateApp(exchange.clientId, { permissions: [] })
  assert.equal((await exchange.get("/events")).status, 200)
  await exchange.login()
  assert.equal((await exchange.get("/events")).status, 403)
})

test("changed rules reach an idle app after half an hour and a busy one after two", async () => {
  await using exchange = await talk({ ...people, switches: { slowPermissionChanges: true } })
  const appId = exchange.clientId
  const minutes = 60_000
  assert.deepEqual(await reach(exchange), [anna, bo, rector])
  exchange.admin.addGroup({ mail: group, members: [anna] })
  exchange.admin.setAccessPolicies([{ appId, right: "RestrictAccess", group }])

  assert.deepEqual(await reach(exchange), [anna, bo, rector], "still cached")
  for (let passed = 0; passed < 115; passed += 20) {
    exchange.admin.advance(20 * minutes)
    await exchange.login()
    if (passed + 20 < 120)
      assert.deepEqual(await reach(exchange), [anna, bo, rector], `busy for ${passed + 20} minutes`)
  }
  assert.deepEqual(await reach(exchange), [anna])

  exchange.admin.setAccessPolicies([])
  exchange.admin.advance(31 * minutes)
  assert.deepEqual(await reach(exchange), [anna, bo, rector], "idle long enough")
})

test("a group's members are listed through nested groups, users only", async () => {
  await using exchange = await talk(people)
  exchange.admin.addGroup({ mail: "inner@contoso.example", members: [bo, rector] })
  const { id } = exchange.admin.addGroup({ mail: group, members: [anna, "inner@contoso.example", bo] })
  const cast = `//v1.0/groups/${id}/transitiveMembers/microsoft.graph.user?$select=id,mail&$top=2`
  const { rows, pages } = await allPages(exchange, cast)
  assert.deepEqual(rows.map(row => row["mail"]).sort(), [anna, bo, rector].sort())
  assert.equal(pages, 2)
  const byMail = encodeURIComponent(`mail eq '${group}'`)
  assert.deepEqual(
    (await allPages(exchange, `//v1.0/groups?$filter=${byMail}`)).rows.map(row => row["id"]),
    [id],
  )
  assert.equal((await exchange.get("//v1.0/groups/nobody/transitiveMembers")).status, 404)
})

test("a group's changes are a token and its direct members", async () => {
  await using exchange = await talk(people)
  const { id } = exchange.admin.addGroup({ mail: group, members: [anna] })
  const first = await allPages(exchange, `//v1.0/groups/delta?$filter=${encodeURIComponent(`id eq '${id}'`)}`)
  assert.equal(listAt(first.rows[0], "members@delta")?.length, 1)
  assert.deepEqual((await allPages(exchange, first.deltaLink)).rows, [])
  exchange.admin.setGroupMembers(group, [anna, bo])
  assert.equal(listAt((await allPages(exchange, first.deltaLink)).rows[0], "members@delta")?.length, 2)
})
