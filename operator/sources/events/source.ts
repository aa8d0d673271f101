import type { EventsSettings, Identity, Source, SourceCalendar, SourceReading } from "../../core/ports.ts"
import { calendarContent, identityNamed } from "../source-calendar.ts"

/** CalendarEvent objects as a source: each is in the calendars of the identities it names. Nothing is fetched. */
export function openEventsSource(settings: EventsSettings): Source {
  const identities = namedIdentities(settings)
  let read = new Map<string, SourceCalendar>()
  return {
    read({ identities: asked }): Promise<SourceReading> {
      const before = read
      read = new Map([...identities.keys(), ...asked].map(id => [id, before.get(id) ?? calendarOf(id, settings)]))
      return Promise.resolve({
        revision: settings.revision,
        identities: [...identities.values()],
        calendars: read,
        failed: [],
        unchanged: before.size === read.size && [...read.keys()].every(id => before.has(id)),
      })
    },
    close: () => Promise.resolve(),
  }
}

function namedIdentities({ events }: EventsSettings): ReadonlyMap<string, Identity> {
  return new Map(events.flatMap(event => event.identities.map(id => [id, identityNamed(id)])))
}

/** An identity that no event names has an empty calendar: the objects are all there is. */
function calendarOf(identity: string, settings: EventsSettings): SourceCalendar {
  const mine = settings.events.filter(event => event.identities.includes(identity))
  const events = mine.flatMap(({ event }) => event ?? [])
  const problems = mine.flatMap(({ problem }) => problem ?? [])
  return { identity, ...calendarContent({ events, problems }) }
}
