import { renderedBody } from "../store/body.ts"
import { globalObjectId, isMadeHere } from "../store/ids.ts"
import type { Content, Entry, Wall } from "../store/item.ts"
import { occurrenceOn, timeOn } from "../store/series.ts"
import { recurrenceRule } from "./recurrence-rule.ts"
import { timeZoneLines } from "./vtimezone.ts"

/** An item as iCalendar, as Exchange writes it (MS-OXCICAL): zones by their Windows names, its own X- properties. */
export function mimeContent(entry: Entry, nowMs: number): string {
  const zones = new Set(zonesOf(entry).filter(({ zone }) => zone !== "UTC" && !entry.content.time.allDay))
  const named = new Map([...zones].map(wall => [wall.zoneName, wall.zone]))
  const lines = [
    "BEGIN:VCALENDAR",
    "METHOD:PUBLISH",
    "PRODID:Microsoft Exchange Server 2010",
    "VERSION:2.0",
    ...[...named].flatMap(([name, zone]) => timeZoneLines(name, zone, nowMs)),
    ...eventLines(entry),
    ...exceptionsOf(entry).flatMap(eventLines),
    "END:VCALENDAR",
  ]
  return lines.map(folded).join("")
}

function zonesOf(entry: Entry): readonly Wall[] {
  return [entry, ...exceptionsOf(entry)].flatMap(({ content }) => [content.time.start, content.time.end])
}

function exceptionsOf({ item, date }: Entry): readonly Entry[] {
  if (!item.series || date !== undefined) return []
  return [...item.series.exceptions.keys()].sort().flatMap(of => occurrenceOn(item, of, true) ?? [])
}

const busy = {
  free: "FREE",
  tentative: "TENTATIVE",
  busy: "BUSY",
  oof: "OOF",
  workingElsewhere: "WORKINGELSEWHERE",
  unknown: "FREE",
} as const
const classes = { normal: "PUBLIC", personal: "PRIVATE", private: "PRIVATE", confidential: "CONFIDENTIAL" } as const
const priorities = { low: ["9", "0"], normal: ["5", "1"], high: ["1", "2"] } as const
const instanceTypes = { singleInstance: 0, seriesMaster: 1, occurrence: 2, exception: 3 } as const

function eventLines(entry: Entry): readonly string[] {
  const { content, item, type } = entry
  const [priority, importance] = priorities[content.importance]
  const place = content.locations[0]?.["displayName"]
  return [
    "BEGIN:VEVENT",
    text("DESCRIPTION", renderedBody(content.body, "text").content),
    ...recurrenceLines(entry),
    `UID:${isMadeHere(item.uid) ? globalObjectId(item.uid) : item.uid}`,
    ...originalStart(entry),
    text("SUMMARY", content.subject ?? ""),
    `DTSTART${moment(content.time.start, content.time.allDay)}`,
    `DTEND${moment(content.time.end, content.time.allDay)}`,
    `CLASS:${classes[content.sensitivity]}`,
    `PRIORITY:${priority}`,
    `DTSTAMP:${utcStamp(entry.modifiedMs)}`,
    `TRANSP:${content.showAs === "free" ? "TRANSPARENT" : "OPAQUE"}`,
    "STATUS:CONFIRMED",
    "SEQUENCE:0",
    text("LOCATION", place === undefined ? "" : String(place)),
    ...(content.categories.length === 0 ? [] : [`CATEGORIES:${content.categories.map(escaped).join(",")}`]),
    `X-MICROSOFT-CDO-BUSYSTATUS:${busy[content.showAs]}`,
    `X-MICROSOFT-CDO-ALLDAYEVENT:${String(content.time.allDay).toUpperCase()}`,
    `X-MICROSOFT-CDO-IMPORTANCE:${importance}`,
    `X-MICROSOFT-CDO-INSTTYPE:${instanceTypes[type]}`,
    `X-MICROSOFT-DISALLOW-COUNTER:${String(!content.allowNewTimeProposals).toUpperCase()}`,
    ...alarm(content),
    "END:VEVENT",
  ]
}

function recurrenceLines({ item, date }: Entry): readonly string[] {
  const { series, content } = item
  if (!series || date !== undefined) return []
  const { time } = content
  const gone = [...series.cancelled.keys()].sort()
  const starts = gone.map(of => moment(timeOn(time, of, series.recurrence.range.zone).start, time.allDay))
  return [recurrenceRule(series.recurrence, time), ...starts.map(start => `EXDATE${start}`)]
}

function originalStart({ item, date }: Entry): readonly string[] {
  if (!item.series || date === undefined) return []
  const { time } = item.content
  return [`RECURRENCE-ID${moment(timeOn(time, date, item.series.recurrence.range.zone).start, time.allDay)}`]
}

/** The parameters and value of a date or a date and time. */
function moment({ wall, zone, zoneName }: Wall, allDay: boolean): string {
  const stamp = wall.slice(0, "yyyy-MM-ddTHH:mm:ss".length).replace(/[-:]/g, "")
  if (allDay) return `;VALUE=DATE:${stamp.slice(0, "yyyyMMdd".length)}`
  return zone === "UTC" ? `:${stamp}Z` : `;TZID=${zoneName}:${stamp}`
}

function utcStamp(ms: number): string {
  return Temporal.Instant.fromEpochMilliseconds(ms).toString({ smallestUnit: "second" }).replace(/[-:]/g, "")
}

function alarm({ reminderOn, reminderMinutes }: Content): readonly string[] {
  if (!reminderOn) return []
  const trigger = `TRIGGER;RELATED=START:-PT${reminderMinutes}M`
  return ["BEGIN:VALARM", "DESCRIPTION:REMINDER", trigger, "ACTION:DISPLAY", "END:VALARM"]
}

function text(name: string, value: string): string {
  return `${name};LANGUAGE=en-US:${escaped(value)}`
}

function escaped(value: string): string {
  return value.replace(/[\\;,]/g, "\\$&").replace(/\r?\n/g, "\\n")
}

const LINE_BYTES = 75

/** Lines of at most 75 bytes, never cut within a character. */
function folded(line: string): string {
  let lines = ""
  let bytes = 0
  for (const character of line) {
    const length = Buffer.byteLength(character)
    if (bytes + length > LINE_BYTES) {
      lines += "\r\n "
      bytes = 1
    }
    lines += character
    bytes += length
  }
  return `${lines}\r\n`
}
