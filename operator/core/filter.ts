import type { CalendarEvent } from "./event.ts"
import { maxListLength, parseExpression } from "./filter-expression.ts"
import { endInstant, startInstant } from "./time.ts"

/** Whether the policy wants an event. Throws an EventFilterError when the expression has no answer for it. */
export type EventFilter = (event: CalendarEvent) => boolean

export type FilterSpec = {
  /** Empty or absent: all types. */
  readonly types?: readonly string[] | undefined
  /** Wins over `types`. */
  readonly excludeTypes?: readonly string[] | undefined
  /** CEL over `event`. */
  readonly when?: string | undefined
}

/** The expression failed for one event; the message never repeats what the event says. */
export class EventFilterError extends Error {
  override readonly name = "EventFilterError"
  readonly reason = "FilterFailed"
}

/** Throws NeedsAttentionError (InvalidSpec) for an expression that does not type-check or could cost too much. */
export function parseFilter(spec: FilterSpec): EventFilter {
  const types = new Set(spec.types)
  const excluded = new Set(spec.excludeTypes)
  const when = spec.when === undefined ? () => true : parseWhen(spec.when)
  return event => {
    if (types.size > 0 && !(event.type !== undefined && types.has(event.type))) return false
    if (event.type !== undefined && excluded.has(event.type)) return false
    return when(event)
  }
}

/** What an expression may read. Absent texts are empty, so that no expression has to ask whether they are there. */
const eventFields = {
  key: "string",
  subject: "string",
  type: "string",
  location: "string",
  url: "string",
  allDay: "bool",
  recurring: "bool",
  start: "google.protobuf.Timestamp",
  end: "google.protobuf.Timestamp",
  durationMinutes: "int",
  showAs: "string",
  sensitivity: "string",
  importance: "string",
  categories: "list<string>",
  people: "list<string>",
} as const

function parseWhen(expression: string): EventFilter {
  const answer = parseExpression(expression, eventFields)
  return event => {
    const wanted = answer(eventVariables(event))
    if (wanted === undefined) throw new EventFilterError("include.when has no answer for this event")
    return wanted
  }
}

function eventVariables(event: CalendarEvent): Record<keyof typeof eventFields, unknown> {
  const start = startInstant(event.time, "UTC").epochMilliseconds
  const end = endInstant(event.time, "UTC").epochMilliseconds
  return {
    key: event.key,
    subject: event.subject,
    type: event.type ?? "",
    location: event.location ?? "",
    url: event.url ?? "",
    allDay: event.time.allDay,
    recurring: event.recurrence !== undefined,
    // CEL's own timestamps are Dates in this library.
    start: new Date(start),
    end: new Date(end),
    durationMinutes: BigInt(Math.round((end - start) / 60_000)),
    showAs: event.showAs ?? "",
    sensitivity: event.sensitivity ?? "",
    importance: event.importance ?? "",
    categories: (event.categories ?? []).slice(0, maxListLength),
    people: (event.people ?? []).slice(0, maxListLength),
  }
}
