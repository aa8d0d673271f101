import assert from "node:assert/strict"
import { createServer } from "node:net"
import { after, before, beforeEach, describe, test } from "node:test"
import type { EwsSettings } from "../../../operator/core/exchange-settings.ts"
import type { ExchangeConnection, ProbeReport, ProbeRequest, ProbeStep } from "../../../operator/core/ports.ts"
import type { RequestObservation } from "../../../operator/exchange/deps.ts"
import { openConnection } from "../../../operator/exchange/index.ts"
import { makeAuthority } from "../../simulators/certificates.ts"
import { type RunningExchange, startExchange } from "../../simulators/exchange/start-exchange.ts"
import { hurriedClock } from "../hurried-clock.ts"
import { addServiceAccount, ewsSettingsFor, serviceAccount } from "../simulated.ts"

const signal = new AbortController().signal
const allowed = "anna@contoso.example"
const denied = "head@contoso.example"
const both = { allowed, denied }
const password = "pa&ss wörd"

let exchange: RunningExchange
const opened: ExchangeConnection[] = []
let requests: RequestObservation[] = []
let told: unknown[] = []

before(async () => {
  exchange = await startExchange({
    mailboxes: [{ address: allowed, aliases: ["a@contoso.example"] }, { address: denied }],
  })
  const { admin } = exchange
  addServiceAccount(exchange)
  admin.addAccount({ name: "CONTOSO\\scoped", password, impersonates: [allowed] })
  admin.addAccount({ name: "CONTOSO\\delegate", password, delegateOf: [allowed] })
})
beforeEach(() => {
  exchange.admin.clearFaults()
  exchange.admin.setServer({ version: "15.2", schemes: ["Negotiate", "NTLM", "Basic"], webServices: "on" })
  exchange.admin.setMailboxState(allowed, "present")
  requests = []
  told = []
})
after(async () => {
  await Promise.all(opened.map(connection => connection.close()))
  await exchange.close()
})

describe("a connection that is as it should be", () => {
  for (const kind of ["basic", "ntlm"] as const) {
    test(`passes every step with ${kind}, and the scope is proven`, async () => {
      const report = await probe(both, { credential: { kind, ...account("scoped") } })

      assert.deepEqual(said(report), [
        "DNS Succeeded",
        "TCP Succeeded",
        "TLS Succeeded",
        "Authentication Authenticated",
        "AllowedMailbox Succeeded",
        "DeniedMailbox ScopeVerified",
      ])
      assert.ok(report.steps.every(step => step.ok))
      assert.deepEqual([report.allowed, report.denied], ["Reachable", "Denied"])
      assert.deepEqual(report.credential, { kind })
      assert.deepEqual(report.server?.product, "Exchange Server 2019")
      assert.match(report.server?.version ?? "", /^15\.2\.\d+\.\d+$/)
    })
  }

  for (const [version, product] of [
    ["8", "Exchange Server 2007"],
    ["14", "Exchange Server 2010"],
    ["15.0", "Exchange Server 2013"],
    ["15.1", "Exchange Server 2016"],
  ] as const) {
    test(`to ${product} finds out by itself what it speaks`, async () => {
      exchange.admin.setServer({ version })

      const report = await probe({ allowed }, { credential: { kind: "ntlm", ...account("scoped") } })

      assert.equal(said(report).at(-1), "AllowedMailbox Succeeded")
      assert.equal(report.server?.product, product)
    })
  }

  test("of a delegate is proven by the right on the folder", async () => {
    const report = await probe(both, { access: "Delegate", credential: { kind: "ntlm", ...account("delegate") } })

    assert.deepEqual([report.allowed, report.denied], ["Reachable", "Denied"])
  })

  test("leads to the server by its address where its name is not known", async () => {
    const url = exchange.ewsUrl.replace("127.0.0.1", "localhost")

    const report = await probe(both, {
      url,
      resolveTo: "127.0.0.1",
      credential: { kind: "basic", ...account("scoped") },
    })

    assert.ok(report.steps.every(step => step.ok))
    assert.match(messageOf(report, "DNS"), /127\.0\.0\.1/)
  })

  test("is told to the log and to metrics without anybody's name", async () => {
    await probe(both, { credential: { kind: "basic", ...account("scoped") } })

    assert.deepEqual(
      requests.map(({ operation, status, connection }) => ({ operation, status, connection })),
      [200, 500].map(status => ({ operation: "probe", status, connection: "calendars/contoso-server" })),
    )
    assert.equal(told.length, requests.length)
    assert.doesNotMatch(JSON.stringify(told), /anna|head|scoped|pa&ss/)
  })

  test("without mailboxes ends with the account, which needs none of its own", async () => {
    const report = await probe({})

    assert.equal(said(report).at(-1), "Authentication Authenticated")
    assert.deepEqual([report.allowed, report.denied], [undefined, undefined])
  })

  test("with a denied mailbox alone is asked about that", async () => {
    const report = await probe({ denied }, { credential: { kind: "basic", ...account("scoped") } })

    assert.equal(said(report).at(-1), "DeniedMailbox ScopeVerified")
    assert.equal(report.allowed, undefined)
  })
})

