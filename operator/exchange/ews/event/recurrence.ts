import type { Weekday } from "../../../core/event.ts"
import type { EwsVersion } from "../../../core/exchange-settings.ts"
import type { ExchangePattern, ExchangeRange, ExchangeSeries, WeekIndex } from "../../pattern.ts"
import { knows } from "../wire/schema-version.ts"
import { textIn, type XmlElement } from "../wire/xml-read.ts"
import { element, textElement, type XmlNode } from "../wire/xml-write.ts"

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/recurrence-recurrencetype */

const days = {
  MO: "Monday",
  TU: "Tuesday",
  WE: "Wednesday",
  TH: "Thursday",
  FR: "Friday",
  SA: "Saturday",
  SU: "Sunday",
} as const satisfies Record<Weekday, string>

const weekdays = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"] as const satisfies readonly Weekday[]

/** Relative patterns name one day, or one of these. */
const daySets = [
  { name: "Day", days: weekdays },
  { name: "Weekday", days: ["MO", "TU", "WE", "TH", "FR"] },
  { name: "WeekendDay", days: ["SA", "SU"] },
] as const satisfies readonly { readonly name: string; readonly days: readonly Weekday[] }[]

const indexes = {
  first: "First",
  second: "Second",
  third: "Third",
  fourth: "Fourth",
  last: "Last",
} as const satisfies Record<WeekIndex, string>

const months: readonly string[] = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
]

/** What a week begins with where nothing is said about it. */
export const unsaidWeekStart = "SU" satisfies Weekday

/** A series of the `ews` dialect. Dates go without a zone, which the server would apply. */
export function writeRecurrence({ pattern, range }: ExchangeSeries, version: EwsVersion): XmlNode {
  return element("t:Recurrence", {}, writePattern(pattern, version), writeRange(range))
}

function writePattern(pattern: ExchangePattern, version: EwsVersion): XmlNode {
  const interval = textElement("t:Interval", String(pattern.interval))
  switch (pattern.type) {
    case "daily":
      return element("t:DailyRecurrence", {}, interval)
    case "weekly": {
      const names = textElement("t:DaysOfWeek", pattern.daysOfWeek.map(day => days[day]).join(" "))
      const weekStart = textElement("t:FirstDayOfWeek", days[pattern.firstDayOfWeek])
      const isKnown = knows(version, "FirstDayOfWeek")
      return element("t:WeeklyRecurrence", {}, interval, names, isKnown ? weekStart : undefined)
    }
    case "absoluteMonthly":
      return element("t:AbsoluteMonthlyRecurrence", {}, interval, dayOfMonth(pattern))
    case "relativeMonthly":
      return element("t:RelativeMonthlyRecurrence", {}, interval, ...indexedDay(pattern))
    case "absoluteYearly":
      return element("t:AbsoluteYearlyRecurrence", {}, dayOfMonth(yearly(pattern)), month(pattern))
    case "relativeYearly":
      return element("t:RelativeYearlyRecurrence", {}, ...indexedDay(yearly(pattern)), month(pattern))
    default:
      return pattern satisfies never
  }
}

/** Years have no interval here; a longer one is written as months, or not as a series. */
function yearly<Pattern extends ExchangePattern>(pattern: Pattern): Pattern {
  if (pattern.interval !== 1) throw new Error("EWS knows no interval of years")
  return pattern
}

function dayOfMonth(pattern: { readonly dayOfMonth: number }): XmlNode {
  return textElement("t:DayOfMonth", String(pattern.dayOfMonth))
}

function month(pattern: { readonly month: number }): XmlNode {
  return textElement("t:Month", months[pattern.month - 1] ?? "January")
}

function indexedDay(pattern: {
  readonly daysOfWeek: readonly Weekday[]
  readonly index: WeekIndex
}): readonly XmlNode[] {
  return [
    textElement("t:DaysOfWeek", dayToken(pattern.daysOfWeek)),
    textElement("t:DayOfWeekIndex", indexes[pattern.index]),
  ]
}

function dayToken(daysOfWeek: readonly Weekday[]): string {
  const [only, ...others] = daysOfWeek
  const set = daySets.find(
    ({ days: all }) => all.length === daysOfWeek.length && all.every(day => daysOfWeek.includes(day)),
  )
  if (set) return set.name
  if (only && others.length === 0) return days[only]
  throw new Error("EWS has no name for these days together")
}

