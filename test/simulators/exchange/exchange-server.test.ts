import assert from "node:assert/strict"
import { test } from "node:test"
import { request } from "undici"
import {
  type Asked,
  allIn,
  ask,
  basic,
  ben,
  createItem,
  getCalendar,
  getItem,
  idIn,
  service,
  times,
} from "./ews/ask.ts"
import type { ServerSettings } from "./iis/server-settings.ts"
import { textAt } from "./store/json.ts"
import { anna, type Talk, talk } from "./talk.ts"

/** States of mailboxes, rights of accounts, and what a server as a whole can refuse. */

const clerk = { name: "CONTOSO\\clerk", password: "battery-staple" }

function exchange(server: Partial<ServerSettings> = {}, { latencyMs = 0 } = {}): Promise<Talk> {
  return talk({
    server,
    latencyMs,
    mailboxes: [{ address: anna, aliases: ["a.old@contoso.example"] }, { address: ben }],
    accounts: [
      { ...service, impersonates: [anna] },
      { ...clerk, mailbox: ben },
    ],
  })
}

/** Status and code of asking for a calendar. */
async function outcome(to: Talk, { of, ...asked }: Asked & { readonly of?: string } = {}) {
  const answer = await ask(to, getCalendar(of), asked)
  return [answer.status, answer.codes[0]]
}

const asClerk = { as: null, authorization: basic(clerk.name, clerk.password) }

for (const [state, expected] of [
  ["present", [200, "NoError"]],
  ["onPremises", [200, "NoError"]],
  ["moving", [200, "ErrorMailboxMoveInProgress"]],
  ["migrated", [500, "ErrorNonExistentMailbox"]],
  ["softDeleted", [500, "ErrorNonExistentMailbox"]],
  ["missing", [500, "ErrorNonExistentMailbox"]],
] as const)
  test(`a mailbox that is ${state} answers ${expected.join(" ")}`, async () => {
    await using to = await exchange()
    to.admin.setMailboxState(anna, state)
    assert.deepEqual(await outcome(to), expected)
  })

test("a migrated mailbox is in the cloud, and a moving one is still there too", async () => {
  await using to = await exchange()
  for (const state of ["migrated", "moving"] as const) {
    to.admin.setMailboxState(anna, state)
    assert.equal((await to.get("/calendar")).status, 200)
  }
})

test("a secondary address is refused with the primary one beside it", async () => {
  await using to = await exchange()
  to.admin.updateAccount(clerk.name, { delegateOf: [anna] })
  const old = "a.old@contoso.example"

  const impersonated = await ask(to, getCalendar(), { as: old })
  assert.deepEqual([impersonated.status, ...impersonated.codes], [500, "ErrorNonPrimarySmtpAddress"])
  assert.ok(impersonated.text.includes(`<t:Value Name="Primary">${anna}</t:Value>`))
  const { status, text, codes } = await ask(to, getCalendar(old), asClerk)
  assert.deepEqual([status, ...codes], [200, "ErrorNonPrimarySmtpAddress"])
  assert.ok(text.includes(`<m:MessageXml><t:Value Name="Primary">${anna}</t:Value></m:MessageXml>`))
})

test("impersonation reaches as far as its scope", async () => {
  await using to = await exchange()
  assert.deepEqual(await outcome(to, { as: ben }), [500, "ErrorImpersonateUserDenied"])
  to.admin.updateAccount(service.name, { impersonates: "everything" })
  assert.deepEqual(await outcome(to, { as: ben }), [200, "NoError"])
})

test("Exchange 2007 tells the missing right at the server from that at a mailbox", async () => {
  await using to = await exchange({ version: "8" })
  const version = "Exchange2007_SP1"
  assert.deepEqual(await outcome(to, { as: ben, version }), [500, "ErrorImpersonateUserDenied"])
  assert.deepEqual(await outcome(to, { ...asClerk, as: anna, version }), [500, "ErrorImpersonationDenied"])
})

test("a delegate opens a calendar, a reviewer only looks, and a stranger finds no folder", async () => {
  await using to = await exchange()
  const folder = `<SavedItemFolderId><t:DistinguishedFolderId Id="calendar"><t:Mailbox><t:EmailAddress>${anna}</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId></SavedItemFolderId>`
  const create = createItem(times).replace("<Items>", `${folder}<Items>`)
  for (const [rights, look, write] of [
    [{}, "ErrorFolderNotFound", "ErrorFolderNotFound"],
    [{ reviewerOf: [anna] }, "NoError", "ErrorAccessDenied"],
    [{ delegateOf: [anna] }, "NoError", "NoError"],
  ] as const) {
    to.admin.updateAccount(clerk.name, rights)
    assert.deepEqual(await outcome(to, { ...asClerk, of: anna }), [200, look])
    assert.deepEqual((await ask(to, create, asClerk)).codes, [write])
  }
})

