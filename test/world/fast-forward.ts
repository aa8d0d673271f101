import type { ShiftingClock } from "./shifting-clock.ts"

const everyMs = 20

/** Lets time fly, a step with every look, until the work is done: for what waits out a pause or a back-off. */
export async function fastForward<T>(
  clock: ShiftingClock,
  work: () => Promise<T>,
  step: Temporal.DurationLike = { seconds: 1 },
): Promise<T> {
  const pulse = setInterval(() => clock.advance(step), everyMs)
  try {
    return await work()
  } finally {
    clearInterval(pulse)
  }
}
