import { setTimeout as pause } from "node:timers/promises"

/** Long enough for two busy cores; what takes longer is stuck. */
const usualMs = 15_000
const lookEveryMs = 20

/**
 * Waits until the claim holds and gives what it gave. Fails after the deadline, naming the claim and telling what there
 * was to see instead.
 */
export async function until<T>(
  claim: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  { withinMs = usualMs, tell = () => "" }: { readonly withinMs?: number; readonly tell?: () => string } = {},
): Promise<T> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const seen = await look()
    if (seen !== undefined && seen !== false) return seen
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${claim}\n${tell()}`)
    await pause(lookEveryMs)
  }
}

/** Waits while the claim must go on holding: for what must not happen. */
export async function remains(claim: string, holds: () => boolean, ms: number): Promise<void> {
  const end = performance.now() + ms
  while (performance.now() < end) {
    if (!holds()) throw new Error(`did not remain so: ${claim}`)
    await pause(lookEveryMs)
  }
}
