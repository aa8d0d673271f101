import { Client, GraphClientError, ResponseType } from "@microsoft/microsoft-graph-client"
import { NeedsAttentionError, TemporaryError } from "../../core/errors.ts"
import { retryAfterMs } from "../../http/retry-after.ts"
import type { Clock } from "../clock.ts"
import { userAgent } from "../wire.ts"
import { CallOptions, type GraphCall, immutableIds } from "./call.ts"
import { isRecord, type JsonRecord, recordsAt, textAt } from "./json.ts"
import { type ChainDeps, graphChain } from "./middleware.ts"
import { type GraphAnswer, problemError, readProblem } from "./problem.ts"

/** What one page of a collection said. */
export type Page = { readonly items: readonly JsonRecord[]; readonly nextLink?: string; readonly deltaLink?: string }

/** Graph, spoken to with one credential: answers as data, everything that kept one from coming as a core error. */
export class GraphClient {
  readonly #client: Client
  readonly #clock: Clock
  readonly #origin: string

  constructor(endpoint: string, deps: ChainDeps) {
    this.#clock = deps.clock
    this.#origin = new URL(endpoint).origin
    this.#client = Client.initWithMiddleware({
      baseUrl: endpoint.replace(/\/+$/, ""),
      defaultVersion: "v1.0",
      middleware: graphChain(deps),
    })
  }

  async ask(call: GraphCall, signal: AbortSignal): Promise<GraphAnswer> {
    const request = this.#client
      .api(this.#checked(call.path))
      .headers({
        Prefer: [immutableIds, ...(call.prefer ?? [])].join(", "),
        "User-Agent": userAgent,
        Accept: "application/json",
      })
      .middlewareOptions([new CallOptions(call, signal)])
      .responseType(ResponseType.RAW)
    return this.#read(await this.#send(request, call))
  }

  /** The body of an answer that must be a good one. */
  async get(call: Omit<GraphCall, "method" | "writes" | "retry">, signal: AbortSignal): Promise<JsonRecord> {
    return expectRecord(await this.ask({ ...call, method: "GET", writes: false, retry: true }, signal))
  }

  /** All pages of a collection. Throws when one of them cannot be had: half a list is no list. */
  async *pages(call: Omit<GraphCall, "method" | "writes" | "retry">, signal: AbortSignal): AsyncGenerator<Page> {
    const seen = new Set<string>()
    for (let path: string | undefined = call.path; path !== undefined; ) {
      if (seen.has(path)) throw new TemporaryError("Graph's next link leads in a circle", { reason: "Unreachable" })
      seen.add(path)
      const page = readPage(await this.get({ ...call, path }, signal))
      yield page
      path = page.nextLink
    }
  }

  async #send(request: ReturnType<Client["api"]>, { method, body }: GraphCall): Promise<Response> {
    try {
      switch (method) {
        case "GET":
          return await request.get()
        case "POST":
          return await request.post(body)
        case "PATCH":
          return await request.patch(body)
        case "DELETE":
          return await request.delete()
        default:
          return method satisfies never
      }
    } catch (error) {
      throw error instanceof GraphClientError && error.customError !== undefined ? error.customError : error
    }
  }

  async #read(response: Response): Promise<GraphAnswer> {
    const body = parseJson(await response.text())
    if (response.ok && body !== undefined) return { ok: true, status: response.status, body }
    if (response.ok) throw new TemporaryError("Graph's answer is not JSON", { reason: "Unreachable" })
    const now = this.#clock.now().epochMilliseconds
    const pauseMs = retryAfterMs(response.headers.get("retry-after") ?? undefined, now)
    return { ok: false, problem: readProblem(response.status, body, pauseMs) }
  }

  /** Links are the server's words: the token goes to the configured host and nowhere else. */
  #checked(path: string): string {
    if (path.startsWith("/")) return path
    if (URL.parse(path)?.origin === this.#origin) return path
    throw new NeedsAttentionError("Graph's answer links to another host; check endpoints.graph", {
      reason: "Unreachable",
    })
  }
}

/** The body of a good answer; the core error of any other. */
export function expectRecord(answer: GraphAnswer, itemId?: string): JsonRecord {
  if (!answer.ok) throw problemError(answer.problem, itemId)
  if (isRecord(answer.body)) return answer.body
  throw new TemporaryError("Graph's answer is not an object", { reason: "Unreachable" })
}

export function readPage(body: JsonRecord): Page {
  if (!Array.isArray(body["value"])) throw new TemporaryError("Graph's page has no value", { reason: "Unreachable" })
  const nextLink = textAt(body, "@odata.nextLink")
  const deltaLink = textAt(body, "@odata.deltaLink")
  return { items: recordsAt(body, "value"), ...(nextLink && { nextLink }), ...(deltaLink && { deltaLink }) }
}

/** `null` for an empty body, undefined for one that is not JSON. */
function parseJson(text: string): unknown {
  if (text === "") return null
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
