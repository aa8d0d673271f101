import { randomBytes } from "node:crypto"
import type { Entry, Item } from "../store/item.ts"
import type { Json } from "../store/json.ts"
import { entryOf, occurrencesIn, overlaps, type Span } from "../store/series.ts"
import type { Store } from "../store/store.ts"
import { type Call, ok, type Reply } from "./call.ts"
import { GraphError } from "./graph-error.ts"
import { cappedSpan } from "./read-events.ts"
import { idOf, type Rendering, renderEvent, renderingFor, renderSparse } from "./render-event.ts"
import type { Target } from "./target.ts"

/**
 * Change tracking over the calendar view. https://learn.microsoft.com/graph/api/event-delta
 *
 * A round is computed when it begins and handed out in pages; what happens meanwhile belongs to the next round. Masters
 * and single events are full, occurrences sparse; what left the window, and what never was in it, comes as removed.
 */

type Round = {
  readonly folder: number
  readonly mailbox: string
  /** Absent for `events/delta`, which has no window. */
  readonly span: Span | undefined
  /** What the next round reports changes after. */
  readonly version: number
  readonly lines: readonly Line[]
  readonly madeMs: number
}

type Line =
  | { readonly kind: "entry"; readonly entry: Entry }
  | { readonly kind: "removed"; readonly ref: Pick<Entry, "item" | "date"> }

/** Rounds under way that are remembered; older ones have to begin anew. */
const ROUNDS_KEPT = 500
const DEFAULT_PAGE = 10

export class DeltaRounds {
  readonly #store: Store
  readonly #rounds = new Map<string, Round>()
  #generation = 0

  constructor(store: Store) {
    this.#store = store
  }

  /** Every token given out so far is gone: 410. */
  forget(): void {
    this.#generation++
    this.#rounds.clear()
  }

  /** `calendarView/delta`, or `events/delta` when there is no window. */
  list(call: Call, target: Target, resource: "CalendarView" | "Events"): Reply {
    refuseOptions(call, resource)
    const skipToken = call.query.get("skiptoken")
    if (skipToken !== undefined) return this.#continue(call, target, skipToken)
    const deltaToken = call.query.get("deltatoken")
    if (deltaToken !== undefined) return this.#since(call, target, deltaToken)
    const span = resource === "CalendarView" ? cappedSpan(call) : undefined
    const entries = [...this.#entries(target, span)]
    const lines = entries.map(entry => ({ kind: "entry" as const, entry }))
    return this.#begin(call, target, { span, lines })
  }

  #since(call: Call, target: Target, text: string): Reply {
    const token = this.#readDeltaToken(target, text)
    const lines = [...this.#changes(target, token)]
    return this.#begin(call, target, { span: token.span, lines })
  }

  #begin(
    call: Call,
    target: Target,
    given: { readonly span: Span | undefined; readonly lines: readonly Line[] },
  ): Reply {
    const round: Round = {
      folder: target.folder,
      mailbox: target.mailbox.id,
      span: given.span,
      version: this.#store.version,
      lines: this.#mixed(given.lines),
      madeMs: this.#store.clock.now(),
    }
    return this.#page(call, target, { round, key: undefined, at: 0, empty: this.#store.switches.deltaEmptyPages })
  }

