import { type Clock, systemClock } from "../../operator/runtime/clock.ts"

type Timer = { readonly dueMs: number; readonly run: () => void; cancel: () => void }

/**
 * The machine's clock with a lever: `advance` makes it later at once, and everything that became due by that happens now.
 * Between two pulls it runs as usual, so that real sockets and virtual nights get along.
 */
export class ShiftingClock implements Clock {
  readonly #timers = new Set<Timer>()
  #offsetMs = 0

  readonly now = (): Temporal.Instant => systemClock.now().add({ milliseconds: this.#offsetMs })
  readonly monotonicMs = (): number => systemClock.monotonicMs() + this.#offsetMs
  readonly random = systemClock.random

  readonly setTimeout = (run: () => void, ms: number): (() => void) => {
    const timer: Timer = { dueMs: this.monotonicMs() + ms, run, cancel: () => {} }
    this.#timers.add(timer)
    this.#arm(timer)
    return () => {
      timer.cancel()
      this.#timers.delete(timer)
    }
  }

  advance(duration: Temporal.DurationLike): void {
    this.#offsetMs += Math.ceil(Temporal.Duration.from(duration).total("milliseconds"))
    for (const timer of [...this.#timers].toSorted((a, b) => a.dueMs - b.dueMs)) {
      timer.cancel()
      this.#arm(timer)
    }
  }

  #arm(timer: Timer): void {
    const go = () => {
      this.#timers.delete(timer)
      timer.run()
    }
    timer.cancel = systemClock.setTimeout(go, timer.dueMs - this.monotonicMs())
  }
}
