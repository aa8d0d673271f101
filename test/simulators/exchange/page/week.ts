import { entriesIn } from "../graph/read-events.ts"
import { itemId } from "../store/ids.ts"
import type { Entry } from "../store/item.ts"
import { DEFAULT_CALENDAR, type Mailbox } from "../store/mailbox.ts"
import type { Store } from "../store/store.ts"
import { findZone, utc, wallOf } from "../store/time-zones.ts"

/** One week of a mailbox, laid out the way Outlook shows it: hours down, days across, all-day events in lanes above. */

export type Block = {
  /** The same event keeps its key from one look to the next. */
  readonly key: string
  readonly version: number
  readonly subject: string
  readonly location: string
  readonly showAs: string
  readonly category: string
  readonly isPrivate: boolean
  readonly isSeries: boolean
  /** Carries a named property: some program made it. */
  readonly isMade: boolean
  /** 0…6 */
  readonly day: number
  readonly label: string
}

/** Minutes since midnight; side by side with others in `columns` columns. */
export type TimedBlock = Block & {
  readonly from: number
  readonly to: number
  readonly column: number
  readonly columns: number
}

export type AllDayBlock = Block & { readonly days: number; readonly lane: number }

export type Week = {
  readonly address: string
  readonly displayName: string
  readonly zone: string
  readonly calendar: string
  readonly calendars: readonly string[]
  readonly start: string
  readonly today: string
  /** Minutes since midnight, in the mailbox's zone. */
  readonly nowMinutes: number
  readonly timed: readonly TimedBlock[]
  readonly allDay: readonly AllDayBlock[]
}

const DAYS = 7
const DAY_MINUTES = 1440

export function weekOf(
  store: Store,
  mailbox: Mailbox,
  asked: { readonly start: string; readonly calendar?: string },
): Week {
  const zone = findZone(mailbox.timeZone) ?? utc
  const start = mondayOf(asked.start)
  const folder = folderOf(mailbox, asked.calendar)
  const entries = entriesAround(store, { mailbox, folder }, start)
  const now = wallOf(store.clock.now(), zone.zone)
  const view: View = { mailbox, zone: zone.zone, start }
  return {
    address: mailbox.address,
    displayName: mailbox.displayName,
    zone: mailbox.timeZone,
    calendar: mailbox.calendars.get(folder)?.name ?? "",
    calendars: [...mailbox.calendars.values()].map(({ name }) => name),
    start: start.toString(),
    today: now.toPlainDate().toString(),
    nowMinutes: now.hour * 60 + now.minute,
    timed: sideBySide(entries.filter(entry => !isBar(entry)).flatMap(entry => segments(entry, view))),
    allDay: inLanes(entries.filter(isBar).flatMap(entry => bar(entry, view))),
  }
}

type View = { readonly mailbox: Mailbox; readonly zone: string; readonly start: Temporal.PlainDate }

export function mondayOf(text: string): Temporal.PlainDate {
  const date = Temporal.PlainDate.from(text)
  return date.subtract({ days: date.dayOfWeek - 1 })
}

function folderOf(mailbox: Mailbox, name: string | undefined): number {
  return [...mailbox.calendars.values()].find(calendar => calendar.name === name)?.number ?? DEFAULT_CALENDAR
}

/** A day more on both sides: zones, and all-day events that count as UTC midnights. */
function entriesAround(
  store: Store,
  target: { readonly mailbox: Mailbox; readonly folder: number },
  start: Temporal.PlainDate,
): readonly Entry[] {
  const at = (days: number) => start.add({ days }).toZonedDateTime("UTC").epochMilliseconds
  return entriesIn(store, target, { startMs: at(-1), endMs: at(DAYS + 1) })
}

const LONG_MS = 86_400_000

/** All-day events and those of a whole day or more are drawn as bars. */
function isBar({ content: { time } }: Entry): boolean {
  return time.allDay || time.endMs - time.startMs >= LONG_MS
}

function walls(
  entry: Entry,
  zone: string,
): { readonly from: Temporal.PlainDateTime; readonly to: Temporal.PlainDateTime } {
  const { time } = entry.content
  const shown = time.allDay ? "UTC" : zone
  return { from: wallOf(time.startMs, shown), to: wallOf(time.endMs, shown) }
}

