import { monitorEventLoopDelay } from "node:perf_hooks"

// Fine enough for seconds, coarse enough to cost nothing.
const resolutionMs = 50

/** How long the event loop was blocked at worst since it was last asked. */
export class EventLoopLag {
  readonly #histogram = monitorEventLoopDelay({ resolution: resolutionMs })

  start(): void {
    this.#histogram.enable()
  }

  stop(): void {
    this.#histogram.disable()
  }

  /** Resets, so that one long block fails one probe and not all that follow. */
  takeWorstMs(): number {
    const worstMs = this.#histogram.max / 1e6
    this.#histogram.reset()
    return Math.max(0, worstMs - resolutionMs)
  }
}
