import { durationMs, parseDuration } from "./time.ts"

/** Two weeks, the most Exchange offers people; a reminder long before would be a surprise. */
export const longestReminderMinutes = 14 * 24 * 60

/** Minutes before the start, from a duration such as `15m`. Throws a RangeError for anything else, and for more than 14d. */
export function parseReminderMinutes(text: string): number {
  const minutes = Math.round(durationMs(parseDuration(text)) / 60_000)
  if (minutes > longestReminderMinutes) throw new RangeError("a reminder comes at most 14d before the start")
  return minutes
}
