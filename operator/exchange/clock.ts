/** Time as the backends see it, injected so that tests run in virtual time. The runtime's clock fits. */
export type Clock = {
  now(): Temporal.Instant
  /** Milliseconds that only ever grow: for all waiting and measuring. */
  monotonicMs(): number
  /** Returns what takes the promise back. */
  setTimeout(run: () => void, ms: number): () => void
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

/** The promise, or the signal's reason if that comes first; the work behind the promise goes on. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop() // the work is listened to all the same: its failure must not be nobody's
    signal.addEventListener("abort", stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop))
  })
}
