import { randomUUID } from "node:crypto"
import { setTimeout as wait } from "node:timers/promises"
import type { Directory } from "../directory/directory.ts"
import { MailboxAccess } from "../directory/mailbox-access.ts"
import type { Faults } from "../faults.ts"
import type { AccessTokens } from "../login/access-tokens.ts"
import type { Mailbox } from "../store/mailbox.ts"
import type { Store } from "../store/store.ts"
import { runBatch, type Step } from "./batch.ts"
import type { Call, Caller, Reply } from "./call.ts"
import type { Counters } from "./counters.ts"
import { DeltaRounds } from "./delta.ts"
import { underFault } from "./fault-effects.ts"
import { GraphError, noSuchResource } from "./graph-error.ts"
import { getUser, groupRoute, listGroups, listUsers, notInDirectory } from "./people.ts"
import { listPlaces } from "./places.ts"
import { parsePreferences } from "./preferences.ts"
import { parseQuery } from "./query.ts"
import { refusal } from "./refusal.ts"
import { mailboxRoute, type Route } from "./routes.ts"
import type { Subscriptions } from "./subscriptions.ts"
import type { Throttle } from "./throttle.ts"

/** A request as the HTTP server or a batch hands it over. */
export type GraphRequest = {
  readonly method: string
  /** Path and query behind the origin, `/v1.0/…`. */
  readonly url: string
  readonly origin: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: unknown
}

export type GraphParts = {
  readonly store: Store
  readonly directory: Directory
  readonly tokens: AccessTokens
  readonly faults: Faults
  readonly counters: Counters
  readonly throttle: Throttle
  readonly subscriptions: Subscriptions
  latencyMs: number
}

type Context = { readonly call: Call; readonly mailbox?: Mailbox; readonly route: AnyRoute }
type AnyRoute = Pick<Route, "operation"> &
  Partial<Pick<Route, "need">> & { readonly run: (call: Call) => Reply | Promise<Reply> }

/** Microsoft Graph v1.0 over the store, as much of it as calendars need. */
export class GraphFace {
  readonly rounds: DeltaRounds
  readonly #parts: GraphParts
  readonly #access: MailboxAccess

  constructor(parts: GraphParts) {
    this.#parts = parts
    this.rounds = new DeltaRounds(parts.store)
    this.#access = new MailboxAccess(parts.store, parts.directory)
  }

  async handle(request: GraphRequest): Promise<Reply> {
    const requestId = randomUUID()
    const reply = await this.#answer(request).catch((error: unknown) =>
      refusal(error, { requestId, request, nowMs: this.#nowMs }),
    )
    const client = request.headers.get("client-request-id")
    const diagnostic = {
      ServerInfo: {
        DataCenter: "North Europe",
        Slice: "E",
        Ring: "4",
        ScaleUnit: "000",
        RoleInstance: "DB1PEPF00000001",
      },
    }
    const headers = {
      ...reply.headers,
      "request-id": requestId,
      "client-request-id": client ?? requestId,
      "x-ms-ags-diagnostic": JSON.stringify(diagnostic),
    }
    return { ...reply, headers }
  }

  async #answer(request: GraphRequest): Promise<Reply> {
    const caller = this.#callerOf(request.headers.get("authorization"))
    if (/^\/v1\.0\/\$batch\/?$/.test(request.url)) return this.#batch(request, caller)
    return this.#step(request, caller)
  }