test("a reviewer changes and deletes nothing", async () => {
  await using to = await exchange()
  to.admin.updateAccount(clerk.name, { reviewerOf: [anna] })
  const made = await ask(to, createItem(times))
  const [, id = "", key = ""] = / Id="([^"]+)" ChangeKey="([^"]+)"/.exec(made.text) ?? []
  const ids = `<t:ItemId Id="${id}" ChangeKey="${key}"/>`
  const field = `<t:SetItemField><t:FieldURI FieldURI="item:Subject"/><t:CalendarItem><t:Subject>x</t:Subject></t:CalendarItem></t:SetItemField>`

  const updated = await ask(
    to,
    `<UpdateItem ConflictResolution="AlwaysOverwrite" SendMeetingInvitationsOrCancellations="SendToNone"><ItemChanges>
    <t:ItemChange>${ids}<t:Updates>${field}</t:Updates></t:ItemChange></ItemChanges></UpdateItem>`,
    asClerk,
  )
  const deleted = await ask(
    to,
    `<DeleteItem DeleteType="HardDelete" SendMeetingCancellations="SendToNone"><ItemIds>${ids}</ItemIds></DeleteItem>`,
    asClerk,
  )

  assert.deepEqual([...updated.codes, ...deleted.codes], ["ErrorAccessDenied", "ErrorAccessDenied"])
  assert.equal(to.admin.events(anna).length, 1)
})

test("web services can be off for one mailbox, for the organisation, or for all of Exchange Online: a bare 403", async () => {
  await using to = await exchange()
  to.admin.setWebServices(anna, false)
  const { status, text } = await ask(to, getCalendar())
  assert.deepEqual([status, text], [403, ""])
  assert.deepEqual(await outcome(to, asClerk), [200, "NoError"])

  to.admin.setWebServices(ben, false)
  assert.deepEqual(await outcome(to, asClerk), [403, undefined])
  to.admin.setWebServices(anna, true)
  for (const webServices of ["offForOrganisation", "offInExchangeOnline"] as const) {
    to.admin.setServer({ webServices })
    assert.deepEqual(await outcome(to), [403, undefined])
  }
  to.admin.setServer({ webServices: "on" })
  assert.deepEqual(await outcome(to), [200, "NoError"])
})

test("impersonation without X-AnchorMailbox is served, or fails in the front end", async () => {
  for (const missingAnchor of ["served", 500, 503] as const) {
    await using to = await talk({
      switches: { missingAnchor: missingAnchor },
      accounts: [service],
    })
    const [status] = await outcome(to)
    const [anchored] = await outcome(to, { headers: { "x-anchormailbox": anna } })
    assert.deepEqual([status, anchored], [missingAnchor === "served" ? 200 : missingAnchor, 200])
  }
})

test("a zone for the whole request is honoured, ignored or refused under a schema of 2007, and honoured ever after", async () => {
  const header = '<t:TimeZoneContext><t:TimeZoneDefinition Id="FLE Standard Time"/></t:TimeZoneContext>'
  const local = "<t:Start>2026-03-10T09:00:00</t:Start><t:End>2026-03-10T10:00:00</t:End>"
  for (const [timeZoneContextIn2007, starts] of [
    ["honoured", "2026-03-10T07:00:00Z"],
    ["ignored", "2026-03-10T09:00:00Z"],
    ["refused", undefined],
  ] as const) {
    await using to = await talk({ switches: { timeZoneContextIn2007: timeZoneContextIn2007 }, accounts: [service] })
    const startOf = async (version: string) => {
      const made = await ask(to, createItem(local), { version, header })
      return made.status === 200 ? allIn(await ask(to, getItem(idIn(made))), "Start")[0] : undefined
    }
    assert.deepEqual(
      [await startOf("Exchange2007_SP1"), await startOf("Exchange2010")],
      [starts, "2026-03-10T07:00:00Z"],
    )
  }
})

test("the zone of 2007 is given back to who asks for it, or not at all", async () => {
  const local = "<t:Start>2026-03-10T09:00:00</t:Start><t:End>2026-03-10T10:00:00</t:End>"
  for (const given of [true, false]) {
    await using to = await talk({ switches: { meetingTimeZoneGivenBack: given }, accounts: [service] })
    const id = idIn(await ask(to, createItem(local)))
    const asked = getItem(id).replace("calendar:UID", "calendar:MeetingTimeZone")

    const { text } = await ask(to, asked)

    assert.equal(/<t:MeetingTimeZone TimeZoneName="[^"]+"\/>/.test(text), given)
  }
})

test("one account has so many requests at a time, counted for each person it acts as", async () => {
  for (const code of ["ErrorExceededConnectionCount", "ErrorServerBusy"] as const) {
    await using to = await talk({
      server: { maxConcurrency: 2 },
      switches: { tooManyConnections: code },
      mailboxes: [{ address: anna }, { address: ben }],
      accounts: [{ ...service, impersonates: "everything" }],
    })
    to.admin.addFault({ kind: "slow", delayMs: 50, times: 3 })

    const answers = await Promise.all([outcome(to), outcome(to), outcome(to), outcome(to, { as: ben })])

    const served = [200, "NoError"]
    assert.deepEqual(answers.sort(), [served, served, served, [500, code]])
    assert.deepEqual(await outcome(to), served)
  }
})

