import type {
  CalendarEvent,
  EventContent,
  EventTime,
  Importance,
  OccurrenceOverride,
  Recurrence,
  Sensitivity,
  ShowAs,
} from "../../core/event.ts"
import { canonicalZone } from "../../core/time-zones.ts"
import { occurrenceKeyOn, occurrenceTime } from "../normal-form.ts"
import { fromExchangeSeries } from "../series.ts"
import { UnreadableItemError } from "../unreadable-item.ts"
import { markTextOf } from "./item-fields.ts"
import { readRecurrence } from "./recurrence.ts"
import { showAsNames } from "./write-event.ts"
import { childOf, childrenOf, textIn, type XmlElement } from "./xml-read.ts"

type ItemKind = "Single" | "Occurrence" | "Exception" | "RecurringMaster"

/** What is read of an item before anything is understood of its content. */
export type EwsItem = {
  readonly id: string
  /** The change key. */
  readonly version: string
  readonly kind: ItemKind
  readonly markText?: string
  readonly uid?: string
  /** When the mailbox got it, in milliseconds since 1970. */
  readonly createdMs?: number
  /** People are invited: any write to it might mail them. */
  readonly isMeeting: boolean
  /** Everything else, to be read by `readEvent`. */
  readonly fields: XmlElement
}

/** What lists tell of an item, small enough to be kept. */
export type ItemHead = Omit<EwsItem, "fields">

/** Without the page it came from: texts cut out of an answer would keep all of it. */
export function headOf({ fields: _fields, ...head }: EwsItem): ItemHead {
  return structuredClone(head)
}

/** Undefined where it is not said, or said in no way we know: nothing depends on it but the benefit of the doubt. */
function instantMs(text: string | undefined): number | undefined {
  try {
    return text === undefined ? undefined : Temporal.Instant.from(text).epochMilliseconds
  } catch {
    return undefined
  }
}

/** Undefined for what is no calendar item with an id. */
export function readItem(item: XmlElement): EwsItem | undefined {
  const { Id: id, ChangeKey: version } = childOf(item, "t:ItemId")?.attributes ?? {}
  if (item.name !== "t:CalendarItem" || !id || !version) return undefined
  const markText = markTextOf(item)
  const uid = textIn(item, "t:UID")
  const created = instantMs(textIn(item, "t:DateTimeCreated"))
  return {
    id,
    version,
    kind: readKind(item),
    isMeeting: textIn(item, "t:IsMeeting") === "true" || guestLists.some(name => childOf(item, name)?.children.length),
    fields: item,
    ...(markText !== undefined && { markText }),
    ...(uid !== undefined && { uid }),
    ...(created !== undefined && { createdMs: created }),
  }
}

const guestLists = ["t:RequiredAttendees", "t:OptionalAttendees", "t:Resources"]

const kinds = ["Single", "Occurrence", "Exception", "RecurringMaster"] as const satisfies readonly ItemKind[]

function readKind(item: XmlElement): ItemKind {
  const said = textIn(item, "t:CalendarItemType")
  return kinds.find(kind => kind === said) ?? (childOf(item, "t:Recurrence") ? "RecurringMaster" : "Single")
}

/** What a master says of its changed occurrences: their own ids, to be read one by one. None where they are too many. */
export function exceptionIds({ fields }: EwsItem): readonly string[] {
  const changed = changedOccurrences(fields)
  return changed.length > mostExceptions ? [] : changed.flatMap(one => childOf(one, "t:ItemId")?.attributes["Id"] ?? [])
}

export type ReadOptions = {
  /** IANA name: where the days of the mailbox's owner begin, if anybody knows. */
  readonly mailboxZone: string | undefined
  /** The items of `exceptionIds`, by id. */
  readonly exceptions?: ReadonlyMap<string, EwsItem>
}

