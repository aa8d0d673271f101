import type { EventTime } from "../core/event.ts"
import type { Component } from "./components.ts"
import type { ContentLine } from "./content-line.ts"
import { type Moment, readDuration, readMoment } from "./moments.ts"
import { UnusableEventError } from "./unusable-event.ts"
import { type Zones, zonedTime } from "./zones.ts"

/**
 * DTSTART with DTEND or DURATION → when an event is.
 *
 * | written                                        | meant                                  |
 * |------------------------------------------------|----------------------------------------|
 * | dates; end the same as the start, or none      | that one day                           |
 * | date with a duration in hours                  | as many days as it touches             |
 * | date with an end at a time                     | up to and with the day of that time    |
 * | local 00:00–00:00 of another day, 00:00–23:59  | all-day, unless marked as not all-day  |
 * | marked all-day, midnight in the calendar's zone | all-day                                |
 * | time without end, or an unreadable end of a date | no length                            |
 * | end before the start                           | unusable, unless a duration says more  |
 */
export type ReadTime = {
  readonly time: EventTime
  /** Where an all-day event was written as local midnights: the zone of those. */
  readonly midnightZone?: string
  /** It was written in a zone that has no name; the moment is right, the clock is UTC's. */
  readonly isNameless?: boolean
}

type TimeParts = {
  readonly start: Moment
  readonly end: Moment | undefined
  readonly duration: Temporal.Duration | undefined
}

/** Nothing that is shown in a calendar is outside; years beyond have no four digits. */
const firstYear = 1
const lastYear = 9999

/** Throws UnusableEventError. */
export function readEventTime(component: Component, zones: Zones): ReadTime {
  const read = readTime(component, zones)
  const years = [read.time.start.year, read.time.end.year]
  if (years.every(year => year >= firstYear && year <= lastYear)) return read
  throw new UnusableEventError("UnreadableTime", "it is outside the years 1 to 9999")
}

function readTime(component: Component, zones: Zones): ReadTime {
  const parts = readParts(component)
  if (parts.start.kind === "date") return { time: allDayTime(parts.start.date, parts) }
  const start = zonedTime(parts.start, zones)
  const time = { allDay: false, start, end: timedEnd(start, parts, zones) } as const
  const isNameless = parts.start.kind === "wall" && zones.resolve(parts.start.tzid)?.kind === "custom"
  return promoteToAllDay(time, { mark: allDayMark(component), floating: floatingZone(zones) }) ?? { time, isNameless }
}

function readParts(component: Component): TimeParts {
  const start = find(component, "DTSTART")
  const end = find(component, "DTEND")
  const duration = find(component, "DURATION")
  const startMoment = start && readMoment(start)
  if (startMoment === undefined) throw new UnusableEventError("UnreadableTime", "it has no readable DTSTART")
  const parts = {
    start: startMoment,
    end: end && readMoment(end),
    duration: duration && readDuration(duration.value),
  }
  const isUnreadable = parts.end === undefined && parts.duration === undefined && (end ?? duration) !== undefined
  if (isUnreadable && (end ?? duration)?.value.trim() !== "") {
    throw new UnusableEventError("UnreadableTime", "neither its DTEND nor its DURATION can be read")
  }
  return parts
}

function find(component: Component, name: string): ContentLine | undefined {
  return component.properties.find(line => line.name === name)
}

function floatingZone(zones: Zones): string | undefined {
  return zones.floating?.kind === "named" ? zones.floating.id : undefined
}

function allDayTime(start: Temporal.PlainDate, parts: TimeParts): EventTime {
  const written = parts.end && exclusiveEnd(parts.end)
  const isBackwards = written !== undefined && Temporal.PlainDate.compare(written, start) < 0
  const end = written === undefined || isBackwards ? endAfter(start, parts.duration) : written
  if (isBackwards && parts.duration === undefined) throw endsBeforeStart()
  return { allDay: true, start, end: end.equals(start) ? start.add({ days: 1 }) : end }
}

