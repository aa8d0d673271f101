import type { Cancel, Clock } from "../../operator/runtime/clock.ts"

type Timer = { readonly dueMs: number; readonly run: () => void }

/** Time that passes when a test says so. Chance is a constant: no jitter. */
export class VirtualClock implements Clock {
  #nowMs = 0
  #wallOffsetMs = 0
  readonly #timers = new Set<Timer>()
  chance = 0.5

  now(): Temporal.Instant {
    return Temporal.Instant.from("2026-11-24T08:00:00Z").add({
      milliseconds: Math.round(this.#nowMs + this.#wallOffsetMs),
    })
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  random(): number {
    return this.chance
  }

  setTimeout(run: () => void, ms: number): Cancel {
    const timer = { dueMs: this.#nowMs + Math.max(ms, 0), run }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  get pending(): number {
    return this.#timers.size
  }

  /** Lets time pass, firing timers in order and letting what they began settle before the next. */
  async advance(ms: number): Promise<void> {
    await settle()
    const untilMs = this.#nowMs + ms
    for (let timer = this.#next(untilMs); timer !== undefined; timer = this.#next(untilMs)) {
      this.#timers.delete(timer)
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs)
      timer.run()
      await settle()
    }
    this.#nowMs = untilMs
    await settle()
  }

  /** Time passes without this process having run: a paused machine. Nothing fires until the next `advance`. */
  sleepThrough(ms: number): void {
    this.#nowMs += ms
  }

  /** Somebody set the wall clock. */
  jumpWall(ms: number): void {
    this.#wallOffsetMs += ms
  }

  #next(untilMs: number): Timer | undefined {
    return [...this.#timers].filter(({ dueMs }) => dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs)[0]
  }
}

/** Lets promises and what the event loop has ready run. */
export async function settle(turns = 3): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise(resolve => setImmediate(resolve))
}

const patienceMs = 5_000

/** Waits, in real time, until it is so; for what crosses a socket. */
export async function eventually(claim: () => boolean, what = "the claim"): Promise<void> {
  const startMs = performance.now()
  while (!claim()) {
    if (performance.now() - startMs > patienceMs) throw new Error(`${what} did not come true: ${claim}`)
    await new Promise(resolve => setTimeout(resolve, 1))
  }
}
