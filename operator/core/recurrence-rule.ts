import type { ByDay, Frequency, RecurrenceRule, Weekday } from "./event.ts"
import { RecurrenceTooComplexError, UnreadableRuleError } from "./recurrence-errors.ts"
import { resolveWallClock } from "./time.ts"

/** RRULE as text (https://www.rfc-editor.org/rfc/rfc5545#section-3.3.10), read kindly and written strictly. */

/** Where the series lives: `zone` is its wall clock, in which UNTIL is kept. */
export type RuleContext = { readonly zone: string; readonly allDay: boolean }

/** In the order of the week; positions are those of ISO 8601 less one. */
export const weekdays = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"] as const satisfies readonly Weekday[]

const frequencies = ["SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"] as const
const subDaily: readonly Frequency[] = ["SECONDLY", "MINUTELY", "HOURLY"]

/** A rule longer than this is no person's, and lists of any length cost time. */
const longestRule = 4000

/**
 * Reads the value of an RRULE, forgiving what real feeds get wrong: case, blanks, empty and unknown parts, ordinals where
 * they mean nothing, numbers that never come true. Throws UnreadableRuleError when it is hopeless and
 * RecurrenceTooComplexError for other calendars than ours (RFC 7529).
 */
export function parseRule(text: string, context: RuleContext): RecurrenceRule {
  const parts = readParts(text)
  refuseOtherCalendars(parts)
  const frequency = readFrequency(parts.get("FREQ"))
  if (context.allDay && subDaily.includes(frequency)) throw new UnreadableRuleError(`a date cannot recur ${frequency}`)
  const count = readNumber(parts, "COUNT")
  const until = readUntil(parts.get("UNTIL"), context)
  return {
    frequency,
    interval: readNumber(parts, "INTERVAL") ?? 1,
    ...(count === undefined ? {} : { count }),
    ...(until === undefined ? {} : { until }),
    weekStart: readWeekStart(parts.get("WKST")),
    ...(context.allDay ? {} : readTimeLists(parts)),
    ...readDayLists(parts, frequency),
  }
}

function readParts(text: string): ReadonlyMap<string, string> {
  if (text.length > longestRule) throw new UnreadableRuleError(`a rule of ${text.length} characters`)
  const parts = new Map<string, string>()
  for (const part of text
    .replaceAll(/\s/g, "")
    .toUpperCase()
    .replace(/^RRULE:/, "")
    .split(";")) {
    const [name = "", value = ""] = part.split("=", 2)
    if (value !== "") parts.set(name, value)
  }
  return parts
}

function refuseOtherCalendars(parts: ReadonlyMap<string, string>): void {
  const calendar = parts.get("RSCALE") ?? "GREGORIAN"
  const skip = parts.get("SKIP") ?? "OMIT"
  if (calendar !== "GREGORIAN" || skip !== "OMIT")
    throw new RecurrenceTooComplexError("RSCALE and SKIP are not followed")
}

function readFrequency(text: string | undefined): Frequency {
  const frequency = frequencies.find(known => known === text)
  if (frequency === undefined) throw new UnreadableRuleError("FREQ is missing or unknown")
  return frequency
}

/** Zero and the like are a writer's way of saying nothing. */
function readNumber(parts: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = parts.get(name)
  if (text === undefined) return undefined
  if (!/^\+?[0-9]{1,9}$/.test(text)) throw new UnreadableRuleError(`${name} is no number`)
  return Number(text) === 0 ? undefined : Number(text)
}

function readWeekStart(text: string | undefined): Weekday {
  return weekdays.find(day => day === text) ?? "MO"
}

const untilPattern = /^([0-9]{8})(?:T([0-9]{6})(Z?))?$/

function readUntil(text: string | undefined, context: RuleContext): Temporal.PlainDateTime | undefined {
  if (text === undefined) return undefined
  const [, date, time, utc] = untilPattern.exec(text.replaceAll(/[-:]/g, "")) ?? []
  if (date === undefined) throw new UnreadableRuleError("UNTIL is neither a date nor a time")
  try {
    const day = Temporal.PlainDate.from(date)
    if (time === undefined) return endOfDay(day)
    const moment = Temporal.PlainDateTime.from(`${date}T${time}`)
    const local = utc === "Z" && !isWholeDay(time, context) ? onWallClock(moment, context.zone) : moment
    return context.allDay ? endOfDay(local.toPlainDate()) : local
  } catch (cause) {
    throw new UnreadableRuleError("UNTIL names a day or time that does not exist", { cause })
  }
}

/** All-day series: some writers put the last date at the start or end of the UTC day, others local midnight as UTC. */
function isWholeDay(time: string, { allDay }: RuleContext): boolean {
  return allDay && (time === "000000" || time === "235959")
}

function onWallClock(utc: Temporal.PlainDateTime, zone: string): Temporal.PlainDateTime {
  return utc.toZonedDateTime("UTC").withTimeZone(zone).toPlainDateTime()
}

/** The last moment a rule can speak about: it knows no fractions of seconds. */
export function endOfDay(date: Temporal.PlainDate): Temporal.PlainDateTime {
  return date.toPlainDateTime("23:59:59")
}

type TimeLists = Pick<RecurrenceRule, "bySecond" | "byMinute" | "byHour">
type DayLists = Omit<RecurrenceRule, keyof TimeLists | "frequency" | "interval" | "count" | "until" | "weekStart">

