import type { ItemTime, Wall } from "../store/item.ts"
import { type Json, jsonAt, textAt } from "../store/json.ts"
import { findZone, instantOf, wallOf } from "../store/time-zones.ts"
import { flag } from "./fields.ts"
import { GraphError, unknownZone, validationFailure } from "./graph-error.ts"

/** When an event is: local times with their zones, or, for a whole day, midnights in one zone. */

const DAY_MS = 86_400_000
/** Exchange refuses items that last longer than five years. */
const MAXIMUM_DURATION_MS = 1827 * DAY_MS

/** Start, end and isAllDay of a body over what was there before; undefined when it names none of them. */
export function parseTime(body: Json, before: ItemTime | undefined): ItemTime | undefined {
  if (body["start"] === undefined && body["end"] === undefined && body["isAllDay"] === undefined) return undefined
  const start = parseWall(body, "start") ?? before?.start
  const end = parseWall(body, "end") ?? before?.end
  if (!start || !end) throw new GraphError(400, "ErrorRequiredPropertyMissing", "Required property is missing.")
  const allDay = flag(body, "isAllDay") ?? before?.allDay ?? false
  return allDay ? allDayTime(start, end) : timedTime(start, end)
}

function timedTime(start: Wall, end: Wall): ItemTime {
  const startMs = instantOf(start.wall, start.zone)
  const endMs = instantOf(end.wall, end.zone)
  if (endMs < startMs) throw validationFailure("Event.End must not lie before Event.Start.")
  if (endMs - startMs > MAXIMUM_DURATION_MS)
    throw new GraphError(400, "ErrorCalendarDurationIsTooLong", "The event lasts longer than five years.")
  return { allDay: false, start, end, startMs, endMs }
}

function allDayTime(start: Wall, end: Wall): ItemTime {
  for (const [name, wall] of [
    ["Start", start],
    ["End", end],
  ] as const)
    if (!wall.wall.endsWith("T00:00:00"))
      throw validationFailure(`The Event.${name} property for an all-day event needs to be set to midnight.`)
  if (start.zone !== end.zone)
    throw validationFailure("The Event.Start and Event.End properties of an all-day event must have one time zone.")
  const startMs = instantOf(start.wall, "UTC")
  const endMs = instantOf(end.wall, "UTC")
  if (endMs - startMs < DAY_MS)
    throw validationFailure("The duration of an event marked as All day must be at least 24 hours.")
  return { allDay: true, start, end, startMs, endMs }
}

const DATE_TIME = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,7}))?)?)?(Z|[+-]\d\d:\d\d)?$/

function parseWall(body: Json, name: "start" | "end"): Wall | undefined {
  if (body[name] === undefined) return undefined
  const json = jsonAt(body, name)
  const dateTime = textAt(json, "dateTime")
  if (!json || dateTime === undefined) throw validationFailure(`Event.${titled(name)} is not valid.`)
  const zoneName = textAt(json, "timeZone") ?? ""
  const zone = findZone(zoneName)
  if (!zone) throw unknownZone(zoneName)
  const form = DATE_TIME.exec(dateTime)
  const wall = form ? wallFrom(form, zone.zone) : undefined
  if (wall === undefined)
    throw new GraphError(400, "RequestBodyRead", `Cannot convert the literal '${dateTime}' to a date and time.`)
  return { wall, zone: zone.zone, zoneName: zone.name }
}

function wallFrom(form: RegExpExecArray, zone: string): string | undefined {
  const fraction = (form[4] ?? "").slice(0, 3).padEnd(3, "0")
  const plain = `${form[1]}T${form[2] ?? "00:00"}:${form[3] ?? "00"}${fraction === "000" ? "" : `.${fraction}`}`
  try {
    if (form[5] === undefined) return Temporal.PlainDateTime.from(plain, { overflow: "reject" }).toString(seconds)
    return wallOf(Temporal.Instant.from(plain + form[5]).epochMilliseconds, zone).toString(seconds)
  } catch {
    return undefined
  }
}

const seconds = { smallestUnit: "second" } as const

function titled(name: string): string {
  return name === "start" ? "Start" : "End"
}

export function startDateOf(time: ItemTime): string {
  return time.start.wall.slice(0, "yyyy-MM-dd".length)
}
