import { type DesiredItem, floatingZone, itemId } from "./desired.ts"
import type { CalendarEvent } from "./event.ts"
import { fingerprint } from "./fingerprint.ts"
import type { StoredEvent } from "./ports.ts"
import { hasOccurrenceAfter } from "./recurrence.ts"
import { endInstant } from "./time.ts"

export type Matches = {
  /** By item: the event somebody entered by hand that says the same. */
  readonly found: ReadonlyMap<string, StoredEvent>
  /** Desired items with more than one candidate, or sharing one: never merged. */
  readonly ambiguous: number
}

/**
 * Finds what the first sync should adopt instead of doubling: events without a mark with the same subject, start, end and
 * recurrence. Nothing that was over before `since`, nothing other people are invited to, and nothing in doubt.
 */
export function matchExisting(
  wanted: readonly DesiredItem[],
  foreign: readonly StoredEvent[],
  since: Temporal.Instant,
): Matches {
  const candidates = Map.groupBy(
    foreign.filter(({ event }) => event !== undefined && isAdoptable(event, since)),
    ({ event }) => (event ? matchKey(event) : ""),
  )
  const seekers = Map.groupBy(
    wanted.filter(item => !isOverBefore(item.event, since)),
    item => matchKey(item.event),
  )
  const found = new Map<string, StoredEvent>()
  let ambiguous = 0
  for (const [key, items] of seekers) {
    const events = candidates.get(key) ?? []
    const [item, event] = [items[0], events[0]]
    if (item && event && items.length === 1 && events.length === 1) found.set(itemId(item), event)
    else if (event) ambiguous += items.length
  }
  return { found, ambiguous }
}

/** Whether the event, with all its occurrences, was over before then. One that cannot be followed counts as going on. */
export function isOverBefore(event: CalendarEvent, instant: Temporal.Instant): boolean {
  try {
    if (event.recurrence) return !hasOccurrenceAfter(event, instant, floatingZone)
    return Temporal.Instant.compare(endInstant(event.time, floatingZone), instant) < 0
  } catch {
    return false
  }
}

/** Changing a meeting is the organiser's business and would be told to everybody in it. */
function isAdoptable(event: CalendarEvent, since: Temporal.Instant): boolean {
  return (event.people ?? []).length === 0 && !isOverBefore(event, since)
}

/** Texts of people differ in blanks; nothing else is forgiven. */
function matchKey(event: CalendarEvent): string {
  const bare = { key: "", subject: bareSubject(event.subject), time: event.time }
  if (!event.recurrence) return fingerprint(bare)
  const overrides = event.recurrence.overrides.map(({ occurrence, content }) => ({
    occurrence,
    content: { subject: bareSubject(content.subject), time: content.time },
  }))
  return fingerprint({ ...bare, recurrence: { ...event.recurrence, overrides } })
}

function bareSubject(subject: string): string {
  return subject.normalize("NFC").replaceAll(/\s+/g, " ").trim()
}
