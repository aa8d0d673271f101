import type { CalendarEvent, EventTime, RecurrenceRule } from "../../operator/core/event.ts"

export const zone = "Europe/Copenhagen"

/** A timed event of a school: `lesson({ start: "2026-12-01T08:00" })`, an hour long unless said otherwise. */
export function lesson({
  start = "2026-12-01T08:00",
  minutes = 60,
  ...rest
}: Partial<CalendarEvent> & { readonly start?: string; readonly minutes?: number } = {}): CalendarEvent {
  return { key: "lesson-1", subject: "Mathematics", time: timed(start, minutes), ...rest }
}

/** A whole day, or several. */
export function holiday({
  date = "2026-12-24",
  days = 1,
  ...rest
}: Partial<CalendarEvent> & { readonly date?: string; readonly days?: number } = {}): CalendarEvent {
  const start = Temporal.PlainDate.from(date)
  return { key: "holiday-1", subject: "Closed", time: { allDay: true, start, end: start.add({ days }) }, ...rest }
}

/** A lesson every week on its day. */
export function weekly(event: CalendarEvent = lesson(), rule: Partial<RecurrenceRule> = {}): CalendarEvent {
  const rules = [{ frequency: "WEEKLY", interval: 1, weekStart: "MO", count: 5, ...rule } as const]
  return { ...event, recurrence: { rules, extraTimes: [], excluded: [], overrides: [] } }
}

export function timed(start: string, minutes = 60): EventTime {
  const from = Temporal.PlainDateTime.from(start).toZonedDateTime(zone)
  return { allDay: false, start: from, end: from.add({ minutes }) }
}

export function at(text: string): Temporal.Instant {
  return Temporal.PlainDateTime.from(text).toZonedDateTime(zone).toInstant()
}
