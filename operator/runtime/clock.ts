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

/** The work took longer than it was given; the reason its signal was aborted with. */
export class DeadlineExceededError extends Error {
  override readonly name = "DeadlineExceededError"
  readonly reason = "DeadlineExceeded"
}

/**
 * Runs `work` with a signal that is aborted after `ms` (DeadlineExceededError) or with `signal`. Waits for the work
 * either way, and leaves neither timer nor listener behind.
 */
export async function withDeadline<T>(
  { clock, ms }: { readonly clock: Clock; readonly ms: number },
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limited = new AbortController()
  const abort = () => limited.abort(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener("abort", abort, { once: true })
  const cancel = clock.setTimeout(() => limited.abort(new DeadlineExceededError(`not done within ${ms} ms`)), ms)
  try {
    return await work(limited.signal)
  } finally {
    cancel()
    signal.removeEventListener("abort", abort)
  }
}