/** The event of an item that was read whole. Throws UnreadableItemError. */
export function readEvent({ id, uid, fields }: EwsItem, options: ReadOptions): CalendarEvent {
  const key = uid ?? id
  const content = readContent(fields, options)
  const recurrence = childOf(fields, "t:Recurrence")
  if (!recurrence) return { key, ...content }
  return { key, ...content, recurrence: readSeries(recurrence, content.time, { fields, options }) }
}

type MasterParts = { readonly fields: XmlElement; readonly options: ReadOptions }

function readSeries(recurrence: XmlElement, time: EventTime, { fields, options }: MasterParts): Recurrence {
  const series = readRecurrence(recurrence, time.allDay ? undefined : time.start.timeZoneId)
  if (!series) throw new UnreadableItemError("a recurrence of an unknown kind")
  const zone = time.allDay ? zoneOf(fields, options) : time.start.timeZoneId
  const keyAt = (at: Temporal.Instant) => nearestKey(at, time, zone)
  const [deleted, changed] = [deletedOccurrences(fields), changedOccurrences(fields)]
  if (Math.max(deleted.length, changed.length) > mostExceptions)
    throw new UnreadableItemError(`a series with more than ${mostExceptions} exceptions`)
  return {
    rules: [fromExchangeSeries(series)],
    extraTimes: [],
    excluded: deleted.map(one => keyAt(instantIn(one, "t:Start"))),
    overrides: changed.map(one => readOverride(one, { keyAt, options })),
  }
}

/** Every working day of twenty years; each takes time to understand, and changed ones a question of their own. */
const mostExceptions = 5_000

function deletedOccurrences(fields: XmlElement): readonly XmlElement[] {
  return childrenOf(childOf(fields, "t:DeletedOccurrences"), "t:DeletedOccurrence")
}

function changedOccurrences(fields: XmlElement): readonly XmlElement[] {
  return childrenOf(childOf(fields, "t:ModifiedOccurrences"), "t:Occurrence")
}

function readOverride(
  occurrence: XmlElement,
  { keyAt, options }: { readonly keyAt: (at: Temporal.Instant) => string; readonly options: ReadOptions },
): OccurrenceOverride {
  const item = options.exceptions?.get(childOf(occurrence, "t:ItemId")?.attributes["Id"] ?? "")
  if (!item) throw new UnreadableItemError("a changed occurrence that could not be read")
  return { occurrence: keyAt(instantIn(occurrence, "t:OriginalStart")), content: readContent(item.fields, options) }
}

/** Original starts are known to come an hour off where clocks changed: the occurrence nearest to it is meant. */
function nearestKey(at: Temporal.Instant, time: EventTime, zone: string): string {
  const day = at.toZonedDateTimeISO(zone).toPlainDate()
  const candidates = [-1, 0, 1].map(days => {
    const key = occurrenceKeyOn(day.add({ days }), time)
    return { key, distance: Math.abs(startOf(key, time, zone) - at.epochMilliseconds) }
  })
  return candidates.toSorted((a, b) => a.distance - b.distance)[0]?.key ?? occurrenceKeyOn(day, time)
}

function startOf(key: string, time: EventTime, zone: string): number {
  const occurrence = occurrenceTime(key, time)
  if (!occurrence) return Number.POSITIVE_INFINITY
  return (occurrence.allDay ? occurrence.start.toZonedDateTime(zone) : occurrence.start).epochMilliseconds
}

function readContent(fields: XmlElement, options: ReadOptions): EventContent {
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

function readTime(fields: XmlElement, options: ReadOptions): EventTime {
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
function zoneOf(fields: XmlElement, { mailboxZone = "UTC" }: ReadOptions): string {
  const id =
    childOf(fields, "t:StartTimeZone")?.attributes["Id"] ??
    childOf(fields, "t:MeetingTimeZone")?.attributes["TimeZoneName"]
  return (id && canonicalZone(id)) || mailboxZone
}

/** What of it is not told: the server may have put any text there. */
function instantIn(parent: XmlElement, name: string): Temporal.Instant {
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
