import type { ShiftingClock } from "./shifting-clock.ts"

const everyMs = 20

/** Lets time fly, a second with every look, until the work is done: for what waits out a pause or a back-off. */
export async function fastForward<T>(clock: ShiftingClock, work: () => Promise<T>): Promise<T> {
  const pulse = setInterval(() => clock.advance({ seconds: 1 }), everyMs)
  try {
    return await work()
  } finally {
    clearInterval(pulse)
  }
}
