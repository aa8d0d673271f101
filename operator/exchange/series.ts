import type { CalendarEvent, RecurrenceRule } from "../core/event.ts"
import type { Window } from "../core/ports.ts"
import type { ExchangeSeries } from "./pattern.ts"

/** Graph can say a little more than EWS: any set of days in relative patterns, intervals of years. */
export type SeriesDialect = "graph" | "ews"

/**
 * The series by which Exchange would make exactly the event's occurrences (before exclusions and overrides, which are
 * made on its instances); undefined when there is none and the occurrences must be single events.
 */
export function toExchangeSeries(
  _event: CalendarEvent,
  _window: Window,
  _dialect: SeriesDialect,
): ExchangeSeries | undefined {
  throw new Error("not yet")
}

/** The rule of a series found in Exchange, with Exchange's habit of clamping to the month's last day written out. */
export function fromExchangeSeries(_series: ExchangeSeries): RecurrenceRule {
  throw new Error("not yet")
}
