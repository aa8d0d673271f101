/** The rules of a zone in one year, as Windows keeps them: a standard offset, and the moments it is left and returned to. */

export type ZoneChange = {
  readonly kind: "standard" | "daylight"
  readonly offsetMinutes: number
  /** In the time that held until then. */
  readonly wall: Temporal.PlainDateTime
  /** Which of its weekdays in the month, 1 to 4; 5 is the last one. */
  readonly week: number
}

export type ZoneRules = { readonly standardMinutes: number; readonly changes: readonly ZoneChange[] }

const MINUTE_NS = 60_000_000_000
const LAST_WEEK = 5

export function zoneRules(zone: string, year: number): ZoneRules {
  const standardMinutes = standardOffset(zone, year)
  const changes: ZoneChange[] = []
  let at = Temporal.ZonedDateTime.from({ year, month: 1, day: 1, timeZone: zone })
  for (;;) {
    const next = at.getTimeZoneTransition("next")
    if (next?.year !== year) return { standardMinutes, changes }
    const wall = next
      .toInstant()
      .toZonedDateTimeISO("UTC")
      .toPlainDateTime()
      .add({ minutes: offsetOf(at) })
    const offsetMinutes = offsetOf(next)
    const kind = offsetMinutes === standardMinutes ? "standard" : "daylight"
    changes.push({ kind, offsetMinutes, wall, week: weekOf(wall) })
    at = next
  }
}

function weekOf(wall: Temporal.PlainDateTime): number {
  return wall.day + wall.daysInWeek > wall.daysInMonth ? LAST_WEEK : Math.ceil(wall.day / wall.daysInWeek)
}

function offsetOf(at: Temporal.ZonedDateTime): number {
  return at.offsetNanoseconds / MINUTE_NS
}

/** The lesser of winter's and summer's, wherever on the globe. */
function standardOffset(zone: string, year: number): number {
  const at = (month: number) => offsetOf(Temporal.ZonedDateTime.from({ year, month, day: 1, timeZone: zone }))
  return Math.min(at(1), at(7))
}

export const weekdayNames = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const

export function weekdayOf(date: Pick<Temporal.PlainDateTime, "dayOfWeek">): string {
  return weekdayNames[date.dayOfWeek - 1] ?? ""
}
