import { type Mark, markProperty, parseMark } from "../../operator/core/origin.ts"
import type { Window } from "../../operator/core/ports.ts"
import type { Admin, SeenEvent } from "../simulators/exchange/admin.ts"

/** Which calendar of which mailbox; the mailbox's own where no name is given. */
export type Place = { readonly mailbox: string; readonly calendar?: string | undefined }

/** The mark on an item, read from the store itself. */
export function markOf({ properties }: Pick<SeenEvent, "properties">): Mark | undefined {
  const name = Object.keys(properties).find(id => id.toLowerCase().endsWith(` name ${markProperty.name}`))
  const text = name === undefined ? undefined : properties[name]
  return typeof text === "string" ? parseMark(text) : undefined
}

/** The marks in a calendar, whosever they are. */
export function marksIn(admin: Admin, { mailbox, calendar }: Place): readonly Mark[] {
  if (calendar !== undefined && !admin.calendars(mailbox).includes(calendar)) return []
  return admin.events(mailbox, calendar).flatMap(event => markOf(event) ?? [])
}

/** Everything an owner's copies show in the window, occurrence by occurrence, in the order of time. */
export function shownIn(
  admin: Admin,
  { mailbox, calendar, owner, window }: Place & { readonly owner: string; readonly window: Window },
): readonly string[] {
  const named = calendar === undefined ? {} : { calendar }
  if (calendar !== undefined && !admin.calendars(mailbox).includes(calendar)) return []
  const copies = new Map(admin.events(mailbox, calendar).flatMap(event => markedPair(event, owner)))
  const view = admin.view(mailbox, { start: window.start.toString(), end: window.end.toString(), ...named })
  return view
    .flatMap(entry => {
      const mark = copies.get(masterOf(entry))
      return mark ? [`${mark.key} ${mark.occurrence ?? "-"} ${look(entry)}`] : []
    })
    .toSorted()
}

/** Items with the owner's mark that show something in the window: item, recurrence, and how often it is there. */
export function itemsIn(
  admin: Admin,
  place: Place & { readonly owner: string; readonly window: Window },
): readonly string[] {
  const { mailbox, calendar, owner, window } = place
  if (calendar !== undefined && !admin.calendars(mailbox).includes(calendar)) return []
  const named = calendar === undefined ? {} : { calendar }
  const view = admin.view(mailbox, { start: window.start.toString(), end: window.end.toString(), ...named })
  const shown = new Set(view.map(masterOf))
  return admin
    .events(mailbox, calendar)
    .filter(event => shown.has(event.id))
    .flatMap(event => {
      const mark = markOf(event)
      if (mark?.owner !== owner) return []
      return [`${mark.key} ${mark.occurrence ?? "-"} ${recurrenceOf(event)}`]
    })
    .toSorted()
}

/** Days have no zone: through Graph they are written in UTC, through EWS in the zone of their mailbox. */
function recurrenceOf(event: SeenEvent): string {
  const isSaid = (name: string) => !(event["isAllDay"] === true && name === "recurrenceTimeZone")
  return JSON.stringify(event["recurrence"], (name, value) => (isSaid(name) ? value : undefined))
}

function markedPair(event: SeenEvent, owner: string): readonly (readonly [string, Mark])[] {
  const mark = markOf(event)
  return mark?.owner === owner ? [[event.id, mark]] : []
}

function masterOf(entry: SeenEvent): string {
  const master = entry["seriesMasterId"]
  return typeof master === "string" ? master : entry.id
}

const visible = [
  "start",
  "end",
  "isAllDay",
  "subject",
  "body",
  "showAs",
  "sensitivity",
  "importance",
  "categories",
  "isReminderOn",
  "reminderMinutesBeforeStart",
  "location",
  "attendees",
]

function look(event: SeenEvent): string {
  return JSON.stringify(visible.map(field => event[field]))
}

/** What may not change of an item somebody else put there. */
export function contentOf({ properties, ...event }: SeenEvent): string {
  const { changeKey: _key, lastModifiedDateTime: _modified, "@odata.etag": _etag, ...content } = event
  return JSON.stringify(content)
}