describe("hybrid authentication", () => {
  test("is proven by a token that the server takes", async () => {
    exchange.admin.setServer({ schemes: ["Bearer"] })

    const report = await probe({ allowed }, { credential: oauth(exchange.admin.addApp(hybrid)) })

    assert.equal(said(report).at(-1), "AllowedMailbox Succeeded")
    assert.equal(report.credential?.kind, "oauth")
    assert.deepEqual(requests.map(({ operation }) => operation).toSorted(), ["probe", "token"])
  })

  test("without mailboxes ends with the token: an application is nobody by itself", async () => {
    const report = await probe({}, { credential: oauth(exchange.admin.addApp(hybrid)) })

    assert.equal(said(report).at(-1), "Authentication Authenticated")
    assert.deepEqual(
      requests.map(({ operation }) => operation),
      ["token"],
    )
  })

  test("with a wrong secret ends at Authentication, in the words of the token service", async () => {
    const { clientId } = exchange.admin.addApp(hybrid)

    const report = await probe(both, { credential: oauth({ clientId, secret: "wrong" }) })

    assert.equal(said(report).at(-1), "Authentication InvalidClient")
    assert.match(messageOf(report, "Authentication"), /AADSTS7000215/)
  })

  test("of an application without the permission says so", async () => {
    exchange.admin.setServer({ schemes: ["Bearer"] })
    const app = exchange.admin.addApp({ permissions: ["Calendars.ReadWrite"] })

    const report = await probe(both, { credential: oauth(app) })

    assert.equal(said(report).at(-1), "Authentication InvalidClient")
    assert.match(messageOf(report, "Authentication"), /full_access_as_app/)
  })

  test("asks for the token service's name first", async () => {
    const credential = { ...oauth(exchange.admin.addApp(hybrid)), login: "https://login.invalid" }

    assert.deepEqual(said(await probe(both, { credential })), ["DNS Unreachable"])
  })
})

describe("the way to the server", () => {
  test("ends at DNS when nobody has the name", async () => {
    const report = await probe(both, { url: "https://mail.invalid/EWS/Exchange.asmx" })

    assert.deepEqual(said(report), ["DNS Unreachable"])
    assert.match(messageOf(report, "DNS"), /mail\.invalid/)
  })

  test("ends at TCP when the port is closed", async () => {
    const report = await probe(both, { url: `https://127.0.0.1:${await closedPort()}/EWS/Exchange.asmx` })

    assert.deepEqual(said(report), ["DNS Succeeded", "TCP Unreachable"])
  })

  test("ends at TLS when the certificate is not trusted", async () => {
    const report = await probe(both, { caBundlePem: makeAuthority("another").caPem })

    assert.equal(said(report).at(-1), "TLS TLSFailed")
  })

  test("is not begun towards Exchange Online", () => {
    for (const host of [
      "outlook.office365.com",
      "outlook.office365.com.",
      "Outlook.Office.com",
      "outlook.office365.us",
      "partner.outlook.cn",
      "outlook.cloud.microsoft",
    ]) {
      assert.throws(() => open({ url: `https://${host}/EWS/Exchange.asmx` }), {
        reason: "UnsupportedServer",
        message: /Exchange Online.*spec\.graph/,
      })
    }
    assert.doesNotThrow(() => open({ url: "https://outlook.contoso.com/EWS/Exchange.asmx" }))
  })

  test("can be aborted", async () => {
    await assert.rejects(open().probe(both, AbortSignal.abort()))
  })
})

