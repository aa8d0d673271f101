import assert from "node:assert/strict"
import { test } from "node:test"
import { request } from "undici"
import { basic, ben, service } from "../ews/ask.ts"
import type { ServerSettings } from "../iis/server-settings.ts"
import { anna, type Talk, talk } from "../talk.ts"

function exchange(server: Partial<ServerSettings> = {}): Promise<Talk> {
  return talk({
    server,
    accounts: [service],
    mailboxes: [{ address: anna, displayName: "Anna & Co" }, { address: ben }],
  })
}

const credentials = { authorization: basic(service.name, service.password) }

async function post(to: Talk, path: string, body: string, headers: Readonly<Record<string, string>> = credentials) {
  const answer = await request(to.url + path, { method: "POST", dispatcher: to.dispatcher, headers, body })
  return { status: answer.statusCode, text: await answer.body.text(), headers: answer.headers }
}

function poxRequest(address: string, schema = "responseschema/2006a"): string {
  const base = "http://schemas.microsoft.com/exchange/autodiscover/outlook"
  return `<?xml version="1.0"?><Autodiscover xmlns="${base}/requestschema/2006"><Request><EMailAddress>${address}</EMailAddress>
    <AcceptableResponseSchema>${base}/${schema}</AcceptableResponseSchema></Request></Autodiscover>`
}

function soapRequest(addresses: readonly string[], settings: readonly string[]): string {
  const users = addresses.map(address => `<a:User><a:Mailbox>${address}</a:Mailbox></a:User>`).join("")
  const names = settings.map(name => `<a:Setting>${name}</a:Setting>`).join("")
  return `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"
    xmlns:a="http://schemas.microsoft.com/exchange/2010/Autodiscover"><s:Header>
    <a:RequestedServerVersion>Exchange2016</a:RequestedServerVersion></s:Header><s:Body>
    <a:GetUserSettingsRequestMessage><a:Request><a:Users>${users}</a:Users><a:RequestedSettings>${names}</a:RequestedSettings>
    </a:Request></a:GetUserSettingsRequestMessage></s:Body></s:Envelope>`
}

const [POX, SOAP] = ["/autodiscover/autodiscover.xml", "/Autodiscover/Autodiscover.svc"]

function ask(to: Talk, address: string, settings = ["ExternalEwsUrl"]) {
  return post(to, SOAP, soapRequest([address], settings))
}

test("nobody is told anything without logging in", async () => {
  await using to = await exchange()
  for (const path of [POX, SOAP]) {
    const { statusCode, headers } = await request(to.url + path, { dispatcher: to.dispatcher })
    assert.deepEqual([statusCode, String(headers["www-authenticate"]).split(",").length], [401, 3])
    assert.equal((await post(to, path, poxRequest(anna), {})).status, 401)
  }
})

test("the older protocol tells where a mailbox is", async () => {
  await using to = await exchange()
  const { status, text, headers } = await post(to, POX, poxRequest(anna))
  assert.deepEqual([status, headers["content-type"]], [200, "text/xml; charset=utf-8"])
  assert.match(text, /<DisplayName>Anna &amp; Co<.*<Action>settings<.*<Type>EXCH<.*<Type>EXPR</s)
  assert.ok(text.includes(`<EwsUrl>${to.ewsUrl}</EwsUrl>`))
})

for (const [what, body, code] of [
  ["an address nobody has", poxRequest("nobody@contoso.example"), 500],
  ["something else than a request", "<Autodiscover/>", 600],
  ["no XML", "nonsense", 600],
  ["an answer in another schema", poxRequest(anna, "responseschema/2099"), 601],
] as const)
  test(`the older protocol answers ${what} with error ${code}`, async () => {
    await using to = await exchange()
    const { status, text } = await post(to, POX, body)
    assert.equal(status, 200)
    assert.ok(text.includes(`<ErrorCode>${code}</ErrorCode>`))
  })

test("a person who looks with a browser sees error 600, which means the service is there", async () => {
  await using to = await exchange()
  const { statusCode, body } = await request(to.url + POX, { dispatcher: to.dispatcher, headers: credentials })
  assert.ok(statusCode === 200 && (await body.text()).includes("<ErrorCode>600<"))
})

