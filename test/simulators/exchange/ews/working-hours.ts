import type { Mailbox } from "../store/mailbox.ts"
import { findZone } from "../store/time-zones.ts"
import { el, type Markup } from "./markup.ts"
import { weekdayOf, type ZoneChange, zoneRules } from "./zone-rules.ts"

/** When somebody works, in the zone they live in: https://learn.microsoft.com/exchange/client-developer/web-service-reference/workinghours-ex15websvcsotherref */
export function workingHours(mailbox: Mailbox, nowMs: number): Markup {
  const year = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO("UTC").year
  const { standardMinutes, changes } = zoneRules(findZone(mailbox.timeZone)?.zone ?? "UTC", year)
  const change = (kind: ZoneChange["kind"]) => changes.find(known => known.kind === kind)
  const zone = el(
    "t:TimeZone",
    {},
    el("t:Bias", {}, -standardMinutes),
    changeElement("t:StandardTime", change("standard"), standardMinutes),
    changeElement("t:DaylightTime", change("daylight"), standardMinutes),
  )
  const period = el(
    "t:WorkingPeriod",
    {},
    el("t:DayOfWeek", {}, "Monday Tuesday Wednesday Thursday Friday"),
    el("t:StartTimeInMinutes", {}, minutesOf(mailbox.workingHours.start)),
    el("t:EndTimeInMinutes", {}, minutesOf(mailbox.workingHours.end)),
  )
  return el("t:WorkingHours", {}, zone, el("t:WorkingPeriodArray", {}, period))
}

/** A bias is what must be added to local time to get UTC. A zone that never changes has changes all the same: of nothing. */
function changeElement(name: string, change: ZoneChange | undefined, standardMinutes: number): Markup {
  const { wall, week, offsetMinutes } = change ?? { wall: undefined, week: 0, offsetMinutes: standardMinutes }
  return el(
    name,
    {},
    el("t:Bias", {}, standardMinutes - offsetMinutes),
    el("t:Time", {}, wall?.toPlainTime().toString({ smallestUnit: "second" }) ?? "00:00:00"),
    el("t:DayOrder", {}, week),
    el("t:Month", {}, wall?.month ?? 0),
    el("t:DayOfWeek", {}, wall ? weekdayOf(wall) : "Sunday"),
  )
}

function minutesOf(time: string): number {
  const { hour, minute } = Temporal.PlainTime.from(time)
  return hour * 60 + minute
}