  get #nowMs(): number {
    return this.#parts.store.clock.now()
  }

  #callerOf(authorization: string | undefined): Caller {
    const token = /^Bearer (.+)$/i.exec(authorization ?? "")?.[1]
    if (token === undefined) throw unauthenticated("Access token is empty.")
    const verdict = this.#parts.tokens.check(token)
    if (!verdict.ok) throw unauthenticated(verdict.why)
    return verdict.claims
  }

  async #batch(request: GraphRequest, caller: Caller): Promise<Reply> {
    this.#parts.counters.count("batch", undefined)
    const fault = this.#parts.faults.strike({ operation: "batch", mailboxNames: [] })
    return underFault(fault, () =>
      runBatch(request.body, {
        shuffles: this.#parts.store.switches.batchShuffles,
        run: step => this.#batchStep(step, request, caller),
      }),
    )
  }

  /** The step inherits who calls, and nothing else. */
  async #batchStep(step: Step, outer: GraphRequest, caller: Caller): Promise<Reply> {
    const path = step.url.startsWith("/") ? step.url : `/${step.url}`
    const url = path.startsWith("/v1.0/") ? path : `/v1.0${path}`
    const inner = { method: step.method, url, origin: outer.origin, headers: step.headers, body: step.body }
    const requestId = randomUUID()
    const reply = await this.#step(inner, caller).catch((error: unknown) =>
      refusal(error, { requestId, request: inner, nowMs: this.#nowMs }),
    )
    this.#parts.counters.countStatus(reply.status)
    return reply
  }

  async #step(request: GraphRequest, caller: Caller): Promise<Reply> {
    const context = this.#contextOf(request, caller)
    const { call, mailbox, route } = context
    this.#parts.counters.count(route.operation, mailbox?.address)
    const leave = mailbox ? this.#parts.throttle.enter(caller.appId, mailbox.id) : () => {}
    try {
      if (this.#parts.latencyMs > 0) await wait(this.#parts.latencyMs)
      const names = mailbox ? [mailbox.address, mailbox.id, ...mailbox.aliases].map(name => name.toLowerCase()) : []
      const fault = this.#parts.faults.strike({ operation: route.operation, mailboxNames: names })
      const reply = await underFault(fault, async () => {
        this.#mayTouch(context)
        return route.run({ ...call, seesContent: this.#seesContent(context) })
      })
      return withApplied(reply, call)
    } finally {
      leave()
    }
  }

  #contextOf(request: GraphRequest, caller: Caller): Context {
    const [path = "", search = ""] = cut(request.url)
    const segments = path
      .split("/")
      .filter(part => part !== "")
      .slice(1)
      .map(decodeSegment)
    requireContentType(request)
    const call: Call = {
      store: this.#parts.store,
      caller,
      method: request.method,
      segments,
      query: parseQuery(search, { plus: this.#parts.store.switches.plusInQuery }),
      origin: request.origin,
      path,
      headers: request.headers,
      body: request.body,
      preferences: parsePreferences(request.headers.get("prefer")),
      seesContent: true,
    }
    return { call, ...this.#routeOf(call) }
  }

  #routeOf(call: Call): { readonly route: AnyRoute; readonly mailbox?: Mailbox } {
    const [head = "", name = "", ...rest] = call.segments
    const { directory, store, subscriptions } = this.#parts
    switch (head) {
      case "users":
        if (name === "") return { route: { operation: "users.list", run: listUsers } }
        return this.#userRoute(call, name, rest)
      case "groups":
        if (name === "") return { route: { operation: "groups.list", run: inner => listGroups(inner, directory) } }
        return {
          route: {
            operation: rest.length > 0 ? "groups.members" : "groups.get",
            run: inner => groupRoute(inner, { directory, store, segments: [name, ...rest] }),
          },
        }
      case "subscriptions":
        return {
          route: {
            operation: `subscriptions.${call.method.toLowerCase()}`,
            run: inner => subscriptions.answer(inner, name),
          },
        }
      case "places":
        return { route: { operation: "places.list", run: inner => listPlaces(inner, directory) } }
      case "me":
        throw new GraphError(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
      default:
        throw noSuchResource(head)
    }
  }

  #userRoute(
    call: Call,
    name: string,
    rest: readonly string[],
  ): { readonly route: AnyRoute; readonly mailbox?: Mailbox } {
    const mailbox = this.#parts.store.findMailbox(name)
    if (rest.length === 0) return { route: { operation: "users.get", run: inner => getUser(inner, mailbox, name) } }
    if (!mailbox || mailbox.state === "missing") {
      if (/^[0-9a-f-]{36}$/i.test(name)) throw notInDirectory(name)
      throw new GraphError(404, "ErrorInvalidUser", `The requested user '${name}' is invalid.`)
    }
    return { mailbox, route: mailboxRoute(call.method, rest, { mailbox, rounds: this.rounds }) }
  }

  #mayTouch({ call, mailbox, route }: Context): void {
    if (!mailbox || !route.need) return
    if (mailbox.state === "onPremises" || mailbox.state === "softDeleted")
      throw new GraphError(
        404,
        "MailboxNotEnabledForRESTAPI",
        "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
      )
    const { accessDeniedText, accessPolicyText } = this.#parts.store.switches
    const verdict = this.#access.check(call.caller, mailbox, route.need)
    if (verdict === "deniedByPolicy") throw new GraphError(403, "ErrorAccessDenied", accessPolicyText)
    if (verdict === "denied") throw new GraphError(403, "ErrorAccessDenied", accessDeniedText)
  }

  #seesContent({ call, mailbox }: Context): boolean {
    return mailbox === undefined || this.#access.check(call.caller, mailbox, "content") === "allowed"
  }
}

function unauthenticated(message: string): GraphError {
  const headers = {
    "www-authenticate":
      'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"',
  }
  return new GraphError(401, "InvalidAuthenticationToken", message, { headers })
}

function cut(url: string): readonly [string, string] {
  const at = url.indexOf("?")
  return at < 0 ? [url, ""] : [url.slice(0, at), url.slice(at + 1)]
}

function decodeSegment(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new GraphError(400, "BadRequest", "The path is not properly percent-encoded.")
  }
}

function requireContentType({ method, body, headers }: GraphRequest): void {
  if (body === undefined || (method !== "POST" && method !== "PATCH")) return
  if (!/^application\/json\b/i.test(headers.get("content-type") ?? ""))
    throw new GraphError(
      400,
      "BadRequest",
      "Write requests (excluding DELETE) must contain the Content-Type header declaration.",
    )
}

function withApplied(reply: Reply, call: Call): Reply {
  const { applied } = call.preferences
  if (applied.length === 0 || reply.status >= 300 || reply.headers?.["preference-applied"]) return reply
  return { ...reply, headers: { ...reply.headers, "preference-applied": applied.join(", ") } }
}
