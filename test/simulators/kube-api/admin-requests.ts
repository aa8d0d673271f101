import type { ServerResponse } from "node:http"
import type { Denial } from "./denials.ts"
import type { Fault, FaultAction } from "./faults.ts"
import { isObject, type Json, type JsonObject, parseJson, textAt } from "./json.ts"
import type { Simulation } from "./simulation.ts"

type AdminRequest = { readonly method: string; readonly pathname: string; readonly body: string }

/** `/_sim/…`: the faults of this server for whoever is in another process. The body is JSON, the answer too. */
export function answerAdmin(simulation: Simulation, { pathname, body }: AdminRequest, response: ServerResponse): void {
  const order = pathname.slice("/_sim/".length)
  const parsed = body.trim() === "" ? {} : parseJson(body)
  const parameters = isObject(parsed) ? parsed : {}
  const result = carryOut(simulation, order, parameters)
  response.writeHead(result === undefined ? 404 : 200, { "Content-Type": "application/json" })
  response.end(`${JSON.stringify(result ?? { error: `no such order: ${order}` })}\n`)
}

function carryOut(simulation: Simulation, order: string, parameters: JsonObject): Json | undefined {
  const { watches, faults, denials, requests, world } = simulation
  const plural = textAt(parameters, "resource")
  switch (order) {
    case "watches":
      return { open: watches.count(plural) }
    case "watches/close":
      return done(() => watches.close(plural))
    case "watches/reset":
      return done(() => watches.reset(plural))
    case "watches/truncate":
      return done(() => watches.truncate(plural))
    case "watches/expire":
      return done(() => watches.expire(plural))
    case "watches/bookmark":
      return done(() => watches.bookmark(plural))
    case "faults":
      return done(() => faults.add(faultOf(parameters)))
    case "faults/clear":
      return done(() => faults.clear())
    case "denials":
      return done(() => denials.add(denialOf(parameters)))
    case "compact":
      return done(() => simulation.compact())
    case "clock/advance":
      return done(() => world.clock.advance({ seconds: Number(parameters["seconds"] ?? 0) }))
    case "requests":
      return requests.find().map(entry => ({ ...entry }))
    case "requests/clear":
      return done(() => requests.clear())
    default:
      return undefined
  }
}

function done(order: () => unknown): JsonObject {
  order()
  return { ok: true }
}

function denialOf(parameters: JsonObject): Denial {
  const fields = ["user", "verb", "group", "resource", "namespace", "name"]
  return Object.fromEntries(
    fields.flatMap(field => (typeof parameters[field] === "string" ? [[field, parameters[field]]] : [])),
  )
}

function faultOf(parameters: JsonObject): Fault {
  const method = textAt(parameters, "method")
  const path = textAt(parameters, "path")
  const user = textAt(parameters, "user")
  return {
    ...(method === undefined ? {} : { method }),
    ...(path === undefined ? {} : { path: new RegExp(path, "u") }),
    ...(user === undefined ? {} : { user }),
    times: Number(parameters["times"] ?? 1),
    action: actionOf(parameters),
  }
}

function actionOf(parameters: JsonObject): FaultAction {
  const { status, retryAfterSeconds, delayMs } = parameters
  const kind = textAt(parameters, "action")
  if (kind === "reset" || kind === "truncate" || kind === "silence") return { kind }
  if (typeof delayMs === "number") return { kind: "delay", ms: delayMs }
  return {
    kind: "answer",
    status: typeof status === "number" ? status : 500,
    reason: textAt(parameters, "reason") ?? "",
    ...(typeof retryAfterSeconds === "number" ? { retryAfterSeconds } : {}),
  }
}
