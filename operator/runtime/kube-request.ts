import type { KubeConfig } from "@kubernetes/client-node"
import type { Dispatcher } from "undici"
import { type Clock, DeadlineExceededError, jitter, sleep, withDeadline } from "./clock.ts"
import { KubeAuth } from "./kube-auth.ts"
import { KubeApiError } from "./kube-error.ts"
import { parseJson, readStatus } from "./object-json.ts"

/**
 * `always`: doing it twice is as good as once. `whenRefused`: only when the server surely did not do it.
 * `never`: the caller has a loop of its own.
 */
export type Repeat = "always" | "whenRefused" | "never"

export type RequestPlan = {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: object
  readonly contentType?: string
  readonly accept?: string
  readonly repeat: Repeat
}

export type Answer = { readonly code: number; readonly text: string }

/** One attempt, told afterwards; code 0 when there was no answer. */
export type Observer = (attempt: { readonly method: string; readonly code: number; readonly seconds: number }) => void

type RequesterOptions = {
  readonly kubeConfig: KubeConfig
  readonly clock: Clock
  readonly requestTimeoutMs: number
  readonly userAgent?: string
}

const mostAttempts = 4
// Longer waits belong to the queue, which has other things to do meanwhile.
const longestPauseMs = 10_000
const firstPauseMs = 250

/** Sends requests and repeats those that may be; turns every failure into KubeApiError. */
export class Requester {
  observer: Observer = () => undefined
  readonly #auth: KubeAuth
  readonly #clock: Clock
  readonly #requestTimeoutMs: number
  readonly #identity: Readonly<Record<string, string>>

  constructor({ kubeConfig, clock, requestTimeoutMs, userAgent }: RequesterOptions) {
    this.#auth = new KubeAuth(kubeConfig, clock)
    this.#clock = clock
    this.#requestTimeoutMs = requestTimeoutMs
    this.#identity = userAgent === undefined ? {} : { "user-agent": userAgent }
  }

  /** The whole answer of a successful request. */
  async send(plan: RequestPlan, signal: AbortSignal): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#renewing(() => this.#once(plan, signal))
      } catch (error) {
        signal.throwIfAborted()
        const pauseMs = this.#pause(plan.repeat, attempt, error)
        if (pauseMs === undefined) throw error
        await sleep(this.#clock, pauseMs, signal)
      }
    }
  }

  /** The body of a successful request as it arrives. The caller watches the time. */
  async open(plan: RequestPlan, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.#renewing(() => this.#observed(plan, () => this.#dispatch(plan, signal)))
    return lossAsError(response.body, signal)
  }

  close(): Promise<void> {
    return this.#auth.close()
  }

  async #once(plan: RequestPlan, signal: AbortSignal): Promise<Answer> {
    const limit = { clock: this.#clock, ms: this.#requestTimeoutMs }
    return this.#observed(plan, () =>
      withDeadline(limit, signal, async limited => {
        const { statusCode, body } = await this.#dispatch(plan, limited)
        return { statusCode, code: statusCode, text: await readAll(body, limited) }
      }),
    )
  }

  /** Throws unless the server agreed. */
  async #dispatch(plan: RequestPlan, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { headers, dispatcher } = await this.#auth.access()
    const url = new URL(this.#auth.server)
    const query = plan.query === undefined ? "" : `?${new URLSearchParams(plan.query)}`
    const options: Dispatcher.RequestOptions = {
      origin: url.origin,
      path: `${url.pathname.replace(/\/$/, "")}${plan.path}${query}`,
      method: plan.method,
      headers: { ...this.#identity, ...headers, ...describeBody(plan) },
      body: plan.body === undefined ? null : JSON.stringify(plan.body),
      signal,
    }
    const response = await dispatcher.request(options).catch((error: unknown) => failed(error, signal))
    if (response.statusCode >= 300) throw await refusal(response, signal)
    return response
  }

  /** A 401 may only mean that the token file was rotated under us: once more with what is there now. */
  async #renewing<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request()
    } catch (error) {
      if (!(error instanceof KubeApiError) || error.code !== 401) throw error
      this.#auth.renew()
      return await request()
    }
  }

  async #observed<T extends { readonly statusCode: number }>(plan: RequestPlan, request: () => Promise<T>): Promise<T> {
    const startMs = this.#clock.monotonicMs()
    const tell = (code: number) =>
      this.observer({ method: plan.method, code, seconds: (this.#clock.monotonicMs() - startMs) / 1000 })
    try {
      const response = await request()
      tell(response.statusCode)
      return response
    } catch (error) {
      tell(error instanceof KubeApiError ? error.code : 0)
      throw error
    }
  }

  /** How long to wait before trying again; undefined: not here. */
  #pause(repeat: Repeat, attempt: number, error: unknown): number | undefined {
    if (attempt >= mostAttempts || !(error instanceof KubeApiError) || !mayRepeat(repeat, error)) return undefined
    const pauseMs = error.retryAfterMs ?? jitter(this.#clock, firstPauseMs * 2 ** (attempt - 1), 0.2)
    return pauseMs <= longestPauseMs ? pauseMs : undefined
  }
}

function mayRepeat(repeat: Repeat, { code, reason, retryAfterMs }: KubeApiError): boolean {
  switch (repeat) {
    case "always":
      return code === 429 || code === 503 || code === 504 || reason === "Unreachable" || (code >= 500 && !!retryAfterMs)
    case "whenRefused":
      return code === 429
    case "never":
      return false
    default:
      return repeat satisfies never
  }
}

function describeBody({ accept = "application/json", body, contentType = "application/json" }: RequestPlan) {
  return { accept, ...(body === undefined ? {} : { "content-type": contentType }) }
}

async function refusal(response: Dispatcher.ResponseData, signal: AbortSignal): Promise<KubeApiError> {
  const text = await readAll(response.body, signal)
  const seconds = Number(response.headers["retry-after"])
  const retryAfterMs = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined
  return readStatus(jsonOrNothing(text), response.statusCode, retryAfterMs)
}

/** Proxies in front of an API server answer in HTML. */
function jsonOrNothing(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

async function readAll(body: Dispatcher.ResponseData["body"], signal: AbortSignal): Promise<string> {
  return await body.text().catch((error: unknown) => failed(error, signal))
}

async function* lossAsError(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    failed(error, signal)
  }
}

/** No answer, or half of one. Our own abort passes as it is, our own deadline as a timeout. */
function failed(cause: unknown, signal: AbortSignal): never {
  if (signal.aborted && !(signal.reason instanceof DeadlineExceededError)) throw signal.reason
  const reason = signal.aborted ? "Timeout" : "Unreachable"
  const detail = cause instanceof Error ? ("code" in cause && `${cause.code}`) || cause.name : "unknown"
  throw new KubeApiError(`no answer from the API server (${detail})`, { code: 0, reason, cause })
}
