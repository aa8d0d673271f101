import { isJson, type Json, jsonAt, listAt, numberAt, textAt } from "../store/json.ts"
import {
  type Day,
  indexes,
  type Pattern,
  type PatternType,
  patternTypes,
  type Range,
  type Recurrence,
  weekdays,
} from "../store/recurrence.ts"
import { findZone } from "../store/time-zones.ts"
import { GraphError, unknownZone, validationFailure } from "./graph-error.ts"

/**
 * The recurrence of a request: what its type needs must be there, and what it ignores is validated too.
 * https://learn.microsoft.com/graph/api/resources/recurrencepattern
 */

type Start = { readonly date: string; readonly zoneName: string; readonly zone: string }

export function parseRecurrence(value: unknown, start: Start, maximumOccurrences: number): Recurrence {
  if (!isJson(value)) throw invalid("recurrence")
  rejectUnknown(value, ["pattern", "range"])
  const pattern = jsonAt(value, "pattern")
  const range = jsonAt(value, "range")
  if (!pattern || !range) throw invalid("recurrence needs a pattern and a range")
  return { pattern: parsePattern(pattern), range: parseRange(range, start, maximumOccurrences) }
}

const patternFields = ["type", "interval", "daysOfWeek", "dayOfMonth", "month", "index", "firstDayOfWeek"]
const MAXIMUM_INTERVAL = { daily: 999, weekly: 99, monthly: 99, yearly: 99 } as const

function parsePattern(json: Json): Pattern {
  rejectUnknown(json, patternFields)
  const type = oneOf(patternTypes, textAt(json, "type"), "pattern.type")
  const interval = numberAt(json, "interval") ?? 0
  if (!Number.isInteger(interval) || interval < 1 || interval > maximumInterval(type)) throw invalid("pattern.interval")
  const pattern: Pattern = {
    type,
    interval,
    daysOfWeek: parseDays(json),
    dayOfMonth: within(json, "dayOfMonth", 31),
    month: within(json, "month", 12),
    index: json["index"] == null ? "first" : oneOf(indexes, textAt(json, "index"), "pattern.index"),
    firstDayOfWeek:
      json["firstDayOfWeek"] == null
        ? "sunday"
        : oneOf(weekdays, textAt(json, "firstDayOfWeek"), "pattern.firstDayOfWeek"),
  }
  requireFields(pattern)
  return pattern
}

function maximumInterval(type: PatternType): number {
  if (type === "daily") return MAXIMUM_INTERVAL.daily
  if (type === "weekly") return MAXIMUM_INTERVAL.weekly
  return type.endsWith("Monthly") ? MAXIMUM_INTERVAL.monthly : MAXIMUM_INTERVAL.yearly
}

function parseDays(json: Json): readonly Day[] {
  const days = listAt(json, "daysOfWeek") ?? []
  return days.map(day => oneOf(weekdays, typeof day === "string" ? day : undefined, "pattern.daysOfWeek"))
}

/** 0 stands for "not given", as answers echo it. */
function within(json: Json, name: string, maximum: number): number {
  const value = json[name] == null ? 0 : (numberAt(json, name) ?? -1)
  if (!Number.isInteger(value) || value < 0 || value > maximum) throw invalid(`pattern.${name}`)
  return value
}

function requireFields(pattern: Pattern): void {
  const { type } = pattern
  const needsDays = type === "weekly" || type === "relativeMonthly" || type === "relativeYearly"
  if (needsDays && pattern.daysOfWeek.length === 0) throw invalid("pattern.daysOfWeek")
  const needsDayOfMonth = type === "absoluteMonthly" || type === "absoluteYearly"
  if (needsDayOfMonth && pattern.dayOfMonth === 0) throw invalid("pattern.dayOfMonth")
  if (type.endsWith("Yearly") && pattern.month === 0) throw invalid("pattern.month")
}

const rangeFields = ["type", "startDate", "endDate", "numberOfOccurrences", "recurrenceTimeZone"]
const rangeTypes = ["endDate", "noEnd", "numbered"] as const
const LAST_END_DATE = "4500-09-01"

function parseRange(json: Json, start: Start, maximumOccurrences: number): Range {
  rejectUnknown(json, rangeFields)
  const type = oneOf(rangeTypes, textAt(json, "type"), "range.type")
  const startDate = dateOf(json, "startDate")
  if (startDate === undefined) throw invalid("range.startDate")
  if (startDate !== start.date) throw validationFailure("Recurrence StartDate must match the date of Event.Start.")
  const zone = zoneOf(textAt(json, "recurrenceTimeZone"), start)
  const endDate = dateOf(json, "endDate")
  const count = json["numberOfOccurrences"] == null ? 0 : (numberAt(json, "numberOfOccurrences") ?? -1)
  if (!Number.isInteger(count) || count < 0 || count > maximumOccurrences) throw invalid("range.numberOfOccurrences")
  const base = { startDate, zoneName: zone.name, zone: zone.zone }
  if (type === "noEnd") return { ...base, type }
  if (type === "numbered") {
    if (count === 0) throw invalid("range.numberOfOccurrences")
    return { ...base, type, count }
  }
  if (endDate === undefined || endDate < startDate || endDate > LAST_END_DATE) throw invalid("range.endDate")
  return { ...base, type, endDate }
}

function zoneOf(name: string | undefined, start: Start): { readonly name: string; readonly zone: string } {
  if (name === undefined || name === "") return { name: start.zoneName, zone: start.zone }
  const zone = findZone(name)
  if (!zone) throw unknownZone(name)
  return zone
}

function dateOf(json: Json, name: string): string | undefined {
  const text = textAt(json, name)
  if (text === undefined || text.startsWith("0001-01-01")) return undefined
  try {
    return Temporal.PlainDate.from(text).toString()
  } catch {
    throw invalid(`range.${name}`)
  }
}

function oneOf<T extends string>(known: readonly T[], text: string | undefined, name: string): T {
  const found = known.find(entry => entry.toLowerCase() === text?.toLowerCase())
  if (found === undefined) throw new GraphError(400, "RequestBodyRead", `The value of '${name}' is not valid.`)
  return found
}

function rejectUnknown(json: Json, known: readonly string[]): void {
  for (const name of Object.keys(json))
    if (!name.includes("@") && !known.includes(name))
      throw new GraphError(400, "RequestBodyRead", `The property '${name}' does not exist on this type.`)
}

function invalid(what: string): GraphError {
  return new GraphError(400, "ErrorPropertyValidationFailure", `At least one property failed validation: ${what}.`)
}
