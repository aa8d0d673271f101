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
 * | -1, or 28,29;BYSETPOS=-1, of long months  | BYMONTHDAY=31, 30 or 29              |
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
    withLateDay,
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

function weekdayOf(date: { readonly dayOfWeek: number }): Weekday {
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

/** The ways to say one late day of a month, the plainest first: the day itself, the last, the day or else the last. */
const lateDays: readonly LateDay[] = [
  { byMonthDay: [28] },
  { byMonthDay: [29] },
  { byMonthDay: [30] },
  { byMonthDay: [31] },
  { byMonthDay: [-1] },
  { byMonthDay: [28, 29], bySetPos: [-1] },
  { byMonthDay: [28, 29, 30], bySetPos: [-1] },
  { byMonthDay: [28, 29, 30, 31], bySetPos: [-1] },
]
type LateDay = Pick<RecurrenceRule, "byMonthDay" | "bySetPos">

/** Ways that come to the same in all the months the rule visits are one. */
const withLateDay: Step = (rule, start) => {
  const months = visitedMonths(rule, start)
  if (!months || !hasOnly(rule, "byMonthDay", "byMonth", "bySetPos")) return rule
  const isSaid = (way: LateDay) =>
    way.byMonthDay?.join() === rule.byMonthDay?.join() && way.bySetPos?.join() === rule.bySetPos?.join()
  const said = lateDays.find(isSaid)
  if (!said) return rule
  const comesTo = (way: LateDay) => months.map(month => dayIn(month, way)).join()
  const plainest = lateDays.find(way => comesTo(way) === comesTo(said))
  return { ...without(rule, "byMonthDay", "bySetPos"), ...plainest }
}

function dayIn({ daysInMonth }: Temporal.PlainYearMonth, { byMonthDay, bySetPos }: LateDay): number | undefined {
  const last = byMonthDay?.at(-1) ?? 0
  if (last === -1 || (bySetPos && last > daysInMonth)) return daysInMonth
  return last > daysInMonth ? undefined : last
}

/** After so many strides the lengths of the months repeat, leap years too (but for some centuries). */
const stridesOfMonths = 48

/** The months of a rule that visits one at a time: until its end, or until their lengths repeat. */
function visitedMonths(
  { frequency, interval, byMonth, until }: RecurrenceRule,
  start: Temporal.PlainDateTime,
): readonly Temporal.PlainYearMonth[] | undefined {
  const isYearly = frequency === "YEARLY" && byMonth?.length === 1
  if ((!isYearly && (frequency !== "MONTHLY" || byMonth)) || interval > mostStride) return undefined
  const first = start
    .toPlainDate()
    .toPlainYearMonth()
    .with({ month: byMonth?.[0] ?? start.month })
  const stride = isYearly ? { years: interval } : { months: interval }
  const months: Temporal.PlainYearMonth[] = []
  for (let month = first; months.length < stridesOfMonths; month = month.add(stride)) {
    if (until && Temporal.PlainDate.compare(month.toPlainDate({ day: 1 }), until.toPlainDate()) > 0) break
    months.push(month)
  }
  return months
}

/** Strides beyond are no appointment, and lead out of the calendar. */
const mostStride = 100

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
