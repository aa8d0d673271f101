import type { Clock } from "./clock.ts"

/** So many requests a second on average. Takes on debt, so that whoever asked first goes first and nothing starves. */
export class TokenBucket {
  readonly #clock: Clock
  readonly #perSecond: number
  readonly #burst: number
  #tokens: number
  #filledAtMs: number

  constructor(clock: Clock, { perSecond, burst }: { readonly perSecond: number; readonly burst: number }) {
    this.#clock = clock
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = burst
    this.#filledAtMs = clock.monotonicMs()
  }

  /** Takes the tokens now and says how long to wait before using them. */
  take(cost: number): number {
    const now = this.#clock.monotonicMs()
    const filled = this.#tokens + ((now - this.#filledAtMs) / 1000) * this.#perSecond
    this.#tokens = Math.min(this.#burst, filled) - cost
    this.#filledAtMs = now
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#perSecond) * 1000
  }

  /** For what was taken and not used. */
  giveBack(cost: number): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + cost)
  }
}
