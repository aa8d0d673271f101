import assert from "node:assert/strict"
import { createServer, type Server } from "node:net"
import { after, before, describe, test } from "node:test"
import { NeedsAttentionError, TemporaryError } from "../../operator/core/errors.ts"
import type { AppCredential } from "../../operator/core/exchange-settings.ts"
import { AccessToken, type AccessTokenSettings } from "../../operator/exchange/access-token.ts"
import { openDispatcher } from "../../operator/http/client.ts"
import { makeAuthority } from "../simulators/certificates.ts"
import { type RunningExchange, startExchange } from "../simulators/exchange/start-exchange.ts"
import { rsaCertificate } from "./rsa-certificate.ts"
import { VirtualClock } from "./virtual-clock.ts"

const signal = new AbortController().signal
const workload = { issuer: "https://cluster.example", subject: "system:serviceaccount:calsync:calsync" }

let exchange: RunningExchange

before(async () => {
  exchange = await startExchange()
})

after(async () => {
  await exchange.close()
})

describe("credentials", () => {
  test("a secret gets a token", async () => {
    assert.match(await open().token.get(signal), /\./)
  })

  test("a certificate gets a token, and says when it ends", async () => {
    const certificate = rsaCertificate()
    const { clientId } = exchange.admin.addApp({ certificatesPem: [certificate.certificatePem] })
    const { token } = open({ clientId, credential: { kind: "certificate", ...certificate } })

    assert.match(await token.get(signal), /\./)
    const { kind, expiresAt } = token.credential
    assert.equal(kind, "certificate")
    assert.ok(expiresAt && expiresAt.epochMilliseconds > Temporal.Now.instant().epochMilliseconds)
  })

  test("a workload's own token is read anew for every request", async () => {
    const { clientId } = exchange.admin.addApp({ federated: [workload] })
    let readings = 0
    const readAssertion = async () => {
      readings += 1
      return jwt({ iss: workload.issuer, sub: workload.subject, aud: "api://AzureADTokenExchange" })
    }
    const { token } = open({ clientId, credential: { kind: "workloadIdentity", readAssertion } })

    const first = await token.get(signal)
    await token.getInsteadOf(first, signal)

    assert.equal(readings, 2)
  })
})

describe("one token for all", () => {
  test("many who ask at once cause one request", async () => {
    const { token, tokenRequests } = open()

    const tokens = await Promise.all(Array.from({ length: 50 }, () => token.get(signal)))

    assert.equal(new Set(tokens).size, 1)
    assert.equal(tokenRequests(), 1)
  })

  test("a token is kept until five minutes before its end, then renewed", async () => {
    const { token, clock, tokenRequests } = open()
    await token.get(signal)

    await clock.advance(50 * 60_000)
    await token.get(signal)
    assert.equal(tokenRequests(), 1)

    await clock.advance(6 * 60_000)
    await token.get(signal)
    assert.equal(tokenRequests(), 2)
  })

  test("many whose token was refused at once cause one new request", async () => {
    const { token, tokenRequests } = open()
    const refused = await token.get(signal)

    await Promise.all(Array.from({ length: 20 }, () => token.getInsteadOf(refused, signal)))

    assert.equal(tokenRequests(), 2)
  })

  test("who gives up waiting does not take the others' token away", async () => {
    const { token } = open()
    const impatient = new AbortController()

    const given = Promise.allSettled([token.get(impatient.signal), token.get(signal)])
    impatient.abort(new Error("gave up"))

    const [first, second] = await given
    assert.equal(first?.status, "rejected")
    assert.equal(second?.status, "fulfilled")
  })

  test("while the directory is down a token that still lives is used", async () => {
    const { token, clock } = open()
    const first = await token.get(signal)
    await clock.advance(56 * 60_000)
    const fault = exchange.admin.addFault({ kind: "status", status: 503, operation: "token" })

    assert.equal(await token.get(signal), first)
    exchange.admin.removeFault(fault)
  })
})

