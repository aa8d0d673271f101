import { previewOf, renderedBody } from "../store/body.ts"
import { sevenDigits, timestamp } from "../store/clock.ts"
import { changeKey, folderId, globalObjectId, isMadeHere, itemId } from "../store/ids.ts"
import type { Content, Entry, Wall } from "../store/item.ts"
import type { Json } from "../store/json.ts"
import type { Mailbox } from "../store/mailbox.ts"
import type { Recurrence } from "../store/recurrence.ts"
import type { Switches } from "../store/switches.ts"
import { wallOf } from "../store/time-zones.ts"
import type { Call } from "./call.ts"
import { canonicalPropertyId } from "./named-property.ts"
import type { Preferences } from "./preferences.ts"

/** An event as Graph writes it. Every property is a function, so that only what was selected costs anything. */

export type Rendering = {
  readonly mailbox: Mailbox
  readonly preferences: Preferences
  /** False hides bodies and extended properties. */
  readonly seesContent: boolean
  /** How a UID that Exchange did not make is shown; wrapped when absent. */
  readonly foreignUids?: Switches["foreignUidsInGraph"]
}

export function renderingFor(call: Call, mailbox: Mailbox): Rendering {
  const { preferences, seesContent, store } = call
  return { mailbox, preferences, seesContent, foreignUids: store.switches.foreignUidsInGraph }
}

const hidden = new Set(["body", "bodyPreview"])

type Renderer = (entry: Entry, rendering: Rendering) => unknown

/** In the order of a real answer. */
const renderers: Readonly<Record<string, Renderer>> = {
  createdDateTime: entry => timestamp(entry.createdMs),
  lastModifiedDateTime: entry => timestamp(entry.modifiedMs),
  changeKey: entry => changeKey(entry.version),
  categories: entry => entry.content.categories,
  transactionId: entry => entry.item.transactionId,
  originalStartTimeZone: entry => entry.item.originalStartZone,
  originalEndTimeZone: entry => entry.item.originalEndZone,
  iCalUId: ({ item, date }, { foreignUids }) =>
    foreignUids === "asGiven" && date === undefined && !isMadeHere(item.uid)
      ? item.uid
      : globalObjectId(item.uid, date),
  reminderMinutesBeforeStart: entry => entry.content.reminderMinutes,
  isReminderOn: entry => entry.content.reminderOn,
  hasAttachments: () => false,
  subject: entry => entry.content.subject,
  bodyPreview: entry => previewOf(entry.content.body),
  importance: entry => entry.content.importance,
  sensitivity: entry => entry.content.sensitivity,
  isAllDay: entry => entry.content.time.allDay,
  isCancelled: entry => entry.item.cancelledByOrganizer ?? false,
  isOrganizer: (entry, { mailbox }) => organizerOf(entry, mailbox).address === mailbox.address,
  responseRequested: entry => entry.content.responseRequested,
  seriesMasterId: (entry, rendering) => (entry.date ? idOf(masterOf(entry), rendering) : null),
  showAs: entry => entry.content.showAs,
  type: entry => entry.type,
  webLink: (entry, rendering) =>
    `https://outlook.office365.com/owa/?itemid=${encodeURIComponent(idOf(entry, rendering))}&exvsurl=1&path=/calendar/item`,
  onlineMeetingUrl: () => null,
  isOnlineMeeting: entry => entry.content.isOnlineMeeting,
  onlineMeetingProvider: entry => entry.content.onlineMeetingProvider,
  allowNewTimeProposals: entry => entry.content.allowNewTimeProposals,
  isDraft: entry => entry.content.isDraft,
  hideAttendees: entry => entry.content.hideAttendees,
  responseStatus: (entry, { mailbox }) => ({
    response: organizerOf(entry, mailbox).address === mailbox.address ? "organizer" : "notResponded",
    time: "0001-01-01T00:00:00Z",
  }),
  body: (entry, { preferences }) => renderedBody(entry.content.body, preferences.bodies),
  start: (entry, { preferences }) => moment(entry, "start", preferences),
  end: (entry, { preferences }) => moment(entry, "end", preferences),
  location: entry =>
    locationsOf(entry.content)[0] ?? { displayName: "", locationType: "default", uniqueIdType: "unknown" },
  locations: entry => locationsOf(entry.content),
  recurrence: entry =>
    entry.type === "seriesMaster" && entry.item.series ? recurrence(entry.item.series.recurrence) : null,
  attendees: entry => entry.content.attendees.map(attendee),
  organizer: (entry, { mailbox }) => ({ emailAddress: organizerOf(entry, mailbox) }),
  onlineMeeting: () => null,
}

/** Given only when `$select` names them. */
const onlySelected: Readonly<Record<string, Renderer>> = {
  originalStart: (entry, { preferences }) => originalStart(entry, preferences),
  cancelledOccurrences: (entry, rendering) =>
    entry.type === "seriesMaster" ? cancelledOccurrences(entry, rendering) : [],
}

/** Navigations may be selected, but only an expansion brings them. */
const navigations = [
  "attachments",
  "calendar",
  "exceptionOccurrences",
  "extensions",
  "instances",
  "singleValueExtendedProperties",
  "multiValueExtendedProperties",
]

export function isEventProperty(name: string): boolean {
  return name === "id" || name in renderers || name in onlySelected || navigations.includes(name)
}

const allNames = Object.keys(renderers)

/**
 * id and etag are always there. `select` absent means everything that is given without asking; `event` may bring the
 * annotations that stand first.
 */
