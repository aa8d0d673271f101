import {
  type Day,
  type Index,
  indexes,
  type Pattern,
  type Range,
  type Recurrence,
  weekdays,
} from "../store/recurrence.ts"
import { wallOf, type Zone } from "../store/time-zones.ts"
import { EwsError } from "./ews-error.ts"
import { el, type Markup } from "./markup.ts"
import { textOf, type XmlElement } from "./xml.ts"

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/recurrence-recurrencetype */

const months = [
  ...["January", "February", "March", "April", "May", "June"],
  ...["July", "August", "September", "October", "November", "December"],
]
const dayGroups: Readonly<Record<string, readonly Day[]>> = {
  Day: weekdays,
  Weekday: weekdays.slice(1, 6),
  WeekendDay: ["sunday", "saturday"],
}

export function parseRecurrence(element: XmlElement, zone: Zone): Recurrence {
  const [pattern, range] = element.children
  if (!pattern || !range) throw invalidRecurrence()
  return { pattern: parsePattern(pattern), range: parseRange(range, zone) }
}

function parsePattern(element: XmlElement): Pattern {
  const blank = { daysOfWeek: [], dayOfMonth: 0, month: 0, index: "first", firstDayOfWeek: "sunday" } as const
  switch (element.name) {
    case "DailyRecurrence":
      return { ...blank, type: "daily", interval: intervalOf(element, 999) }
    case "WeeklyRecurrence":
      return { ...blank, type: "weekly", interval: intervalOf(element, 99), ...weekDays(element) }
    case "AbsoluteMonthlyRecurrence":
      return { ...blank, type: "absoluteMonthly", interval: intervalOf(element, 99), ...dayOfMonth(element) }
    case "RelativeMonthlyRecurrence":
      return { ...blank, type: "relativeMonthly", interval: intervalOf(element, 99), ...relativeDay(element) }
    case "AbsoluteYearlyRecurrence":
      return { ...blank, type: "absoluteYearly", interval: 1, ...dayOfMonth(element), ...monthOf(element) }
    case "RelativeYearlyRecurrence":
      return { ...blank, type: "relativeYearly", interval: 1, ...relativeDay(element), ...monthOf(element) }
    default:
      throw invalidRecurrence()
  }
}

function intervalOf(element: XmlElement, maximum: number): number {
  const interval = Number(textOf(element, "Interval"))
  if (!Number.isInteger(interval) || interval < 1 || interval > maximum) throw invalidRecurrence()
  return interval
}

function weekDays(element: XmlElement): Pick<Pattern, "daysOfWeek" | "firstDayOfWeek"> {
  const names = (textOf(element, "DaysOfWeek") ?? "").split(/\s+/)
  if (names.some(name => name in dayGroups))
    throw new EwsError("ErrorCalendarInvalidDayForWeeklyRecurrence", "The day is not valid for a weekly recurrence.")
  const first = textOf(element, "FirstDayOfWeek")
  return { daysOfWeek: names.map(dayNamed), firstDayOfWeek: first === undefined ? "sunday" : dayNamed(first) }
}

function dayNamed(name: string): Day {
  const day = weekdays.find(known => titled(known) === name)
  if (!day) throw invalidRecurrence()
  return day
}

function relativeDay(element: XmlElement): Pick<Pattern, "daysOfWeek" | "index"> {
  const name = textOf(element, "DaysOfWeek") ?? ""
  const index = indexes.find(known => titled(known) === textOf(element, "DayOfWeekIndex"))
  if (!index) throw invalidRecurrence()
  return { daysOfWeek: dayGroups[name] ?? [dayNamed(name)], index }
}

function dayOfMonth(element: XmlElement): Pick<Pattern, "dayOfMonth"> {
  const day = Number(textOf(element, "DayOfMonth"))
  if (!Number.isInteger(day) || day < 1 || day > 31) throw invalidRecurrence()
  return { dayOfMonth: day }
}

function monthOf(element: XmlElement): Pick<Pattern, "month"> {
  const month = months.indexOf(textOf(element, "Month") ?? "") + 1
  if (month === 0) throw invalidRecurrence()
  return { month }
}

