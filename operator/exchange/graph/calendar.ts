import type { CalendarEvent } from "../../core/event.ts"
import type { Calendar, CalendarChoice, CalendarWriter, Listing, ListRequest, Window } from "../../core/ports.ts"
import { widened } from "../../core/time.ts"
import { KnownCopies } from "../known-copies.ts"
import { canStoreSeries, normalForm } from "../normal-form.ts"
import { Turns } from "../turns.ts"
import type { Batches } from "./batch.ts"
import { CalendarFolder, type FolderPaths } from "./calendar-folder.ts"
import type { GraphClient } from "./client.ts"
import { copyOf, doubtfulCopyOf } from "./copy.ts"
import { type DeltaRound, firstRoundPath, readDeltaRound } from "./delta.ts"
import type { GraphItem } from "./read-event.ts"
import { readForeign } from "./read-foreign.ts"
import { lookAt, type Reader, readMarked } from "./read-items.ts"
import { type Suspect, suspects } from "./suspects.ts"
import { GraphWriter } from "./writer.ts"

/** All-day events are matched as days in UTC, whatever the zone they are meant in. */
const allDaySlack = Temporal.Duration.from({ days: 1 })
/** A round of change tracking covers a window that cannot move; ours moves on, and a day ahead means one new round a day. */
const dayAhead = { hours: 24 }
/** Views and rounds end at 1825 days; a longer window is read whole each time. */
const longestRoundDays = 1820
/** A list that shifted while it was read page by page is read again, this often. */
const readingsOfShiftingList = 3

/** Where we are in the calendar's changes, and what that speaks about. */
type Place = { readonly link: string; readonly covered: Window }

export type GraphCalendarDeps = {
  readonly client: GraphClient
  readonly batches: Batches
  readonly address: string
  readonly calendar: CalendarChoice
}

/**
 * One calendar of one mailbox. The first listing reads all copies by their mark; later ones ask what changed since, which
 * is one request when nothing did, and look only at what that points to.
 */
export class GraphCalendar implements Calendar {
  readonly writer: CalendarWriter
  readonly #reader: Reader
  readonly #folder: CalendarFolder
  readonly #known = new KnownCopies()
  readonly #turns = new Turns()
  #place: Place | undefined

  constructor({ client, batches, address, calendar }: GraphCalendarDeps) {
    this.#folder = new CalendarFolder(client, address, calendar)
    this.#reader = { client, batches, mailbox: address, user: this.#folder.user }
    this.writer = new GraphWriter({ reader: this.#reader, folder: this.#folder, known: this.#known })
  }

  list(request: ListRequest, signal: AbortSignal): Promise<Listing> {
    return this.#turns.take(() => this.#list(request, signal))
  }

  normalize(event: CalendarEvent): CalendarEvent {
    return normalForm(event, "graph")
  }

  canStoreSeries(event: CalendarEvent, window: Window): boolean {
    return canStoreSeries(event, window, "graph")
  }

  async #list(request: ListRequest, signal: AbortSignal): Promise<Listing> {
    const { window } = request
    const folder = await this.#folder.find(signal)
    if (!folder) return this.#empty(window)
    try {
      await this.#bringUpToDate(folder, request, signal)
      const foreign = request.includeForeign
        ? await readForeign(this.#reader, { view: folder.view, window }, signal)
        : { events: [], problems: [] }
      const events = [...this.#known.inWindow(window), ...foreign.events]
      return { events, window, complete: true, problems: foreign.problems }
    } catch (error) {
      this.#folder.forget() // it may have been the calendar that is gone
      throw error
    }
  }

  #empty(window: Window): Listing {
    this.#known.replaceBy([])
    this.#place = undefined
    return { events: [], window, complete: true, problems: [] }
  }

  async #bringUpToDate(folder: FolderPaths, { window, fresh }: ListRequest, signal: AbortSignal): Promise<void> {
    const place = this.#place
    if (place && !fresh && covers(place.covered, widened(window, allDaySlack))) {
      if (await this.#catchUp(folder, place, signal)) return
    }
    await this.#readAll(folder, { window, trustKnown: !fresh }, signal)
  }

  /** False when the other side no longer knows where we were. */
  async #catchUp(folder: FolderPaths, place: Place, signal: AbortSignal): Promise<boolean> {
    const round = await this.#round(place.link, signal)
    if (!round) return false
    await this.#lookInto(folder, round, signal)
    this.#place = { ...place, link: round.link }
    return true
  }

  async #readAll(
    folder: FolderPaths,
    { window, trustKnown }: { readonly window: Window; readonly trustKnown: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    this.#place = undefined
    // The place first, the list after it: what changes in between is told by the next round.
    const place = await this.#firstRound(folder, window, signal)
    this.#known.takeTraces()
    const { items, round } = await this.#readSteadyList(folder, place, signal)
    await this.#learn(items, trustKnown, signal)
    if (round) await this.#lookInto(folder, round, signal)
    this.#place = place && { ...place, link: round?.link ?? place.link }
  }

  async #firstRound(folder: FolderPaths, window: Window, signal: AbortSignal): Promise<Place | undefined> {
    const wide = widened(window, allDaySlack)
    const covered = { start: wide.start, end: wide.end.add(dayAhead) }
    if (covered.start.until(covered.end).total("hours") > longestRoundDays * 24) return undefined
    const round = await this.#round(firstRoundPath(folder.view, covered), signal)
    return round && { link: round.link, covered }
  }

