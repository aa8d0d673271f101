import { renderedBody } from "../store/body.ts"
import { changeKey, globalObjectId, isMadeHere } from "../store/ids.ts"
import type { Attendee, Entry, Item } from "../store/item.ts"
import type { Mailbox } from "../store/mailbox.ts"
import { datesOf } from "../store/recurrence.ts"
import { occurrenceOn, timeOn } from "../store/series.ts"
import { dateTime, momentAt } from "./event-times.ts"
import { folderIdOf, itemIdElement } from "./ews-ids.ts"
import { type ExtendedField, extendedProperty, valueUnder } from "./extended-field.ts"
import type { ItemShape } from "./item-shape.ts"
import { computedOfItem } from "./mapi-properties.ts"
import { el, type Markup } from "./markup.ts"
import { mimeContent } from "./mime-content.ts"
import { recurrenceElement } from "./recurrence-xml.ts"
import type { Session } from "./session.ts"

/** An item as `t:CalendarItem`, its children in the order of the schema. */

export type Rendering = {
  readonly session: Session
  readonly mailbox: Mailbox
  readonly shape: ItemShape
  /** Listings give no bodies, attendees or exceptions, and cut texts. */
  readonly listing: boolean
}

type Value = Markup | string | number | boolean | undefined
type Renderer = (entry: Entry, rendering: Rendering) => Value

/** FindItem and SyncFolderItems cut every text here. */
const LISTED_TEXT = 255
const HORIZON = "4500-09-01"

export function calendarItemElement(entry: Entry, rendering: Rendering): Markup {
  const { shape, listing, mailbox } = rendering
  const children = renderers.flatMap(([name, render]) => {
    if (name === "ExtendedProperty") return extendedProperties(entry, rendering)
    if (!shape.wants(name) || (listing && unlisted.has(name))) return []
    const value = render(entry, rendering)
    if (value === undefined) return []
    return [typeof value === "object" ? value : el(`t:${name}`, {}, cut(value, listing))]
  })
  const mime = shape.mime && !listing ? mimeElement(entry, rendering) : undefined
  return el("t:CalendarItem", {}, mime, itemIdElement(mailbox, entry), children)
}

function mimeElement(entry: Entry, { session }: Rendering): Markup {
  const text = Buffer.from(mimeContent(entry, session.store.clock.now()), "utf8")
  return el("t:MimeContent", { CharacterSet: "UTF-8" }, text.toString("base64"))
}

function cut<T>(value: T, listing: boolean): T | string {
  return listing && typeof value === "string" ? value.slice(0, LISTED_TEXT) : value
}

const unlisted = new Set([
  ...["Body", "TextBody", "RequiredAttendees", "OptionalAttendees", "Resources", "Recurrence"],
  ...["FirstOccurrence", "LastOccurrence", "ModifiedOccurrences", "DeletedOccurrences"],
])

function extendedProperties(entry: Entry, { shape, listing }: Rendering): readonly Markup[] {
  return shape.extended.flatMap((field: ExtendedField) => {
    const kept = valueUnder(field.id, entry.content, () => globalObjectId(entry.item.uid, entry.date))
    const value = kept ?? computedOfItem(field.id, entry)
    return value === undefined ? [] : [extendedProperty(field, cut(value, listing))]
  })
}

const showAs = {
  free: "Free",
  tentative: "Tentative",
  busy: "Busy",
  oof: "OOF",
  workingElsewhere: "WorkingElsewhere",
  unknown: "NoData",
} as const
const types = {
  singleInstance: "Single",
  seriesMaster: "RecurringMaster",
  occurrence: "Occurrence",
  exception: "Exception",
} as const

