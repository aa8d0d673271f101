import type {
  Body,
  CalendarEvent,
  EventContent,
  EventTime,
  Importance,
  OccurrenceOverride,
  Recurrence,
  Sensitivity,
  ShowAs,
} from "../../core/event.ts"
import { dateKey, instantKey } from "../../core/time.ts"
import { canonicalZone } from "../../core/time-zones.ts"
import { occurrenceKeyOn } from "../normal-form.ts"
import { fromExchangeSeries } from "../series.ts"
import { UnreadableItemError } from "../unreadable-item.ts"
import { isRecord, type JsonRecord, numberAt, recordAt, recordsAt, textAt, textsAt } from "./json.ts"
import { readRecurrence } from "./recurrence.ts"
import { importanceNames, markPropertyId, sensitivityNames, showAsNames } from "./write-event.ts"

/** Events as Graph gives them: https://learn.microsoft.com/graph/api/resources/event */

export type ItemKind = "singleInstance" | "occurrence" | "exception" | "seriesMaster"

/** What is read of an item before anything is understood of its content. */
export type GraphItem = {
  readonly id: string
  readonly version: string
  readonly kind: ItemKind
  readonly markText?: string
  readonly transactionId?: string
  readonly seriesMasterId?: string
  /** People are invited, to all of it or to one changed occurrence: any write to it would mail them. */
  readonly isMeeting: boolean
  /** Everything else, to be read by `readEvent`. */
  readonly fields: JsonRecord
}

const commonFields =
  "id,subject,body,start,end,isAllDay,showAs,sensitivity,importance,categories,location,isReminderOn,reminderMinutesBeforeStart,type,seriesMasterId,recurrence,originalStart,originalStartTimeZone,transactionId,attendees,iCalUId"

/** `$select` and `$expand` of every reading of events; percent-encoded, because `+` and blanks mean other things in a query. */
export const selectEvent = `$select=${commonFields}`
export const expandMark = `$expand=${encodeURIComponent(`singleValueExtendedProperties($filter=id eq '${markPropertyId}')`)}`
/** A master with what was done to its occurrences: Graph tells neither unless asked for both by name. */
export const selectSeries = `${selectEvent},cancelledOccurrences,exceptionOccurrences&${expandMark},exceptionOccurrences`

export function readItem(record: JsonRecord): GraphItem | undefined {
  const id = textAt(record, "id")
  const changeKey = textAt(record, "changeKey")
  const version = textAt(record, "@odata.etag") ?? (changeKey && `W/"${changeKey}"`)
  if (id === undefined || version === undefined) return undefined
  const markText = readMarkText(record)
  const transactionId = textAt(record, "transactionId")
  const seriesMasterId = textAt(record, "seriesMasterId")
  return {
    id,
    version,
    kind: readKind(record),
    isMeeting: hasGuests(record) || recordsAt(record, "exceptionOccurrences").some(hasGuests),
    fields: record,
    ...(markText !== undefined && { markText }),
    ...(transactionId !== undefined && { transactionId }),
    ...(seriesMasterId !== undefined && { seriesMasterId }),
  }
}

function hasGuests(record: JsonRecord): boolean {
  return recordsAt(record, "attendees").length > 0
}

/** The name of the property is case-sensitive at the other side; its GUID comes back in whatever case it likes. */
function readMarkText(record: JsonRecord): string | undefined {
  const wanted = markPropertyId.toLowerCase()
  const property = recordsAt(record, "singleValueExtendedProperties").find(
    one => textAt(one, "id")?.toLowerCase() === wanted,
  )
  const text = property && textAt(property, "value")
  return text === undefined || text === "" ? undefined : text
}

function readKind(record: JsonRecord): ItemKind {
  const type = textAt(record, "type")
  if (type === "occurrence" || type === "exception" || type === "seriesMaster") return type
  return isRecord(record["recurrence"]) ? "seriesMaster" : "singleInstance"
}

/** The event of an item; exceptions and cancelled occurrences as far as they were asked for. Throws UnreadableItemError. */
export function readEvent({ id, fields }: GraphItem): CalendarEvent {
  const key = textAt(fields, "iCalUId") ?? id
  const recurrence = recordAt(fields, "recurrence")
  if (!recurrence) return { key, ...readContent(fields, undefined) }
  const zone = readSeriesZone(recurrence, fields)
  const content = readContent(fields, zone)
  return { key, ...content, recurrence: readSeries(recurrence, content.time, fields) }
}

function readSeriesZone(recurrence: JsonRecord, fields: JsonRecord): string {
  const range = recordAt(recurrence, "range")
  // Not originalStartTimeZone first: that is the zone at creation and stays when the series moves.
  const name = (range && textAt(range, "recurrenceTimeZone")) || textAt(fields, "originalStartTimeZone") || "UTC"
  const zone = canonicalZone(name)
  if (zone === undefined) throw new UnreadableItemError("a series in a time zone nobody knows")
  return zone
}

