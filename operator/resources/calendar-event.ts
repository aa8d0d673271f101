import { NeedsAttentionError } from "../core/errors.ts"
import type { CalendarEvent, EventTime } from "../core/event.ts"
import type { ManifestEvent } from "../core/ports.ts"
import { parseReminderMinutes } from "../core/reminder.ts"
import { describeKind } from "./api-group.ts"
import { readRecurrence } from "./calendar-event-recurrence.ts"
import { readEventTime } from "./calendar-event-time.ts"
import type { CalendarEventSpec, CalendarEventStatus } from "./generated/calendar-event.ts"
import { invalidField } from "./spec-field.ts"

export type { CalendarEventSpec, CalendarEventStatus }

export const calendarEvents = describeKind("CalendarEvent", "calendarevents")

type CalendarEventManifest = { readonly metadata: { readonly name: string }; readonly spec: CalendarEventSpec }

/** The event of a manifest. Its key is the object's name. Throws NeedsAttentionError (InvalidSpec) naming the field. */
export function readCalendarEvent({ metadata, spec }: CalendarEventManifest): CalendarEvent {
  const time = readEventTime(spec)
  const { type, location, url, showAs, sensitivity, categories } = spec
  return {
    key: metadata.name,
    subject: spec.subject,
    time,
    ...(spec.recurrence === undefined ? {} : { recurrence: readRecurrence(spec.recurrence, time) }),
    ...(type === undefined ? {} : { type }),
    ...(location === undefined ? {} : { location }),
    ...(url === undefined ? {} : { url }),
    ...(showAs === undefined ? {} : { showAs }),
    ...(sensitivity === undefined ? {} : { sensitivity }),
    ...(categories === undefined ? {} : { categories }),
    ...(spec.body === undefined ? {} : { body: { contentType: "text", content: spec.body } }),
    ...(spec.reminder === undefined ? {} : { reminder: readReminder(spec.reminder) }),
  }
}

/** The same for a source that reads many: what is wrong with one manifest is data, and costs only itself. */
export function readManifestEvent(manifest: CalendarEventManifest): ManifestEvent {
  const { identities } = manifest.spec
  try {
    return { identities, event: readCalendarEvent(manifest) }
  } catch (error) {
    if (!(error instanceof NeedsAttentionError)) throw error
    return { identities, problem: { key: manifest.metadata.name, reason: error.reason, message: error.message } }
  }
}

/** When it begins, as `status.start` shows it in lists. */
export function startText(time: EventTime): string {
  if (time.allDay) return time.start.toString()
  const wallClock = time.start.toPlainDateTime().toString({ smallestUnit: "minute" }).replace("T", " ")
  return `${wallClock} ${time.start.timeZoneId}`
}

function readReminder(text: string): number | "None" {
  if (text === "None") return "None"
  try {
    return parseReminderMinutes(text)
  } catch (cause) {
    throw invalidField("spec.reminder", "must be None or a time of at most 14d before the start, such as 15m", cause)
  }
}
