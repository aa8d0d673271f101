/** Takes back what `setTimeout` promised; harmless afterwards. */
export type Cancel = () => void

/** Time and chance as the runtime is given them, so that a test's hour takes no time. */
export type Clock = {
  /** Wall time; may jump. For timestamps people read. */
  now(): Temporal.Instant
  /** Milliseconds that only ever grow, whatever happens to the wall clock. For all waiting and measuring. */
  monotonicMs(): number
  setTimeout(run: () => void, ms: number): Cancel
  /** In [0, 1). */
  random(): number
}

// Longer than this a Node timer fires at once.
const longestTimerMs = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Temporal.Now.instant(),
  monotonicMs: () => performance.now(),
  setTimeout: (run, ms) => {
    const timer = setTimeout(run, Math.min(Math.max(ms, 0), longestTimerMs))
    return () => clearTimeout(timer)
  },
  random: Math.random,
}

/** Resolves after `ms`; rejects with the signal's reason as soon as it is aborted, leaving no timer behind. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const stop = () => {
      cancel()
      reject(signal.reason)
    }
    const cancel = clock.setTimeout(() => {
      signal.removeEventListener("abort", stop)
      resolve()
    }, ms)
    signal.addEventListener("abort", stop, { once: true })
  })
}

/** `ms` ± `share` of it. */
export function jitter(clock: Clock, ms: number, share: number): number {
  return ms * (1 + share * (2 * clock.random() - 1))
}
