import type { Clock } from "../../operator/exchange/clock.ts"

/** Waiting takes a thousandth of the time it says, so that back-off is felt and not sat out. */
const haste = 1_000
/** From here on a timer is a limit and not a wait; a loaded machine must not run into it. */
const limitMs = 60_000

export const hurriedClock: Clock = {
  now: () => Temporal.Now.instant(),
  monotonicMs: () => performance.now() * haste,
  setTimeout: (run, ms) => {
    const timer = setTimeout(run, ms >= limitMs ? ms : ms / haste)
    return () => clearTimeout(timer)
  },
}
