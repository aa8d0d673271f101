import type { ByDay, EventTime, RecurrenceRule, Weekday } from "./event.ts"
import { weekdays } from "./recurrence-rule.ts"
import { wallStart } from "./recurrence-times.ts"

/**
 * One rule in the words we would have chosen. Only what is exactly the same is rewritten:
 *
 * | said as                                   | becomes                              |
 * |-------------------------------------------|--------------------------------------|
 * | nothing, where the start implies it       | the day, the month, the weekday      |
 * | the start's own hour, minute, second      | nothing                              |
 * | BYDAY=TU;BYSETPOS=2 within a month        | BYDAY=2TU                            |
 * | all seven days;BYSETPOS=k within a month  | BYMONTHDAY=k                         |
 * | BYMONTHDAY=28,29,30,31;BYSETPOS=-1        | BYMONTHDAY=-1                        |
 * | BYMONTH=4;BYMONTHDAY=-1                   | BYMONTH=4;BYMONTHDAY=30              |
 * | DAILY;BYDAY=…                             | WEEKLY;BYDAY=…                       |
 * | DAILY;INTERVAL=7n                         | WEEKLY;INTERVAL=n                    |
 * | WEEKLY on all seven days                  | DAILY                                |
 * | MONTHLY;BYDAY=TU (every Tuesday)          | WEEKLY;BYDAY=TU                      |
 * | YEARLY;BYMONTH=1,4,7,10                   | MONTHLY;INTERVAL=3                   |
 * | MONTHLY;INTERVAL=12n                      | YEARLY;INTERVAL=n;BYMONTH=…          |
 * | a WKST that changes nothing               | the first one that changes nothing   |
 */
export function normalRule(rule: RecurrenceRule, time: EventTime): RecurrenceRule {
  const start = wallStart(time)
  const steps: readonly Step[] = [
    sorted,
    withoutOwnTime,
    withImpliedDays,
    asYears,
    withOrdinals,
    withLastDay,
    asMonths,
    asWeeks,
    asDays,
    withWeekStart,
  ]
  return steps.reduce((changed, step) => step(changed, start), rule)
}

type Step = (rule: RecurrenceRule, start: Temporal.PlainDateTime) => RecurrenceRule

/** The parts that pick days; a rule with none but those named may be reworded. */
const dayParts = ["byDay", "byMonthDay", "byYearDay", "byWeekNo", "byMonth", "bySetPos"] as const
const timeParts = ["byHour", "byMinute", "bySecond"] as const

function hasOnly(rule: RecurrenceRule, ...allowed: readonly (keyof RecurrenceRule)[]): boolean {
  return [...dayParts, ...timeParts].every(part => rule[part] === undefined || allowed.includes(part))
}

function without(rule: RecurrenceRule, ...parts: readonly (keyof RecurrenceRule)[]): RecurrenceRule {
  const kept = { ...rule }
  for (const part of parts) delete kept[part]
  return kept
}

const sorted: Step = rule => {
  const lists = [
    "bySecond",
    "byMinute",
    "byHour",
    "byMonthDay",
    "byYearDay",
    "byWeekNo",
    "byMonth",
    "bySetPos",
  ] as const
  const changed = { ...rule }
  for (const name of lists) {
    const values = rule[name]
    if (values) changed[name] = [...new Set(values)].sort((one, other) => one - other)
  }
  return rule.byDay ? { ...changed, byDay: sortedDays(rule.byDay) } : changed
}

function sortedDays(days: readonly ByDay[]): readonly ByDay[] {
  const place = ({ day, ordinal = 0 }: ByDay) => ordinal * weekdays.length + weekdays.indexOf(day)
  const distinct = new Map(days.map(day => [place(day), day]))
  return [...distinct].sort(([one], [other]) => one - other).map(([, day]) => day)
}

/** Rules of days repeat at the start's own time without being told. */
const withoutOwnTime: Step = (rule, start) => {
  if (!["DAILY", "WEEKLY", "MONTHLY", "YEARLY"].includes(rule.frequency)) return rule
  const own = { byHour: start.hour, byMinute: start.minute, bySecond: start.second }
  const said = timeParts.filter(part => rule[part]?.length === 1 && rule[part][0] === own[part])
  return without(rule, ...said)
}

const withImpliedDays: Step = (rule, start) => {
  const { frequency, byDay, byMonthDay, byYearDay, byWeekNo } = rule
  if (byDay ?? byMonthDay ?? byYearDay) return rule
  const weekday = { byDay: [{ day: weekdayOf(start) }] }
  if (byWeekNo) return { ...rule, ...weekday }
  if (frequency === "WEEKLY") return { ...rule, ...weekday }
  if (frequency === "MONTHLY") return { ...rule, byMonthDay: [start.day] }
  if (frequency === "YEARLY") return { ...rule, byMonth: rule.byMonth ?? [start.month], byMonthDay: [start.day] }
  return rule
}

export function weekdayOf(date: { readonly dayOfWeek: number }): Weekday {
  return weekdays[date.dayOfWeek - 1] ?? "MO"
}

