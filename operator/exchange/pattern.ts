import type { Weekday } from "../core/event.ts"

/**
 * Recurrence as Exchange knows it, the same for Graph and EWS:
 * https://learn.microsoft.com/graph/api/resources/recurrencepattern and …/recurrencerange
 */

export type WeekIndex = "first" | "second" | "third" | "fourth" | "last"

/** Never empty; in the order Monday to Sunday. */
type Days = readonly Weekday[]

export type ExchangePattern =
  | { readonly type: "daily"; readonly interval: number }
  | {
      readonly type: "weekly"
      readonly interval: number
      readonly daysOfWeek: Days
      readonly firstDayOfWeek: Weekday
    }
  | { readonly type: "absoluteMonthly"; readonly interval: number; readonly dayOfMonth: number }
  | {
      readonly type: "relativeMonthly"
      readonly interval: number
      readonly daysOfWeek: Days
      readonly index: WeekIndex
    }
  | {
      readonly type: "absoluteYearly"
      readonly interval: number
      readonly month: number
      readonly dayOfMonth: number
    }
  | {
      readonly type: "relativeYearly"
      readonly interval: number
      readonly month: number
      readonly daysOfWeek: Days
      readonly index: WeekIndex
    }

/** `zone` is an IANA name; absent for all-day series. Dates are days of that wall clock; `endDate` is inclusive. */
type RangeStart = { readonly startDate: Temporal.PlainDate; readonly zone?: string }

export type ExchangeRange =
  | (RangeStart & { readonly type: "noEnd" })
  | (RangeStart & { readonly type: "endDate"; readonly endDate: Temporal.PlainDate })
  | (RangeStart & { readonly type: "numbered"; readonly numberOfOccurrences: number })

export type ExchangeSeries = { readonly pattern: ExchangePattern; readonly range: ExchangeRange }
