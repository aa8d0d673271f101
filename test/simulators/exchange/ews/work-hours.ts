import { findZone } from "../store/time-zones.ts"
import { el, type Markup } from "./markup.ts"
import { type ZoneChange, zoneRules } from "./zone-rules.ts"

/** The working hours Outlook keeps in the calendar folder (MS-OXOCFG 2.2.5.2.1). */
export function workHoursXml(given: {
  readonly start: string
  readonly end: string
  /** The Windows name. */
  readonly zoneName: string
  readonly nowMs: number
}): string {
  const { start, end, zoneName, nowMs } = given
  const year = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO("UTC").year
  const { standardMinutes, changes } = zoneRules(findZone(zoneName)?.zone ?? "UTC", year)
  const change = (kind: ZoneChange["kind"]) => changes.find(known => known.kind === kind)
  const zone = el(
    "TimeZone",
    {},
    el("Bias", {}, -standardMinutes),
    transition("Standard", change("standard"), standardMinutes),
    transition("DaylightSavings", change("daylight"), standardMinutes),
    el("Name", {}, zoneName),
  )
  const slot = el("TimeSlot", {}, el("Start", {}, start), el("End", {}, end))
  const days = el("WorkDays", {}, "Monday Tuesday Wednesday Thursday Friday")
  const root = el("Root", { xmlns: "WorkingHours.xsd" }, el("WorkHoursVersion1", {}, zone, slot, days))
  return `<?xml version="1.0"?>${root.markup}`
}

/** A bias is what must be added to local time to get UTC; the week stands where a date has its day. */
function transition(name: string, change: ZoneChange | undefined, standardMinutes: number): Markup {
  if (!change) return el(name, {}, el("Bias", {}, 0), changeDate("00:00:00", "0000/00/00", 0))
  const { wall, week, offsetMinutes } = change
  const time = wall.toPlainTime().toString({ smallestUnit: "second" })
  const date = `0000/${String(wall.month).padStart(2, "0")}/${String(week).padStart(2, "0")}`
  return el(
    name,
    {},
    el("Bias", {}, standardMinutes - offsetMinutes),
    changeDate(time, date, wall.dayOfWeek % wall.daysInWeek),
  )
}

function changeDate(time: string, date: string, day: number): Markup {
  return el("ChangeDate", {}, el("Time", {}, time), el("Date", {}, date), el("DayOfWeek", {}, day))
}