function readTimeLists(parts: ReadonlyMap<string, string>): TimeLists {
  const bySecond = readNumbers(parts, "BYSECOND", value => value >= 0 && value <= 59)
  const byMinute = readNumbers(parts, "BYMINUTE", value => value >= 0 && value <= 59)
  const byHour = readNumbers(parts, "BYHOUR", value => value >= 0 && value <= 23)
  return { ...(bySecond && { bySecond }), ...(byMinute && { byMinute }), ...(byHour && { byHour }) }
}

function readDayLists(parts: ReadonlyMap<string, string>, frequency: Frequency): DayLists {
  const byDay = readByDay(parts.get("BYDAY"), ordinalsCount(parts, frequency))
  const byMonthDay = readNumbers(parts, "BYMONTHDAY", value => within(value, 31))
  const byYearDay = readNumbers(parts, "BYYEARDAY", value => within(value, 366))
  const byWeekNo = readNumbers(parts, "BYWEEKNO", value => within(value, 53))
  const byMonth = readNumbers(parts, "BYMONTH", value => value >= 1 && value <= 12)
  const bySetPos = readNumbers(parts, "BYSETPOS", value => within(value, 366))
  return {
    ...(byDay && { byDay }),
    ...(byMonthDay && { byMonthDay }),
    ...(byYearDay && { byYearDay }),
    ...(byWeekNo && { byWeekNo }),
    ...(byMonth && { byMonth }),
    ...(bySetPos && { bySetPos }),
  }
}

function within(value: number, most: number): boolean {
  return value !== 0 && Math.abs(value) <= most
}

/** "The second Monday" of a day or a week, or of a numbered week, is a slip of the pen: RFC 5545 forbids it. */
function ordinalsCount(parts: ReadonlyMap<string, string>, frequency: Frequency): boolean {
  return frequency === "MONTHLY" || (frequency === "YEARLY" && !parts.has("BYWEEKNO"))
}

/** A value out of range never comes true, so leaving it out says the same; a list of nothing else says nothing. */
function readNumbers(
  parts: ReadonlyMap<string, string>,
  name: string,
  isPossible: (value: number) => boolean,
): readonly number[] | undefined {
  const items = parts
    .get(name)
    ?.split(",")
    .filter(item => item !== "")
  if (items === undefined || items.length === 0) return undefined
  if (!items.every(item => /^[+-]?[0-9]{1,3}$/.test(item))) throw new UnreadableRuleError(`${name} holds no numbers`)
  const values = items.map(Number).filter(isPossible)
  if (values.length === 0) throw new UnreadableRuleError(`${name} holds nothing that can come true`)
  return [...new Set(values)]
}

function readByDay(text: string | undefined, ordinals: boolean): readonly ByDay[] | undefined {
  const items = text?.split(",").filter(item => item !== "") ?? []
  return items.length === 0 ? undefined : [...new Set(items)].map(item => readDay(item, ordinals))
}

function readDay(text: string, ordinals: boolean): ByDay {
  const [, ordinal, name] = /^([+-]?[0-9]{1,2})?([A-Z]{2})$/.exec(text) ?? []
  const day = weekdays.find(known => known === name)
  if (day === undefined) throw new UnreadableRuleError("BYDAY names a day that is none")
  if (!ordinals || ordinal === undefined || Number(ordinal) === 0) return { day }
  if (!within(Number(ordinal), 53)) throw new UnreadableRuleError("BYDAY counts a day beyond the year")
  return { day, ordinal: Number(ordinal) }
}

/** The rule as the value of an RRULE; UNTIL becomes UTC for timed series and a date for all-day ones. */
export function formatRule(rule: RecurrenceRule, context: RuleContext): string {
  const parts = [
    `FREQ=${rule.frequency}`,
    rule.interval > 1 && `INTERVAL=${rule.interval}`,
    rule.count !== undefined && `COUNT=${rule.count}`,
    rule.until && `UNTIL=${formatUntil(rule.until, context)}`,
    rule.weekStart !== "MO" && `WKST=${rule.weekStart}`,
    formatList("BYSECOND", rule.bySecond),
    formatList("BYMINUTE", rule.byMinute),
    formatList("BYHOUR", rule.byHour),
    formatList(
      "BYDAY",
      rule.byDay?.map(({ ordinal, day }) => `${ordinal ?? ""}${day}`),
    ),
    formatList("BYMONTHDAY", rule.byMonthDay),
    formatList("BYYEARDAY", rule.byYearDay),
    formatList("BYWEEKNO", rule.byWeekNo),
    formatList("BYMONTH", rule.byMonth),
    formatList("BYSETPOS", rule.bySetPos),
  ]
  return parts.filter(part => typeof part === "string").join(";")
}

function formatList(name: string, values: readonly (string | number)[] | undefined): string | undefined {
  return values && `${name}=${values.join(",")}`
}

function formatUntil(until: Temporal.PlainDateTime, { allDay, zone }: RuleContext): string {
  if (allDay) return until.toPlainDate().toString().replaceAll("-", "")
  const instant = resolveWallClock(until, zone).toInstant()
  return instant.toString({ smallestUnit: "second" }).replaceAll(/[-:]/g, "")
}
