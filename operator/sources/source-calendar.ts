import { createHash } from "node:crypto"
import type { CalendarEvent } from "../core/event.ts"
import type { EventProblem, Identity, SourceCalendar } from "../core/ports.ts"
import { normalAddress } from "../core/scope.ts"
import { PackedEvents } from "./packed-events.ts"

/** What every source gives back for an identity, whatever it read it from. */

export type ReadEvents = { readonly events: readonly CalendarEvent[]; readonly problems: readonly EventProblem[] }

/** A calendar before it is known whose it is. */
export type CalendarContent = Omit<SourceCalendar, "identity">

/** A calendar of which nothing at all could be used vouches for nothing. */
export function calendarContent({ events, problems }: ReadEvents): CalendarContent {
  const complete = events.length > 0 || problems.length === 0
  return { fingerprint: eventsFingerprint({ events, problems }), events: new PackedEvents(events), complete, problems }
}

/** `kind/name`, or a plain name. A name that is an e-mail address is one. */
export function identityNamed(id: string): Identity {
  const slash = id.indexOf("/")
  const name = slash <= 0 ? id : id.slice(slash + 1)
  const address = normalAddress(name)
  return {
    id,
    ...(slash <= 0 ? {} : { kind: id.slice(0, slash) }),
    name,
    ...(address === undefined ? {} : { address }),
  }
}

/**
 * Changes when what the events say does: an event holds no time stamps, so a feed that stamps everything anew is the
 * same. Neither the order of the events nor that of categories counts.
 */
function eventsFingerprint({ events, problems }: ReadEvents): string {
  const hash = createHash("sha256")
  for (const text of events.map(eventText).sort()) hash.update(text).update("\n")
  for (const text of problems.map(problemText).sort()) hash.update(text).update("\n")
  return hash.digest("base64url").slice(0, 22)
}

function problemText({ key, reason, otherKeys = [] }: EventProblem): string {
  return [key, reason, ...otherKeys].join("\0")
}

/** Temporal writes itself as text that is equal exactly when the times are. */
function eventText(event: CalendarEvent): string {
  return JSON.stringify(event.categories === undefined ? event : { ...event, categories: event.categories.toSorted() })
}
