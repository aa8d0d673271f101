import type { EventTime } from "../core/event.ts"
import { parseDuration, resolveWallClock } from "../core/time.ts"
import type { CalendarEventSpec } from "./generated/calendar-event.ts"
import { invalidField, zoneField } from "./spec-field.ts"

type Moment = CalendarEventSpec["start"]

/**
 * When the event is. Without end and duration an all-day event is one day and a timed one has no length, which policies
 * fill. Throws NeedsAttentionError (InvalidSpec) naming the field: for days and zones that do not exist, for instance.
 */
export function readEventTime(spec: CalendarEventSpec): EventTime {
  return spec.start.date === undefined ? readTimes(spec, spec.start) : readDays(spec, spec.start.date)
}

function readDays({ end, duration }: CalendarEventSpec, date: string): EventTime {
  const start = plainDate("spec.start.date", date)
  if (end !== undefined && end.date === undefined) throw invalidField("spec.end", "must be a date, as the start is one")
  const last = end === undefined ? start.add(wholeDays(duration)) : plainDate("spec.end.date", end.date)
  if (Temporal.PlainDate.compare(last, start) <= 0) throw invalidField("spec.end", "must be after the start")
  return { allDay: true, start, end: last }
}

function readTimes(spec: CalendarEventSpec, moment: Exclude<Moment, { readonly date: string }>): EventTime {
  const start = zonedTime("spec.start", moment)
  const end = readEnd(spec, start)
  if (Temporal.ZonedDateTime.compare(end, start) < 0) throw invalidField("spec.end", "must not be before the start")
  return { allDay: false, start, end }
}

function readEnd({ end, duration }: CalendarEventSpec, start: Temporal.ZonedDateTime): Temporal.ZonedDateTime {
  if (end !== undefined) {
    if (end.date !== undefined) throw invalidField("spec.end", "must be a time in a zone, as the start is one")
    return zonedTime("spec.end", end)
  }
  return duration === undefined ? start : start.add(readDuration(duration))
}

function wholeDays(duration: string | undefined): Temporal.Duration {
  const days = readDuration(duration ?? "1d")
  if (days.days === 0) throw invalidField("spec.duration", "must be whole days for an all-day event, such as 2d")
  return days
}

function readDuration(text: string): Temporal.Duration {
  try {
    return parseDuration(text)
  } catch (cause) {
    throw invalidField("spec.duration", "must be a whole number with d, h, m or s, such as 90m", cause)
  }
}

function zonedTime(
  field: string,
  moment: { readonly dateTime: string; readonly timeZone: string },
): Temporal.ZonedDateTime {
  const zone = zoneField(`${field}.timeZone`, moment.timeZone)
  return resolveWallClock(plainDateTime(`${field}.dateTime`, moment.dateTime), zone)
}

/** A wall clock in the form the schema asks for; days and hours that do not exist are refused. */
export function plainDateTime(field: string, text: string): Temporal.PlainDateTime {
  try {
    return Temporal.PlainDateTime.from(text, { overflow: "reject" })
  } catch (cause) {
    throw invalidField(field, "must be a time that exists, such as 2026-12-01T20:00:00", cause)
  }
}

/** A day in the form the schema asks for; days that do not exist are refused. */
export function plainDate(field: string, text: string): Temporal.PlainDate {
  try {
    return Temporal.PlainDate.from(text, { overflow: "reject" })
  } catch (cause) {
    throw invalidField(field, "must be a day that exists, such as 2026-12-24", cause)
  }
}
