// Seconds matter here; more often would only cost.
const intervalMs = 250

/**
 * How long the event loop was blocked at worst since it was last asked. Real time on purpose: it measures this process.
 * Node's own histogram forgets, at each reset, the very interval that runs.
 */
export class EventLoopLag {
  #timer: NodeJS.Timeout | undefined
  #lastMs = 0
  #worstMs = 0

  start(): void {
    this.#lastMs = performance.now()
    this.#timer = setInterval(() => this.#tick(), intervalMs).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Begins anew, so that one long block fails one probe and not all that follow. */
  takeWorstMs(): number {
    const worstMs = Math.max(this.#worstMs, this.#lateMs())
    this.#worstMs = 0
    return worstMs
  }

  #tick(): void {
    this.#worstMs = Math.max(this.#worstMs, this.#lateMs())
    this.#lastMs = performance.now()
  }

  #lateMs(): number {
    return Math.max(0, performance.now() - this.#lastMs - intervalMs)
  }
}
