import type { Clock } from "./clock.ts"

/** Nothing was heard for longer than is healthy. */
export class InactiveError extends Error {
  override readonly name = "InactiveError"
}

/** Calls once when nothing restarted it for `ms`. */
export class SilenceLimit {
  readonly #clock: Clock
  readonly #ms: number
  readonly #onSilence: (error: InactiveError) => void
  #lastMs: number
  #cancel: () => void

  constructor(clock: Clock, ms: number, onSilence: (error: InactiveError) => void) {
    this.#clock = clock
    this.#ms = ms
    this.#onSilence = onSilence
    this.#lastMs = clock.monotonicMs()
    this.#cancel = clock.setTimeout(() => this.#check(), ms)
  }

  /** Only notes the time: a timer per chunk of a busy watch would cost more than the chunk. */
  restart(): void {
    this.#lastMs = this.#clock.monotonicMs()
  }

  stop(): void {
    this.#cancel()
  }

  #check(): void {
    const leftMs = this.#lastMs + this.#ms - this.#clock.monotonicMs()
    if (leftMs <= 0) this.#onSilence(new InactiveError())
    else this.#cancel = this.#clock.setTimeout(() => this.#check(), leftMs)
  }
}
