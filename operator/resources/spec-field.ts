import { NeedsAttentionError } from "../core/errors.ts"
import { durationMs, parseDuration } from "../core/time.ts"
import { canonicalZone } from "../core/time-zones.ts"

/**
 * What a schema cannot check is checked here, field by field. Every error is a NeedsAttentionError with reason InvalidSpec
 * that names the field and says what it must be.
 */
export function invalidField(field: string, must: string, cause?: unknown): NeedsAttentionError {
  return new NeedsAttentionError(`${field} ${must}`, { reason: "InvalidSpec", cause })
}

export type DurationBounds = { readonly least?: string; readonly most?: string }

/** A duration in milliseconds, with what its absence means and between its bounds. */
export function durationField(
  field: string,
  text: string | undefined,
  { otherwise, least, most }: DurationBounds & { readonly otherwise: string },
): number {
  const ms = readDuration(field, text ?? otherwise)
  if (least !== undefined && ms < readDuration(field, least)) throw invalidField(field, `must be at least ${least}`)
  if (most !== undefined && ms > readDuration(field, most)) throw invalidField(field, `must be at most ${most}`)
  return ms
}

/** An IANA zone in its canonical spelling. */
export function zoneField(field: string, text: string): string {
  const zone = canonicalZone(text)
  if (zone === undefined) throw invalidField(field, "must be a known IANA time zone, such as Europe/Copenhagen")
  return zone
}

function readDuration(field: string, text: string): number {
  try {
    return durationMs(parseDuration(text))
  } catch (cause) {
    throw invalidField(field, "must be a whole number with d, h, m or s, such as 30m", cause)
  }
}
