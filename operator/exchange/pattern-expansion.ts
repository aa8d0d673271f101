import type { ExchangeSeries } from "./pattern.ts"

/** The days on which Exchange itself would put the series, in order, from its start up to and including `until`. */
export function exchangeDates(_series: ExchangeSeries, _until: Temporal.PlainDate): readonly Temporal.PlainDate[] {
  throw new Error("not yet")
}