const renderers: readonly (readonly [string, Renderer])[] = [
  ["ParentFolderId", ({ item }, { mailbox }) => folder(mailbox, item.folder)],
  ["ItemClass", ({ date }) => (date === undefined ? "IPM.Appointment" : "IPM.Appointment.Occurrence")],
  ["Subject", ({ content }) => content.subject ?? undefined],
  ["Sensitivity", ({ content }) => titled(content.sensitivity)],
  ["Body", bodyElement],
  ["DateTimeReceived", (entry, { session }) => dateTime(entry.createdMs, session.zone)],
  ["Size", ({ content }) => 1024 + content.body.content.length],
  [
    "Categories",
    ({ content }) =>
      list(
        "t:Categories",
        content.categories.map(name => el("t:String", {}, name)),
      ),
  ],
  ["Importance", ({ content }) => titled(content.importance)],
  ["IsSubmitted", () => false],
  ["IsDraft", () => false],
  ["IsFromMe", () => false],
  ["IsResend", () => false],
  ["IsUnmodified", () => false],
  ["DateTimeSent", (entry, { session }) => dateTime(entry.createdMs, session.zone)],
  ["DateTimeCreated", (entry, { session }) => dateTime(entry.createdMs, session.zone)],
  ["ReminderDueBy", ({ content }, { session }) => dateTime(momentAt(content.time, "start"), session.zone)],
  ["ReminderIsSet", ({ content }) => content.reminderOn],
  ["ReminderMinutesBeforeStart", ({ content }) => content.reminderMinutes],
  ["HasAttachments", () => false],
  ["ExtendedProperty", () => undefined],
  ["Culture", () => "en-US"],
  ["LastModifiedName", (_, { mailbox }) => mailbox.displayName],
  ["LastModifiedTime", (entry, { session }) => dateTime(entry.modifiedMs, session.zone)],
  ["TextBody", ({ content }) => el("t:TextBody", { BodyType: "Text" }, renderedBody(content.body, "text").content)],
  ["UID", ({ item }) => uidOf(item)],
  ["RecurrenceId", originalStart],
  ["DateTimeStamp", (entry, { session }) => dateTime(entry.modifiedMs, session.zone)],
  ["Start", ({ content }, { session }) => dateTime(momentAt(content.time, "start"), session.zone)],
  ["End", ({ content }, { session }) => dateTime(momentAt(content.time, "end"), session.zone)],
  ["OriginalStart", originalStart],
  ["IsAllDayEvent", ({ content }) => content.time.allDay],
  ["LegacyFreeBusyStatus", ({ content }) => showAs[content.showAs]],
  ["Location", ({ content }) => locationOf(content.locations[0])],
  ["IsMeeting", ({ content, item }) => content.attendees.length > 0 || item.organizer !== undefined],
  ["IsCancelled", ({ item }) => item.cancelledByOrganizer ?? false],
  ["IsRecurring", ({ date }) => date !== undefined],
  ["MeetingRequestWasSent", ({ content }) => content.attendees.length > 0],
  ["IsResponseRequested", ({ content }) => content.responseRequested],
  ["CalendarItemType", ({ type }) => types[type]],
  ["MyResponseType", ({ item }) => (item.organizer ? "NoResponseReceived" : "Organizer")],
  ["Organizer", organizerElement],
  ["RequiredAttendees", attendees("RequiredAttendees", "required")],
  ["OptionalAttendees", attendees("OptionalAttendees", "optional")],
  ["Resources", attendees("Resources", "resource")],
  ["Duration", ({ content }) => durationOf(momentAt(content.time, "end") - momentAt(content.time, "start"))],
  ["TimeZone", ({ content }) => content.time.start.zoneName],
  ["AppointmentSequenceNumber", () => 0],
  ["AppointmentState", ({ content }) => (content.attendees.length > 0 ? 1 : 0)],
  [
    "Recurrence",
    ({ item, date }) => (item.series && date === undefined ? recurrenceElement(item.series.recurrence) : undefined),
  ],
  ["FirstOccurrence", (entry, rendering) => edgeOccurrence("FirstOccurrence", entry, rendering)],
  ["LastOccurrence", (entry, rendering) => edgeOccurrence("LastOccurrence", entry, rendering)],
  ["ModifiedOccurrences", modifiedOccurrences],
  ["DeletedOccurrences", deletedOccurrences],
  ["MeetingTimeZone", meetingTimeZone],
  ["StartTimeZone", ({ content }) => zoneElement("t:StartTimeZone", content.time.start.zoneName)],
  ["EndTimeZone", ({ content }) => zoneElement("t:EndTimeZone", content.time.end.zoneName)],
  ["ConferenceType", () => 0],
  ["AllowNewTimeProposal", ({ content }) => content.allowNewTimeProposals],
  ["IsOnlineMeeting", ({ content }) => content.isOnlineMeeting],
  ["StartTimeZoneId", ({ content }) => content.time.start.zoneName],
  ["EndTimeZoneId", ({ content }) => content.time.end.zoneName],
  ["IsOrganizer", ({ item }) => item.organizer === undefined],
]

function folder(mailbox: Mailbox, number: number): Markup {
  return el("t:ParentFolderId", { Id: folderIdOf(mailbox, number), ChangeKey: changeKey(number) })
}

