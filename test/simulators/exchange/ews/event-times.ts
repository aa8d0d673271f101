import type { ItemTime, Wall } from "../store/item.ts"
import { instantOf, wallOf, type Zone } from "../store/time-zones.ts"
import { EwsError } from "./ews-error.ts"

/** When an item is. https://learn.microsoft.com/exchange/client-developer/exchange-web-services/time-zones-and-ews-in-exchange */

/** What a request says of it, field by field; resolved together, because each depends on the others. */
export type TimeChanges = {
  start?: string
  end?: string
  allDay?: boolean
  startZone?: Zone
  endZone?: Zone
}

const DAY_MS = 86_400_000
const MAXIMUM_DURATION_MS = 1827 * DAY_MS

/** The time after a request; undefined when it says nothing of it. `context` is the zone of the request's header. */
export function resolveTime(
  changes: TimeChanges,
  given: { before?: ItemTime | undefined; context: Zone },
): ItemTime | undefined {
  const { before, context } = given
  if (Object.keys(changes).length === 0) return undefined
  const startZone = changes.startZone ?? zoneOf(before?.start) ?? context
  const endZone = changes.endZone ?? changes.startZone ?? zoneOf(before?.end) ?? context
  const startMs = momentOf(changes.start, changes.startZone ?? context) ?? midnightAware(before, "start")
  const endMs = momentOf(changes.end, changes.endZone ?? changes.startZone ?? context) ?? midnightAware(before, "end")
  if (startMs === undefined || endMs === undefined)
    throw new EwsError("ErrorRequiredPropertyMissing", "A required property is missing.")
  if (endMs < startMs)
    throw new EwsError("ErrorCalendarEndDateIsEarlierThanStartDate", "EndDate is earlier than StartDate")
  if (endMs - startMs > MAXIMUM_DURATION_MS)
    throw new EwsError("ErrorCalendarDurationIsTooLong", "The duration of the calendar item is too long.")
  if (changes.allDay ?? before?.allDay ?? false) return wholeDays(startMs, endMs, startZone)
  return { allDay: false, start: wallIn(startMs, startZone), end: wallIn(endMs, endZone), startMs, endMs }
}

function zoneOf(wall: Wall | undefined): Zone | undefined {
  return wall && { name: wall.zoneName, zone: wall.zone }
}

/** The instant a time begins or ends at where it lives; a whole day begins at midnight of its own zone. */
export function momentAt(time: ItemTime, which: "start" | "end"): number {
  if (!time.allDay) return which === "start" ? time.startMs : time.endMs
  return instantOf(time[which].wall, time[which].zone)
}

function midnightAware(before: ItemTime | undefined, which: "start" | "end"): number | undefined {
  return before && momentAt(before, which)
}

/** With Z or an offset it is taken literally, without one it counts in the zone. */
export function momentOf(text: string | undefined, zone: Zone): number | undefined {
  if (text === undefined) return undefined
  try {
    if (/(Z|[+-]\d\d:\d\d)$/.test(text)) return Temporal.Instant.from(text).epochMilliseconds
    return instantOf(text, zone.zone)
  } catch {
    throw new EwsError("ErrorInvalidValueForProperty", "The specified value is not valid for the property.")
  }
}

function wallIn(ms: number, { name, zone }: Zone): Wall {
  return { wall: wallOf(ms, zone).toString({ smallestUnit: "second" }), zone, zoneName: name }
}

/** Rounded outwards to midnights of the zone. */
function wholeDays(startMs: number, endMs: number, zone: Zone): ItemTime {
  const first = wallOf(startMs, zone.zone).toPlainDate()
  const endWall = wallOf(endMs, zone.zone)
  const rounded = endWall.toPlainTime().equals("00:00") ? endWall.toPlainDate() : endWall.toPlainDate().add({ days: 1 })
  const end = Temporal.PlainDate.compare(rounded, first) > 0 ? rounded : first.add({ days: 1 })
  const midnight = (date: Temporal.PlainDate) => ({ wall: `${date}T00:00:00`, zone: zone.zone, zoneName: zone.name })
  return {
    allDay: true,
    start: midnight(first),
    end: midnight(end),
    startMs: instantOf(`${first}T00:00:00`, "UTC"),
    endMs: instantOf(`${end}T00:00:00`, "UTC"),
  }
}

/** An instant as answers write it: in the request's zone with its offset, or in UTC with Z. */
export function dateTime(ms: number, { zone }: Zone): string {
  const instant = Temporal.Instant.fromEpochMilliseconds(ms)
  if (zone === "UTC") return instant.toString({ smallestUnit: "second" })
  return instant.toString({ smallestUnit: "second", timeZone: zone })
}