function readSeries(recurrence: JsonRecord, time: EventTime, fields: JsonRecord): Recurrence {
  const series = readRecurrence(recurrence, time.allDay ? undefined : time.start.timeZoneId)
  if (!series) throw new UnreadableItemError("a recurrence of an unknown kind")
  return {
    rules: [fromExchangeSeries(series)],
    extraTimes: [],
    excluded: textsAt(fields, "cancelledOccurrences").flatMap(id => cancelledKey(id, time) ?? []),
    overrides: recordsAt(fields, "exceptionOccurrences").map(exception => readOverride(exception, time)),
  }
}

/** `OID.<master>.<date>`, the date on the series' own clock. */
function cancelledKey(occurrenceId: string, time: EventTime): string | undefined {
  const date = /\.(\d{4}-\d{2}-\d{2})$/.exec(occurrenceId)?.[1]
  return date === undefined ? undefined : occurrenceKeyOn(Temporal.PlainDate.from(date), time)
}

function readOverride(exception: JsonRecord, series: EventTime): OccurrenceOverride {
  const occurrence = originalKey(exception, series)
  if (occurrence === undefined) throw new UnreadableItemError("an exception without its original start")
  const zone = series.allDay ? undefined : series.start.timeZoneId
  return { occurrence, content: readContent(exception, zone) }
}

/** The key of the occurrence an exception (or an occurrence that says so) stands for. */
export function originalKey(fields: JsonRecord, series: EventTime): string | undefined {
  const text = textAt(fields, "originalStart")
  if (text === undefined) return undefined
  if (series.allDay) return dateKey(readDate(text))
  return instantKey(readInstant(text))
}

function readInstant(text: string): Temporal.Instant {
  try {
    return Temporal.Instant.from(/(?:Z|[+-]\d{2}:?\d{2})$/.test(text) ? text : `${text}Z`)
  } catch (cause) {
    throw new UnreadableItemError("a start that is no time", { cause })
  }
}

function readDate(text: string): Temporal.PlainDate {
  try {
    return Temporal.PlainDate.from(text.slice(0, 10))
  } catch (cause) {
    throw new UnreadableItemError("a day that is no date", { cause })
  }
}

function readContent(fields: JsonRecord, zone: string | undefined): EventContent {
  const location = textAt(recordAt(fields, "location") ?? {}, "displayName")
  const body = readBody(recordAt(fields, "body"))
  const minutes = numberAt(fields, "reminderMinutesBeforeStart") ?? 0
  return {
    subject: textAt(fields, "subject") ?? "",
    time: readTime(fields, zone),
    showAs: nameOf<ShowAs>(showAsNames, textAt(fields, "showAs")) ?? "Busy",
    sensitivity: nameOf<Sensitivity>(sensitivityNames, textAt(fields, "sensitivity")) ?? "Normal",
    importance: nameOf<Importance>(importanceNames, textAt(fields, "importance")) ?? "Normal",
    categories: textsAt(fields, "categories"),
    reminder: fields["isReminderOn"] === true ? minutes : "None",
    ...(location && { location }),
    ...(body && { body }),
  }
}

function readBody(body: JsonRecord | undefined): Body | undefined {
  const content = body && textAt(body, "content")
  if (!content) return undefined
  return { contentType: textAt(body, "contentType")?.toLowerCase() === "html" ? "html" : "text", content }
}

function readTime(fields: JsonRecord, zone: string | undefined): EventTime {
  const start = readPoint(recordAt(fields, "start"))
  const end = readPoint(recordAt(fields, "end"))
  if (fields["isAllDay"] === true) return allDay(start, end)
  const from = onClock(start, zone)
  const to = onClock(end, zone)
  return { allDay: false, start: from, end: Temporal.ZonedDateTime.compare(to, from) < 0 ? from : to }
}

type Point = { readonly wall: Temporal.PlainDateTime; readonly zone: string }

function readPoint(point: JsonRecord | undefined): Point {
  try {
    const zone = canonicalZone((point && textAt(point, "timeZone")) || "UTC")
    if (zone !== undefined)
      return { wall: Temporal.PlainDateTime.from((point && textAt(point, "dateTime")) ?? ""), zone }
  } catch (cause) {
    throw new UnreadableItemError("a start or end that is no time", { cause })
  }
  throw new UnreadableItemError("a time in a zone nobody knows")
}

function onClock({ wall, zone }: Point, wanted: string | undefined): Temporal.ZonedDateTime {
  const at = wall.toZonedDateTime(zone)
  return wanted === undefined ? at : at.withTimeZone(wanted)
}

function allDay(start: Point, end: Point): EventTime {
  const first = start.wall.toPlainDate()
  const last = end.wall.toPlainDate()
  return {
    allDay: true,
    start: first,
    end: Temporal.PlainDate.compare(last, first) > 0 ? last : first.add({ days: 1 }),
  }
}

function nameOf<Name extends string>(
  names: Readonly<Record<Name, string>>,
  value: string | undefined,
): Name | undefined {
  for (const name in names) if (names[name] === value) return name
  return undefined
}
