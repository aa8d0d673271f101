import { TemporaryError } from "../../core/errors.ts"
import type { EventsSettings, Source } from "../../core/ports.ts"

/** CalendarEvent objects as a source: each is in the calendars of the identities it names. */
export function openEventsSource(settings: EventsSettings): Source {
  return {
    read: () => Promise.reject(new TemporaryError(`${settings.name} is not read yet`, { reason: "Unreachable" })),
    close: () => Promise.resolve(),
  }
}