function writeRange(range: ExchangeRange): XmlNode {
  const startDate = textElement("t:StartDate", range.startDate.toString())
  switch (range.type) {
    case "noEnd":
      return element("t:NoEndRecurrence", {}, startDate)
    case "endDate":
      return element("t:EndDateRecurrence", {}, startDate, textElement("t:EndDate", range.endDate.toString()))
    case "numbered": {
      const count = textElement("t:NumberOfOccurrences", String(range.numberOfOccurrences))
      return element("t:NumberedRecurrence", {}, startDate, count)
    }
    default:
      return range satisfies never
  }
}

/** `zone` is that of the series, absent for all-day ones. Undefined: unreadable. */
export function readRecurrence(recurrence: XmlElement, zone: string | undefined): ExchangeSeries | undefined {
  const [patternElement, rangeElement] = recurrence.children
  const pattern = patternElement && readPattern(patternElement)
  const range = rangeElement && readRange(rangeElement, zone)
  return pattern && range && { pattern, range }
}

function readPattern(pattern: XmlElement): ExchangePattern | undefined {
  const interval = Math.max(1, numberIn(pattern, "t:Interval") ?? 1)
  const day = numberIn(pattern, "t:DayOfMonth") ?? 0
  const daysOfWeek = readDays(textIn(pattern, "t:DaysOfWeek") ?? "")
  const monthNumber = months.indexOf(textIn(pattern, "t:Month") ?? "") + 1
  const index = keyOf(indexes, textIn(pattern, "t:DayOfWeekIndex")) ?? "first"
  switch (pattern.name) {
    case "t:DailyRecurrence":
      return { type: "daily", interval }
    case "t:WeeklyRecurrence": {
      const firstDayOfWeek = keyOf(days, textIn(pattern, "t:FirstDayOfWeek")) ?? unsaidWeekStart
      return { type: "weekly", interval, daysOfWeek, firstDayOfWeek }
    }
    case "t:AbsoluteMonthlyRecurrence":
      return { type: "absoluteMonthly", interval, dayOfMonth: day }
    case "t:RelativeMonthlyRecurrence":
      return { type: "relativeMonthly", interval, daysOfWeek, index }
    case "t:AbsoluteYearlyRecurrence":
      return { type: "absoluteYearly", interval: 1, month: monthNumber, dayOfMonth: day }
    case "t:RelativeYearlyRecurrence":
      return { type: "relativeYearly", interval: 1, month: monthNumber, daysOfWeek, index }
    default:
      return undefined
  }
}

function readRange(range: XmlElement, zone: string | undefined): ExchangeRange | undefined {
  const startDate = dateIn(range, "t:StartDate")
  if (!startDate) return undefined
  const start = zone === undefined ? { startDate } : { startDate, zone }
  const endDate = dateIn(range, "t:EndDate")
  const numberOfOccurrences = numberIn(range, "t:NumberOfOccurrences")
  switch (range.name) {
    case "t:NoEndRecurrence":
      return { type: "noEnd", ...start }
    case "t:EndDateRecurrence":
      return endDate && { type: "endDate", ...start, endDate }
    case "t:NumberedRecurrence":
      return numberOfOccurrences === undefined ? undefined : { type: "numbered", ...start, numberOfOccurrences }
    default:
      return undefined
  }
}

function readDays(text: string): readonly Weekday[] {
  const names = text.split(/\s+/)
  const set = daySets.find(({ name }) => names.includes(name))
  return set ? set.days : weekdays.filter(day => names.includes(days[day]))
}

/** `2026-03-02`, with or without a zone behind it that says nothing about the day meant. */
function dateIn(parent: XmlElement, name: string): Temporal.PlainDate | undefined {
  const text = /^\d{4}-\d{2}-\d{2}/.exec(textIn(parent, name) ?? "")?.[0]
  try {
    return text === undefined ? undefined : Temporal.PlainDate.from(text)
  } catch {
    return undefined
  }
}

function numberIn(parent: XmlElement, name: string): number | undefined {
  const text = textIn(parent, name) ?? ""
  return /^\d{1,6}$/.test(text) ? Number(text) : undefined
}

function keyOf<Key extends string>(names: Readonly<Record<Key, string>>, value: string | undefined): Key | undefined {
  for (const key in names) if (names[key] === value) return key
  return undefined
}