describe("a log-in that fails", () => {
  const wrong = { ...serviceAccount, password: "guess" }

  test("with the wrong password says what else it may be, and what is offered", async () => {
    for (const kind of ["basic", "ntlm"] as const) {
      const report = await probe(both, { credential: { kind, ...wrong } })

      assert.equal(said(report).at(-1), "Authentication InvalidClient")
      assert.match(messageOf(report, "Authentication"), /locked.*expired.*it offers Negotiate, NTLM, Basic/)
      assert.equal(report.allowed, undefined)
    }
  })

  test("because Basic is switched off says so", async () => {
    exchange.admin.setServer({ schemes: ["Negotiate", "NTLM"] })

    const report = await probe(both, { credential: { kind: "basic", ...serviceAccount } })

    assert.equal(said(report).at(-1), "Authentication UnsupportedServer")
    assert.match(messageOf(report, "Authentication"), /does not offer Basic.*it offers Negotiate, NTLM/)
  })

  test("because neither NTLM nor Negotiate is offered says so", async () => {
    exchange.admin.setServer({ schemes: ["Basic"] })

    const report = await probe(both, { credential: { kind: "ntlm", ...serviceAccount } })

    assert.equal(said(report).at(-1), "Authentication UnsupportedServer")
    assert.match(messageOf(report, "Authentication"), /does not offer NTLM.*it offers Basic/)
  })

  test("because something ends TLS before Extended Protection says so", async () => {
    exchange.admin.setServer({ extendedProtection: "require", tlsEndsAtProxy: true })

    const report = await probe(both, { credential: { kind: "ntlm", ...serviceAccount } })
    exchange.admin.setServer({ extendedProtection: "off", tlsEndsAtProxy: false })

    assert.equal(said(report).at(-1), "Authentication InvalidClient")
    assert.match(messageOf(report, "Authentication"), /Extended Protection/)
  })

  test("is none where only Negotiate is offered, which takes NTLM too", async () => {
    exchange.admin.setServer({ schemes: ["Negotiate"] })

    const report = await probe({ allowed }, { credential: { kind: "ntlm", ...serviceAccount } })

    assert.equal(said(report).at(-1), "AllowedMailbox Succeeded")
  })
})

describe("a server where EWS is not to be had", () => {
  test("because it is switched off says how it is switched on", async () => {
    exchange.admin.setServer({ webServices: "offForOrganisation" })

    const report = await probe(both)

    assert.equal(said(report).at(-1), "Authentication UnsupportedServer")
    assert.match(messageOf(report, "Authentication"), /EwsEnabled/)
  })

  test("because the address is another is told where it should lead", async () => {
    const report = await probe(both, { url: exchange.ewsUrl.replace("/EWS/Exchange.asmx", "/owa/nothing") })

    assert.equal(said(report).at(-1), "Authentication UnsupportedServer")
    assert.match(messageOf(report, "Authentication"), /EWS\/Exchange\.asmx/)
  })
})

