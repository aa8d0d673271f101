import type { ContentLine } from "./content-line.ts"
import { param } from "./content-line.ts"

/**
 * DATE, DATE-TIME, PERIOD and DURATION values (RFC 5545 §3.3) as they are written: a wall clock is not yet a moment,
 * because what its zone means is decided elsewhere.
 */

export type Moment =
  | { readonly kind: "date"; readonly date: Temporal.PlainDate }
  | { readonly kind: "utc"; readonly instant: Temporal.Instant }
  /** Without a `tzid` it floats. */
  | { readonly kind: "wall"; readonly wall: Temporal.PlainDateTime; readonly tzid?: string }

export type Period = {
  readonly start: Moment
  readonly end?: Moment | undefined
  readonly duration?: Temporal.Duration | undefined
}

const momentPattern =
  /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ](\d{2}):?(\d{2})(?::?(\d{2})(?:[.,]\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?|T)?$/i

/** The property's one value; undefined when it is unreadable or no date that exists. */
export function readMoment(line: ContentLine): Moment | undefined {
  return momentOf(line.value, line)
}

/** The values of a property that may be written several times, each with several values. */
export type List<T> = {
  readonly values: readonly T[]
  /** Not all of them are there: some could not be read, or there were more than `limit`. */
  readonly isPartial: boolean
}

/** EXDATE: dates or times. */
export function readMoments(lines: readonly ContentLine[], limit: number): List<Moment> {
  return readList(lines, limit, momentOf)
}

/** RDATE: dates, times or periods. */
export function readPeriods(lines: readonly ContentLine[], limit: number): List<Period> {
  return readList(lines, limit, periodOf)
}

/** A value that says nothing, as after a comma too many, is none. */
function readList<T>(
  lines: readonly ContentLine[],
  limit: number,
  readValue: (value: string, line: ContentLine) => T | undefined,
): List<T> {
  const values: T[] = []
  let isPartial = false
  for (const line of lines) {
    for (const text of line.value.split(",", limit + 1)) {
      if (text.trim() === "") continue
      if (values.length === limit) return { values, isPartial: true }
      const value = readValue(text, line)
      if (value === undefined) isPartial = true
      else values.push(value)
    }
  }
  return { values, isPartial }
}

function periodOf(value: string, line: ContentLine): Period | undefined {
  const [startText = "", endText] = value.split("/")
  const start = momentOf(startText, line)
  if (start === undefined) return undefined
  if (endText === undefined) return { start }
  const duration = readDuration(endText)
  return duration === undefined ? { start, end: momentOf(endText, line) } : { start, duration }
}

function momentOf(value: string, line: ContentLine): Moment | undefined {
  const match = momentPattern.exec(value.trim())
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second, offset] = match
  try {
    const date = Temporal.PlainDate.from(
      { year: Number(year), month: Number(month), day: Number(day) },
      { overflow: "reject" },
    )
    if (hour === undefined || param(line, "VALUE")?.toUpperCase() === "DATE") return { kind: "date", date }
    return timeOf(date, [Number(hour), Number(minute), Number(second ?? 0)], { offset, tzid: param(line, "TZID") })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

type Clock = readonly [hour: number, minute: number, second: number]

/** 24:00 is the next midnight, and the 60th second of a leap second is its 59th (what calendars show). */
function timeOf(
  date: Temporal.PlainDate,
  [hour, minute, second]: Clock,
  { offset, tzid }: { offset: string | undefined; tzid: string | undefined },
): Moment {
  const isMidnight = hour === 24 && minute === 0 && second === 0
  const time = Temporal.PlainTime.from(
    { hour: isMidnight ? 0 : hour, minute, second: Math.min(second, 59) },
    { overflow: "reject" },
  )
  const wall = (isMidnight ? date.add({ days: 1 }) : date).toPlainDateTime(time)
  if (offset === undefined) return tzid === undefined ? { kind: "wall", wall } : { kind: "wall", wall, tzid }
  return { kind: "utc", instant: wall.toZonedDateTime(/^z$/i.test(offset) ? "UTC" : offset).toInstant() }
}

const durationUnits = { W: "weeks", D: "days", H: "hours", M: "minutes", S: "seconds" } as const

/** Units in any order, with or without the T before the time; undefined when it is no duration. */
export function readDuration(value: string): Temporal.Duration | undefined {
  const match = /^([+-]?)P((?:T?\d{1,9}[WDHMS])+)T?$/i.exec(value.trim())
  if (match === null) return undefined
  const fields = { weeks: 0, days: 0, hours: 0, minutes: 0, seconds: 0 }
  for (const [, amount, unit] of (match[2] ?? "").toUpperCase().matchAll(/(\d+)([WDHMS])/g)) {
    if (isUnit(unit)) fields[durationUnits[unit]] += Number(amount)
  }
  const duration = Temporal.Duration.from(fields)
  return match[1] === "-" ? duration.negated() : duration
}

function isUnit(text: string | undefined): text is keyof typeof durationUnits {
  return text !== undefined && Object.hasOwn(durationUnits, text)
}
