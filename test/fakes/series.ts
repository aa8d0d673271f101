import type { CalendarEvent, EventContent, EventTime, OccurrenceKey, Recurrence } from "../../operator/core/event.ts"
import type { Window } from "../../operator/core/ports.ts"
import { parseRule } from "../../operator/core/recurrence-rule.ts"

/** A recurring event in as few words as the test needs. */
export type SeriesWords = {
  /** `2026-03-02T08:00[Europe/Copenhagen]`, or a date for an all-day series. */
  readonly start: string
  /** Minutes, or days for an all-day series. */
  readonly length?: number
  /** RRULE values. */
  readonly rules?: readonly string[]
  /** Starts of further occurrences, in the form of `start`. */
  readonly extra?: readonly string[]
  readonly excluded?: readonly OccurrenceKey[]
  /** Occurrence key → where it was moved, in the form of `start`. */
  readonly moved?: Readonly<Record<OccurrenceKey, string>>
}

export function series({ start, length, rules = [], extra = [], excluded = [], moved = {} }: SeriesWords) {
  const time = eventTime(start, length)
  const context = { allDay: time.allDay, zone: time.allDay ? "UTC" : time.start.timeZoneId }
  const recurrence: Recurrence = {
    rules: rules.map(rule => parseRule(rule, context)),
    extraTimes: extra.map(text => eventTime(text, length)),
    excluded,
    overrides: Object.entries(moved).map(([occurrence, to]) => ({
      occurrence,
      content: content(eventTime(to, length)),
    })),
  }
  return { key: "maths", ...content(time), recurrence } satisfies CalendarEvent
}

export function eventTime(start: string, length = start.includes("T") ? 45 : 1): EventTime {
  if (!start.includes("T")) {
    const date = Temporal.PlainDate.from(start)
    return { allDay: true, start: date, end: date.add({ days: length }) }
  }
  const moment = Temporal.ZonedDateTime.from(start)
  return { allDay: false, start: moment, end: moment.add({ minutes: length }) }
}

function content(time: EventTime): EventContent {
  return { subject: "Maths", time }
}

/** Midnight to midnight UTC, the last day not included. */
export function days(start: string, end: string): Window {
  return { start: Temporal.Instant.from(`${start}T00:00Z`), end: Temporal.Instant.from(`${end}T00:00Z`) }
}
