/** Times as a status holds them: text, to the second. */

export function instantOf(text: string | undefined): Temporal.Instant | undefined {
  return text === undefined ? undefined : Temporal.Instant.from(text)
}

export function secondsOf(instant: Temporal.Instant): string {
  return instant.toString({ smallestUnit: "second" })
}

export function later(now: Temporal.Instant, ms: number): Temporal.Instant {
  return now.add({ milliseconds: Math.round(ms) })
}
