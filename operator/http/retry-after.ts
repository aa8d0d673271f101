/** Whoever asks for more is asked again tomorrow: a slip of a server, or its malice, must not end a sync for good. */
export const longestPauseMs = 24 * 60 * 60_000

/** Milliseconds that a Retry-After header asks to wait (RFC 9110 §10.2.3: seconds or a date); undefined if absent or unreadable. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\s*\d+(\.\d+)?\s*$/.test(header)) return Math.min(Number(header) * 1000, longestPauseMs)
  // An HTTP date begins with the day's name; Date.parse alone would make a date of "-5".
  if (!/^\s*[A-Za-z]{3,9},? /.test(header)) return undefined
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.min(Math.max(0, at - nowMs), longestPauseMs)
}
