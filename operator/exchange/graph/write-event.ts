import type { CalendarEvent, EventContent, EventTime, Importance, Sensitivity, ShowAs } from "../../core/event.ts"
import { formatMark, type Mark, markProperty } from "../../core/origin.ts"
import { ianaZone, windowsZone } from "../../core/time-zones.ts"
import { bodyText } from "../body-text.ts"
import { normalContent } from "../normal-form.ts"
import type { ExchangeSeries } from "../pattern.ts"
import type { JsonRecord } from "./json.ts"
import { writeRecurrence } from "./recurrence.ts"

/**
 * Events as Graph takes them: https://learn.microsoft.com/graph/api/resources/event. Fields are named one by one:
 * `attendees` and `isOnlineMeeting` are not among them, because writing either mails people and nothing prevents it.
 */

export const markPropertyId = `String {${markProperty.setId}} Name ${markProperty.name}`

/** What stands in the property once the mark is taken off; a property cannot be removed, and this is nobody's mark. */
export const strippedMark = "-"

export function markField(text: string): JsonRecord {
  return { singleValueExtendedProperties: [{ id: markPropertyId, value: text }] }
}

/** A new copy. The transaction id makes a repeated request find the first one's event. */
export function writeNew(
  event: CalendarEvent,
  {
    mark,
    transactionId,
    series,
  }: { readonly mark: Mark; readonly transactionId: string; readonly series?: ExchangeSeries | undefined },
): JsonRecord {
  return { ...writeEvent(event, series), ...markField(formatMark(mark)), transactionId }
}

/** All fields of an event or of a series' master; recurrence, times and zones always go together. */
export function writeEvent(event: CalendarEvent, series: ExchangeSeries | undefined): JsonRecord {
  if (!series) return writeContent(event)
  const zone = seriesZone(event.time)
  return {
    ...writeContent(event),
    ...writeTime(event.time, zone),
    recurrence: writeRecurrence(series, zone),
  }
}

/** The fields of a single event or of one occurrence. */
export function writeContent(content: EventContent): JsonRecord {
  return { ...writeLook(content), ...writeTime(content.time, singleZone(content.time)) }
}

/** Everything but the time: what may change on a master without touching its pattern, and so its exceptions. */
export function writeLook(content: EventContent): JsonRecord {
  const { subject, location, showAs, sensitivity, importance, categories, reminder } = normalContent(content)
  return {
    subject,
    body: writeBody(content),
    location: { displayName: location ?? "" },
    showAs: showAsNames[showAs ?? "Busy"],
    sensitivity: sensitivityNames[sensitivity ?? "Normal"],
    importance: importanceNames[importance ?? "Normal"],
    categories: categories ?? [],
    // Both, always: without them the mailbox's own default would apply.
    isReminderOn: reminder !== undefined && reminder !== "None",
    reminderMinutesBeforeStart: typeof reminder === "number" ? reminder : 0,
  }
}

function writeBody({ body }: EventContent): JsonRecord {
  if (!body || bodyText(body) === "") return { contentType: "text", content: "" }
  return { contentType: body.contentType, content: body.content }
}

function writeTime(time: EventTime, zone: string): JsonRecord {
  if (time.allDay) {
    const midnight = (date: Temporal.PlainDate) => ({ dateTime: `${date}T00:00:00`, timeZone: zone })
    const end = Temporal.PlainDate.compare(time.end, time.start) > 0 ? time.end : time.start.add({ days: 1 })
    return { isAllDay: true, start: midnight(time.start), end: midnight(end) }
  }
  const iana = zone === "UTC" ? "UTC" : time.start.timeZoneId
  const wall = (at: Temporal.ZonedDateTime) => ({
    dateTime: at.withTimeZone(iana).toPlainDateTime().toString({ smallestUnit: "second", roundingMode: "trunc" }),
    timeZone: zone,
  })
  return { isAllDay: false, start: wall(time.start), end: wall(time.end) }
}

/** Where people read the time, so that Outlook shows it as it was meant; UTC where a wall clock would not be exact. */
function singleZone(time: EventTime): string {
  if (time.allDay) return "UTC"
  const zone = time.start.timeZoneId
  const windows = windowsZone(zone)
  if (windows === undefined) return "UTC"
  const clock = ianaZone(windows) ?? zone
  const isExact = [time.start, time.end.withTimeZone(zone)].every(at => !isAmbiguous(at) && isSameOn(at, clock))
  return isExact ? windows : "UTC"
}

/** Exchange's zone stands for several of ours, and some of those have left it since. */
function isSameOn(at: Temporal.ZonedDateTime, clock: string): boolean {
  return at.offsetNanoseconds === at.withTimeZone(clock).offsetNanoseconds
}

/** A series lives on its wall clock. Its days are just days when it is all-day. */
function seriesZone(time: EventTime): string {
  if (time.allDay) return "UTC"
  const windows = windowsZone(time.start.timeZoneId)
  if (windows === undefined) throw new Error("a series in a zone Exchange does not know cannot be stored")
  return windows
}

/** The clock shows this time twice that day. */
function isAmbiguous(at: Temporal.ZonedDateTime): boolean {
  const wall = at.toPlainDateTime()
  const [earlier, later] = (["earlier", "later"] as const).map(disambiguation =>
    wall.toZonedDateTime(at.timeZoneId, { disambiguation }),
  )
  return earlier?.epochMilliseconds !== later?.epochMilliseconds
}

export const showAsNames = {
  Free: "free",
  Tentative: "tentative",
  Busy: "busy",
  OutOfOffice: "oof",
  WorkingElsewhere: "workingElsewhere",
} as const satisfies Record<ShowAs, string>

export const sensitivityNames = {
  Normal: "normal",
  Personal: "personal",
  Private: "private",
  Confidential: "confidential",
} as const satisfies Record<Sensitivity, string>

export const importanceNames = { Low: "low", Normal: "normal", High: "high" } as const satisfies Record<
  Importance,
  string
>