  /** Ordering is undefined and the same entry may come twice: both are made to happen, the same way every time. */
  #mixed(lines: readonly Line[]): readonly Line[] {
    const { deltaShuffles, deltaDuplicates } = this.#store.switches
    const twice = deltaDuplicates ? lines.flatMap((line, at) => (at % 7 === 3 ? [line, line] : [line])) : lines
    if (!deltaShuffles) return twice
    const stride = strideFor(twice.length)
    return twice.map((_, at) => twice[(at * stride) % twice.length]).filter(line => line !== undefined)
  }

  #continue(call: Call, target: Target, token: string): Reply {
    const [key = "", at = ""] = token.split(".")
    const round = this.#rounds.get(key)
    if (!round || round.mailbox !== target.mailbox.id || round.folder !== target.folder) throw syncStateNotFound()
    return this.#page(call, target, { round, key, at: Number(at), empty: false })
  }

  #page(
    call: Call,
    target: Target,
    given: { readonly round: Round; readonly key: string | undefined; readonly at: number; readonly empty: boolean },
  ): Reply {
    const { round, at, empty } = given
    const size = empty ? 0 : (call.preferences.maxPageSize ?? DEFAULT_PAGE)
    const lines = round.lines.slice(at, at + size)
    const next = at + size
    const more = next < round.lines.length || empty
    const link = more ? `$skiptoken=${this.#keep(round, given.key)}.${next}` : `$deltatoken=${this.#deltaToken(round)}`
    const value = lines.map(line => render(line, renderingFor(call, target.mailbox), round.span))
    return {
      ...ok({
        "@odata.context": `${call.origin}/v1.0/$metadata#Collection(event)`,
        [more ? "@odata.nextLink" : "@odata.deltaLink"]: `${call.origin}${call.path}?${link}`,
        value,
      }),
      headers: { "preference-applied": ["odata.track-changes", ...call.preferences.applied].join(", ") },
    }
  }

  #keep(round: Round, key: string | undefined): string {
    if (key !== undefined) return key
    const made = randomBytes(24).toString("base64url")
    this.#rounds.set(made, round)
    const [oldest] = this.#rounds.keys()
    if (this.#rounds.size > ROUNDS_KEPT && oldest !== undefined) this.#rounds.delete(oldest)
    return made
  }

  /** Opaque to the client; the server keeps nothing for it, so a client may come back after any time. */
  #deltaToken(round: Round): string {
    const { folder, mailbox, span, version, madeMs } = round
    const parts = [this.#generation, mailbox, folder, version, madeMs, span?.startMs ?? "", span?.endMs ?? ""]
    return masked(Buffer.from(parts.join("|"))).toString("base64url")
  }

  #readDeltaToken(target: Target, text: string): { readonly version: number; readonly span: Span | undefined } {
    const parts = masked(Buffer.from(text, "base64url")).toString("latin1").split("|")
    const [generation, mailbox, folder, version, madeMs, startMs, endMs] = parts
    if (parts.length !== 7) throw new GraphError(400, "SyncStateInvalid", "The sync state data is invalid.")
    const age = this.#store.clock.now() - Number(madeMs)
    const forgotten = Number(version) < target.mailbox.forgottenVersion
    if (Number(generation) !== this.#generation || age > this.#store.switches.deltaTokenLifetimeMs || forgotten)
      throw syncStateNotFound()
    if (mailbox !== target.mailbox.id || Number(folder) !== target.folder)
      throw new GraphError(400, "SyncStateInvalid", "The sync state data is for another resource.")
    const span = startMs ? { startMs: Number(startMs), endMs: Number(endMs) } : undefined
    return { version: Number(version), span }
  }

  /** All there is now: single events and masters, and in a window also the occurrences. */
  *#entries({ mailbox, folder }: Target, span: Span | undefined): Generator<Entry> {
    for (const item of mailbox.items.values()) if (item.folder === folder) yield* this.#entriesOf(item, span)
  }

  *#entriesOf(item: Item, span: Span | undefined): Generator<Entry> {
    if (!span) return yield entryOf(item)
    if (!item.series) {
      if (overlaps(item.content.time, span)) yield entryOf(item)
      return
    }
    const occurrences = [...occurrencesIn(item, span, this.#store.switches.occurrencesInheritProperties)]
    if (occurrences.length > 0) yield entryOf(item)
    yield* occurrences
  }

  *#changes(target: Target, since: { readonly version: number; readonly span: Span | undefined }): Generator<Line> {
    for (const item of target.mailbox.items.values()) {
      if (item.folder !== target.folder || item.version <= since.version) continue
      yield* this.#changesOf(item, since)
    }
    for (const tombstone of target.mailbox.tombstones) {
      if (tombstone.folder !== target.folder || tombstone.version <= since.version) continue
      if (target.mailbox.items.get(tombstone.item.number)?.folder === target.folder) continue
      yield* this.#removals(tombstone.item, since)
    }
  }

  *#changesOf(item: Item, since: { readonly version: number; readonly span: Span | undefined }): Generator<Line> {
    const now = [...this.#entriesOf(item, since.span)]
    for (const entry of now) yield { kind: "entry", entry }
    const dates = new Set(now.map(entry => entry.date))
    if (since.span) {
      for (const entry of this.#occurrencesBefore(item, since.version, since.span))
        if (!dates.has(entry.date)) yield { kind: "removed", ref: entry }
    }
    if (now.length > 0) return
    const tells = this.#store.switches.deltaTombstonesOutOfWindow || wasIn(item, since)
    if (tells) yield { kind: "removed", ref: { item } }
  }

  /** The occurrences the client may know: those of the shape the series had at its version. */
  *#occurrencesBefore(item: Item, version: number, span: Span): Generator<Entry> {
    const shape = item.earlierShapes?.find(({ untilVersion }) => untilVersion > version)
    const series = shape ? shape.series : item.series
    if (!series) return
    const time = shape?.time ?? item.content.time
    const uncancelled = new Map([...series.cancelled].filter(([, cancelledAt]) => cancelledAt <= version))
    const before = { ...item, content: { ...item.content, time }, series: { ...series, cancelled: uncancelled } }
    for (const entry of occurrencesIn(before, span, true)) yield { ...entry, item }
  }

  *#removals(item: Item, since: { readonly version: number; readonly span: Span | undefined }): Generator<Line> {
    yield { kind: "removed", ref: { item } }
    const { span, version } = since
    if (!span || !this.#store.switches.deltaNamesOccurrencesOfDeletedSeries) return
    for (const entry of this.#occurrencesBefore(item, version, span)) yield { kind: "removed", ref: entry }
  }
}

