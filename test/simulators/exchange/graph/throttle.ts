import type { Store } from "../store/store.ts"
import { GraphError } from "./graph-error.ts"

/** Per app and mailbox: so many requests at a time, and so many in ten minutes. One mailbox never costs another. */

const WINDOW_MS = 10 * 60_000

type Load = { inFlight: number; windowStartMs: number; count: number }

export class Throttle {
  readonly #store: Store
  readonly #loads = new Map<string, Load>()
  #peak = 0

  constructor(store: Store) {
    this.#store = store
  }

  /** The most requests one app ever had in flight at one mailbox. */
  get peak(): number {
    return this.#peak
  }

  resetPeak(): void {
    this.#peak = 0
  }

  /** Takes a place, or throws the answer for one request too many. The caller gives the place back. */
  enter(appId: string, mailboxId: string): () => void {
    const load = this.#load(`${appId} ${mailboxId}`)
    const { switches } = this.#store
    if (switches.throttling && load.inFlight >= switches.concurrentRequestsPerMailbox)
      throw this.#refusal(switches.concurrencyStatus, "MailboxConcurrency")
    if (switches.throttling && load.count >= switches.requestsPerTenMinutes) throw this.#refusal(429, "RequestCount")
    load.inFlight++
    load.count++
    this.#peak = Math.max(this.#peak, load.inFlight)
    return () => {
      load.inFlight--
    }
  }

  #load(key: string): Load {
    const nowMs = this.#store.clock.now()
    const load = this.#loads.get(key) ?? { inFlight: 0, windowStartMs: nowMs, count: 0 }
    if (nowMs - load.windowStartMs >= WINDOW_MS) Object.assign(load, { windowStartMs: nowMs, count: 0 })
    this.#loads.set(key, load)
    return load
  }

  #refusal(status: number, limit: string): GraphError {
    const { retryAfterSeconds } = this.#store.switches
    const headers: Record<string, string> =
      retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }
    return new GraphError(status, "ApplicationThrottled", `Application is over its ${limit} limit.`, { headers })
  }
}
