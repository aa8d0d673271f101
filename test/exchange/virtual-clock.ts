import type { Clock } from "../../operator/exchange/clock.ts"

type Timer = { readonly atMs: number; readonly run: () => void }

/** Time that passes only when told to. */
export class VirtualClock implements Clock {
  // Tokens and certificates of the simulator begin now.
  #nowMs = Temporal.Now.instant().epochMilliseconds
  #timers: Timer[] = []

  now(): Temporal.Instant {
    return Temporal.Instant.fromEpochMilliseconds(Math.round(this.#nowMs))
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  setTimeout(run: () => void, ms: number): () => void {
    const timer = { atMs: this.#nowMs + ms, run }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter(other => other !== timer)
    }
  }

  get waiting(): number {
    return this.#timers.length
  }

  /** Lets time pass, timer by timer, and everything that follows from each. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await settle()
    for (let next = this.#next(untilMs); next; next = this.#next(untilMs)) {
      this.#timers = this.#timers.filter(timer => timer !== next)
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.run()
      await settle()
    }
    this.#nowMs = untilMs
  }

  #next(untilMs: number): Timer | undefined {
    return this.#timers.filter(timer => timer.atMs <= untilMs).toSorted((a, b) => a.atMs - b.atMs)[0]
  }
}

/** Everything that is ready to run has run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(resolve => setImmediate(resolve))
}