  async #round(from: string, signal: AbortSignal): Promise<DeltaRound | undefined> {
    const round = await readDeltaRound(this.#reader.client, { from, mailbox: this.#reader.mailbox }, signal)
    return typeof round === "string" ? undefined : round
  }

  /**
   * Pages are cut by position: an item removed meanwhile moves another one over the edge, unseen, and what is unseen would
   * be created again. So a list of several pages counts only when nothing was removed while it was read.
   */
  async #readSteadyList(
    folder: FolderPaths,
    place: Place | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly items: readonly GraphItem[]; readonly round?: DeltaRound | undefined }> {
    let link = place?.link
    for (let readings = 1; ; readings += 1) {
      const { items, pages } = await readMarked(this.#reader, folder.events, signal)
      if (pages === 1 || link === undefined) return { items }
      const round = await this.#round(link, signal)
      if (!round?.changes.some(change => change.removed) || readings === readingsOfShiftingList) return { items, round }
      link = round.link
    }
  }

  /**
   * Knows these items and no others. Series are looked at singly for what was done to their occurrences, unless they are
   * as they were.
   */
  async #learn(items: readonly GraphItem[], trustKnown: boolean, signal: AbortSignal): Promise<void> {
    const known = (item: GraphItem) => {
      const copy = trustKnown && !this.#known.isDoubted(item.id) ? this.#known.get(item.id) : undefined
      return copy?.version === item.version ? copy : undefined
    }
    const unseen = items.filter(item => item.kind === "seriesMaster" && !known(item))
    const looks = await lookAt(
      this.#reader,
      unseen.map(({ id }) => ({ id, isSeries: true })),
      signal,
    )
    const copies = items.flatMap(item => {
      const look = looks.get(item.id)
      if (look?.kind === "Gone") return doubtfulCopyOf(item) ?? []
      return known(item) ?? copyOf(look?.kind === "Found" ? look.item : item) ?? []
    })
    this.#known.replaceBy(copies)
    for (const [id, look] of looks) if (look.kind === "Gone") this.#known.doubt(id)
  }

  async #lookInto(folder: FolderPaths, round: DeltaRound, signal: AbortSignal): Promise<void> {
    await this.#lookAgain(folder, suspects(round.changes, this.#known), signal)
  }

  /** Nothing is believed gone or changed before it was looked at. */
  async #lookAgain(folder: FolderPaths, suspects: readonly Suspect[], signal: AbortSignal): Promise<void> {
    const looks = await lookAt(this.#reader, suspects, signal)
    const isDoubtful = (id: string) => looks.get(id)?.kind === "Found" || this.#known.isDoubted(id)
    const doubtful = suspects.filter(({ id, mayHaveLeft }) => mayHaveLeft && isDoubtful(id))
    const left = await this.#leftCalendar(folder, doubtful, signal)
    const isThere = ({ id, isSaidToBeThere }: Suspect) =>
      isSaidToBeThere || (this.#known.isDoubted(id) && !left.has(id))
    const there = new Set(suspects.filter(isThere).map(({ id }) => id))
    for (const [id, look] of looks) {
      if (look.kind === "Refused") throw look.error
      if (look.kind === "Gone" && there.has(id)) {
        this.#known.doubt(id)
        continue
      }
      const copy = look.kind === "Found" && !left.has(id) ? copyOf(look.item) : undefined
      if (copy) this.#known.set(copy)
      else this.#known.delete(id)
    }
  }

  /** An id finds its item in every calendar of the mailbox, and perhaps among the deleted ones; only a list tells. */
  async #leftCalendar(
    folder: FolderPaths,
    doubtful: readonly Suspect[],
    signal: AbortSignal,
  ): Promise<ReadonlySet<string>> {
    if (doubtful.length === 0) return new Set()
    const { items } = await readMarked(this.#reader, folder.events, signal)
    const there = new Set(items.map(({ id }) => id))
    return new Set(doubtful.flatMap(({ id }) => (there.has(id) ? [] : [id])))
  }
}

function covers(wide: Window, { start, end }: Window): boolean {
  return Temporal.Instant.compare(wide.start, start) <= 0 && Temporal.Instant.compare(end, wide.end) <= 0
}
