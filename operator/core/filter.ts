import type { CalendarEvent } from "./event.ts"

/** Whether the policy wants an event. Throws an EventFilterError when the expression cannot be answered for it. */
export type EventFilter = (event: CalendarEvent) => boolean

export type FilterSpec = {
  /** Empty or absent: all types. */
  readonly types?: readonly string[] | undefined
  readonly excludeTypes?: readonly string[] | undefined
  /** CEL over `event`. */
  readonly when?: string | undefined
}

/** Throws NeedsAttentionError (InvalidSpec) for an expression that does not type-check or could cost too much. */
export function parseFilter(_spec: FilterSpec): EventFilter {
  return () => true
}
