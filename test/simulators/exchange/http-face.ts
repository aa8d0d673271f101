import type { IncomingMessage, ServerResponse } from "node:http"
import { gzipSync } from "node:zlib"
import type { Admin } from "./admin.ts"
import { answerAdmin } from "./admin-http.ts"
import { chunkedAnswer } from "./chunked-answer.ts"
import type { Faults } from "./faults.ts"
import type { Reply } from "./graph/call.ts"
import type { Counters } from "./graph/counters.ts"
import type { GraphFace } from "./graph/graph-face.ts"
import type { ServerDoor } from "./iis/server-door.ts"
import { instanceDiscovery, openIdConfiguration, type TokenEndpoint } from "./login/token-endpoint.ts"
import type { WeekPage } from "./page/week-page.ts"
import { parseJson } from "./store/json.ts"

/** One listener for everything: login, Graph, EWS, admin and the page for people, told apart by path. */

export type Faces = {
  readonly graph: GraphFace
  readonly server: ServerDoor
  readonly login: TokenEndpoint
  readonly admin: Admin
  readonly counters: Counters
  readonly faults: Faults
  readonly page: WeekPage
}

const MAXIMUM_BODY = 4 * 1024 * 1024
/** Smaller answers are not worth the work. */
const GZIP_FROM = 1400

export function serve(
  faces: Faces,
  scheme: "https" | "http",
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    respond(faces, request, scheme).then(
      reply => send(reply, request, response),
      (error: unknown) => {
        // A bug of the simulator: loud, and no answer that a client could mistake for Exchange's.
        console.error(error)
        response.destroy()
      },
    )
  }
}

async function respond(faces: Faces, request: IncomingMessage, scheme: "https" | "http"): Promise<Reply> {
  const url = request.url ?? "/"
  const origin = `${scheme}://${request.headers.host ?? "localhost"}`
  const text = await bodyOf(request)
  if (text === undefined)
    return { status: 413, body: { error: { code: "RequestEntityTooLarge", message: "Too large." } } }
  if (url.startsWith("/_sim/")) return answerAdmin(faces.admin, { method: request.method ?? "GET", url, text })
  if (faces.page.owns(url)) return faces.page.answer(url, request.headers["if-none-match"])
  const { pathname } = new URL(url, origin)
  if (scheme === "http")
    return faces.server.answerPlain(pathname) ?? { status: 404, body: "The protocols are served over TLS." }
  if (url.startsWith("/v1.0/")) return graphReply(faces, request, { url, origin, text })
  if (faces.server.owns(pathname)) return serverReply(faces, request, { url, origin, text })
  return loginReply(faces, request, { url, origin, text })
}

async function serverReply(faces: Faces, request: IncomingMessage, { url, origin, text }: Received): Promise<Reply> {
  const reply = await faces.server.answer({ request, text, url: origin + url })
  faces.counters.countRequest(reply.status)
  return reply
}

/** The body, or undefined when there is too much of it; it is read to its end all the same, so that the answer arrives. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size <= MAXIMUM_BODY) chunks.push(bytes)
  }
  if (size > MAXIMUM_BODY) return undefined
  return Buffer.concat(chunks).toString("utf8")
}

type Received = { readonly url: string; readonly origin: string; readonly text: string }

async function graphReply(faces: Faces, request: IncomingMessage, { url, origin, text }: Received): Promise<Reply> {
  const body = text === "" ? undefined : parseJson(text)
  if (text !== "" && body === undefined)
    return { status: 400, body: { error: { code: "BadRequest", message: "Unable to read JSON request payload." } } }
  const headers = new Map(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
  const reply = await faces.graph.handle({ method: request.method ?? "GET", url, origin, headers, body })
  faces.counters.countRequest(reply.status)
  return reply
}

function loginReply(faces: Faces, request: IncomingMessage, { url, origin, text }: Received): Reply {
  const { pathname } = new URL(url, origin)
  const [tenant = "", ...rest] = pathname.slice(1).split("/")
  const path = rest.join("/")
  if (path === "discovery/instance") return { status: 200, body: instanceDiscovery(origin, "common") }
  if (path === "v2.0/.well-known/openid-configuration") return discoveryReply(faces, origin, tenant)
  if (path !== "oauth2/v2.0/token" || request.method !== "POST") return { status: 404, body: "Not found" }
  faces.counters.count("token", undefined)
  const fault = faces.faults.strike({ operation: "token", mailboxNames: [] })
  if (fault?.kind === "drop") return { status: 0, dropped: "silently" }
  if (fault?.kind === "status") return faultyLogin(fault)
  return faces.login.answer({ tenant, url: `${origin}${pathname}`, form: new URLSearchParams(text) })
}

function discoveryReply(faces: Faces, origin: string, tenant: string): Reply {
  if (!faces.login.knowsTenant(tenant) && tenant !== "common" && tenant !== "organizations")
    return {
      status: 400,
      body: {
        error: "invalid_tenant",
        error_description: `AADSTS90002: Tenant '${tenant}' not found.`,
        error_codes: [90002],
      },
    }
  return { status: 200, body: openIdConfiguration(origin, tenant) }
}

function faultyLogin(fault: {
  readonly status: number
  readonly code?: string
  readonly message?: string
  readonly retryAfter?: number
  readonly text?: string
}): Reply {
  const headers: Record<string, string> =
    fault.retryAfter === undefined ? {} : { "retry-after": String(fault.retryAfter) }
  const body = fault.text ?? {
    error: fault.code ?? "temporarily_unavailable",
    error_description: fault.message ?? "AADSTS90033: A transient error has occurred. Please try again.",
    error_codes: [90033],
  }
  return { status: fault.status, headers, body }
}

function headersOf({ headers = {} }: Reply): Record<string, string | string[]> {
  const entries = Object.entries(headers)
  return Object.fromEntries(entries.map(([name, value]) => [name, typeof value === "string" ? value : [...value]]))
}

function send(reply: Reply, request: IncomingMessage, response: ServerResponse): void {
  if (reply.dropped === "silently") {
    request.socket.destroy()
    return
  }
  if (reply.stream) {
    response.writeHead(reply.status, headersOf(reply))
    reply.stream(chunkedAnswer(response, { cut: reply.dropped === "midBody" }))
    return
  }
  const isText = typeof reply.body === "string"
  const text = reply.body === undefined ? "" : isText ? String(reply.body) : JSON.stringify(reply.body)
  const type = isText
    ? "text/html; charset=utf-8"
    : "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
  const headers: Record<string, string | string[]> = {
    ...(text === "" ? {} : { "content-type": type }),
    ...headersOf(reply),
  }
  const zipped = text.length >= GZIP_FROM && /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""))
  const bytes = zipped ? gzipSync(text, { level: 1 }) : Buffer.from(text)
  if (zipped) headers["content-encoding"] = "gzip"
  if (reply.status !== 204 && reply.status !== 304) headers["content-length"] = String(bytes.length)
  response.writeHead(reply.status, headers)
  if (reply.dropped === "midBody") {
    response.write(bytes.subarray(0, bytes.length / 2), () => request.socket.destroy())
    return
  }
  response.end(bytes)
}