describe("refusals", () => {
  const { privateKeyPem } = rsaCertificate()
  const { certificatePem } = rsaCertificate()
  const refusals: Record<string, { readonly change: Partial<AccessTokenSettings>; readonly reason: string }> = {
    "a wrong secret": { change: { credential: { kind: "secret", secret: "s3cr3t-value" } }, reason: "InvalidClient" },
    "an unknown application": { change: { clientId: "00000000-1111-2222-3333-444444444444" }, reason: "InvalidClient" },
    "an unknown tenant": { change: { tenantId: "00000000-1111-2222-3333-444444444444" }, reason: "InvalidClient" },
    "a certificate nobody registered": {
      change: { credential: { kind: "certificate", ...rsaCertificate() } },
      reason: "InvalidClient",
    },
    "a certificate with another's key": {
      change: { credential: { kind: "certificate", certificatePem, privateKeyPem } },
      reason: "InvalidClient",
    },
    "a key that is none": {
      change: { credential: { kind: "certificate", certificatePem, privateKeyPem: "none" } },
      reason: "InvalidClient",
    },
    "a workload token that cannot be read": {
      change: { credential: { kind: "workloadIdentity", readAssertion: () => Promise.reject(new Error("ENOENT")) } },
      reason: "InvalidClient",
    },
    "a workload nobody trusts": {
      change: { credential: { kind: "workloadIdentity", readAssertion: async () => jwt({ iss: "x", sub: "y" }) } },
      reason: "InvalidClient",
    },
  }
  for (const [what, { change, reason }] of Object.entries(refusals)) {
    test(`${what} says ${reason}`, async () => {
      const { token } = open(change)

      await assert.rejects(token.get(signal), error => {
        assert.ok(error instanceof NeedsAttentionError, String(error))
        assert.equal(error.reason, reason)
        assert.doesNotMatch(error.message, /s3cr3t-value|Trace ID/)
        return true
      })
    })
  }

  test("an expired secret says Expired", async () => {
    const { clientId } = exchange.admin.addApp({ secrets: [{ value: "old", expiresMs: 0 }] })

    await assert.rejects(open({ clientId, credential: { kind: "secret", secret: "old" } }).token.get(signal), {
      name: "NeedsAttentionError",
      reason: "Expired",
    })
  })

  test("an expired certificate says Expired without asking", async () => {
    const credential: AppCredential = { kind: "certificate", ...rsaCertificate({ hoursLeft: -1 }) }
    const { token, tokenRequests } = open({ credential })

    await assert.rejects(token.get(signal), { name: "NeedsAttentionError", reason: "Expired" })
    assert.equal(tokenRequests(), 0)
  })

  test("a certificate that is none is told when the connection is opened", () => {
    const credential: AppCredential = { kind: "certificate", certificatePem: "none", privateKeyPem: "none" }

    assert.throws(() => open({ credential }), { name: "NeedsAttentionError", reason: "InvalidClient" })
  })

  test("a refusal is told to everybody for a minute without asking again", async () => {
    const { token, clock, tokenRequests } = open({ credential: { kind: "secret", secret: "s3cr3t-value" } })
    for (let mailbox = 0; mailbox < 20; mailbox += 1) await assert.rejects(token.get(signal))
    assert.equal(tokenRequests(), 1)

    await clock.advance(61_000)
    await assert.rejects(token.get(signal))
    assert.equal(tokenRequests(), 2)
  })
})

describe("a directory that cannot be reached", () => {
  test("a certificate of unknown authority says TLSFailed, and where to mend it", async () => {
    const caBundlePem = makeAuthority("another").caPem

    await assert.rejects(open({}, caBundlePem).token.get(signal), error => {
      assert.ok(error instanceof NeedsAttentionError)
      assert.equal(error.reason, "TLSFailed")
      assert.match(error.message, /caBundle/)
      return true
    })
  })

  test("a closed port says Unreachable, and when to come back", async () => {
    const { token } = open({ login: `https://127.0.0.1:${await closedPort()}` })

    await assert.rejects(token.get(signal), error => {
      assert.ok(error instanceof TemporaryError)
      assert.equal(error.reason, "Unreachable")
      assert.ok((error.retryAfterMs ?? 0) > 0)
      return true
    })
  })

  test("a rest grows while it stays so", async () => {
    const { token, clock } = open({ login: `https://127.0.0.1:${await closedPort()}` })

    const rests: number[] = []
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const error = await token.get(signal).catch((error: unknown) => error)
      assert.ok(error instanceof TemporaryError)
      rests.push(error.retryAfterMs ?? 0)
      await clock.advance(rests.at(-1) ?? 0)
    }

    assert.deepEqual(rests, [5_000, 10_000, 20_000, 40_000, 60_000])
  })
})

function open(changes: Partial<AccessTokenSettings> = {}, caBundlePem = exchange.caPem) {
  const { clientId, secret } = exchange.admin.addApp()
  const settings: AccessTokenSettings = {
    login: exchange.url,
    tenantId: exchange.admin.tenantId,
    clientId,
    resource: "https://graph.microsoft.com",
    credential: { kind: "secret", secret },
    ...changes,
  }
  const timeouts = { connectTimeoutMs: 5_000, answerTimeoutMs: 5_000 }
  const dispatcher = openDispatcher({ proxy: {}, caBundlePem, connections: 8, ...timeouts })
  after(() => dispatcher.destroy())
  const clock = new VirtualClock()
  let posts = 0
  const token = new AccessToken(
    { clock, dispatcher, seen: ({ method }) => (posts += method === "POST" ? 1 : 0) },
    settings,
  )
  return { token, clock, tokenRequests: () => posts }
}

function jwt(claims: Readonly<Record<string, string>>): string {
  const exp = Math.floor(Temporal.Now.instant().epochMilliseconds / 1000) + 600
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url")
  return `${part({ alg: "RS256", typ: "JWT" })}.${part({ ...claims, exp })}.${part("signature")}`
}

async function closedPort(): Promise<number> {
  const server: Server = createServer()
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return typeof address === "object" && address ? address.port : 0
}
