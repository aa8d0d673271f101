import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer, type Server } from "node:https"
import type { AddressInfo } from "node:net"
import { Batches } from "../../operator/exchange/graph/batch.ts"
import { GraphClient } from "../../operator/exchange/graph/client.ts"
import { Throttle } from "../../operator/exchange/throttle.ts"
import { openDispatcher } from "../../operator/http/client.ts"
import { makeAuthority } from "../simulators/certificates.ts"
import { hurriedClock } from "./hurried-clock.ts"

export type Seen = {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage["headers"]
  readonly body: string
}

export type Scripted = {
  readonly url: string
  readonly client: GraphClient
  readonly batches: Batches
  readonly seen: Seen[]
  /** What the server does with each request from now on. */
  script(answer: (seen: Seen, response: ServerResponse) => void): void
  close(): Promise<void>
}

/** A server over TLS that says what a test wants, for answers no well-behaved Graph gives. */
export async function scriptedGraph(): Promise<Scripted> {
  const authority = makeAuthority("scripted graph")
  const { certPem, keyPem } = authority.issue({ hosts: ["127.0.0.1"] })
  const seen: Seen[] = []
  let answer: (seen: Seen, response: ServerResponse) => void = (_seen, response) => json(response, 200, {})
  const server = createServer({ cert: certPem, key: keyPem }, async (request, response) => {
    let body = ""
    for await (const chunk of request) body += String(chunk)
    const one = { method: request.method ?? "", url: request.url ?? "", headers: request.headers, body }
    seen.push(one)
    answer(one, response)
  })
  const url = `https://127.0.0.1:${await listening(server)}`
  const timeouts = { connectTimeoutMs: 2_000, answerTimeoutMs: 1_000 }
  const dispatcher = openDispatcher({ proxy: {}, caBundlePem: authority.caPem, connections: 8, ...timeouts })
  const limits = { concurrencyPerMailbox: 4, requestsPerSecond: 1_000 }
  const throttle = new Throttle({ clock: hurriedClock, random: () => 0, limits })
  const client = new GraphClient(url, {
    clock: hurriedClock,
    mayWrite: () => {},
    observe: () => {},
    connection: "calendars/contoso",
    dispatcher,
    token: { get: async () => "first-token", getInsteadOf: async () => "second-token" },
    throttle,
  })
  return {
    url,
    client,
    batches: new Batches({ client, throttle, clock: hurriedClock, concurrencyPerMailbox: 4 }),
    seen,
    script: next => {
      answer = next
      seen.length = 0
    },
    close: async () => {
      await dispatcher.destroy()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers })
  response.end(JSON.stringify(body))
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve))
  const address: AddressInfo | string | null = server.address()
  return typeof address === "object" && address ? address.port : 0
}
