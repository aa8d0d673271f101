/** Time as the backends see it, injected so that tests run in virtual time. */
export type Clock = {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Resolves after so many milliseconds; rejects with the signal's reason when aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}
