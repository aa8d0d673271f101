import assert from "node:assert/strict"
import { once } from "node:events"
import { test } from "node:test"
import { connect } from "node:tls"
import { Client } from "undici"
import { context, objectIdentifier, octetString, sequence } from "../../der.ts"
import { basic, enveloped, getCalendar, service } from "../ews/ask.ts"
import { anna, type Talk, talk } from "../talk.ts"
import { channelBinding } from "./channel-binding.ts"
import { type Credentials, firstMessage, type Habits, respond, thirdMessage } from "./ntlm-client.ts"
import { firstSignature } from "./ntlm-login.ts"
import type { ServerSettings } from "./server-settings.ts"
import { readNegotiation } from "./spnego.ts"

const svc: Credentials = { domain: "CONTOSO", user: "svc", password: service.password }

function exchange(server: Partial<ServerSettings> = {}): Promise<Talk> {
  return talk({ server, mailboxes: [{ address: anna }], accounts: [service] })
}

/** One connection, which lives as long as nobody closes it. */
class Connection implements AsyncDisposable {
  readonly #client: Client
  readonly #path: string

  constructor(to: Talk) {
    this.#client = new Client(to.url, { connect: { ca: to.caPem } })
    this.#path = new URL(to.ewsUrl).pathname
  }

  async send(authorization: string | undefined, method: "GET" | "POST" = "POST") {
    const answer = await this.#client.request({
      path: this.#path,
      method,
      headers: { "content-type": "text/xml", ...(authorization === undefined ? {} : { authorization }) },
      body: method === "POST" ? enveloped(getCalendar()) : null,
    })
    const offers = [answer.headers["www-authenticate"] ?? []].flat()
    return { status: answer.statusCode, text: await answer.body.text(), offers, headers: answer.headers }
  }

  /** The server's second message. */
  async challenge(scheme = "NTLM"): Promise<Buffer> {
    const { offers } = await this.send(`${scheme} ${firstMessage().toString("base64")}`, "GET")
    return Buffer.from(offers[0]?.slice(scheme.length + 1) ?? "", "base64")
  }

  /** All three messages. */
  async logIn(credentials: Credentials, habits?: Habits, scheme = "NTLM") {
    const third = thirdMessage(await this.challenge(scheme), credentials, habits)
    return this.send(`${scheme} ${third.toString("base64")}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.destroy()
  }
}

test("without credentials the schemes come in a header each, in the order of IIS", async () => {
  await using to = await exchange()
  await using connection = new Connection(to)
  const { status, offers, text, headers } = await connection.send(undefined)
  assert.deepEqual([status, offers, text], [401, ["Negotiate", "NTLM", 'Basic realm="ex01.contoso.example"'], ""])
  assert.equal(headers["x-beserver"], undefined)
  assert.deepEqual(to.admin.refusedLogins(), [])
})

for (const scheme of ["NTLM", "Negotiate"])
  for (const [what, credentials] of [
    ["by the domain's short name", svc],
    ["by the domain's DNS name", { ...svc, domain: "contoso.example" }],
    ["with a name in other letters", { ...svc, user: "SVC" }],
    ["by user principal name without a domain", { ...svc, domain: "", user: "svc@contoso.example" }],
    ["in the server's own domain when none is given", { ...svc, domain: "" }],
  ] as const)
    test(`${scheme} lets an account in ${what}`, async () => {
      await using to = await exchange()
      await using connection = new Connection(to)
      const answer = await connection.logIn(credentials, {}, scheme)
      assert.equal(answer.status, 200)
      assert.ok(answer.text.includes("<m:ResponseCode>NoError<"))
    })

test("a connection stays logged in until it closes, and no other is", async () => {
  await using to = await exchange()
  await using connection = new Connection(to)
  await connection.logIn(svc)

  await using other = new Connection(to)
  const [again, elsewhere] = [await connection.send(undefined), await other.send(undefined)]

  assert.deepEqual([again.status, elsewhere.status], [200, 401])
})

test("the last message is worth nothing on another connection, nor a second time", async () => {
  await using to = await exchange()
  await using first = new Connection(to)
  await using second = new Connection(to)
  const third = thirdMessage(await first.challenge(), svc)
  await second.challenge()
  const message = `NTLM ${third.toString("base64")}`

  const statuses = []
  for (const connection of [second, second, first, first]) statuses.push((await connection.send(message)).status)

  assert.deepEqual(statuses, [401, 401, 200, 401])
  assert.deepEqual(to.admin.refusedLogins(), ["wrongPassword", "noHandshake", "noHandshake"])
})

for (const [what, credentials, habits, why] of [
  ["a wrong password", { ...svc, password: "wrong" }, {}, "wrongPassword"],
  ["a name nobody has", { ...svc, user: "nobody" }, {}, "unknownAccount"],
  ["an account of another domain", { ...svc, domain: "FABRIKAM" }, {}, "unknownAccount"],
  ["NTLMv1", svc, { version: 1 }, "notNtlm2"],
  ["a wrong MIC", svc, { mic: "wrong" }, "integrity"],
  ["a MIC that was promised and is zero", svc, { mic: "missing" }, "integrity"],
] as const)
  test(`${what} is refused, and the offers come again`, async () => {
    await using to = await exchange()
    await using connection = new Connection(to)
    const { status, offers } = await connection.logIn(credentials, habits)
    assert.deepEqual([status, offers.length], [401, 3])
    assert.deepEqual(to.admin.refusedLogins(), [why])
  })

test("a client that promises no MIC needs none", async () => {
  await using to = await exchange()
  await using connection = new Connection(to)
  assert.equal((await connection.logIn(svc, { mic: "unannounced" })).status, 200)
})

test("a locked account is refused with its right password, whatever the scheme", async () => {
  await using to = await exchange()
  to.admin.updateAccount(service.name, { disabled: true })
  await using connection = new Connection(to)
  assert.equal((await connection.logIn(svc)).status, 401)
  assert.equal((await connection.send(basic(service.name, service.password))).status, 401)
})

for (const [protection, bindings] of [
  ["off", { none: 200, right: 200, wrong: 200 }],
  ["allow", { none: 200, right: 200, wrong: 401 }],
  ["require", { none: 401, right: 200, wrong: 401 }],
] as const)
  test(`Extended Protection '${protection}' judges the binding to the TLS connection`, async () => {
    await using to = await exchange({ extendedProtection: protection })
    const right = channelBinding(await servedCertificate(to))
    const given = { none: {}, right: { binding: right }, wrong: { binding: Buffer.alloc(16, 1) } }
    for (const name of ["none", "right", "wrong"] as const) {
      await using connection = new Connection(to)
      assert.equal((await connection.logIn(svc, given[name])).status, bindings[name], name)
    }
  })

test("behind a proxy that ends TLS, Extended Protection keeps even honest clients out; Basic is not concerned", async () => {
  await using to = await exchange({ extendedProtection: "require", tlsEndsAtProxy: true })
  await using connection = new Connection(to)
  const honest = await connection.logIn(svc, { binding: channelBinding(await servedCertificate(to)) })
  assert.equal(honest.status, 401)
  assert.deepEqual(to.admin.refusedLogins(), ["channelBinding"])
  assert.equal((await connection.send(basic(service.name, service.password))).status, 200)
})

const ntlm = objectIdentifier("1.3.6.1.4.1.311.2.2.10")
const kerberos = objectIdentifier("1.2.840.113554.1.2.2")

/** SPNEGO's tokens as a client writes them. */
function opening(mechanisms: readonly Buffer[], token: Buffer): string {
  const fields = [field(0, sequence(...mechanisms)), field(2, octetString(token))]
  const inner = Buffer.concat([objectIdentifier("1.3.6.1.5.5.2"), field(0, sequence(...fields))])
  return `Negotiate ${Buffer.concat([Buffer.of(0x60, inner.length), inner]).toString("base64")}`
}

function closing(token: Buffer, signature: Buffer): string {
  return `Negotiate ${field(1, sequence(field(2, octetString(token)), field(3, octetString(signature)))).toString("base64")}`
}

function field(number: number, content: Buffer): Buffer {
  return context(number, content, { constructed: true })
}

test("Negotiate carries NTLM inside of SPNEGO, and both sides sign the mechanisms", async () => {
  for (const [forged, status] of [
    [false, 200],
    [true, 401],
  ] as const) {
    await using to = await exchange()
    await using connection = new Connection(to)
    const { offers } = await connection.send(opening([ntlm, kerberos], firstMessage()), "GET")
    const answer = readNegotiation(tokenOf(offers))
    assert.ok(answer?.token)
    const session = respond(answer.token, svc)
    const list = sequence(ntlm, forged ? ntlm : kerberos)
    const signature = firstSignature(session, "client-to-server", list)

    const last = await connection.send(closing(session.message, signature))

    assert.equal(last.status, status)
    const own = forged ? undefined : readNegotiation(tokenOf(last.offers))?.signature
    assert.deepEqual(own, forged ? undefined : firstSignature(session, "server-to-client", list))
    assert.deepEqual(to.admin.refusedLogins(), forged ? ["integrity"] : [])
  }
})

test("a client that would rather have Kerberos is asked for NTLM, and refused when it has none", async () => {
  await using to = await exchange()
  await using connection = new Connection(to)
  const asked = await connection.send(opening([kerberos, ntlm], Buffer.from("ticket")), "GET")
  const refused = await connection.send(opening([kerberos], Buffer.from("ticket")), "GET")
  assert.deepEqual([asked.status, asked.offers.length], [401, 1])
  assert.deepEqual(readNegotiation(tokenOf(asked.offers))?.token, undefined)
  assert.deepEqual([refused.status, refused.offers.length], [401, 3])
})

function tokenOf(offers: readonly string[]): Buffer {
  return Buffer.from(offers[0]?.split(" ")[1] ?? "", "base64")
}

test("only what is offered is answered", async () => {
  await using to = await exchange({ schemes: ["Negotiate"] })
  await using connection = new Connection(to)
  for (const header of [basic(service.name, service.password), `NTLM ${firstMessage().toString("base64")}`]) {
    const { status, offers } = await connection.send(header)
    assert.deepEqual([status, offers], [401, ["Negotiate"]])
  }
  assert.equal((await connection.logIn(svc, {}, "Negotiate")).status, 200)
})

test("nonsense in the header is refused like any wrong password", async () => {
  await using to = await exchange()
  await using connection = new Connection(to)
  for (const header of [
    "NTLM",
    "NTLM !!!",
    "Negotiate YIIBAA==",
    "Negotiate oQ==",
    "Basic",
    "Basic OjpA",
    "Kerberos x",
    "",
  ])
    assert.equal((await connection.send(header)).status, 401, header)
})

async function servedCertificate(to: Talk): Promise<string> {
  const { hostname, port } = new URL(to.url)
  const socket = connect({ host: hostname, port: Number(port), ca: to.caPem })
  await once(socket, "secureConnect")
  const { raw } = socket.getPeerX509Certificate() ?? { raw: Buffer.alloc(0) }
  socket.destroy()
  return `-----BEGIN CERTIFICATE-----\n${raw.toString("base64")}\n-----END CERTIFICATE-----\n`
}
