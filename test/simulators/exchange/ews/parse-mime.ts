import { findZone } from "../store/time-zones.ts"
import { namespaces } from "./envelope.ts"
import { EwsError } from "./ews-error.ts"
import { type ICalComponent, type ICalLine, lineOf, parseICalendar, textIn, unescapeText } from "./icalendar.ts"
import { el, type Markup } from "./markup.ts"
import { recurrenceIn } from "./recurrence-ical.ts"
import { parseXml, type XmlElement } from "./xml.ts"

/** The properties an item made of MimeContent has, as children of a `t:CalendarItem`. Exceptions of a series are not read. */
export function fieldsOfMime(mimeContent: string): readonly XmlElement[] {
  const calendar = parseICalendar(Buffer.from(mimeContent, "base64").toString("utf8"))
  const event = calendar?.components.find(({ name, lines }) => {
    return name === "VEVENT" && !lines.some(line => line.name === "RECURRENCE-ID")
  })
  const start = lineOf(event, "DTSTART")
  if (!event || !start) throw new EwsError("ErrorMimeContentInvalid", "The MIME content is not valid.")
  const root = el("t:CalendarItem", { "xmlns:t": namespaces.types }, textFields(event), timeFields(event, start))
  return parseXml(root.markup)?.children ?? []
}

function textFields(event: ICalComponent): readonly (Markup | undefined)[] {
  const text = (line: string, name: string) => {
    const value = textIn(event, line)
    return value === undefined ? undefined : el(`t:${name}`, {}, value)
  }
  const body = textIn(event, "DESCRIPTION")
  return [
    text("SUMMARY", "Subject"),
    text("LOCATION", "Location"),
    text("UID", "UID"),
    body === undefined ? undefined : el("t:Body", { BodyType: "Text" }, body),
    known("Sensitivity", lineOf(event, "CLASS"), sensitivities),
    known("Importance", lineOf(event, "PRIORITY"), importances),
    known("LegacyFreeBusyStatus", lineOf(event, "X-MICROSOFT-CDO-BUSYSTATUS") ?? lineOf(event, "TRANSP"), busy),
    categories(event),
    ...reminder(event),
  ]
}

const sensitivities: Readonly<Record<string, string>> = { PRIVATE: "Private", CONFIDENTIAL: "Confidential" }
const importances: Readonly<Record<string, string>> = { 1: "High", 5: "Normal", 9: "Low" }
const busy: Readonly<Record<string, string>> = {
  FREE: "Free",
  TRANSPARENT: "Free",
  TENTATIVE: "Tentative",
  OOF: "OOF",
  WORKINGELSEWHERE: "WorkingElsewhere",
}

function known(name: string, line: ICalLine | undefined, words: Readonly<Record<string, string>>): Markup | undefined {
  const word = words[line?.value.toUpperCase() ?? ""]
  return word === undefined ? undefined : el(`t:${name}`, {}, word)
}

function categories({ lines }: ICalComponent): Markup | undefined {
  const names = lines.filter(({ name }) => name === "CATEGORIES").flatMap(({ value }) => value.split(/(?<!\\),/))
  if (names.length === 0) return undefined
  const strings = names.map(name => el("t:String", {}, unescapeText(name)))
  return el("t:Categories", {}, strings)
}

function reminder({ components }: ICalComponent): readonly Markup[] {
  const trigger = lineOf(
    components.find(({ name }) => name === "VALARM"),
    "TRIGGER",
  )?.value
  if (trigger === undefined || !/^-?P/.test(trigger)) return [el("t:ReminderIsSet", {}, false)]
  const minutes = Math.abs(Temporal.Duration.from(trigger).total({ unit: "minutes" }))
  return [el("t:ReminderIsSet", {}, true), el("t:ReminderMinutesBeforeStart", {}, Math.round(minutes))]
}

function timeFields(event: ICalComponent, start: ICalLine): readonly (Markup | undefined)[] {
  const allDay = isDate(start) || textIn(event, "X-MICROSOFT-CDO-ALLDAYEVENT") === "TRUE"
  const end = lineOf(event, "DTEND") ?? endOf(event, start)
  const rule = lineOf(event, "RRULE")
  const first = Temporal.PlainDate.from(start.value.slice(0, "20260101".length))
  return [
    el("t:Start", {}, moment(start)),
    el("t:End", {}, moment(end)),
    el("t:IsAllDayEvent", {}, allDay),
    zone("StartTimeZone", start),
    zone("EndTimeZone", end),
    rule && recurrenceIn(rule.value, first),
  ]
}

/** What has no end lasts as long as it says, a day when it is a date, and no time otherwise. */
function endOf(event: ICalComponent, start: ICalLine): ICalLine {
  const duration = lineOf(event, "DURATION")?.value ?? (isDate(start) ? "P1D" : "PT0S")
  const at = Temporal.PlainDateTime.from(start.value.replace(/Z$/, "")).add(duration)
  const written = at.toString({ smallestUnit: "second" }).replace(/[-:]/g, "")
  const value = isDate(start) ? written.slice(0, "20260101".length) : written
  return { ...start, value: start.value.endsWith("Z") ? `${value}Z` : value }
}

function isDate({ value }: ICalLine): boolean {
  return /^\d{8}$/.test(value)
}

function moment({ value }: ICalLine): string {
  const at = Temporal.PlainDateTime.from(value.replace(/Z$/, "")).toString({ smallestUnit: "second" })
  return value.endsWith("Z") ? `${at}Z` : at
}

/** Windows' names and IANA's are understood; any other zone is taken for the one of the request. */
function zone(name: string, { parameters }: ICalLine): Markup | undefined {
  const found = findZone(parameters["TZID"] ?? "")
  return found && el(`t:${name}`, { Id: found.name })
}
