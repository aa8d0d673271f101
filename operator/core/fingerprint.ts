import type { CalendarEvent, EventContent, EventTime, Recurrence } from "./event.ts"
import { shortHash } from "./origin.ts"
import { normalRecurrence } from "./recurrence-normal.ts"

/** 132 bits: never the same by chance for two contents of one calendar. */
const fingerprintLength = 22

/**
 * A short stable hash of what an event says and when it is; equal exactly when two events mean the same. Its key and its
 * `type` are no part of it, nor the order of lists without order, nor the zone a single event was written in.
 */
export function fingerprint(event: CalendarEvent): string {
  const recurrence = event.recurrence && normalRecurrence(event.recurrence, event.time)
  const content = [...contentParts(event, recurrence !== undefined), recurrence ? recurrenceParts(recurrence) : []]
  return shortHash([JSON.stringify(content)], fingerprintLength)
}

function contentParts(content: EventContent, zoneMatters: boolean): readonly unknown[] {
  return [
    content.subject,
    timeParts(content.time, zoneMatters),
    content.location ?? null,
    content.body ? [content.body.contentType, content.body.content] : null,
    content.url ?? null,
    content.people ?? [],
    content.showAs ?? null,
    content.sensitivity ?? null,
    content.importance ?? null,
    [...new Set(content.categories ?? [])].sort(),
    content.reminder ?? null,
  ]
}

/** Two wall clocks that show the same moment are the same time, unless a series goes on along one of them. */
function timeParts(time: EventTime, zoneMatters: boolean): readonly unknown[] {
  if (time.allDay) return [time.start.toString(), time.end.toString()]
  const zone = zoneMatters ? time.start.timeZoneId : ""
  return [time.start.epochMilliseconds, time.end.epochMilliseconds, zone]
}

function recurrenceParts(recurrence: Recurrence): readonly unknown[] {
  return [
    recurrence.rules.map(rule => stable(rule)).sort(),
    recurrence.extraTimes.map(time => JSON.stringify(timeParts(time, false))).sort(),
    [...new Set(recurrence.excluded)].sort(),
    recurrence.overrides
      .map(({ occurrence, content }) => JSON.stringify([occurrence, contentParts(content, false)]))
      .sort(),
  ]
}

/** JSON with the members of objects in order, so that data made in different ways reads the same. */
function stable(value: object): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
