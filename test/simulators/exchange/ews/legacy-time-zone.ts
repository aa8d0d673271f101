import { childOf, textOf, type XmlElement } from "./xml.ts"

/**
 * The zone of an availability request: offsets and the days they change, without a name.
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/timezone-availability
 */
export type LegacyZone = {
  readonly biasMinutes: number
  readonly standard: Rule | undefined
  readonly daylight: Rule | undefined
}

type Rule = {
  readonly biasMinutes: number
  readonly time: string
  readonly month: number
  /** The week of the month; 5 is the last. */
  readonly week: number
  /** 1 is Monday, 7 Sunday. */
  readonly day: number
}

const days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
const MINUTE_MS = 60_000

export function parseLegacyZone(element: XmlElement): LegacyZone {
  return {
    biasMinutes: Number(textOf(element, "Bias") ?? 0),
    standard: parseRule(childOf(element, "StandardTime")),
    daylight: parseRule(childOf(element, "DaylightTime")),
  }
}

function parseRule(element: XmlElement | undefined): Rule | undefined {
  const month = Number(textOf(element, "Month") ?? 0)
  if (!element || month === 0) return undefined
  return {
    biasMinutes: Number(textOf(element, "Bias") ?? 0),
    time: textOf(element, "Time") ?? "00:00:00",
    month,
    week: Number(textOf(element, "DayOrder") ?? 1),
    day: days.indexOf(textOf(element, "DayOfWeek") ?? "") + 1,
  }
}

/** Local time of an instant, without a suffix. */
export function localTime(ms: number, zone: LegacyZone): Temporal.PlainDateTime {
  const asIf = (bias: number) => plainUtc(ms - bias * MINUTE_MS)
  const standard = asIf(zone.biasMinutes + (zone.standard?.biasMinutes ?? 0))
  return isDaylight(standard, zone) ? asIf(zone.biasMinutes + (zone.daylight?.biasMinutes ?? 0)) : standard
}

export function instantOfLocal(text: string, zone: LegacyZone): number {
  const wall = Temporal.PlainDateTime.from(text)
  const rule = isDaylight(wall, zone) ? zone.daylight : zone.standard
  return wall.toZonedDateTime("UTC").epochMilliseconds + (zone.biasMinutes + (rule?.biasMinutes ?? 0)) * MINUTE_MS
}

function plainUtc(ms: number): Temporal.PlainDateTime {
  return Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO("UTC").toPlainDateTime()
}

function isDaylight(wall: Temporal.PlainDateTime, { standard, daylight }: LegacyZone): boolean {
  if (!standard || !daylight) return false
  const [from, to] = [changeIn(wall.year, daylight), changeIn(wall.year, standard)]
  const since = (at: Temporal.PlainDateTime) => Temporal.PlainDateTime.compare(wall, at) >= 0
  return Temporal.PlainDateTime.compare(from, to) < 0 ? since(from) && !since(to) : since(from) || !since(to)
}

function changeIn(year: number, { month, week, day, time }: Rule): Temporal.PlainDateTime {
  const first = Temporal.PlainDate.from({ year, month, day: 1 })
  const offset = (day - first.dayOfWeek + 7) % 7
  const wanted = first.add({ days: offset + (week - 1) * 7 })
  const date = wanted.month === month ? wanted : wanted.subtract({ weeks: 1 })
  return date.toPlainDateTime(time)
}
