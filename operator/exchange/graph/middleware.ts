import { randomUUID } from "node:crypto"
import { type Context, GraphClientError, type Middleware } from "@microsoft/microsoft-graph-client"
import type { Dispatcher } from "undici"
import { TemporaryError } from "../../core/errors.ts"
import { retryAfterMs } from "../../http/retry-after.ts"
import type { AccessToken } from "../access-token.ts"
import { type Clock, sleep } from "../clock.ts"
import type { ExchangeDeps } from "../deps.ts"
import type { Outcome, Throttle } from "../throttle.ts"
import { type Reply, sendWhole, timeLimit } from "../wire.ts"
import { CallOptions } from "./call.ts"

/**
 * The chain every request to Graph goes through, in place of the library's own (whose retries repeat writes, cannot be
 * aborted and know no limit): retry, then per attempt the token, the pace, and the wire.
 */
export type ChainDeps = Pick<ExchangeDeps, "clock" | "mayWrite" | "observe"> & {
  readonly connection: string
  readonly dispatcher: Dispatcher
  readonly token: Pick<AccessToken, "get" | "getInsteadOf">
  readonly throttle: Throttle
}

type Attempt = (context: Context, options: CallOptions) => Promise<Reply>

/** Long pages and full batches take their time; a connection that hangs must not hold a place for ever. */
const answerWithinMs = 90_000

export function graphChain(deps: ChainDeps): Middleware {
  const attempt = retrying(deps, authenticated(deps, paced(deps, overTheWire(deps))))
  return {
    async execute(context) {
      const options = callOptions(context)
      try {
        const { status, headers, bytes } = await attempt(context, options)
        context.response = new Response(status === 204 ? null : bytes, { status, headers })
      } catch (error) {
        throw carried(error)
      }
    },
  }
}

/** The library rewrites every error but its own kind: ours travel inside one. */
function carried(error: unknown): GraphClientError {
  const carrier = new GraphClientError("stopped before Graph answered")
  carrier.customError = error
  return carrier
}

function callOptions(context: Context): CallOptions {
  const options = context.middlewareControl?.getMiddlewareOptions(CallOptions)
  if (options instanceof CallOptions) return options
  throw new Error("a request came to the chain without its call")
}

function retrying({ clock, throttle }: ChainDeps, next: Attempt): Attempt {
  return async (context, options) => {
    for (let tries = 1; ; tries += 1) {
      const outcome = await settled(next(context, options), options.signal)
      const again = options.call.retry && isWorthRetrying(outcome)
      const delayMs = again ? throttle.retryDelayMs(tries, pauseAskedFor(outcome, clock)) : undefined
      if (delayMs === undefined) return unwrap(outcome)
      await sleep(clock, delayMs, options.signal)
    }
  }
}

type Settled = { readonly reply: Reply } | { readonly error: unknown }

async function settled(work: Promise<Reply>, signal: AbortSignal): Promise<Settled> {
  try {
    return { reply: await work }
  } catch (error) {
    signal.throwIfAborted()
    return { error }
  }
}

function unwrap(outcome: Settled): Reply {
  if ("reply" in outcome) return outcome.reply
  throw outcome.error
}

/** An error here is one of ours: a TemporaryError without a pause means the wire broke; with one, that it must rest. */
function isWorthRetrying(outcome: Settled): boolean {
  if ("reply" in outcome) return isTransient(outcome.reply.status)
  return outcome.error instanceof TemporaryError && outcome.error.retryAfterMs === undefined
}

function pauseAskedFor(outcome: Settled, clock: Clock): number | undefined {
  return "reply" in outcome ? pauseIn(outcome.reply, clock) : undefined
}

function pauseIn({ headers }: Reply, clock: Clock): number | undefined {
  return retryAfterMs(headers.get("retry-after") ?? undefined, clock.now().epochMilliseconds)
}

function isTransient(status: number): boolean {
  return status === 429 || status === 408 || status >= 500
}

function authenticated({ token }: ChainDeps, next: Attempt): Attempt {
  return async (context, options) => {
    const first = await token.get(options.signal)
    const reply = await next(withToken(context, first), options)
    if (reply.status !== 401) return reply
    // Revoked, or made before a permission was: one other token, once. A second refusal is the answer.
    const second = await token.getInsteadOf(first, options.signal)
    return next(withToken(context, second), options)
  }
}

function withToken(context: Context, token: string): Context {
  const headers = new Headers(context.options?.headers)
  headers.set("Authorization", `Bearer ${token}`)
  return { ...context, options: { ...context.options, headers } }
}

function paced({ throttle, clock, observe, connection }: ChainDeps, next: Attempt): Attempt {
  return async (context, options) => {
    const { mailbox, cost = 1, operation } = options.call
    const leave = await throttle.enter(mailbox === undefined ? { cost } : { mailbox, cost }, options.signal)
    const startedAtMs = clock.monotonicMs()
    const outcome = await settledForPacing(next(context, options))
    leave(paceOutcome(outcome, options.signal, clock))
    const status = "reply" in outcome ? outcome.reply.status : 0
    observe({ connection, operation, status, durationMs: clock.monotonicMs() - startedAtMs, cost })
    return unwrap(outcome)
  }
}

/** Never rejects: the place must be given back whatever happens. */
async function settledForPacing(work: Promise<Reply>): Promise<Settled> {
  try {
    return { reply: await work }
  } catch (error) {
    return { error }
  }
}

function paceOutcome(outcome: Settled, signal: AbortSignal, clock: Clock): Outcome {
  if ("error" in outcome) {
    return signal.aborted || !(outcome.error instanceof TemporaryError) ? { kind: "Abandoned" } : { kind: "Failed" }
  }
  const { status } = outcome.reply
  if (!isTransient(status)) return { kind: "Answered" }
  const pauseMs = pauseIn(outcome.reply, clock)
  return status === 429 ? { kind: "Paused", retryAfterMs: pauseMs } : { kind: "Failed", retryAfterMs: pauseMs }
}

function overTheWire({ dispatcher, mayWrite, clock }: ChainDeps): Attempt {
  return async (context, { call, signal }) => {
    const headers = new Headers(context.options?.headers)
    headers.set("client-request-id", randomUUID())
    const limit = timeLimit({ clock, ms: answerWithinMs, late: "Graph did not answer in time" }, signal)
    try {
      if (call.writes) mayWrite()
      headers.set("Accept-Encoding", "gzip")
      return await sendWhole(String(context.request), {
        method: call.method,
        headers: Object.fromEntries(headers),
        body: typeof context.options?.body === "string" ? context.options.body : null,
        dispatcher,
        signal: limit.signal,
      })
    } finally {
      limit.cancel()
    }
  }
}
