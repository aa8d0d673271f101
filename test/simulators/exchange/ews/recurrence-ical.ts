import { type Day, type Index, indexes, weekdays } from "../store/recurrence.ts"
import { el, type Markup } from "./markup.ts"

/** RRULE as a pattern of Exchange. https://www.rfc-editor.org/rfc/rfc5545#section-3.3.10 */

/** The rule as `t:Recurrence`, for a series that begins on a date; undefined when Exchange has no such pattern. */
export function recurrenceIn(rule: string, start: Temporal.PlainDate): Markup | undefined {
  const parts: Record<string, string> = {}
  for (const [, name = "", value = ""] of rule.toUpperCase().matchAll(/([A-Z]+)=([^;]+)/g)) parts[name] = value
  const pattern = patternIn(parts, start)
  return pattern && el("t:Recurrence", {}, pattern, rangeIn(parts, start))
}

type Parts = Readonly<Record<string, string>>

function patternIn(parts: Parts, start: Temporal.PlainDate): Markup | undefined {
  const interval = el("t:Interval", {}, Number(parts["INTERVAL"] ?? 1))
  const dayOfMonth = el("t:DayOfMonth", {}, Number(parts["BYMONTHDAY"] ?? start.day))
  const month = el("t:Month", {}, monthNames[Number(parts["BYMONTH"] ?? start.month) - 1])
  const relative = relativeIn(parts)
  switch (parts["FREQ"]) {
    case "DAILY":
      return el("t:DailyRecurrence", {}, interval)
    case "WEEKLY": {
      const days = parts["BYDAY"]?.split(",").map(dayNamed) ?? [weekdays[start.dayOfWeek % weekdays.length] ?? "sunday"]
      const first = el("t:FirstDayOfWeek", {}, titled(dayNamed(parts["WKST"] ?? "MO")))
      return el("t:WeeklyRecurrence", {}, interval, el("t:DaysOfWeek", {}, days.map(titled).join(" ")), first)
    }
    case "MONTHLY":
      return relative
        ? el("t:RelativeMonthlyRecurrence", {}, interval, relative)
        : el("t:AbsoluteMonthlyRecurrence", {}, interval, dayOfMonth)
    case "YEARLY":
      return relative
        ? el("t:RelativeYearlyRecurrence", {}, relative, month)
        : el("t:AbsoluteYearlyRecurrence", {}, dayOfMonth, month)
    default:
      return undefined
  }
}

/** `BYDAY=2TU`, or `BYDAY=TU;BYSETPOS=2`. */
function relativeIn(parts: Parts): readonly Markup[] | undefined {
  const [, place, days] = /^([-+]?\d)?(.+)$/.exec(parts["BYDAY"] ?? "") ?? []
  const index = indexOf(place ?? parts["BYSETPOS"])
  if (index === undefined || days === undefined) return undefined
  const named = days.split(",").map(dayNamed)
  const group = dayGroups[named.length] ?? titled(named[0] ?? "sunday")
  return [el("t:DaysOfWeek", {}, group), el("t:DayOfWeekIndex", {}, titled(index))]
}

/** By how many days they are. */
const dayGroups: Readonly<Record<number, string>> = { 2: "WeekendDay", 5: "Weekday", 7: "Day" }

function indexOf(place: string | undefined): Index | undefined {
  return place === undefined ? undefined : indexes[Number(place) === -1 ? indexes.length - 1 : Number(place) - 1]
}

function rangeIn(parts: Parts, start: Temporal.PlainDate): Markup {
  const first = el("t:StartDate", {}, start.toString())
  const { COUNT: count, UNTIL: until } = parts
  if (count !== undefined) return el("t:NumberedRecurrence", {}, first, el("t:NumberOfOccurrences", {}, count))
  if (until === undefined) return el("t:NoEndRecurrence", {}, first)
  const last = Temporal.PlainDate.from(until.slice(0, "20260101".length))
  return el("t:EndDateRecurrence", {}, first, el("t:EndDate", {}, last.toString()))
}

function dayNamed(code: string): Day {
  return weekdays.find(day => day.toUpperCase().startsWith(code)) ?? "sunday"
}

function titled(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

const monthNames = [
  ...["January", "February", "March", "April", "May", "June"],
  ...["July", "August", "September", "October", "November", "December"],
]
