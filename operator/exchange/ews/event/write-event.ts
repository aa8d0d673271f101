import type { EventContent, EventTime, ShowAs } from "../../../core/event.ts"
import type { EwsVersion } from "../../../core/exchange-settings.ts"
import { windowsZone } from "../../../core/time-zones.ts"
import { bodyText } from "../../body-text.ts"
import { exchangeZone, normalContent } from "../../normal-form.ts"
import type { ExchangeSeries } from "../../pattern.ts"
import { knows } from "../wire/schema-version.ts"
import { element, textElement, type XmlNode } from "../wire/xml-write.ts"
import { fieldUri, markUri } from "./item-fields.ts"
import { carried } from "./normal-event.ts"
import { writeRecurrence } from "./recurrence.ts"

/**
 * Events as EWS takes them: https://learn.microsoft.com/exchange/client-developer/web-service-reference/calendaritem.
 * Fields are named one by one: attendees are not among them, because they are what makes an item a meeting.
 */

/** One field: created with its value, updated by its path. Without a value it is not there. */
export type ItemField = { readonly path: XmlNode; readonly value: XmlNode | undefined }

export type WriteOptions = {
  /** Present for the master of a series. */
  readonly series?: ExchangeSeries | undefined
  /** Of the schema. */
  readonly version: EwsVersion
  /** IANA name: where the days of the mailbox's owner begin. All-day events are not written without. */
  readonly mailboxZone: string | undefined
  readonly markText?: string | undefined
  /** For new items only, of our own making: a duplicate somebody makes gets another, but keeps the mark. */
  readonly uid?: string | undefined
}

/** All fields of an event, a master or one occurrence, in the order of the schema (the mark has its place among them). */
export function writeEvent(
  event: EventContent,
  { version, series, mailboxZone, markText, uid }: WriteOptions,
): readonly ItemField[] {
  const content = carried(event, version)
  return [
    ...writeLook(content),
    ...(markText === undefined ? [] : [markField(markText)]),
    ...(uid === undefined ? [] : [field("calendar:UID", uid)]),
    ...writeTime(content.time, mailboxZone),
    ...writePlace(content),
    ...(series ? [{ path: fieldUri("calendar:Recurrence"), value: writeRecurrence(series, version) }] : []),
    ...writeZone(zoneOf(content.time, mailboxZone), version),
  ]
}

/** Always: a series without would be anchored in UTC and drift when clocks change. */
function writeZone(zone: string, version: EwsVersion): readonly ItemField[] {
  const id = windowsZone(zone) ?? "UTC"
  if (!knows(version, "StartTimeZone")) {
    const value = element("t:MeetingTimeZone", { TimeZoneName: id })
    return [{ path: fieldUri("calendar:MeetingTimeZone"), value }]
  }
  return ["StartTimeZone", "EndTimeZone"].map(name => ({
    path: fieldUri(`calendar:${name}`),
    value: element(`t:${name}`, { Id: id }),
  }))
}

function zoneOf(time: EventTime, mailboxZone: string | undefined): string {
  if (!time.allDay) return time.start.timeZoneId
  // Days begin where the server has them begin: at another midnight it would round to two days.
  const zone = mailboxZone === undefined ? undefined : exchangeZone(mailboxZone)
  if (zone === undefined) throw new Error("an all-day event for a mailbox whose zone nobody knows")
  return zone
}

export function markField(text: string): ItemField {
  return { path: markUri(), value: element("t:ExtendedProperty", {}, markUri(), textElement("t:Value", text)) }
}

function writeLook(content: EventContent): readonly ItemField[] {
  const { subject, sensitivity, importance, categories = [], reminder } = normalContent(content)
  const hasReminder = typeof reminder === "number"
  return [
    field("item:Subject", subject),
    field("item:Sensitivity", sensitivity ?? "Normal"),
    { path: fieldUri("item:Body"), value: writeBody(content) },
    { path: fieldUri("item:Categories"), value: writeCategories(categories) },
    field("item:Importance", importance ?? "Normal"),
    // Both, always: without them the mailbox's own default would apply.
    field("item:ReminderIsSet", String(hasReminder)),
    field("item:ReminderMinutesBeforeStart", String(hasReminder ? reminder : 0)),
  ]
}

function writePlace(content: EventContent): readonly ItemField[] {
  const { showAs, location } = normalContent(content)
  return [
    field("calendar:LegacyFreeBusyStatus", showAsNames[showAs ?? "Busy"]),
    field("calendar:Location", location ?? ""),
  ]
}

/** Moments, which need no zone to be understood; days are midnights of the mailbox's owner. */
function writeTime(time: EventTime, mailboxZone: string | undefined): readonly ItemField[] {
  const { start, end } = momentsOf(time, zoneOf(time, mailboxZone))
  const text = (at: Temporal.Instant) => at.toString({ smallestUnit: "second", roundingMode: "trunc" })
  return [
    field("calendar:Start", text(start)),
    field("calendar:End", text(end)),
    field("calendar:IsAllDayEvent", String(time.allDay)),
  ]
}

function momentsOf(
  time: EventTime,
  zone: string,
): { readonly start: Temporal.Instant; readonly end: Temporal.Instant } {
  if (!time.allDay) return { start: time.start.toInstant(), end: time.end.toInstant() }
  const nextDay = time.start.add({ days: 1 })
  const end = Temporal.PlainDate.compare(time.end, nextDay) < 0 ? nextDay : time.end
  const midnight = (date: Temporal.PlainDate) => date.toZonedDateTime(zone).toInstant()
  return { start: midnight(time.start), end: midnight(end) }
}

/** `item:Subject` holds `t:Subject`. */
function field(uri: string, text: string): ItemField {
  return { path: fieldUri(uri), value: textElement(uri.replace(/^\w+:/, "t:"), text) }
}

function writeBody({ body }: EventContent): XmlNode {
  if (!body || bodyText(body) === "") return element("t:Body", { BodyType: "Text" })
  return element("t:Body", { BodyType: body.contentType === "html" ? "HTML" : "Text" }, body.content)
}

function writeCategories(categories: readonly string[]): XmlNode | undefined {
  if (categories.length === 0) return undefined
  return element("t:Categories", {}, ...categories.map(category => textElement("t:String", category)))
}

export const showAsNames = {
  Free: "Free",
  Tentative: "Tentative",
  Busy: "Busy",
  OutOfOffice: "OOF",
  WorkingElsewhere: "WorkingElsewhere",
} as const satisfies Record<ShowAs, string>