test("the client's own request id comes back when asked for, and every answer names its servers", async () => {
  await using to = await exchange()
  const id = "7b1a2a5e-0000-4000-8000-000000000001"
  const silent = await ask(to, getCalendar(), { headers: { "client-request-id": id } })
  const echoed = await ask(to, getCalendar(), {
    headers: { "client-request-id": id, "return-client-request-id": "true" },
  })
  assert.deepEqual([silent.headers["client-request-id"], echoed.headers["client-request-id"]], [undefined, id])
  assert.deepEqual([echoed.headers["x-feserver"], echoed.headers["x-beserver"]], ["EX01", "EX01"])
})

test("a mailbox lives on one back end, and a client that asks for affinity keeps the one of its cookie", async () => {
  const backEnds = ["EX01", "EX02", "EX03", "EX04"]
  await using to = await exchange({ backEnds })
  const served = async (headers: Readonly<Record<string, string>>) =>
    (await ask(to, getCalendar(), { headers })).headers
  const homes = new Map<string, string>()
  for (const mailbox of [anna, ben, "c@contoso.example", "d@contoso.example", "e@contoso.example"]) {
    const headers = await served({ "x-anchormailbox": mailbox })
    homes.set(String(headers["x-beserver"]), [headers["set-cookie"] ?? []].flat().join("; "))
  }
  const elsewhere = [...homes].find(([name]) => name !== String(homes.keys().next().value))
  assert.ok(elsewhere, "all mailboxes have the same home")
  const [backEnd, cookie] = elsewhere
  const anchored = { "x-anchormailbox": anna, cookie }

  assert.equal((await served(anchored))["x-beserver"], homes.keys().next().value)
  assert.equal((await served({ ...anchored, "x-preferserveraffinity": "true" }))["x-beserver"], backEnd)
})

test("a person with a browser sees that there is a service; nobody else gets to see it", async () => {
  await using to = await exchange()
  const look = async (headers: Readonly<Record<string, string>>) => {
    const { statusCode, body } = await request(to.ewsUrl, { dispatcher: to.dispatcher, headers })
    return [statusCode, (await body.text()).includes("You have created a service")]
  }
  assert.deepEqual(await look({}), [401, false])
  assert.deepEqual(await look({ authorization: asClerk.authorization }), [200, true])
})

test("answers are compressed for those who can read it", async () => {
  await using to = await exchange()
  const { headers } = await ask(to, "<GetServerTimeZones/>", { headers: { "accept-encoding": "gzip" } })
  assert.equal(headers["content-encoding"], "gzip")
})

test("an app's token for this server acts as people, and only with the right to all mailboxes", async () => {
  await using to = await exchange({ schemes: ["Negotiate", "NTLM", "Bearer"] })
  const { clientId, secret } = to.admin.addApp({ permissions: ["full_access_as_app"] })
  const bearer = async (audience: string, app = { clientId, secret }) => ({
    authorization: `Bearer ${await tokenFor(to, audience, app)}`,
  })
  const own = await bearer(to.url)

  assert.deepEqual(await outcome(to, own), [200, "NoError"])
  assert.deepEqual(await outcome(to, { ...own, as: ben }), [200, "NoError"])
  assert.deepEqual(await outcome(to, { ...own, as: null }), [500, "ErrorInvalidExchangeImpersonationHeaderData"])
  for (const [asked, code] of [
    [await bearer("https://graph.microsoft.com"), "2000003"],
    [await bearer(to.url, to), "2000008"],
    [{ authorization: "Bearer e30.e30.x" }, "2000005"],
  ] as const) {
    const { status, headers } = await ask(to, getCalendar(), asked)
    assert.equal(status, 401)
    assert.ok(String(headers["x-ms-diagnostics"]).startsWith(`${code};reason=`))
    assert.match(String(headers["www-authenticate"]), /,Bearer client_id="00000002-0000-0ff1-ce00-000000000000"/)
  }
})

async function tokenFor(to: Talk, audience: string, app: { readonly clientId: string; readonly secret: string }) {
  const { body } = await request(`${to.url}/${to.admin.tenantId}/oauth2/v2.0/token`, {
    method: "POST",
    dispatcher: to.dispatcher,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({
      client_id: app.clientId,
      client_secret: app.secret,
      scope: `${audience}/.default`,
      grant_type: "client_credentials",
    }).toString(),
  })
  return textAt(await body.json(), "access_token") ?? ""
}

test("a server that is far away takes as long for what it refuses as for what it does", async () => {
  await using to = await exchange({}, { latencyMs: 30 })
  for (const [asked, status] of [
    [{}, 200],
    [{ authorization: basic(clerk.name, "wrong") }, 401],
  ] as const) {
    const startedAt = performance.now()
    assert.equal((await ask(to, getCalendar(), asked)).status, status)
    assert.ok(performance.now() - startedAt >= 29) // timers round to whole milliseconds
  }
})
