import type { Clock } from "../../operator/exchange/clock.ts"

/** From here on a timer is a limit and not a wait: it runs on the machine's clock and is never met. */
const limitMs = 60_000

/**
 * Time in which nobody waits: whatever is waited for has come at once, and the clock shows that it has. The day is the
 * machine's, because the token library believes no other.
 */
export class LeapingClock implements Clock {
  #ms = 0

  now(): Temporal.Instant {
    return Temporal.Now.instant()
  }

  monotonicMs(): number {
    return this.#ms
  }

  setTimeout(run: () => void, ms: number): () => void {
    if (ms >= limitMs) return cancelled(setTimeout(run, ms))
    const atMs = this.#ms + ms
    const turn = setImmediate(() => {
      this.#ms = Math.max(this.#ms, atMs)
      run()
    })
    return () => clearImmediate(turn)
  }

  advance(ms: number): void {
    this.#ms += ms
  }
}

function cancelled(timer: NodeJS.Timeout): () => void {
  return () => clearTimeout(timer)
}
