import type { CalendarEvent, EventContent, EventTime, OccurrenceKey, Recurrence } from "./event.ts"
import type { Window } from "./ports.ts"

export type Occurrence = { readonly key: OccurrenceKey; readonly time: EventTime; readonly content: EventContent }

export type ExpandOptions = {
  /** The zone in which all-day occurrences meet the window; timed ones carry their own. */
  readonly zone: string
  /** More occurrences than this in the window are a RecurrenceTooComplexError: half a series is worse than none. */
  readonly limit: number
}

/**
 * The occurrences of an event that overlap the window, by start; an event without recurrence is its own only occurrence.
 * Overrides count where they are, not where they came from. Throws RecurrenceTooComplexError.
 */
export function expand(_event: CalendarEvent, _window: Window, _options: ExpandOptions): readonly Occurrence[] {
  throw new Error("not yet")
}

/** Whether anything of the event is still going on at or after the instant. Throws RecurrenceTooComplexError. */
export function hasOccurrenceAfter(_event: CalendarEvent, _instant: Temporal.Instant, _zone: string): boolean {
  throw new Error("not yet")
}

/** Whether the event is over for good: nothing of it is left at or after the instant. Throws RecurrenceTooComplexError. */
export function isExhausted(event: CalendarEvent, instant: Temporal.Instant, zone: string): boolean {
  return !hasOccurrenceAfter(event, instant, zone)
}

/**
 * The form in which recurrences are compared: rules that say the same in different words become the same data. `time` is
 * the series' own time, from which rules take what they leave out. Undefined when nothing recurs.
 */
export function normalRecurrence(_recurrence: Recurrence | undefined, _time: EventTime): Recurrence | undefined {
  throw new Error("not yet")
}