const MAXIMUM_OCCURRENCES = 999

function parseRange(element: XmlElement, zone: Zone): Range {
  const startDate = dateOf(textOf(element, "StartDate"), zone)
  const base = { startDate, zoneName: zone.name, zone: zone.zone }
  if (element.name === "NoEndRecurrence") return { ...base, type: "noEnd" }
  if (element.name === "NumberedRecurrence") {
    const count = Number(textOf(element, "NumberOfOccurrences"))
    if (!Number.isInteger(count) || count < 1 || count > MAXIMUM_OCCURRENCES) throw invalidRecurrence()
    return { ...base, type: "numbered", count }
  }
  const endDate = dateOf(textOf(element, "EndDate"), zone)
  if (element.name !== "EndDateRecurrence") throw invalidRecurrence()
  if (endDate < startDate)
    throw new EwsError("ErrorCalendarEndDateIsEarlierThanStartDate", "The end date is earlier than the start date.")
  return { ...base, type: "endDate", endDate }
}

/** A date may carry a zone; then it is that zone's midnight seen from the event's zone, which can be the day before. */
function dateOf(text: string | undefined, zone: Zone): string {
  const [, date = "", suffix] = /^(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)?$/.exec(text ?? "") ?? []
  try {
    if (suffix === undefined) return Temporal.PlainDate.from(date).toString()
    const ms = Temporal.Instant.from(`${date}T00:00:00${suffix}`).epochMilliseconds
    return wallOf(ms, zone.zone).toPlainDate().toString()
  } catch {
    throw invalidRecurrence()
  }
}

function invalidRecurrence(): EwsError {
  return new EwsError("ErrorCalendarInvalidRecurrence", "The recurrence pattern is not valid.")
}

export function recurrenceElement({ pattern, range }: Recurrence): Markup {
  return el("t:Recurrence", {}, patternElement(pattern), rangeElement(range))
}

function patternElement(pattern: Pattern): Markup {
  const interval = el("t:Interval", {}, pattern.interval)
  const day = el("t:DayOfMonth", {}, pattern.dayOfMonth)
  const month = el("t:Month", {}, months[pattern.month - 1])
  const relative = [
    el("t:DaysOfWeek", {}, groupOf(pattern.daysOfWeek)),
    el("t:DayOfWeekIndex", {}, titled(pattern.index)),
  ]
  switch (pattern.type) {
    case "daily":
      return el("t:DailyRecurrence", {}, interval)
    case "weekly": {
      const days = el("t:DaysOfWeek", {}, pattern.daysOfWeek.map(titled).join(" "))
      return el("t:WeeklyRecurrence", {}, interval, days, el("t:FirstDayOfWeek", {}, titled(pattern.firstDayOfWeek)))
    }
    case "absoluteMonthly":
      return el("t:AbsoluteMonthlyRecurrence", {}, interval, day)
    case "relativeMonthly":
      return el("t:RelativeMonthlyRecurrence", {}, interval, relative)
    case "absoluteYearly":
      return el("t:AbsoluteYearlyRecurrence", {}, day, month)
    case "relativeYearly":
      return el("t:RelativeYearlyRecurrence", {}, relative, month)
    default:
      return pattern.type satisfies never
  }
}

function groupOf(days: readonly Day[]): string {
  const group = Object.entries(dayGroups).find(
    ([, members]) => members.length === days.length && members.every(day => days.includes(day)),
  )
  return group?.[0] ?? days.map(titled).join(" ")
}

function rangeElement(range: Range): Markup {
  const start = el("t:StartDate", {}, range.startDate)
  switch (range.type) {
    case "noEnd":
      return el("t:NoEndRecurrence", {}, start)
    case "endDate":
      return el("t:EndDateRecurrence", {}, start, el("t:EndDate", {}, range.endDate))
    case "numbered":
      return el("t:NumberedRecurrence", {}, start, el("t:NumberOfOccurrences", {}, range.count))
    default:
      return range satisfies never
  }
}

function titled(text: Day | Index): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