function titled(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** Absent, never empty. */
function list(name: string, children: readonly Markup[]): Markup | undefined {
  return children.length === 0 ? undefined : el(name, {}, children)
}

function bodyElement({ content }: Entry, { shape }: Rendering): Markup {
  const wanted = shape.bodyType === "best" ? content.body.contentType : shape.bodyType
  const body = renderedBody(content.body, wanted)
  return el("t:Body", { BodyType: wanted === "html" ? "HTML" : "Text", IsTruncated: false }, body.content)
}

/** A UID the server made is the global object id; one a client gave stays as it was given. */
function uidOf({ uid }: Item): string {
  return isMadeHere(uid) ? globalObjectId(uid) : uid
}

const GLOBAL_ID = /^040000008200E00074C5B7101A82E008[0-9A-F]{48}([0-9A-F]{32})$/i

/** The store's own form of a UID a client gives. */
export function storedUid(uid: string): string {
  return GLOBAL_ID.exec(uid)?.[1]?.toUpperCase() ?? uid
}

function originalStart({ item, date }: Entry, { session }: Rendering): string | undefined {
  return item.series && date !== undefined ? dateTime(originalMs(item, date), session.zone) : undefined
}

/** Where an occurrence would begin had nobody moved it. */
function originalMs(item: Item, date: string): number {
  return momentAt(timeOn(item.content.time, date, item.series?.recurrence.range.zone ?? "UTC"), "start")
}

function locationOf(location: Readonly<Record<string, unknown>> | undefined): string | undefined {
  return location === undefined ? undefined : String(location["displayName"] ?? "")
}

/** Listings name the organizer and hide the address. */
function organizerElement({ item }: Entry, { mailbox, listing }: Rendering): Markup {
  const { name, address } = item.organizer ?? { name: mailbox.displayName, address: mailbox.address }
  const rest = listing ? [] : [el("t:EmailAddress", {}, address), el("t:RoutingType", {}, "SMTP")]
  return el("t:Organizer", {}, el("t:Mailbox", {}, el("t:Name", {}, name), rest))
}

function attendees(name: string, type: string): Renderer {
  return ({ content }) =>
    list(`t:${name}`, content.attendees.filter(attendee => attendee.type === type).map(attendeeElement))
}

function attendeeElement({ name, address }: Attendee): Markup {
  const mailbox = [el("t:Name", {}, name), el("t:EmailAddress", {}, address), el("t:RoutingType", {}, "SMTP")]
  return el("t:Attendee", {}, el("t:Mailbox", {}, mailbox), el("t:ResponseType", {}, "Unknown"))
}

function durationOf(ms: number): string {
  const { days, hours, minutes } = Temporal.Duration.from({ milliseconds: ms }).round({
    largestUnit: "days",
    smallestUnit: "minutes",
  })
  return Temporal.Duration.from({ days, hours, minutes }).toString()
}

function zoneElement(name: string, id: string): Markup {
  return el(name, { Id: id, Name: id })
}

function occurrenceElement(name: string, entry: Entry, { mailbox, session }: Rendering): Markup {
  const at = (ms: number) => dateTime(ms, session.zone)
  return el(
    name,
    {},
    itemIdElement(mailbox, entry),
    el("t:Start", {}, at(momentAt(entry.content.time, "start"))),
    el("t:End", {}, at(momentAt(entry.content.time, "end"))),
    el("t:OriginalStart", {}, at(originalMs(entry.item, entry.date ?? ""))),
  )
}

function meetingTimeZone({ content }: Entry, { session }: Rendering): Markup | undefined {
  if (!session.store.switches.meetingTimeZoneGivenBack) return undefined
  return el("t:MeetingTimeZone", { TimeZoneName: content.time.start.zoneName })
}

function edgeOccurrence(name: string, { item, date }: Entry, rendering: Rendering): Markup | undefined {
  const { series } = item
  if (!series || date !== undefined || (name === "LastOccurrence" && series.recurrence.range.type === "noEnd"))
    return undefined
  const there = (of: string) => !series.cancelled.has(of)
  let edge: string | undefined
  for (const candidate of datesOf(series.recurrence, series.recurrence.range.startDate, HORIZON)) {
    const text = candidate.toString()
    if (there(text)) edge = text
    if (edge !== undefined && name === "FirstOccurrence") break
  }
  const entry = edge === undefined ? undefined : occurrenceOn(item, edge, true)
  return entry && occurrenceElement(`t:${name}`, entry, rendering)
}

function modifiedOccurrences({ item, date }: Entry, rendering: Rendering): Markup | undefined {
  if (!item.series || date !== undefined) return undefined
  const entries = [...item.series.exceptions.keys()].sort().flatMap(of => occurrenceOn(item, of, true) ?? [])
  return list(
    "t:ModifiedOccurrences",
    entries.map(entry => occurrenceElement("t:Occurrence", entry, rendering)),
  )
}

function deletedOccurrences({ item, date }: Entry, { session }: Rendering): Markup | undefined {
  if (!item.series || date !== undefined) return undefined
  const dates = [...item.series.cancelled.keys()].sort()
  const start = (of: string) => el("t:Start", {}, dateTime(originalMs(item, of), session.zone))
  return list(
    "t:DeletedOccurrences",
    dates.map(of => el("t:DeletedOccurrence", {}, start(of))),
  )
}