/** Whether a single event was in the window then; of a series nobody asks, one tombstone more does no harm. */
function wasIn(
  { earlierShapes, series }: Item,
  { version, span }: { readonly version: number; readonly span: Span | undefined },
): boolean {
  const shape = earlierShapes?.find(({ untilVersion }) => untilVersion > version)
  if (shape?.series || series || !span) return true
  return shape !== undefined && overlaps(shape.time, span)
}

const MASK = 0x5a

function masked(bytes: Buffer): Buffer {
  return Buffer.from(bytes.map(byte => byte ^ MASK))
}

function syncStateNotFound(): GraphError {
  return new GraphError(
    410,
    "SyncStateNotFound",
    "The sync state generation is not found; a full synchronization is required.",
  )
}

const unsupported = ["select", "expand", "filter", "orderby", "search", "top", "skip", "count"]

function refuseOptions(call: Call, resource: string): void {
  for (const name of unsupported) {
    if (!call.query.has(name)) continue
    const hint = name === "top" ? " Use the header 'Prefer: odata.maxpagesize' instead." : ""
    throw new GraphError(
      400,
      "ErrorInvalidUrlQuery",
      `The following parameters are not supported with change tracking over the '${resource}' resource: '$${name}'.${hint}`,
    )
  }
}

/** A stride that visits every index once. */
function strideFor(length: number): number {
  for (const stride of [7919, 5, 3, 2])
    if (length > stride && length % stride !== 0 && coprime(stride, length)) return stride
  return 1
}

function coprime(a: number, b: number): boolean {
  return b === 0 ? a === 1 : coprime(b, a % b)
}

function render(line: Line, rendering: Rendering, span: Span | undefined): Json {
  if (line.kind === "removed") return { "@removed": { reason: "deleted" }, id: idOf(line.ref, rendering) }
  const type = { "@odata.type": "#microsoft.graph.event" }
  const sparse = span === undefined || line.entry.type === "occurrence"
  return { ...type, ...(sparse ? renderSparse(line.entry, rendering) : renderEvent(line.entry, rendering)) }
}

export function deltaNotSupported(resource: string): GraphError {
  return new GraphError(400, "ErrorInvalidUrlQuery", `Change tracking is not supported against '${resource}'.`)
}
