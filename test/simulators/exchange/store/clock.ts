/**
 * The simulator's own time: it runs with the machine's clock, shifted by what was advanced, and drives token expiry,
 * delta-token and subscription life and permission caches. Milliseconds since the epoch.
 */
export class VirtualClock {
  #offsetMs = 0
  #frozenAt: number | undefined
  readonly #listeners = new Set<() => void>()

  now(): number {
    return this.#frozenAt ?? Temporal.Now.instant().epochMilliseconds + this.#offsetMs
  }

  advance(ms: number): void {
    if (this.#frozenAt === undefined) this.#offsetMs += ms
    else this.#frozenAt += ms
    for (const listener of this.#listeners) listener()
  }

  /** Stops at this instant until it is advanced; tests that compare dates use it. */
  freeze(at: Temporal.Instant): void {
    this.#frozenAt = at.epochMilliseconds
    for (const listener of this.#listeners) listener()
  }

  /** Gives the way to listen no longer. */
  onJump(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

/** ISO 8601 in UTC with seven fractional digits and no suffix: how Exchange writes a dateTime. */
export function sevenDigits(ms: number): string {
  return Temporal.Instant.fromEpochMilliseconds(ms).toString({ fractionalSecondDigits: 7 }).slice(0, -1)
}

/** A DateTimeOffset as Graph writes timestamps: UTC, `Z`. */
export function timestamp(ms: number): string {
  return Temporal.Instant.fromEpochMilliseconds(ms).toString({ fractionalSecondDigits: 7 })
}
