import type { EventContent, EventTime, Importance, Sensitivity, ShowAs } from "../../../core/event.ts"
import { canonicalZone } from "../../../core/time-zones.ts"
import { UnreadableItemError } from "../../unreadable-item.ts"
import { childOf, childrenOf, textIn, type XmlElement } from "../wire/xml-read.ts"
import { showAsNames } from "./write-event.ts"

type ContentOptions = {
  /** IANA name: where the days of the mailbox's owner begin, if anybody knows. */
  readonly mailboxZone: string | undefined
}

/** What an item says, occurrence of a series or not. Throws UnreadableItemError. */
export function readContent(fields: XmlElement, options: ContentOptions): EventContent {
  const location = textIn(fields, "t:Location")
  const body = readBody(fields)
  return {
    subject: textIn(fields, "t:Subject") ?? "",
    time: readTime(fields, options),
    showAs: showAsOf(textIn(fields, "t:LegacyFreeBusyStatus")),
    sensitivity: oneOf<Sensitivity>(["Normal", "Personal", "Private", "Confidential"], textIn(fields, "t:Sensitivity")),
    importance: oneOf<Importance>(["Normal", "Low", "High"], textIn(fields, "t:Importance")),
    categories: childrenOf(childOf(fields, "t:Categories"), "t:String").map(({ text }) => text),
    reminder: readReminder(fields),
    ...(location && { location }),
    ...(body && { body }),
  }
}

function readReminder(fields: XmlElement): number | "None" {
  if (textIn(fields, "t:ReminderIsSet") !== "true") return "None"
  const minutes = textIn(fields, "t:ReminderMinutesBeforeStart") ?? "0"
  return /^\d{1,7}$/.test(minutes) ? Number(minutes) : 0
}

function readBody(fields: XmlElement): EventContent["body"] {
  const body = childOf(fields, "t:Body")
  if (!body?.text) return undefined
  return { contentType: body.attributes["BodyType"] === "HTML" ? "html" : "text", content: body.text }
}

function readTime(fields: XmlElement, options: ContentOptions): EventTime {
  const start = instantIn(fields, "t:Start")
  const end = instantIn(fields, "t:End")
  const zone = zoneOf(fields, options)
  if (textIn(fields, "t:IsAllDayEvent") === "true")
    return readDays({ start, end, zones: [zone, ...(options.mailboxZone ? [options.mailboxZone] : []), "UTC"] })
  const to = Temporal.Instant.compare(end, start) < 0 ? start : end
  return { allDay: false, start: start.toZonedDateTimeISO(zone), end: to.toZonedDateTimeISO(zone) }
}

/** Days begin at midnight in the zone they were made in: the first of the likely ones where it is midnight. */
function readDays({
  start,
  end,
  zones,
}: {
  readonly start: Temporal.Instant
  readonly end: Temporal.Instant
  readonly zones: readonly string[]
}): EventTime {
  const zone = zones.find(one => isMidnight(start.toZonedDateTimeISO(one))) ?? zones[0] ?? "UTC"
  // In none of them: the midnight nearest is meant.
  const day = (at: Temporal.Instant) => at.toZonedDateTimeISO(zone).add({ hours: 12 }).toPlainDate()
  const [first, last] = [day(start), day(end)]
  return {
    allDay: true,
    start: first,
    end: Temporal.PlainDate.compare(last, first) > 0 ? last : first.add({ days: 1 }),
  }
}

function isMidnight(at: Temporal.ZonedDateTime): boolean {
  return at.equals(at.startOfDay())
}

/** The zone the item lives in; the mailbox's where the server does not say or nobody knows it. */
export function zoneOf(fields: XmlElement, { mailboxZone = "UTC" }: ContentOptions): string {
  const id =
    childOf(fields, "t:StartTimeZone")?.attributes["Id"] ??
    childOf(fields, "t:MeetingTimeZone")?.attributes["TimeZoneName"]
  return (id && canonicalZone(id)) || mailboxZone
}

/** Throws UnreadableItemError, which does not repeat what is there: it may be any text. */
export function instantIn(parent: XmlElement, name: string): Temporal.Instant {
  const text = textIn(parent, name) ?? ""
  try {
    const at = Temporal.Instant.from(/(?:Z|[+-]\d{2}:\d{2})$/.test(text) ? text : `${text}Z`)
    if (isInCalendar(at)) return at
  } catch {
    // no time at all
  }
  throw new UnreadableItemError("a start or end that is no time")
}

/** Exchange's calendar goes from 1601 to 4500: the first day of its clock, and what it has for "never". */
const firstInstant = Temporal.Instant.from("1601-01-01T00:00:00Z")
const lastInstant = Temporal.Instant.from("4501-01-02T00:00:00Z")

/** Beyond are slips of programs, and times that no day can be added to. */
function isInCalendar(at: Temporal.Instant): boolean {
  return Temporal.Instant.compare(firstInstant, at) <= 0 && Temporal.Instant.compare(at, lastInstant) <= 0
}

function showAsOf(status: string | undefined): ShowAs {
  for (const name of ["Free", "Tentative", "OutOfOffice", "WorkingElsewhere"] as const) {
    if (showAsNames[name] === status) return name
  }
  return "Busy"
}

/** The first is what an absent or unknown value means. */
function oneOf<Name extends string>(names: readonly [Name, ...Name[]], value: string | undefined): Name {
  return names.find(name => name === value) ?? names[0]
}
