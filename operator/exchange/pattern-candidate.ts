import type { ByDay, RecurrenceRule, Weekday } from "../core/event.ts"
import { weekdays } from "../core/recurrence-rule.ts"
import type { ExchangePattern, WeekIndex } from "./pattern.ts"

/**
 * The pattern that looks like a rule, from the rule's normal form:
 *
 * | rule                                     | pattern                                             |
 * |------------------------------------------|-----------------------------------------------------|
 * | DAILY                                    | daily                                               |
 * | WEEKLY;BYDAY=…;WKST=…                    | weekly                                              |
 * | MONTHLY;BYMONTHDAY=d, d > 0              | absoluteMonthly d                                   |
 * | MONTHLY;BYMONTHDAY=-1                    | absoluteMonthly 31                                  |
 * | MONTHLY;BYMONTHDAY=28,29[,30];BYSETPOS=-1 | absoluteMonthly 29 (30)                            |
 * | MONTHLY;BYDAY=2TU                        | relativeMonthly second TU                           |
 * | MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1  | relativeMonthly first MO…FR                         |
 * | YEARLY;BYMONTH=m with any of the above   | absoluteYearly, relativeYearly; on EWS, which knows |
 * |                                          | no interval there, monthly with twelve times it     |
 *
 * Whether it also means the same is for the proof to say. Undefined where nothing looks alike.
 */
export function patternCandidate(rule: RecurrenceRule, dialect: "graph" | "ews"): ExchangePattern | undefined {
  const pattern = patternOf(rule)
  return pattern && isSayable(pattern, dialect) ? sayable(pattern, dialect) : undefined
}

function patternOf(rule: RecurrenceRule): ExchangePattern | undefined {
  if (rule.byHour ?? rule.byMinute ?? rule.bySecond ?? rule.byYearDay ?? rule.byWeekNo) return undefined
  switch (rule.frequency) {
    case "DAILY":
      return isPlain(rule) ? { type: "daily", interval: rule.interval } : undefined
    case "WEEKLY":
      return weekly(rule)
    case "MONTHLY":
      return rule.byMonth ? undefined : monthly(rule)
    case "YEARLY":
      return yearly(rule)
    default:
      return undefined
  }
}

function isPlain({ byDay, byMonthDay, byMonth, bySetPos }: RecurrenceRule): boolean {
  return (byDay ?? byMonthDay ?? byMonth ?? bySetPos) === undefined
}

function weekly({
  interval,
  byDay,
  byMonthDay,
  byMonth,
  bySetPos,
  weekStart,
}: RecurrenceRule): ExchangePattern | undefined {
  if (!byDay || (byMonthDay ?? byMonth ?? bySetPos)) return undefined
  return { type: "weekly", interval, daysOfWeek: inOrder(byDay), firstDayOfWeek: weekStart }
}

function inOrder(days: readonly ByDay[]): readonly Weekday[] {
  return weekdays.filter(weekday => days.some(({ day }) => day === weekday))
}

function monthly(rule: RecurrenceRule): ExchangePattern | undefined {
  const { interval } = rule
  const dayOfMonth = absoluteDay(rule)
  if (dayOfMonth !== undefined) return { type: "absoluteMonthly", interval, dayOfMonth }
  const days = relativeDays(rule)
  return days && { type: "relativeMonthly", interval, ...days }
}

function yearly(rule: RecurrenceRule): ExchangePattern | undefined {
  const { interval } = rule
  const [month, ...further] = rule.byMonth ?? []
  if (month === undefined || further.length > 0) return undefined
  const dayOfMonth = absoluteDay(rule)
  if (dayOfMonth !== undefined) return { type: "absoluteYearly", interval, month, dayOfMonth }
  const days = relativeDays(rule)
  return days && { type: "relativeYearly", interval, month, ...days }
}

/** Exchange takes the last day of months that are too short, which the last two forms say in the words of RFC 5545. */
function absoluteDay({ byDay, byMonth, byMonthDay, bySetPos }: RecurrenceRule): number | undefined {
  if (byDay || !byMonthDay) return undefined
  const [day, ...further] = byMonthDay
  if (!bySetPos && further.length === 0 && day !== undefined) return day === -1 ? lastDay(byMonth) : positive(day)
  const clamped: ReadonlyMap<string, number> = new Map([
    ["28,29", 29],
    ["28,29,30", 30],
  ])
  return bySetPos?.join() === "-1" ? clamped.get(byMonthDay.join()) : undefined
}

/** In a month of its own the last day is not asked to be one the month never has. */
function lastDay(byMonth: readonly number[] | undefined): number {
  const [month] = byMonth ?? []
  return month === undefined ? 31 : Temporal.PlainYearMonth.from({ year: 2000, month }).daysInMonth
}

function positive(day: number): number | undefined {
  return day > 0 ? day : undefined
}

type RelativeDays = { readonly daysOfWeek: readonly Weekday[]; readonly index: WeekIndex }

function relativeDays({ byDay, byMonthDay, bySetPos }: RecurrenceRule): RelativeDays | undefined {
  const [first, ...others] = byDay ?? []
  if (!byDay || !first || byMonthDay) return undefined
  const isOneOrdinal = others.length === 0 && first.ordinal !== undefined && !bySetPos
  const isSet = byDay.every(({ ordinal }) => ordinal === undefined) && bySetPos?.length === 1
  const index = indexOf(isOneOrdinal ? first.ordinal : isSet ? bySetPos[0] : undefined)
  return index && { daysOfWeek: inOrder(byDay), index }
}

function indexOf(position: number | undefined): WeekIndex | undefined {
  const indexes: ReadonlyMap<number | undefined, WeekIndex> = new Map([
    [1, "first"],
    [2, "second"],
    [3, "third"],
    [4, "fourth"],
    [-1, "last"],
  ])
  return indexes.get(position)
}

/** What Outlook and Exchange accept: 999 days, 99 weeks, 99 months; years are kept as months. */
const mostInterval = {
  daily: 999,
  weekly: 99,
  absoluteMonthly: 99,
  relativeMonthly: 99,
  absoluteYearly: 8,
  relativeYearly: 8,
} as const satisfies Record<ExchangePattern["type"], number>

function isSayable(pattern: ExchangePattern, dialect: "graph" | "ews"): boolean {
  if (pattern.interval > mostInterval[pattern.type]) return false
  const isRelative = pattern.type === "relativeMonthly" || pattern.type === "relativeYearly"
  return dialect === "graph" || !isRelative || isOneWord(pattern.daysOfWeek)
}

/** EWS has one word there: a day, Day, Weekday or WeekendDay. */
function isOneWord(days: readonly Weekday[]): boolean {
  return days.length === 1 || ["MO,TU,WE,TH,FR", "SA,SU", weekdays.join()].includes(days.join())
}

function sayable(pattern: ExchangePattern, dialect: "graph" | "ews"): ExchangePattern {
  if (dialect === "graph" || pattern.interval === 1) return pattern
  if (pattern.type === "absoluteYearly") {
    return { type: "absoluteMonthly", interval: pattern.interval * 12, dayOfMonth: pattern.dayOfMonth }
  }
  if (pattern.type === "relativeYearly") {
    const { daysOfWeek, index } = pattern
    return { type: "relativeMonthly", interval: pattern.interval * 12, daysOfWeek, index }
  }
  return pattern
}