test("the newer protocol gives the settings asked for, and says of the others why not", async () => {
  await using to = await exchange()
  const asked = ["ExternalEwsUrl", "EwsSupportedSchemas", "AlternateMailboxes", "FavouriteColour"]
  const { status, text } = await ask(to, anna, asked)

  assert.equal(status, 200)
  assert.match(text, new RegExp(`<a:Name>ExternalEwsUrl</a:Name><a:Value>${to.ewsUrl}<`))
  assert.match(text, /<a:Value>Exchange2007, Exchange2007_SP1, Exchange2010, .*Exchange2016<\/a:Value>/)
  assert.match(text, /SettingIsNotAvailable<(?:(?!SettingName).)*SettingName>AlternateMailboxes</)
  assert.match(text, /InvalidSetting<(?:(?!SettingName).)*SettingName>FavouriteColour</)
  assert.match(text, /<h:MajorVersion>15<.*<h:MinorVersion>2</)
})

test("several people are answered each for themselves, in their order", async () => {
  await using to = await exchange()
  const { text } = await post(to, SOAP, soapRequest([anna, "nobody@contoso.example", ben], ["AutoDiscoverSMTPAddress"]))
  const codes = [...text.matchAll(/<a:UserResponse><a:ErrorCode>(\w+)/g)].map(([, code]) => code)
  assert.deepEqual(codes, ["NoError", "InvalidUser", "NoError"])
  assert.deepEqual(
    [...text.matchAll(/<a:Value>([^<]+)/g)].map(([, value]) => value),
    [anna, ben],
  )
})

test("a request without people or settings is invalid, and nonsense is a fault", async () => {
  await using to = await exchange()
  for (const body of [soapRequest([], ["ExternalEwsUrl"]), soapRequest([anna], [])])
    assert.ok((await post(to, SOAP, body)).text.includes("<a:ErrorCode>InvalidRequest<"))
  const { status, text } = await post(to, SOAP, "nonsense")
  assert.ok(status === 500 && text.includes("<s:Fault>"))
})

test("a migrated mailbox is found at its address in the cloud", async () => {
  await using to = await exchange()
  to.admin.setMailboxState(anna, "migrated")
  const cloud = "anna@contoso.mail.onmicrosoft.example"

  const [newer, older] = [await ask(to, anna), await post(to, POX, poxRequest(anna))]

  assert.match(newer.text, new RegExp(`<a:ErrorCode>RedirectAddress<.*<a:RedirectTarget>${cloud}<`))
  assert.match(older.text, new RegExp(`<Action>redirectAddr</Action><RedirectAddr>${cloud}<`))
  assert.ok(!newer.text.includes("ExternalEwsUrl"))
})

test("people are sent on to other servers by domain, and in circles when the settings say so", async () => {
  await using to = await exchange()
  const url = `${to.url}${SOAP}`
  to.admin.setServer({
    redirects: { "@fabrikam.example": { url }, [anna]: { address: ben }, [ben]: { address: anna } },
  })

  const byUrl = await ask(to, "eve@fabrikam.example")
  const visited = [anna]
  for (let step = 0; step < 3; step++) {
    const { text } = await ask(to, visited.at(-1) ?? "")
    visited.push(/<a:RedirectTarget>([^<]+)/.exec(text)?.[1] ?? "")
  }

  assert.match(byUrl.text, new RegExp(`<a:ErrorCode>RedirectUrl<.*<a:RedirectTarget>${url}<`))
  assert.ok((await post(to, POX, poxRequest("eve@fabrikam.example"))).text.includes(`<RedirectUrl>${url}<`))
  assert.deepEqual(visited, [anna, ben, anna, ben])
})

test("over plain HTTP there is a pointer to the real place, or nothing", async () => {
  await using to = await exchange()
  const probe = () => request(to.pageUrl + POX, { dispatcher: to.dispatcher })
  assert.equal((await probe()).statusCode, 404)
  to.admin.setServer({ httpRedirect: to.url + POX })
  const { statusCode, headers } = await probe()
  assert.deepEqual([statusCode, headers["location"]], [302, to.url + POX])
})

test("Exchange 2007 has the older protocol only", async () => {
  await using to = await exchange({ version: "8" })
  assert.equal((await ask(to, anna)).status, 404)
  assert.equal((await post(to, POX, poxRequest(anna))).status, 200)
})