function exclusiveEnd(end: Moment): Temporal.PlainDate {
  switch (end.kind) {
    case "date":
      return end.date
    case "wall":
      return afterTime(end.wall)
    case "utc":
      return afterTime(end.instant.toZonedDateTimeISO("UTC").toPlainDateTime())
    default:
      return end satisfies never
  }
}

function afterTime(wall: Temporal.PlainDateTime): Temporal.PlainDate {
  return isMidnight(wall) ? wall.toPlainDate() : wall.toPlainDate().add({ days: 1 })
}

function endAfter(start: Temporal.PlainDate, duration: Temporal.Duration | undefined): Temporal.PlainDate {
  if (duration === undefined) return start.add({ days: 1 })
  if (duration.sign < 0) throw endsBeforeStart()
  return afterTime(start.toPlainDateTime().add(duration))
}

function timedEnd(start: Temporal.ZonedDateTime, { end, duration }: TimeParts, zones: Zones): Temporal.ZonedDateTime {
  const written = end && timedEndMoment(start, end, zones)
  if (written !== undefined && isInOrder(start, written)) return written
  if (duration !== undefined && duration.sign >= 0) return start.add(duration)
  if (written === undefined && duration === undefined) return start
  throw endsBeforeStart()
}

/** An end without a zone is on the start's clock; so is the midnight that an end date means. */
function timedEndMoment(start: Temporal.ZonedDateTime, end: Moment, zones: Zones): Temporal.ZonedDateTime {
  const moment = end.kind === "date" ? ({ kind: "wall", wall: end.date.toPlainDateTime() } as const) : end
  return zonedTime(moment, zones, start.timeZoneId).withTimeZone(start.timeZoneId)
}

function isInOrder(start: Temporal.ZonedDateTime, end: Temporal.ZonedDateTime): boolean {
  return Temporal.ZonedDateTime.compare(start, end) <= 0
}

function endsBeforeStart(): UnusableEventError {
  return new UnusableEventError("EndsBeforeStart", "it ends before it starts")
}

function isMidnight(time: Temporal.PlainDateTime | Temporal.ZonedDateTime): boolean {
  return time.hour === 0 && time.minute === 0 && time.second === 0
}

type AllDayMark = "yes" | "no" | "unsaid"

function allDayMark(component: Component): AllDayMark {
  const value = (
    find(component, "X-MICROSOFT-CDO-ALLDAYEVENT") ?? find(component, "X-MICROSOFT-MSNCALENDAR-ALLDAYEVENT")
  )?.value
    .trim()
    .toUpperCase()
  return value === "TRUE" ? "yes" : value === "FALSE" ? "no" : "unsaid"
}

type TimedTime = Extract<EventTime, { allDay: false }>
type PromotionContext = { readonly mark: AllDayMark; readonly floating: string | undefined }

/** Times in UTC say nothing of where their day begins, so they are looked at in the calendar's own zone. */
function promoteToAllDay(time: TimedTime, { mark, floating }: PromotionContext): ReadTime | undefined {
  if (mark === "no") return undefined
  const ownZone = time.start.timeZoneId
  const isUtc = ownZone === "UTC"
  const zones = isUtc
    ? [floating, ...(mark === "yes" ? [ownZone] : [])]
    : [ownZone, ...(mark === "yes" ? [floating] : [])]
  for (const zone of zones) {
    const days = zone === undefined ? undefined : wholeDays(time, zone, mark)
    if (days !== undefined && zone !== undefined) return { time: days, midnightZone: zone }
  }
  return undefined
}

function wholeDays(time: TimedTime, zone: string, mark: AllDayMark): EventTime | undefined {
  const start = time.start.withTimeZone(zone)
  if (!isMidnight(start)) return undefined
  const end = time.end.withTimeZone(zone)
  const lastMinute = end.hour === 23 && end.minute === 59
  const endDate = lastMinute ? end.toPlainDate().add({ days: 1 }) : isMidnight(end) ? end.toPlainDate() : undefined
  if (endDate === undefined) return undefined
  const startDate = start.toPlainDate()
  if (!endDate.equals(startDate)) return { allDay: true, start: startDate, end: endDate }
  return mark === "yes" ? { allDay: true, start: startDate, end: startDate.add({ days: 1 }) } : undefined
}