describe("a mailbox of the proof", () => {
  test("that is out of scope is told with what usually causes it", async () => {
    const report = await probe({ allowed: denied }, { credential: { kind: "basic", ...account("scoped") } })

    assert.equal(said(report).at(-1), "AllowedMailbox AccessDenied")
    assert.match(messageOf(report, "AllowedMailbox"), /ApplicationImpersonation/)
    assert.equal(report.allowed, "Denied")
  })

  test("without a right for the delegate is told so", async () => {
    const credential = { kind: "basic", ...account("delegate") } as const

    const report = await probe({ allowed: denied }, { access: "Delegate", credential })

    assert.equal(said(report).at(-1), "AllowedMailbox AccessDenied")
    assert.match(messageOf(report, "AllowedMailbox"), /right on its calendar folder/)
  })

  test("that is kept from us for another reason than the scope proves nothing", async () => {
    exchange.admin.addFault({ kind: "status", status: 500, code: "ErrorAccessDenied", mailbox: denied })
    exchange.admin.addFault({ kind: "status", status: 500, code: "ErrorImpersonationFailed", mailbox: allowed })

    const report = await probe(both)

    assert.deepEqual(said(report).slice(-2), ["AllowedMailbox AccessDenied", "DeniedMailbox ProbeInconclusive"])
    assert.deepEqual([report.allowed, report.denied], ["Unknown", "Unknown"])
  })

  test("that must not be reached and can be is OverPrivileged", async () => {
    const report = await probe(both)

    assert.equal(said(report).at(-1), "DeniedMailbox OverPrivileged")
    assert.match(messageOf(report, "DeniedMailbox"), /no scope/)
    assert.equal(report.denied, "Reachable")
  })

  test("that nobody has proves nothing", async () => {
    const report = await probe({ allowed: "nobody@contoso.example", denied: "nobody@contoso.example" })

    assert.deepEqual(said(report).slice(-2), ["AllowedMailbox MailboxNotFound", "DeniedMailbox ProbeInconclusive"])
    assert.deepEqual([report.allowed, report.denied], ["Missing", "Missing"])
  })

  test("that moved to Exchange Online is told as moved", async () => {
    exchange.admin.setMailboxState(allowed, "migrated")

    const report = await probe({ allowed })

    assert.equal(said(report).at(-1), "AllowedMailbox MailboxNotFound")
    assert.match(messageOf(report, "AllowedMailbox"), /moved to Exchange Online/)
  })

  test("that is being moved is neither reached nor denied", async () => {
    exchange.admin.setMailboxState(allowed, "moving")

    const report = await probe({ allowed })

    assert.equal(said(report).at(-1), "AllowedMailbox Unreachable")
    assert.equal(report.allowed, "Unknown")
  })

  test("named by another of its addresses is told that the primary one is needed", async () => {
    const report = await probe(
      { allowed: "a@contoso.example", denied: "a@contoso.example" },
      { access: "Delegate", credential: { kind: "basic", ...account("delegate") } },
    )

    assert.match(messageOf(report, "AllowedMailbox"), /primary address is needed/)
    assert.deepEqual([report.allowed, report.denied], ["Unknown", "Unknown"])
  })

  test("of a server that asks for a pause leaves the account accepted", async () => {
    exchange.admin.addFault({ kind: "status", status: 500, code: "ErrorServerBusy", retryAfter: 60, mailbox: denied })

    const report = await probe(both)

    assert.equal(said(report).at(-1), "DeniedMailbox ProbeInconclusive")
    assert.deepEqual([report.allowed, report.denied], ["Reachable", "Unknown"])
  })

  test("in a pause is asked nothing, and the account stays accepted", async () => {
    const connection = open()
    await connection.probe({ allowed }, signal)
    const pause = { kind: "status", status: 500, code: "ErrorServerBusy", retryAfter: 3600, mailbox: allowed } as const
    exchange.admin.addFault(pause)
    await connection.probe({ allowed }, signal)
    exchange.admin.clearFaults()

    const report = await connection.probe({ allowed }, signal)

    assert.deepEqual(said(report).slice(-2), ["Authentication Authenticated", "AllowedMailbox Throttled"])
    assert.equal(requests.length, 2)
  })

  test("behind a proxy that asks for a pause says nothing of the account", async () => {
    exchange.admin.addFault({ kind: "status", status: 503, mailbox: allowed })

    const report = await probe({ allowed })

    assert.equal(said(report).at(-1), "Authentication Unreachable")
  })
})

function open(changes: Partial<EwsSettings> = {}): ExchangeConnection {
  const open = openConnection({
    clock: hurriedClock,
    random: () => 0.5,
    proxy: {},
    mayWrite: () => {},
    observe: request => requests.push(request),
    log: { debug: fields => told.push(fields), warn() {} },
  })
  const connection = open(ewsSettingsFor(exchange, changes))
  opened.push(connection)
  return connection
}

function probe(request: ProbeRequest, changes: Partial<EwsSettings> = {}): Promise<ProbeReport> {
  return open(changes).probe(request, signal)
}

function account(username: string) {
  return { domain: "CONTOSO", username, password }
}

const hybrid = { permissions: ["full_access_as_app"] }

function oauth({ clientId, secret }: { readonly clientId: string; readonly secret: string }) {
  const { url: login, admin } = exchange
  return { kind: "oauth", login, tenantId: admin.tenantId, clientId, app: { kind: "secret", secret } } as const
}

function said({ steps }: ProbeReport): readonly string[] {
  return steps.map(({ step, reason }) => `${step} ${reason}`)
}

function messageOf({ steps }: ProbeReport, which: ProbeStep): string {
  return steps.find(({ step }) => step === which)?.message ?? ""
}

async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return typeof address === "object" && address ? address.port : 0
}
