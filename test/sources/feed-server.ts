import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http"
import { createServer as createHttpsServer } from "node:https"
import type { AddressInfo } from "node:net"
import type { ICalSettings } from "../../operator/core/ports.ts"
import { makeAuthority } from "../simulators/certificates.ts"

/** A scripted server of feeds on 127.0.0.1, and settings that lead to it. */

export type Asked = { readonly path: string; readonly headers: IncomingMessage["headers"] }
export type Answer = {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}
/** What a request is answered; a function does what it likes with the response itself. */
export type Script = (asked: Asked) => Answer | ((response: ServerResponse) => void)

export type FeedServer = {
  readonly origin: string
  readonly caPem: string
  readonly asked: readonly Asked[]
  /** How many requests were open at the same time at most. */
  readonly busiest: () => number
  answer(script: Script): void
  close(): Promise<void>
}

export async function startFeedServer(
  options: { readonly tls?: boolean; readonly hosts?: readonly string[] } = {},
): Promise<FeedServer> {
  const authority = makeAuthority("Feeds")
  const asked: Asked[] = []
  let script: Script = () => ({ status: 404 })
  let open = 0
  let busiest = 0
  const listener: RequestListener = (request, response) => {
    const one = { path: request.url ?? "", headers: request.headers }
    asked.push(one)
    busiest = Math.max(busiest, ++open)
    response.on("close", () => open--)
    const answer = script(one)
    if (typeof answer === "function") return answer(response)
    response.writeHead(answer.status ?? 200, { "content-type": "text/calendar", ...answer.headers }).end(answer.body)
  }
  const { certPem, keyPem } = authority.issue({ hosts: options.hosts ?? ["127.0.0.1"] })
  const server = options.tls ? createHttpsServer({ cert: certPem, key: keyPem }, listener) : createHttpServer(listener)
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve))
  return {
    origin: `${options.tls ? "https" : "http"}://127.0.0.1:${portOf(server.address())}`,
    caPem: authority.caPem,
    asked,
    busiest: () => busiest,
    answer: next => {
      script = next
    },
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("the server listens nowhere")
  return address.port
}

type Location = ICalSettings["location"]

export function feedSettings(location: Location | string, rest: Partial<ICalSettings> = {}): ICalSettings {
  return {
    kind: "ical",
    name: "calendars/feed",
    location: typeof location === "string" ? { kind: "url", url: location } : location,
    timeoutMs: 5_000,
    ...rest,
  }
}
