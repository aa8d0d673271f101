import assert from "node:assert/strict"
import type { ServerResponse } from "node:http"
import { createServer, type Server } from "node:https"
import { after, before, describe, test } from "node:test"
import { request } from "undici"
import type { NeedsAttentionError } from "../../operator/core/errors.ts"
import { openDispatcher } from "../../operator/http/client.ts"
import { networkFailure } from "../../operator/http/network-failure.ts"
import { retryAfterMs } from "../../operator/http/retry-after.ts"
import { makeAuthority } from "../simulators/certificates.ts"

const options = { proxy: {}, connections: 2, connectTimeoutMs: 2_000, answerTimeoutMs: 200 }
const authority = makeAuthority("http test")
const { certPem, keyPem } = authority.issue({ hosts: ["127.0.0.1"] })

const server = createServer({ cert: certPem, key: keyPem }, ({ url }, response) => {
  if (url === "/") response.end("hello")
  if (url === "/long") response.end("x".repeat(1_001))
  if (url === "/endless") sendWithoutEnd(response)
})
let url: string

before(async () => {
  url = await listening(server)
})

after(() => {
  server.closeAllConnections()
  server.close()
})

describe("a pool of connections", () => {
  test("trusts the bundle it was given", async () => {
    assert.equal(await ask({ caBundlePem: authority.caPem }), "hello")
  })

  test("trusts no other authority, and the failure says TLSFailed", async () => {
    for (const trust of [{}, { caBundlePem: makeAuthority("another").caPem }]) {
      await assert.rejects(ask(trust), error => networkFailure(error).reason === "TLSFailed")
    }
  })

  test("a certificate with a key too weak to be trusted is TLSFailed, not a server that is away", async context => {
    const { certPem: cert, keyPem: key } = authority.issue({ hosts: ["127.0.0.1"], weak: true })
    const old = createServer({ cert, key, ciphers: "DEFAULT@SECLEVEL=0" })
    context.after(() => old.close())
    const oldUrl = await listening(old)

    const failure = ask({ caBundlePem: authority.caPem }, oldUrl)

    await assert.rejects(failure, error => networkFailure(error).reason === "TLSFailed")
  })

  test("refuses a bundle that cannot be read when it is opened", () => {
    assert.throws(() => openDispatcher({ ...options, caBundlePem: "-----BEGIN CERTIFICATE-----\nnone" }), {
      name: "NeedsAttentionError",
      reason: "TLSFailed",
    } satisfies Partial<NeedsAttentionError>)
  })

  test("goes through the proxy of the settings and heeds nothing in the environment", async () => {
    process.env["HTTPS_PROXY"] = "http://127.0.0.1:1"
    try {
      assert.equal(await ask({ caBundlePem: authority.caPem }), "hello")
    } finally {
      delete process.env["HTTPS_PROXY"]
    }
    const proxied = { caBundlePem: authority.caPem, proxy: { httpsProxy: "http://127.0.0.1:1" } }
    await assert.rejects(ask(proxied), error => networkFailure(error).reason === "Unreachable")
    assert.equal(await ask({ ...proxied, proxy: { ...proxied.proxy, noProxy: "127.0.0.1" } }), "hello")
  })

  test("breaks off an answer that is too long, or has no end, whether it says so or not", async () => {
    const limited = { caBundlePem: authority.caPem, largestAnswerBytes: 1_000 }
    assert.equal(await ask(limited), "hello")
    for (const path of ["long", "endless"]) {
      await assert.rejects(ask(limited, `${url}${path}`), error => {
        return networkFailure(error).code === "UND_ERR_RES_EXCEEDED_MAX_SIZE"
      })
    }
  })

  test("gives up on an answer that does not come", async () => {
    await assert.rejects(ask({ caBundlePem: authority.caPem }, `${url}never`), error => {
      return networkFailure(error).code === "UND_ERR_HEADERS_TIMEOUT"
    })
  })
})

function sendWithoutEnd(response: ServerResponse): void {
  const send = () => {
    while (!response.destroyed && response.write("x".repeat(1_000)));
  }
  response.on("drain", send)
  send()
}

describe("Retry-After", () => {
  const now = Temporal.Instant.from("2026-11-21T12:00:00Z").epochMilliseconds
  const readings: Record<string, number | undefined> = {
    "120": 120_000,
    " 1.5 ": 1_500,
    "0": 0,
    "Sat, 21 Nov 2026 12:00:30 GMT": 30_000,
    "Sat, 21 Nov 2026 11:00:00 GMT": 0,
    soon: undefined,
    "-5": undefined,
    // Nobody is left alone for longer than a day, whatever they ask.
    "86401": 86_400_000,
    ["9".repeat(400)]: 86_400_000,
    "Sat, 21 Nov 9026 12:00:30 GMT": 86_400_000,
  }
  for (const [header, expected] of Object.entries(readings)) {
    test(`"${header}" is ${expected} ms`, () => assert.equal(retryAfterMs(header, now), expected))
  }

  test("absent is nothing", () => assert.equal(retryAfterMs(undefined, now), undefined))
})

async function listening(one: Server): Promise<string> {
  await new Promise<void>(resolve => one.listen(0, "127.0.0.1", resolve))
  const address = one.address()
  return `https://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/`
}

async function ask(changes: Partial<Parameters<typeof openDispatcher>[0]>, to = url): Promise<string> {
  const dispatcher = openDispatcher({ ...options, ...changes })
  try {
    const { body } = await request(to, { dispatcher })
    return await body.text()
  } finally {
    await dispatcher.destroy()
  }
}