export function renderEvent(entry: Entry, rendering: Rendering, select?: readonly string[], event: Json = {}): Json {
  event["@odata.etag"] = etagOf(entry)
  event["id"] = idOf(entry, rendering)
  for (const name of select ?? allNames) {
    if (!rendering.seesContent && hidden.has(name)) continue
    const render = renderers[name] ?? onlySelected[name]
    const value = render?.(entry, rendering)
    if (value !== undefined) event[name] = value
  }
  return event
}

export function etagOf(entry: { readonly version: number }): string {
  return `W/"${changeKey(entry.version)}"`
}

export function idOf(entry: Pick<Entry, "item" | "date">, { mailbox, preferences }: Rendering): string {
  const { number, folder } = entry.item
  const ref = { mailbox: mailbox.id, number, folder, ...(entry.date ? { date: entry.date } : {}) }
  return itemId(ref, preferences.ids)
}

function masterOf(entry: Entry): Pick<Entry, "item" | "date"> {
  return { item: entry.item }
}

/** The sparse form occurrences have in change listings, and everything has in `events/delta`. */
export function renderSparse(entry: Entry, rendering: Rendering): Json {
  const names = entry.date ? ["seriesMasterId", "type", "start", "end"] : ["type", "start", "end"]
  return renderEvent(entry, rendering, names)
}

function organizerOf(entry: Entry, mailbox: Mailbox): { readonly name: string; readonly address: string } {
  return entry.item.organizer ?? { name: mailbox.displayName, address: mailbox.address }
}

/** All-day events are midnight in whatever zone is asked; others are converted. */
function moment(entry: Entry, which: "start" | "end", { zone, zoneName }: Preferences): Json {
  const { time } = entry.content
  if (time.allDay) return { dateTime: padded(time[which]), timeZone: zoneName }
  const ms = which === "start" ? time.startMs : time.endMs
  if (zone.zone === "UTC") return { dateTime: sevenDigits(ms), timeZone: zoneName }
  return { dateTime: wallOf(ms, zone.zone).toString({ fractionalSecondDigits: 7 }), timeZone: zoneName }
}

function padded({ wall }: Wall): string {
  return `${wall.slice(0, "yyyy-MM-ddTHH:mm:ss".length)}.0000000`
}

/** `Z` by default; with a preferred zone it carries that zone's offset. */
function originalStart(entry: Entry, { zone }: Preferences): string | undefined {
  if (entry.originalStartMs === undefined) return undefined
  const instant = Temporal.Instant.fromEpochMilliseconds(entry.originalStartMs)
  return instant.toString(zone.zone === "UTC" ? {} : { timeZone: zone.zone })
}

function cancelledOccurrences(entry: Entry, rendering: Rendering): readonly string[] {
  const master = idOf(entry, rendering)
  return [...(entry.item.series?.cancelled.keys() ?? [])].sort().map(date => `OID.${master}.${date}`)
}

function locationsOf(content: Content): readonly Json[] {
  return content.locations.map(({ displayName, ...rest }) => ({
    displayName: displayName ?? "",
    locationType: "default",
    uniqueId: displayName ?? "",
    uniqueIdType: "private",
    ...rest,
  }))
}

function attendee(given: Content["attendees"][number]): Json {
  return {
    type: given.type,
    status: { response: given.response, time: "0001-01-01T00:00:00Z" },
    emailAddress: { name: given.name, address: given.address },
  }
}

/** Every field is echoed, with its default where the type has no use for it. */
function recurrence({ pattern, range }: Recurrence): Json {
  const days = pattern.daysOfWeek.length > 0 ? { daysOfWeek: pattern.daysOfWeek } : {}
  return {
    pattern: {
      type: pattern.type,
      interval: pattern.interval,
      month: pattern.month,
      dayOfMonth: pattern.dayOfMonth,
      ...days,
      firstDayOfWeek: pattern.firstDayOfWeek,
      index: pattern.index,
    },
    range: {
      type: range.type,
      startDate: range.startDate,
      endDate: range.type === "endDate" ? range.endDate : "0001-01-01",
      recurrenceTimeZone: range.zoneName,
      numberOfOccurrences: range.type === "numbered" ? range.count : 0,
    },
  }
}

/** The extended properties an expansion asked for; nothing when the item has none of them. */
export function renderNamed(
  entry: Entry,
  ids: ReadonlySet<string>,
): { readonly single: Json[]; readonly multi: Json[] } {
  const single: Json[] = []
  const multi: Json[] = []
  for (const [id, value] of entry.content.named) {
    if (!ids.has(canonicalPropertyId(id)) || value === "") continue
    if (typeof value === "string") single.push({ id, value })
    else multi.push({ id, value })
  }
  return { single, multi }
}

export function renderCalendar(
  mailbox: Mailbox,
  calendar: {
    readonly number: number
    readonly name: string
    readonly color: string
    readonly isDefault: boolean
    readonly version: number
  },
): Json {
  return {
    id: folderId(mailbox.id, calendar.number),
    name: calendar.name,
    color: calendar.color,
    hexColor: "",
    groupClassId: "0006f0b7-0000-0000-c000-000000000046",
    isDefaultCalendar: calendar.isDefault,
    changeKey: changeKey(calendar.version),
    canShare: true,
    canViewPrivateItems: true,
    canEdit: true,
    allowedOnlineMeetingProviders: ["teamsForBusiness"],
    defaultOnlineMeetingProvider: "teamsForBusiness",
    isTallyingResponses: true,
    isRemovable: !calendar.isDefault,
    owner: { name: mailbox.displayName, address: mailbox.address },
  }
}
