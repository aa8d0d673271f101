import type { CalendarEvent } from "../core/event.ts"
import { fingerprint } from "../core/fingerprint.ts"
import { parseMark } from "../core/origin.ts"
import type { StoredEvent, Window } from "../core/ports.ts"
import { expand } from "../core/recurrence.ts"
import { endInstant, startInstant } from "../core/time.ts"

/** All-day events are laid on the line of instants as days in UTC, as planning does. */
const floatingZone = "UTC"
/** What no event's fingerprint is: the copy is there, and it is not as anybody wants it. */
const unreadable = "unreadable"
/** A series is in the window with its first occurrence there; more need not be found. */
const manyOccurrences = 10_000

const goneToRemember = 1_000

/**
 * Whether a mark was made for the item it is on. `Plausible` is an item that is no younger than its mark, which duplicates
 * are: the original, unless there is one that is proven.
 */
export type Tie = "Proven" | "Plausible" | "None"

/**
 * One copy, small enough to remember every one of a large organisation (some 500 bytes): marks as text, times as numbers.
 * Only series keep their event, because whether one is in a window takes expanding it.
 */
export type KnownCopy = {
  readonly id: string
  readonly version: string
  readonly markText: string
  readonly fingerprint: string
  readonly tie: Tie
  readonly isMeeting: boolean
  readonly startMs: number
  readonly endMs: number
  readonly isSeries: boolean
  /** What a series says; undefined for one that nobody can read, too. */
  readonly series: CalendarEvent | undefined
}

export type Traces = Readonly<Record<"written" | "removed" | "doubted", ReadonlySet<string>>>

/** What is known of the copies in one calendar, by id. */
export class KnownCopies {
  readonly #copies = new Map<string, KnownCopy>()
  readonly #gone = new Set<string>()
  /** Our own writes since the last look at what changed: their traces are no news. */
  #written = new Set<string>()
  #removed = new Set<string>()
  readonly #doubted = new Set<string>()

  get(id: string): KnownCopy | undefined {
    return this.#copies.get(id)
  }

  /** Remembers what was seen. */
  set(copy: KnownCopy): void {
    this.#copies.set(copy.id, copy)
    this.#doubted.delete(copy.id)
  }

  delete(id: string): void {
    this.#doubted.delete(id)
    if (!this.#copies.delete(id)) return
    this.#gone.add(id)
    const [oldest] = this.#gone
    if (this.#gone.size > goneToRemember && oldest !== undefined) this.#gone.delete(oldest)
  }

  /** Whether this copy was there and was then gone: an answer that names it again speaks of the past. */
  wasGone(id: string): boolean {
    return this.#gone.has(id)
  }

  /** Remembers what was just written, and that we did it. */
  setWritten(copy: KnownCopy): void {
    this.set(copy)
    this.#written.add(copy.id)
  }

  deleteWritten(id: string): void {
    this.delete(id)
    this.#removed.add(id)
  }

  /** Half written, or nobody knows: looked at before anything is said about it, however many listings fail until then. */
  doubt(id: string): void {
    this.#written.delete(id)
    this.#doubted.add(id)
  }

  isDoubted(id: string): boolean {
    return this.#doubted.has(id)
  }

  /** What we wrote and removed since this was asked last, and what is in doubt until it is seen. */
  takeTraces(): Traces {
    const traces = { written: this.#written, removed: this.#removed, doubted: new Set(this.#doubted) }
    this.#written = new Set()
    this.#removed = new Set()
    return traces
  }

  [Symbol.iterator](): Iterator<KnownCopy> {
    return this.#copies.values()
  }

  get seriesIds(): readonly string[] {
    return [...this.#copies.values()].filter(copy => copy.isSeries).map(copy => copy.id)
  }

  replaceBy(copies: readonly KnownCopy[]): void {
    this.#copies.clear()
    for (const copy of copies) this.set(copy)
  }

  /** The copies with anything in the window. */
  inWindow(window: Window): readonly StoredEvent[] {
    const originals = this.#originals()
    return [...this.#copies.values()]
      .filter(copy => isInWindow(copy, window))
      .flatMap(copy => toStored(copy, originals))
  }

  /** The checks of proven originals, in the window or not; none where nobody asks, which is nearly always. */
  #originals(): ReadonlySet<string> {
    const copies = [...this.#copies.values()]
    if (copies.every(({ tie }) => tie === "Proven")) return new Set()
    const proven = copies.filter(({ tie }) => tie === "Proven")
    return new Set(proven.flatMap(({ markText }) => parseMark(markText)?.check ?? []))
  }
}

function toStored(copy: KnownCopy, originals: ReadonlySet<string>): readonly StoredEvent[] {
  const mark = parseMark(copy.markText)
  if (!mark) return []
  const { id, version, fingerprint, tie, series } = copy
  const hasOriginal = tie !== "Proven" && originals.has(mark.check)
  const isCopyOfAnother = tie === "None" || hasOriginal
  return [
    { id, version, mark, fingerprint, isCopyOfAnother, hasOriginal, ...(series ? { event: series } : spanOf(copy)) },
  ]
}

/** Absent for an item nobody can read: nothing is decided by when it is. */
function spanOf({ startMs, endMs }: KnownCopy): Pick<StoredEvent, "span"> {
  return Number.isFinite(startMs) ? { span: { startMs, endMs } } : {}
}

function isInWindow({ startMs, endMs, series }: KnownCopy, window: Window): boolean {
  const { epochMilliseconds: from } = window.start
  const { epochMilliseconds: to } = window.end
  if (series) return isSeriesInWindow(series, window)
  return startMs < to && (endMs > from || (endMs === from && startMs === from))
}

/** A series that cannot be expanded is shown rather than hidden: what is not listed would be made again. */
function isSeriesInWindow(series: CalendarEvent, window: Window): boolean {
  try {
    return expand(series, window, { zone: floatingZone, limit: manyOccurrences }).length > 0
  } catch {
    return true
  }
}

/** What is known of a copy before its content. */
export type CopyHead = Pick<KnownCopy, "id" | "version" | "markText" | "isMeeting" | "isSeries" | "tie">

/** The copy with its content in normal form. */
export function knownCopy(head: CopyHead, event: CalendarEvent): KnownCopy {
  return { ...head, ...knownContent(event) }
}

/** A copy nobody can read is a copy all the same. */
export function unreadableCopy(head: CopyHead): KnownCopy {
  return { ...head, fingerprint: unreadable, startMs: -Infinity, endMs: Infinity, series: undefined }
}

function knownContent(event: CalendarEvent): Pick<KnownCopy, "fingerprint" | "startMs" | "endMs" | "series"> {
  return {
    fingerprint: fingerprint(event),
    startMs: startInstant(event.time, floatingZone).epochMilliseconds,
    endMs: endInstant(event.time, floatingZone).epochMilliseconds,
    series: event.recurrence ? event : undefined,
  }
}
