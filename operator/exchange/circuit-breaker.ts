import { TemporaryError } from "../core/errors.ts"
import type { Clock } from "./clock.ts"

/** This many failures with no success between them are no longer one mailbox's bad luck. */
const failuresToOpen = 10
const firstRestMs = 15_000
const longestRestMs = 300_000

/** Stops asking a service that answers nobody: after a rest one request tries, and its answer decides for all. */
export class CircuitBreaker {
  readonly #clock: Clock
  readonly #random: () => number
  #failures = 0
  #restMs = firstRestMs
  #openUntilMs: number | undefined
  #trying = false

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock
    this.#random = random
  }

  /** Throws a TemporaryError while open; otherwise the caller must report how it went. */
  admit(): void {
    if (this.#openUntilMs === undefined) return
    const restMs = this.#openUntilMs - this.#clock.monotonicMs()
    if (restMs > 0 || this.#trying) {
      throw new TemporaryError("Exchange has not been answering; requests rest before it is tried again", {
        reason: "Unreachable",
        retryAfterMs: Math.max(restMs, 1_000),
      })
    }
    this.#trying = true
  }

  succeeded(): void {
    this.#failures = 0
    this.#restMs = firstRestMs
    this.#openUntilMs = undefined
    this.#trying = false
  }

  failed(): void {
    this.#failures += 1
    if (!this.#trying && this.#failures < failuresToOpen) return
    this.#trying = false
    this.#openUntilMs = this.#clock.monotonicMs() + this.#restMs * (0.75 + this.#random() / 2)
    this.#restMs = Math.min(this.#restMs * 2, longestRestMs)
  }

  /** Neither: the request was abandoned, another may try. */
  abandoned(): void {
    this.#trying = false
  }
}
