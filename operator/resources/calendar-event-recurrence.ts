import type { EventTime, Recurrence, RecurrenceRule } from "../core/event.ts"
import { RecurrenceTooComplexError, UnreadableRuleError } from "../core/recurrence-errors.ts"
import { parseRule } from "../core/recurrence-rule.ts"
import { occurrenceTimes } from "../core/recurrence-times.ts"
import { occurrenceKey } from "../core/time.ts"
import { plainDate, plainDateTime } from "./calendar-event-time.ts"
import type { CalendarEventSpec } from "./generated/calendar-event.ts"
import { invalidField } from "./spec-field.ts"

/** When an event with this time happens again. Throws NeedsAttentionError (InvalidSpec) naming the field. */
export function readRecurrence(spec: NonNullable<CalendarEventSpec["recurrence"]>, time: EventTime): Recurrence {
  const timeAt = occurrenceTimes(time)
  const timesOf = (field: string, starts: readonly string[] | undefined) =>
    (starts ?? []).map((start, index) => timeAt(wallStart(`${field}[${index}]`, start, time)))
  return {
    rules: spec.rrule === undefined ? [] : [readRule(spec.rrule, time)],
    extraTimes: timesOf("spec.recurrence.rdates", spec.rdates),
    excluded: timesOf("spec.recurrence.exdates", spec.exdates).map(occurrenceKey),
    overrides: [],
  }
}

function readRule(text: string, time: EventTime): RecurrenceRule {
  try {
    return parseRule(text, { allDay: time.allDay, zone: time.allDay ? "UTC" : time.start.timeZoneId })
  } catch (cause) {
    if (!(cause instanceof UnreadableRuleError || cause instanceof RecurrenceTooComplexError)) throw cause
    throw invalidField("spec.recurrence.rrule", `must be a rule that can be followed: ${cause.message}`, cause)
  }
}

function wallStart(field: string, text: string, { allDay }: EventTime): Temporal.PlainDateTime {
  if (text.includes("T") === allDay) throw invalidField(field, "must have the form of the start")
  return allDay ? plainDate(field, text).toPlainDateTime() : plainDateTime(field, text)
}
