/**
 * Recurrence as Exchange stores and expands it, with its own rules: days 29 to 31 clamp to the end of a short month,
 * a relative pattern takes the first match among several days, weeks begin on firstDayOfWeek, and the dates count in
 * the range's zone.
 * https://learn.microsoft.com/graph/outlook-schedule-recurring-events
 */

export const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const
export type Day = (typeof weekdays)[number]
export const indexes = ["first", "second", "third", "fourth", "last"] as const
export type Index = (typeof indexes)[number]
export const patternTypes = [
  "daily",
  "weekly",
  "absoluteMonthly",
  "relativeMonthly",
  "absoluteYearly",
  "relativeYearly",
] as const
export type PatternType = (typeof patternTypes)[number]

export type Pattern = {
  readonly type: PatternType
  readonly interval: number
  readonly daysOfWeek: readonly Day[]
  readonly dayOfMonth: number
  readonly month: number
  readonly index: Index
  readonly firstDayOfWeek: Day
}

export type Range = {
  /** `yyyy-MM-dd` in the zone of the range. */
  readonly startDate: string
  /** The name Exchange gives back, and the rules behind it. */
  readonly zoneName: string
  readonly zone: string
} & (
  | { readonly type: "noEnd" }
  | { readonly type: "endDate"; readonly endDate: string }
  | { readonly type: "numbered"; readonly count: number }
)

export type Recurrence = { readonly pattern: Pattern; readonly range: Range }

/** Nobody's calendar reaches further; it ends a search in a pattern without an end. */
const LAST_DATE = "4500-09-01"

/**
 * The original dates of a series in order, from the first that is not before `from`, through `to`. Exceptions and
 * cancellations are not considered.
 */
export function* datesOf({ pattern, range }: Recurrence, from: string, to: string): Generator<Temporal.PlainDate> {
  const start = Temporal.PlainDate.from(range.startDate)
  const last = earlier(to, range.type === "endDate" ? range.endDate : LAST_DATE)
  const candidates = candidatesOf(pattern)
  let remaining = range.type === "numbered" ? range.count : Number.POSITIVE_INFINITY
  let period = range.type === "numbered" ? 0 : periodsBefore(pattern, start, Temporal.PlainDate.from(from))
  for (; remaining > 0; period++) {
    const { begins, dates } = candidates(start, period)
    if (begins.toString() > last) return
    for (const date of dates) {
      const text = date.toString()
      if (text < range.startDate) continue
      if (text > last || remaining <= 0) return
      remaining--
      if (text >= from) yield date
    }
  }
}

function earlier(a: string, b: string): string {
  return a < b ? a : b
}

/** How many whole periods lie safely before a date, so that a long-running series need not be walked from its start. */
function periodsBefore(pattern: Pattern, start: Temporal.PlainDate, from: Temporal.PlainDate): number {
  const elapsed = start.until(from, { largestUnit: unitOf(pattern) })
  const units = { days: elapsed.days, weeks: elapsed.weeks, months: elapsed.months, years: elapsed.years }
  return Math.max(0, Math.floor(units[unitOf(pattern)] / pattern.interval) - 1)
}

function unitOf({ type }: Pattern): "days" | "weeks" | "months" | "years" {
  switch (type) {
    case "daily":
      return "days"
    case "weekly":
      return "weeks"
    case "absoluteMonthly":
    case "relativeMonthly":
      return "months"
    case "absoluteYearly":
    case "relativeYearly":
      return "years"
    default:
      return type satisfies never
  }
}

type Candidates = (
  start: Temporal.PlainDate,
  period: number,
) => { readonly begins: Temporal.PlainDate; readonly dates: readonly Temporal.PlainDate[] }

function candidatesOf(pattern: Pattern): Candidates {
  switch (pattern.type) {
    case "daily":
      return (start, period) => {
        const begins = start.add({ days: period * pattern.interval })
        return { begins, dates: [begins] }
      }
    case "weekly":
      return (start, period) => weekOf(pattern, start, period)
    case "absoluteMonthly":
    case "relativeMonthly":
      return (start, period) => {
        const begins = start.with({ day: 1 }).add({ months: period * pattern.interval })
        return { begins, dates: [dayIn(begins, pattern)] }
      }
    case "absoluteYearly":
    case "relativeYearly":
      return (start, period) => {
        const begins = start.with({ day: 1, month: pattern.month }).add({ years: period * pattern.interval })
        return { begins, dates: [dayIn(begins, pattern)] }
      }
    default:
      return pattern.type satisfies never
  }
}

function weekOf(pattern: Pattern, start: Temporal.PlainDate, period: number): ReturnType<Candidates> {
  const first = weekdays.indexOf(pattern.firstDayOfWeek)
  const back = ((start.dayOfWeek % 7) - first + 7) % 7
  const begins = start.subtract({ days: back }).add({ weeks: period * pattern.interval })
  const offsets = pattern.daysOfWeek.map(day => (weekdays.indexOf(day) - first + 7) % 7).sort((a, b) => a - b)
  return { begins, dates: [...new Set(offsets)].map(days => begins.add({ days })) }
}

/** The day of a month a pattern means: clamped when absolute, the n-th match of any of its days when relative. */
function dayIn(month: Temporal.PlainDate, pattern: Pattern): Temporal.PlainDate {
  if (pattern.type === "absoluteMonthly" || pattern.type === "absoluteYearly")
    return month.with({ day: Math.min(pattern.dayOfMonth, month.daysInMonth) })
  const wanted = new Set(pattern.daysOfWeek.map(day => weekdays.indexOf(day)))
  const matches = Array.from({ length: month.daysInMonth }, (_, day) => month.with({ day: day + 1 })).filter(date =>
    wanted.has(date.dayOfWeek % 7),
  )
  const found = pattern.index === "last" ? matches.at(-1) : matches[indexes.indexOf(pattern.index)]
  return found ?? month
}
