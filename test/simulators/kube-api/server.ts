import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer, type Server as HttpsServer } from "node:https"
import type { Certificate } from "../certificates.ts"
import { answerAdmin } from "./admin-requests.ts"
import { Failure } from "./failure.ts"
import { answerGeneral } from "./general-answers.ts"
import type { JsonObject } from "./json.ts"
import { mediaOf } from "./media.ts"
import { answerResource } from "./resource-requests.ts"
import { routeOf } from "./route.ts"
import type { Simulation } from "./simulation.ts"
import { strike } from "./strike.ts"
import type { WatchRequest } from "./watch.ts"

/** The largest body that is taken, as on the real server. */
const BODY_LIMIT = 3 * 1024 * 1024

/** As long as the real server's, so that a pause between two requests does not meet a closing connection. */
const KEEP_ALIVE_MS = 90_000

/** The HTTPS face of a simulation. */
export function serve(simulation: Simulation, { certPem, keyPem }: Certificate): HttpsServer {
  return createServer({ cert: certPem, key: keyPem, keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    handle(simulation, request, response).catch((error: unknown) => answerFailure(response, error))
  })
}

async function handle(simulation: Simulation, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = "GET", url = "/", headers } = request
  const { pathname, searchParams: query } = new URL(url, "https://simulated")
  const body = await readBody(request)
  if (pathname.startsWith("/_sim/")) {
    answerAdmin(simulation, { method, pathname, body }, response)
    return
  }
  const user = simulation.userOf(headers.authorization)
  const contentType = (headers["content-type"] ?? "").split(";")[0]?.trim() ?? ""
  const userAgent = headers["user-agent"]
  const done = simulation.requests.begin({ method, path: url, user, userAgent: userAgent ?? "", contentType })
  response.once("close", () => done(response.headersSent ? response.statusCode : 0))
  const fault = simulation.faults.take({ method, url, user })
  if (fault !== undefined && (await strike(fault, response))) return
  simulation.requireUser(user, method, pathname)
  const route = routeOf(pathname)
  if (route.kind !== "resource") {
    const answer = answerGeneral(simulation.world.registry, { route, accept: headers.accept, host: headers.host ?? "" })
    send(response, 200, answer.body, answer.type)
    return
  }
  const media = mediaOf(headers.accept)
  const answer = answerResource(simulation, { method, path: route, query, media, contentType, body, userAgent, user })
  if (answer.kind === "watch") {
    answerWatch(simulation, answer.request, response)
    return
  }
  for (const warning of answer.warnings) response.appendHeader("Warning", `299 - ${JSON.stringify(warning)}`)
  send(response, answer.code, answer.body)
}

function answerWatch({ watches }: Simulation, request: Omit<WatchRequest, "stream">, response: ServerResponse): void {
  response.writeHead(200, { "Content-Type": "application/json", "Cache-Control": "no-cache, private" })
  response.flushHeaders()
  const stream = {
    write: (text: string) => void response.write(text),
    end: () => void response.end(),
    // What was written before the break still arrives, as it does when a proxy dies.
    reset: () => setImmediate(() => response.socket?.destroy()),
  }
  const close = watches.open({ ...request, stream })
  response.once("close", close)
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > BODY_LIMIT) {
      throw new Failure(413, "RequestEntityTooLarge", `Request entity too large: limit is ${BODY_LIMIT}`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString("utf8")
}

function answerFailure(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const failure = error instanceof Failure ? error : internalError(error)
  const seconds = failure.details?.retryAfterSeconds
  if (seconds !== undefined) response.setHeader("Retry-After", String(seconds))
  send(response, failure.code, failure.status)
}

function internalError(error: unknown): Failure {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return new Failure(500, "InternalError", `Internal error of the simulator: ${message}`)
}

function send(response: ServerResponse, code: number, body: JsonObject | string, type = "application/json"): void {
  response.writeHead(code, { "Content-Type": type, "Cache-Control": "no-cache, private", Vary: "Accept" })
  response.end(typeof body === "string" ? body : `${JSON.stringify(body)}\n`)
}
