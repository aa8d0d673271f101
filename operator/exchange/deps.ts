import type { WriteFence } from "../core/ports.ts"
import type { ProxySettings } from "../http/client.ts"
import type { Clock } from "./clock.ts"

/** What a request to Exchange came to; for metrics. No mailbox, no url: labels stay few. */
export type RequestObservation = {
  /** `namespace/name` of the connection. */
  readonly connection: string
  /** What it was for: `list`, `delta`, `batch`, `token`, `probe` … */
  readonly operation: string
  /** HTTP status, or 0 when no answer came. */
  readonly status: number
  readonly durationMs: number
  /** Requests it counts for at the other side (the steps of a batch, otherwise 1). */
  readonly cost: number
}

type Log = {
  readonly debug: (fields: Readonly<Record<string, unknown>>, message: string) => void
  readonly warn: (fields: Readonly<Record<string, unknown>>, message: string) => void
}

export type ExchangeDeps = {
  readonly clock: Clock
  /** Uniform in [0, 1), for jitter. */
  readonly random: () => number
  readonly proxy: ProxySettings
  /** Asked right before every request that changes something outside. */
  readonly mayWrite: WriteFence
  readonly observe: (request: RequestObservation) => void
  readonly log: Log
}
