import { inDays } from "./manifests.ts"

/** One event of a feed. What is not said is an hour at ten, tomorrow. */
export type FeedEvent = {
  readonly uid: string
  readonly subject?: string
  /** Days from today. */
  readonly day?: number
  /** `HHmm` in the zone. */
  readonly at?: string
  readonly until?: string
  readonly zone?: string
  /** Further lines as they stand in a feed, such as an RRULE. */
  readonly lines?: readonly string[]
}

/** A feed as a server would give it. */
export function feedOf(...events: readonly FeedEvent[]): string {
  const lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", ...events.flatMap(linesOf), "END:VCALENDAR"]
  return `${lines.join("\r\n")}\r\n`
}

/** So many events with keys `name-0`, `name-1` …, one after the other from tomorrow on, twenty a day. */
export function manyEvents(count: number, name = "event"): readonly FeedEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    uid: `${name}-${index}`,
    day: 1 + Math.floor(index / 20),
    at: `${String(1 + (index % 20)).padStart(2, "0")}00`,
    until: `${String(1 + (index % 20)).padStart(2, "0")}30`,
  }))
}

function linesOf(event: FeedEvent): readonly string[] {
  const { uid, subject = `Subject of ${uid}`, day = 1, at = "1000", zone = "Europe/Copenhagen", lines = [] } = event
  const until = event.until ?? `${String(Number(at.slice(0, 2)) + 1).padStart(2, "0")}${at.slice(2)}`
  const time = (clock: string) => `;TZID=${zone}:${inDays(day).replaceAll("-", "")}T${clock}00`
  return [
    "BEGIN:VEVENT",
    `UID:${uid}`,
    "DTSTAMP:20260101T000000Z",
    `SUMMARY:${subject}`,
    `DTSTART${time(at)}`,
    `DTEND${time(until)}`,
    ...lines,
    "END:VEVENT",
  ]
}
