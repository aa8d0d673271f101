import type { Component } from "./components.ts"
import type { ContentLine } from "./content-line.ts"
import { readPeriods } from "./moments.ts"

/**
 * A VTIMEZONE (RFC 5545 §3.6.5) as data. What it means at a time is worked out in custom-zone-onsets.ts.
 */

export type CustomZone = { readonly observances: readonly Observance[] }

export type Observance = {
  /** First onset, on the wall clock before the change. */
  readonly start: Temporal.PlainDateTime
  readonly offsetFromSeconds: number
  readonly offsetToSeconds: number
  readonly rules: readonly YearlyRule[]
  readonly dates: readonly Temporal.PlainDateTime[]
}

export type YearlyRule = {
  readonly interval: number
  readonly months: readonly number[]
  readonly weekday: number | undefined
  /** Of the weekday in its month; undefined where days of the month choose it. */
  readonly ordinal: number | undefined
  readonly monthDays: readonly number[]
  readonly untilYear: number | undefined
}

/** Ten of each kind are history enough, and a change comes in one month; more is a trap. */
const maxObservances = 12
const maxDates = 100
const maxRules = 2
const maxMonths = 2
/** A rule with an interval is searched so many years back for its last onset. */
const maxInterval = 50

/** Undefined when nothing in it says an offset. */
export function readCustomZone(component: Component): CustomZone | undefined {
  const observances = ["STANDARD", "DAYLIGHT"].flatMap(kind => {
    const parts = component.components.filter(part => part.name === kind).slice(0, maxObservances)
    return endedBySuccessors(parts.flatMap(part => readObservance(part) ?? []))
  })
  return observances.length === 0 ? undefined : { observances }
}

/** Outlook lists the rules of several eras and ends none: the rule of the next era ends the one before. */
function endedBySuccessors(observances: readonly Observance[]): readonly Observance[] {
  const sorted = observances.toSorted((a, b) => Temporal.PlainDateTime.compare(a.start, b.start))
  return sorted.map((observance, index) => {
    const successor = sorted
      .slice(index + 1)
      .find(later => later.rules.length > 0 && later.start.year > observance.start.year)
    const end = successor === undefined ? Number.POSITIVE_INFINITY : successor.start.year - 1
    const rules = observance.rules.map(rule => ({ ...rule, untilYear: Math.min(rule.untilYear ?? end, end) }))
    return successor === undefined ? observance : { ...observance, rules }
  })
}

function readObservance({ properties }: Component): Observance | undefined {
  const find = (name: string) => properties.find(line => line.name === name)
  const all = (name: string, limit: number) => properties.filter(line => line.name === name).slice(0, limit)
  const offsetTo = readOffset(find("TZOFFSETTO"))
  const start = wallOf(find("DTSTART")) ?? Temporal.PlainDateTime.from("1601-01-01T00:00")
  if (offsetTo === undefined) return undefined
  return {
    start,
    offsetFromSeconds: readOffset(find("TZOFFSETFROM")) ?? offsetTo,
    offsetToSeconds: offsetTo,
    rules: all("RRULE", maxRules).flatMap(line => readYearlyRule(line.value, start) ?? []),
    // The first onset is mostly listed once more.
    dates: all("RDATE", maxDates)
      .flatMap(wallsOf)
      .filter(wall => !wall.equals(start))
      .slice(0, maxDates),
  }
}

function readOffset(line: ContentLine | undefined): number | undefined {
  const match = /^\s*([+-]?)(\d{2}):?(\d{2})(?::?(\d{2}))?\s*$/.exec(line?.value ?? "")
  if (match === null) return undefined
  const [, sign, hours, minutes, seconds] = match
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds ?? 0)
  return total >= 86_400 ? undefined : sign === "-" ? -total : total
}

/** Onsets are wall clocks; the Z that some producers put there is ignored. */
function wallOf(line: ContentLine | undefined): Temporal.PlainDateTime | undefined {
  return line === undefined ? undefined : wallsOf(line)[0]
}

function wallsOf(line: ContentLine): Temporal.PlainDateTime[] {
  const walls = { ...line, params: "", value: line.value.replaceAll(/z\b/gi, "") }
  return readPeriods([walls], maxDates).values.flatMap(({ start }) =>
    start.kind === "wall" ? start.wall : start.kind === "date" ? start.date.toPlainDateTime() : [],
  )
}

const weekdays = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]

/** Only what VTIMEZONEs use: once a year (or every few), on a weekday of a month or on a date. */
function readYearlyRule(value: string, start: Temporal.PlainDateTime): YearlyRule | undefined {
  const parts = new Map(value.toUpperCase().split(";").map(splitPart))
  if (parts.get("FREQ") !== "YEARLY") return undefined
  const [, ordinal, day] = /^([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)/.exec(parts.get("BYDAY") ?? "") ?? []
  const untilYear = Number(/^\d{4}/.exec(parts.get("UNTIL") ?? "")?.[0] ?? Number.NaN)
  return {
    interval: Math.min(Math.max(1, Math.trunc(Number(parts.get("INTERVAL") ?? 1)) || 1), maxInterval),
    months: numbers(parts.get("BYMONTH"))?.slice(0, maxMonths) ?? [start.month],
    weekday: day === undefined ? undefined : weekdays.indexOf(day) + 1,
    ordinal: ordinal === undefined ? undefined : Number(ordinal),
    monthDays: numbers(parts.get("BYMONTHDAY")) ?? [],
    untilYear: Number.isNaN(untilYear) ? undefined : untilYear,
  }
}

function splitPart(part: string): [string, string] {
  const [name = "", value = ""] = part.split("=")
  return [name.trim(), value.trim()]
}

function numbers(list: string | undefined): readonly number[] | undefined {
  const found = new Set(list?.split(",", 31).map(Number).filter(Number.isInteger))
  return found.size === 0 ? undefined : [...found]
}

/** `-07:41`, where the zone never changes to anything else and holds whole minutes. */
export function steadyZone({ observances }: CustomZone): string | undefined {
  const offsets = new Set(observances.map(observance => observance.offsetToSeconds))
  const [offset = 0, ...others] = offsets
  if (others.length > 0 || offset % 60 !== 0) return undefined
  const minutes = Math.abs(offset) / 60
  const digits = [Math.floor(minutes / 60), minutes % 60].map(part => String(part).padStart(2, "0"))
  return `${offset < 0 ? "-" : "+"}${digits.join(":")}`
}

/** The year after which the zone says nothing new; undefined when its rules go on for ever. */
export function lastYear({ observances }: CustomZone): number | undefined {
  const years = observances.flatMap(({ start, rules, dates }) => [
    start.year,
    ...rules.map(rule => rule.untilYear ?? Number.POSITIVE_INFINITY),
    ...dates.map(date => date.year),
  ])
  const last = Math.max(...years)
  return Number.isFinite(last) ? last : undefined
}
