import type { CalendarEvent, OccurrenceKey } from "./event.ts"

/** One event as it should stand in the mailbox: filtered, expanded or kept as a series, rendered, normalized. */
export type DesiredItem = {
  /** The event's key in its source. */
  readonly key: string
  /** Set when the item stands for one occurrence of a series. */
  readonly occurrence?: OccurrenceKey
  readonly event: CalendarEvent
  readonly fingerprint: string
}
