import assert from "node:assert/strict"
import { createServer } from "node:net"
import { after, before, beforeEach, test } from "node:test"
import type { GraphSettings } from "../../operator/core/exchange-settings.ts"
import type { ProbeReport, ProbeRequest } from "../../operator/core/ports.ts"
import { makeAuthority } from "../simulators/certificates.ts"
import { signal } from "./copies.ts"
import { type Simulated, simulated } from "./simulated.ts"

let exchange: Simulated
let allowed: string
let denied: string

before(async () => {
  exchange = await simulated()
})

after(async () => {
  await exchange.close()
})

beforeEach(() => {
  allowed = exchange.newMailbox()
  denied = exchange.newMailbox()
  const { mail: group } = exchange.admin.addGroup({ mail: `scope-${allowed}`, members: [allowed] })
  exchange.admin.setAccessPolicies([{ appId: exchange.settings.clientId, right: "RestrictAccess", group }])
  exchange.admin.clearFaults()
})

test("a connection that is as it should be passes every step, and the scope is proven", async () => {
  const report = await probe({ allowed, denied })

  assert.deepEqual(told(report), [
    "DNS Succeeded",
    "TCP Succeeded",
    "TLS Succeeded",
    "Authentication TokenAcquired",
    "AllowedMailbox Succeeded",
    "DeniedMailbox ScopeVerified",
  ])
  assert.ok(report.steps.every(step => step.ok))
  assert.deepEqual([report.allowed, report.denied], ["Reachable", "Denied"])
  assert.equal(report.credential?.kind, "secret")
})

test("a credential that may touch everybody is OverPrivileged", async () => {
  exchange.admin.setAccessPolicies([])

  const report = await probe({ allowed, denied })

  assert.equal(told(report).at(-1), "DeniedMailbox OverPrivileged")
  assert.equal(report.denied, "Reachable")
})

test("an allowed mailbox out of scope is told with what usually causes it", async () => {
  const report = await probe({ allowed: denied })

  assert.equal(told(report).at(-1), "AllowedMailbox AccessDenied")
  assert.match(report.steps.at(-1)?.message ?? "", /not in force yet/)
  assert.equal(report.allowed, "Denied")
})

test("a denied mailbox that does not exist proves nothing", async () => {
  const report = await probe({ allowed, denied: "nobody@contoso.example" })

  assert.equal(told(report).at(-1), "DeniedMailbox ProbeInconclusive")
  assert.equal(report.denied, "Missing")
})

test("a denied mailbox that gives no clear answer proves nothing", async () => {
  exchange.admin.addFault({ kind: "status", status: 503, mailbox: denied })

  assert.equal((await probe({ allowed, denied })).denied, "Unknown")
})

test("a mailbox on premises says so", async () => {
  exchange.admin.setMailboxState(allowed, "onPremises")

  assert.equal(told(await probe({ allowed })).at(-1), "AllowedMailbox MailboxOnPremises")
})

test("a mailbox nobody has says so", async () => {
  const report = await probe({ allowed: "nobody@contoso.example" })

  assert.equal(told(report).at(-1), "AllowedMailbox MailboxNotFound")
  assert.equal(report.allowed, "Missing")
})

test("without mailboxes it ends with the credential", async () => {
  const report = await probe({})

  assert.equal(told(report).at(-1), "Authentication TokenAcquired")
  assert.deepEqual([report.allowed, report.denied], [undefined, undefined])
})

test("a wrong secret ends at Authentication, and no mailbox is asked", async () => {
  const report = await probe({ allowed }, { credential: { kind: "secret", secret: "wrong" } })

  assert.equal(told(report).at(-1), "Authentication InvalidClient")
  assert.equal(report.allowed, undefined)
})

test("a certificate of unknown authority ends at TLS", async () => {
  const report = await probe({ allowed }, { caBundlePem: makeAuthority("another").caPem })

  assert.equal(told(report).at(-1), "TLS TLSFailed")
  assert.match(report.steps.at(-1)?.message ?? "", /caBundle/)
})

test("a closed port ends at TCP", async () => {
  const url = `https://127.0.0.1:${await closedPort()}`

  const report = await probe({ allowed }, { endpoints: { login: exchange.url, graph: url } })

  assert.deepEqual(told(report), ["DNS Succeeded", "TCP Unreachable"])
})

test("a name nobody has ends at DNS", async () => {
  const url = "https://graph.invalid"

  const report = await probe({ allowed }, { endpoints: { login: url, graph: url } })

  assert.deepEqual(told(report), ["DNS Unreachable"])
})

test("an abort ends it", async () => {
  await assert.rejects(exchange.connection.probe({ allowed }, AbortSignal.abort()))
})

function probe(request: ProbeRequest, changes: Partial<GraphSettings> = {}): Promise<ProbeReport> {
  return exchange.reopen(changes).probe(request, signal)
}

function told({ steps }: ProbeReport): readonly string[] {
  return steps.map(({ step, reason }) => `${step} ${reason}`)
}

async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return typeof address === "object" && address ? address.port : 0
}
