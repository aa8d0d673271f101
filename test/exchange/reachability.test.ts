import assert from "node:assert/strict"
import { createServer, type Server, type Socket } from "node:net"
import { describe, test } from "node:test"
import { createServer as createTlsServer } from "node:tls"
import { reach, type Step } from "../../operator/exchange/reachability.ts"
import { openDispatcher, type ProxySettings } from "../../operator/http/client.ts"
import { type Certificate, makeAuthority } from "../simulators/certificates.ts"

const signal = new AbortController().signal
const authority = makeAuthority("reachability")
const good = authority.issue({ hosts: ["127.0.0.1", "mail.contoso.test"] })

describe("the way to a server", () => {
  test("leads to its address where that is told, and the name stays for the certificate", async () => {
    const steps = await reachServer(serving(good), port => ({
      endpoint: `https://mail.contoso.test:${port}/`,
      resolveTo: "127.0.0.1",
    }))

    assert.deepEqual(told(steps), ["DNS Succeeded", "TCP Succeeded", "TLS Succeeded"])
    assert.match(steps[2]?.message ?? "", /mail\.contoso\.test/)
  })

  test("leads through the proxy, but for servers that are named to be reached without it", async () => {
    const steps = (proxy: ProxySettings) =>
      reachServer(serving(good), port => ({
        endpoint: `https://mail.contoso.test:${port}/`,
        resolveTo: "127.0.0.1",
        proxy,
      }))
    const closed = { httpsProxy: "http://127.0.0.1:1" }

    const proxied = await steps(closed)
    assert.deepEqual(told(proxied), ["DNS Succeeded", "TCP Unreachable"])
    assert.match(proxied[1]?.message ?? "", /^127\.0\.0\.1:1 accepts no connection/)
    const direct = await steps({ ...closed, noProxy: "contoso.test" })
    assert.deepEqual(told(direct), ["DNS Succeeded", "TCP Succeeded", "TLS Succeeded"])
  })

  const troubles: Readonly<Record<string, { readonly server: () => Server; readonly says: RegExp }>> = {
    "does not speak TLS": {
      server: () => createServer(socket => socket.end("HTTP/1.1 400 \r\n\r\n")),
      says: /not speak TLS/,
    },
    "speaks only what is too old": { server: () => tooOld(good), says: /no TLS 1\.2 or newer/ },
    "has the certificate of another": {
      server: () => serving(authority.issue({ hosts: ["other.contoso.test"] })),
      says: /for another name/,
    },
    "has a certificate too weak": {
      server: () => serving(authority.issue({ hosts: ["127.0.0.1"], weak: true })),
      says: /too weak/,
    },
    "has a certificate of unknown authority": {
      server: () => serving(makeAuthority("somebody").issue({ hosts: ["127.0.0.1"] })),
      says: /tls\.caBundle/,
    },
  }
  for (const [name, { server, says }] of Object.entries(troubles)) {
    test(`ends at TLS, in plain words, when it ${name}`, async () => {
      const steps = await reachServer(server(), port => ({ endpoint: `https://127.0.0.1:${port}/` }))

      assert.deepEqual(told(steps), ["DNS Succeeded", "TCP Succeeded", "TLS TLSFailed"])
      assert.match(steps[2]?.message ?? "", says)
    })
  }
})

type Target = { readonly endpoint: string; readonly resolveTo?: string; readonly proxy?: ProxySettings }

async function reachServer(server: Server, target: (port: number) => Target): Promise<readonly Step[]> {
  const sockets: Socket[] = []
  server.on("connection", socket => {
    sockets.push(socket)
    socket.on("error", () => {})
  })
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  const { endpoint, resolveTo, proxy = {} } = target(typeof address === "object" && address ? address.port : 0)
  const timeouts = { connectTimeoutMs: 5_000, answerTimeoutMs: 5_000 }
  const caBundlePem = authority.caPem
  const dispatcher = openDispatcher({ proxy, connections: 1, ...timeouts, resolveTo, caBundlePem })
  try {
    return await reach({ endpoint, proxy, dispatcher, resolveTo }, signal)
  } finally {
    await dispatcher.destroy()
    for (const socket of sockets) socket.destroy()
    await new Promise(resolve => server.close(resolve))
  }
}

function serving({ certPem: cert, keyPem: key }: Certificate): Server {
  const answer = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
  return createTlsServer({ cert, key, ciphers: "DEFAULT@SECLEVEL=0" }, socket => socket.end(answer))
}

function tooOld({ certPem: cert, keyPem: key }: Certificate): Server {
  return createTlsServer({ cert, key, ciphers: "DEFAULT@SECLEVEL=0", minVersion: "TLSv1", maxVersion: "TLSv1.1" })
}

function told(steps: readonly Step[]): readonly string[] {
  return steps.map(({ step, reason }) => `${step} ${reason}`)
}