/** One piece for every day a timed event touches. */
function segments(entry: Entry, view: View): readonly Omit<TimedBlock, "column" | "columns">[] {
  const { from, to } = walls(entry, view.zone)
  const pieces: Omit<TimedBlock, "column" | "columns">[] = []
  for (let day = 0; day < DAYS; day++) {
    const midnight = view.start.add({ days: day }).toPlainDateTime()
    const begin = clamp(minutesBetween(midnight, from))
    const end = clamp(minutesBetween(midnight, to))
    const touches = end > begin || (begin === end && begin > 0 && begin < DAY_MINUTES)
    if (touches) pieces.push({ ...block(entry, view, day), from: begin, to: end, label: label(from, to) })
  }
  return pieces
}

function minutesBetween(from: Temporal.PlainDateTime, to: Temporal.PlainDateTime): number {
  return Math.round(from.until(to, { largestUnit: "minutes" }).total("minutes"))
}

function clamp(minutes: number): number {
  return Math.min(Math.max(minutes, 0), DAY_MINUTES)
}

function label(from: Temporal.PlainDateTime, to: Temporal.PlainDateTime): string {
  return `${clockOf(from)} – ${clockOf(to)}`
}

function clockOf(time: Temporal.PlainDateTime): string {
  return time.toPlainTime().toString({ smallestUnit: "minute" })
}

function block(entry: Entry, { mailbox }: View, day: number): Block {
  const { item, content, date } = entry
  const id = itemId(
    { mailbox: mailbox.id, number: item.number, folder: item.folder, ...(date ? { date } : {}) },
    "immutable",
  )
  return {
    key: `${id} ${day}`,
    version: entry.version,
    subject: content.subject || "(no title)",
    location: String(content.locations[0]?.["displayName"] ?? ""),
    showAs: content.showAs,
    category: content.categories[0] ?? "",
    isPrivate: content.sensitivity === "private" || content.sensitivity === "confidential",
    isSeries: item.series !== undefined,
    isMade: content.named.size > 0,
    day,
    label: "",
  }
}

/** Overlapping events share the width of their day; a group that overlaps has as many columns as it needs. */
function sideBySide(pieces: readonly Omit<TimedBlock, "column" | "columns">[]): readonly TimedBlock[] {
  const blocks: TimedBlock[] = []
  for (let day = 0; day < DAYS; day++) {
    const ofDay = pieces.filter(piece => piece.day === day).sort((a, b) => a.from - b.from || b.to - a.to)
    for (const group of overlapping(ofDay)) blocks.push(...inColumns(group))
  }
  return blocks
}

type Piece = Omit<TimedBlock, "column" | "columns">

/** A block is never drawn shorter than this, so that it can be read; overlapping counts what is drawn. */
const LEAST_MINUTES = 20

function drawnEnd({ from, to }: Piece): number {
  return Math.max(to, from + LEAST_MINUTES)
}

function overlapping(sorted: readonly Piece[]): readonly Piece[][] {
  const groups: Piece[][] = []
  let end = Number.NEGATIVE_INFINITY
  for (const piece of sorted) {
    if (piece.from >= end) groups.push([])
    groups.at(-1)?.push(piece)
    end = Math.max(end, drawnEnd(piece))
  }
  return groups
}

function inColumns(group: readonly Piece[]): readonly TimedBlock[] {
  const ends: number[] = []
  const placed = group.map(piece => {
    const free = ends.findIndex(end => end <= piece.from)
    const column = free < 0 ? ends.length : free
    ends[column] = drawnEnd(piece)
    return { ...piece, column }
  })
  return placed.map(piece => ({ ...piece, columns: ends.length }))
}

/** The days of this week a bar covers. */
function bar(entry: Entry, view: View): readonly Omit<AllDayBlock, "lane">[] {
  const { from, to } = walls(entry, view.zone)
  const first = view.start.until(from.toPlainDate()).days
  const endsAtMidnight = to.hour === 0 && to.minute === 0
  const last = view.start.until(to.toPlainDate()).days - (endsAtMidnight ? 1 : 0)
  const [begin, end] = [Math.max(first, 0), Math.min(last, DAYS - 1)]
  if (end < begin) return []
  const text = entry.content.time.allDay ? "" : label(from, to)
  return [{ ...block(entry, view, begin), days: end - begin + 1, label: text }]
}

function inLanes(bars: readonly Omit<AllDayBlock, "lane">[]): readonly AllDayBlock[] {
  const ends: number[] = []
  return [...bars]
    .sort((a, b) => a.day - b.day || b.days - a.days)
    .map(given => {
      const free = ends.findIndex(end => end <= given.day)
      const lane = free < 0 ? ends.length : free
      ends[lane] = given.day + given.days
      return { ...given, lane }
    })
}