/** Counting within a single month, where positions and ordinals are the same. */
const withOrdinals: Step = rule => {
  const isOneMonth = rule.frequency === "MONTHLY" || (rule.frequency === "YEARLY" && rule.byMonth?.length === 1)
  const [position, ...further] = rule.bySetPos ?? []
  if (!isOneMonth || position === undefined || further.length > 0) return rule
  const plain = without(rule, "byDay", "byMonthDay", "bySetPos")
  if (hasOnly(rule, "byDay", "byMonth", "bySetPos") && rule.byDay?.every(({ ordinal }) => ordinal === undefined)) {
    const [only, ...others] = rule.byDay
    if (only && others.length === 0) return { ...plain, byDay: [{ ...only, ordinal: position }] }
    if (rule.byDay.length === weekdays.length) return { ...plain, byMonthDay: [position] }
  }
  return rule
}

/** "The last of 28, 29, 30, 31" is the last day; in a month that always has the same length that day has a number. */
const withLastDay: Step = rule => {
  const [month, ...further] = (rule.frequency === "YEARLY" && rule.byMonth) || []
  const isOneMonth = rule.frequency === "MONTHLY" || (month !== undefined && further.length === 0)
  if (!isOneMonth || !hasOnly(rule, "byMonthDay", "byMonth", "bySetPos")) return rule
  const longest = month === undefined ? longestMonth : daysIn(month)
  const days = rule.byMonthDay?.filter(day => day <= longest)
  const isLastOfLast = rule.bySetPos?.join() === "-1" && days?.join() === lastDays.filter(day => day <= longest).join()
  const isLast = isLastOfLast || (!rule.bySetPos && days?.join() === "-1")
  if (!isLast) return rule
  const isFixed = month !== undefined && month !== february
  return { ...without(rule, "bySetPos"), byMonthDay: [isFixed ? longest : -1] }
}

const february = 2
const longestMonth = 31
const lastDays = [28, 29, 30, 31]

function daysIn(month: number): number {
  return Temporal.PlainYearMonth.from({ year: 2000, month }).daysInMonth
}

/** Each month picks for itself, so a year of evenly spaced months is a stride of months. */
const asMonths: Step = (rule, start) => {
  const months = rule.byMonth ?? []
  const [first = 1] = months
  const stride = 12 / months.length
  const isEven = months.length > 1 && months.every((month, index) => month === first + index * stride)
  const picksInMonths = hasOnly(rule, "byMonth", "byMonthDay") || hasOnly(rule, "byMonth", "byDay")
  if (rule.frequency !== "YEARLY" || rule.interval !== 1 || !isEven || !picksInMonths) return rule
  return months.includes(start.month) ? { ...without(rule, "byMonth"), frequency: "MONTHLY", interval: stride } : rule
}

const asYears: Step = (rule, start) => {
  if (rule.frequency !== "MONTHLY" || rule.interval % 12 !== 0 || rule.byMonth) return rule
  return { ...rule, frequency: "YEARLY", interval: rule.interval / 12, byMonth: [start.month] }
}

const asWeeks: Step = (rule, start) => {
  const isEveryWeekday = rule.interval === 1 && rule.byDay?.every(({ ordinal }) => ordinal === undefined)
  if (["DAILY", "MONTHLY"].includes(rule.frequency) && isEveryWeekday && hasOnly(rule, "byDay")) {
    return { ...rule, frequency: "WEEKLY" }
  }
  if (rule.frequency !== "DAILY" || rule.interval % 7 !== 0 || !hasOnly(rule)) return rule
  return { ...rule, frequency: "WEEKLY", interval: rule.interval / 7, byDay: [{ day: weekdayOf(start) }] }
}

const asDays: Step = rule => {
  const isEveryDay = rule.frequency === "WEEKLY" && rule.interval === 1 && rule.byDay?.length === weekdays.length
  return isEveryDay && hasOnly(rule, "byDay") ? { ...without(rule, "byDay"), frequency: "DAILY" } : rule
}

/**
 * The week's first day matters when weeks are counted: by number, by position in them, or by skipping some. In the last
 * case it only decides which of the days share a week with the start.
 */
const withWeekStart: Step = (rule, start) => {
  if (rule.byWeekNo || (rule.frequency === "WEEKLY" && rule.bySetPos)) return rule
  if (rule.frequency !== "WEEKLY" || rule.interval === 1) return { ...rule, weekStart: "MO" }
  const days = rule.byDay?.map(({ day }) => day) ?? []
  const said = daysAhead(days, start, rule.weekStart)
  return { ...rule, weekStart: weekdays.find(first => daysAhead(days, start, first) === said) ?? rule.weekStart }
}

function daysAhead(days: readonly Weekday[], start: Temporal.PlainDateTime, weekStart: Weekday): string {
  const place = (day: Weekday) => (weekdays.indexOf(day) - weekdays.indexOf(weekStart) + 7) % 7
  return days.filter(day => place(day) >= place(weekdayOf(start))).join()
}
