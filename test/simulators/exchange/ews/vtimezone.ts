import { type ZoneChange, zoneRules } from "./zone-rules.ts"

/** A zone as Exchange puts it into iCalendar: under its Windows name, with the rules of this year since 1601. */
export function timeZoneLines(name: string, zone: string, nowMs: number): readonly string[] {
  const year = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO("UTC").year
  const { standardMinutes, changes } = zoneRules(zone, year)
  const observances =
    changes.length === 2
      ? changes.flatMap((change, index) => observance(change, changes[1 - index]?.offsetMinutes ?? standardMinutes))
      : constant("STANDARD", standardMinutes)
  return ["BEGIN:VTIMEZONE", `TZID:${name}`, ...observances, "END:VTIMEZONE"]
}

function observance({ kind, offsetMinutes, wall, week }: ZoneChange, before: number): readonly string[] {
  const name = kind.toUpperCase()
  const time = wall.toPlainTime().toString({ smallestUnit: "second" }).replaceAll(":", "")
  const day = `${week === LAST_WEEK ? -1 : week}${days[wall.dayOfWeek - 1]}`
  return [
    `BEGIN:${name}`,
    `DTSTART:16010101T${time}`,
    `TZOFFSETFROM:${offset(before)}`,
    `TZOFFSETTO:${offset(offsetMinutes)}`,
    `RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=${day};BYMONTH=${wall.month}`,
    `END:${name}`,
  ]
}

function constant(name: string, minutes: number): readonly string[] {
  const same = offset(minutes)
  return [`BEGIN:${name}`, "DTSTART:16010101T000000", `TZOFFSETFROM:${same}`, `TZOFFSETTO:${same}`, `END:${name}`]
}

const days = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
const LAST_WEEK = 5

function offset(minutes: number): string {
  const [hours, rest] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
  return `${minutes < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}${String(rest).padStart(2, "0")}`
}
