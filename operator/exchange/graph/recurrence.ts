import type { Weekday } from "../../core/event.ts"
import type { ExchangePattern, ExchangeRange, ExchangeSeries, WeekIndex } from "../pattern.ts"
import { type JsonRecord, numberAt, recordAt, textAt, textsAt } from "./json.ts"

/** https://learn.microsoft.com/graph/api/resources/patternedrecurrence */

const days = {
  MO: "monday",
  TU: "tuesday",
  WE: "wednesday",
  TH: "thursday",
  FR: "friday",
  SA: "saturday",
  SU: "sunday",
} as const satisfies Record<Weekday, string>

const indexes = ["first", "second", "third", "fourth", "last"] as const satisfies readonly WeekIndex[]

/** `zone` is the name Exchange is to know the series' clock by. */
export function writeRecurrence({ pattern, range }: ExchangeSeries, zone: string): JsonRecord {
  return { pattern: writePattern(pattern), range: { ...writeRange(range), recurrenceTimeZone: zone } }
}

function writePattern(pattern: ExchangePattern): JsonRecord {
  const { type, interval } = pattern
  switch (pattern.type) {
    case "daily":
      return { type, interval }
    case "weekly":
      return { type, interval, daysOfWeek: dayNames(pattern.daysOfWeek), firstDayOfWeek: days[pattern.firstDayOfWeek] }
    case "absoluteMonthly":
      return { type, interval, dayOfMonth: pattern.dayOfMonth }
    case "relativeMonthly":
      return { type, interval, daysOfWeek: dayNames(pattern.daysOfWeek), index: pattern.index }
    case "absoluteYearly":
      return { type, interval, dayOfMonth: pattern.dayOfMonth, month: pattern.month }
    case "relativeYearly":
      return { type, interval, daysOfWeek: dayNames(pattern.daysOfWeek), index: pattern.index, month: pattern.month }
    default:
      return pattern satisfies never
  }
}

function dayNames(list: readonly Weekday[]): readonly string[] {
  return list.map(day => days[day])
}

function writeRange(range: ExchangeRange): JsonRecord {
  const startDate = range.startDate.toString()
  switch (range.type) {
    case "noEnd":
      return { type: range.type, startDate }
    case "endDate":
      return { type: range.type, startDate, endDate: range.endDate.toString() }
    case "numbered":
      return { type: range.type, startDate, numberOfOccurrences: range.numberOfOccurrences }
    default:
      return range satisfies never
  }
}

/** Answers fill every field with defaults that mean nothing; only those of the type are read. Undefined: unreadable. */
export function readRecurrence(recurrence: JsonRecord, zone: string | undefined): ExchangeSeries | undefined {
  const pattern = readPattern(recordAt(recurrence, "pattern") ?? {})
  const range = readRange(recordAt(recurrence, "range") ?? {}, zone)
  return pattern && range && { pattern, range }
}

function readPattern(pattern: JsonRecord): ExchangePattern | undefined {
  const interval = Math.max(1, numberAt(pattern, "interval") ?? 1)
  const daysOfWeek = readDays(textsAt(pattern, "daysOfWeek"))
  const dayOfMonth = numberAt(pattern, "dayOfMonth") ?? 0
  const month = numberAt(pattern, "month") ?? 0
  const index = indexes.find(name => name === textAt(pattern, "index")) ?? "first"
  switch (textAt(pattern, "type")) {
    case "daily":
      return { type: "daily", interval }
    case "weekly":
      return {
        type: "weekly",
        interval,
        daysOfWeek,
        firstDayOfWeek: readDay(textAt(pattern, "firstDayOfWeek")) ?? "SU",
      }
    case "absoluteMonthly":
      return { type: "absoluteMonthly", interval, dayOfMonth }
    case "relativeMonthly":
      return { type: "relativeMonthly", interval, daysOfWeek, index }
    case "absoluteYearly":
      return { type: "absoluteYearly", interval, month, dayOfMonth }
    case "relativeYearly":
      return { type: "relativeYearly", interval, month, daysOfWeek, index }
    default:
      return undefined
  }
}

function readRange(range: JsonRecord, zone: string | undefined): ExchangeRange | undefined {
  const startDate = readDate(textAt(range, "startDate"))
  if (!startDate) return undefined
  const start = zone === undefined ? { startDate } : { startDate, zone }
  const endDate = readDate(textAt(range, "endDate"))
  const numberOfOccurrences = numberAt(range, "numberOfOccurrences") ?? 0
  switch (textAt(range, "type")) {
    case "noEnd":
      return { type: "noEnd", ...start }
    case "endDate":
      return endDate && { type: "endDate", ...start, endDate }
    case "numbered":
      return { type: "numbered", ...start, numberOfOccurrences }
    default:
      return undefined
  }
}

function readDays(names: readonly string[]): readonly Weekday[] {
  return weekdays.filter(day => names.some(name => name.toLowerCase() === days[day]))
}

function readDay(name: string | undefined): Weekday | undefined {
  return weekdays.find(day => days[day] === name?.toLowerCase())
}

const weekdays = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"] as const satisfies readonly Weekday[]

function readDate(text: string | undefined): Temporal.PlainDate | undefined {
  try {
    return text === undefined ? undefined : Temporal.PlainDate.from(text.slice(0, 10))
  } catch {
    return undefined
  }
}
