import { ChangedMeanwhileError, NeedsAttentionError, TemporaryError } from "../../operator/core/errors.ts"
import type { CalendarEvent, EventContent } from "../../operator/core/event.ts"
import { fingerprint } from "../../operator/core/fingerprint.ts"
import { checkOf, formatMark, type Mark, parseMark } from "../../operator/core/origin.ts"
import type {
  Calendar,
  CalendarWriter,
  CreateItem,
  Listing,
  ListRequest,
  RemoveItem,
  StoredEvent,
  StripItem,
  UpdateItem,
  WriteOutcome,
} from "../../operator/core/ports.ts"
import { liesIn, spanOf } from "../../operator/core/span.ts"

export type MemoryItem = {
  readonly id: string
  readonly version: string
  readonly event: CalendarEvent
  /** As text, as a server keeps it. */
  readonly mark?: string
  readonly createdWith?: string
}

/** What may go wrong with one item of a write. `throws` ends the whole call there, as a lost connection or a crash does. */
export type WriteFault = "lostAnswer" | "refused" | "invalid" | "editedJustBefore" | "gatewayError" | "crash"
/**
 * `behind`: the newest item is not in the answer yet, which calls itself complete all the same; `none` and `few`: nothing
 * is, or every tenth, as while an index is built.
 */
export type ListFault = "unreachable" | "incomplete" | "behind" | "none" | "few"

export type Faults = {
  write?: (kind: keyof CalendarWriter, id: string) => WriteFault | undefined
  list?: () => ListFault | undefined
}

function isListed(fault: ListFault | undefined, index: number, count: number): boolean {
  if (fault === "none") return false
  if (fault === "few") return index % 10 === 0
  return fault === "incomplete" ? index % 2 === 0 : fault !== "behind" || index < count - 1
}

/** A complete mailbox in memory. It trusts what it knows, as a real one does with delta tokens, until asked afresh. */
export class MemoryCalendar implements Calendar {
  readonly writer: CalendarWriter
  /** Set to let things go wrong. */
  faults: Faults = {}
  writes = 0
  readonly #items = new Map<string, MemoryItem>()
  readonly #idsByKey = new Map<string, string>()
  /** Versions the calendar has told about: those listed again without their event. */
  readonly #known = new Map<string, string>()
  #counter = 0

  constructor() {
    this.writer = {
      create: (items, signal) => this.#each("create", items, item => this.#create(item), signal),
      update: (items, signal) => this.#each("update", items, item => this.#update(item), signal),
      remove: (items, signal) => this.#each("remove", items, item => this.#remove(item), signal),
      stripMark: (items, signal) => this.#each("stripMark", items, item => this.#strip(item), signal),
    }
  }

  async list({ window, includeForeign, fresh }: ListRequest, signal: AbortSignal): Promise<Listing> {
    signal.throwIfAborted()
    const fault = this.faults.list?.()
    if (fault === "unreachable") throw new TemporaryError("the mailbox does not answer", { reason: "Unreachable" })
    if (fresh) this.#known.clear()
    const inWindow = this.items.filter(item => liesIn(item, window) !== false)
    const read = inWindow.filter((_, index) => isListed(fault, index, inWindow.length))
    const events = read.map(item => this.#stored(item)).filter(event => includeForeign || event.mark !== undefined)
    return { events, window, complete: fault !== "incomplete", problems: [] }
  }

  normalize(event: CalendarEvent): CalendarEvent {
    const { recurrence, ...rest } = event
    const content = { ...normalContent(rest), key: "" }
    if (!recurrence) return content
    const overrides = recurrence.overrides.map(override => ({ ...override, content: normalContent(override.content) }))
    return { ...content, recurrence: { ...recurrence, overrides } }
  }

  /** This one knows daily and weekly patterns only. */
  canStoreSeries({ recurrence }: CalendarEvent): boolean {
    const [rule, ...more] = recurrence?.rules ?? []
    const isSimple = rule?.frequency === "DAILY" || rule?.frequency === "WEEKLY"
    return isSimple && more.length === 0 && recurrence?.extraTimes.length === 0
  }

  get items(): readonly MemoryItem[] {
    return [...this.#items.values()]
  }

  /** What stands in the calendar for anybody to see: contents without ids and versions. */
  get contents(): readonly string[] {
    return this.items.map(item => `${parseMark(item.mark ?? "")?.key ?? "-"} ${fingerprint(item.event)}`).toSorted()
  }

  userAdds(event: CalendarEvent): string {
    return this.#put({ event: this.normalize(event) })
  }

  userEdits(id: string, change: Partial<EventContent>): void {
    const item = this.#items.get(id)
    if (item) this.#change(id, { event: this.normalize({ ...item.event, ...change }) })
  }

  userDeletes(id: string): void {
    this.#items.delete(id)
  }

  /** Copy and paste takes the mark along. */
  userDuplicates(id: string): string | undefined {
    const item = this.#items.get(id)
    return item && this.#put({ event: item.event, ...(item.mark === undefined ? {} : { mark: item.mark }) })
  }

  /** Servers touch versions without touching content. */
  touch(id: string): void {
    this.#change(id, {})
  }

  /** The delta token is lost: everything must be read again. */
  losesToken(): void {
    this.#known.clear()
  }

  async #each<T>(
    kind: keyof CalendarWriter,
    items: readonly T[],
    write: (item: T) => WriteOutcome,
    signal: AbortSignal,
  ): Promise<readonly WriteOutcome[]> {
    const outcomes: WriteOutcome[] = []
    for (const item of items) {
      signal.throwIfAborted()
      outcomes.push(this.#withFault(kind, item, write))
    }
    return outcomes
  }

  #withFault<T>(kind: keyof CalendarWriter, item: T, write: (item: T) => WriteOutcome): WriteOutcome {
    const id = idOf(item)
    const fault = this.faults.write?.(kind, id)
    if (fault === "crash") throw new Error("the process ends here")
    if (fault === "gatewayError") throw new TemporaryError("503 from the gateway", { reason: "Unreachable" })
    if (fault === "refused") return failed(new TemporaryError("too many requests", { reason: "Throttled" }))
    if (fault === "invalid") return failed(new NeedsAttentionError("the item was refused", { reason: "InvalidItem" }))
    if (fault === "editedJustBefore") this.touch(id)
    const outcome = write(item)
    this.writes += outcome.ok ? 1 : 0
    return fault === "lostAnswer"
      ? failed(new TemporaryError("the answer was lost", { reason: "Unreachable" }))
      : outcome
  }

  #create({ event, mark, idempotencyKey }: CreateItem): WriteOutcome {
    const known = this.#items.get(this.#idsByKey.get(idempotencyKey) ?? "")
    if (known) return { ok: true, id: known.id, version: known.version }
    const id = this.#put({ event: this.normalize(event), mark: formatMark(mark), createdWith: idempotencyKey })
    this.#idsByKey.set(idempotencyKey, id)
    return this.#written(id)
  }

  #update({ id, version, event, mark }: UpdateItem): WriteOutcome {
    if (this.#items.get(id)?.version !== version) return failed(new ChangedMeanwhileError(id))
    this.#change(id, { event: this.normalize(event), mark: formatMark(mark) })
    return this.#written(id)
  }

  #remove({ id, version }: RemoveItem): WriteOutcome {
    const item = this.#items.get(id)
    if (item && item.version !== version) return failed(new ChangedMeanwhileError(id))
    this.#items.delete(id)
    return { ok: true, id, version }
  }

  #strip({ id, version }: StripItem): WriteOutcome {
    const item = this.#items.get(id)
    if (item?.version !== version) return failed(new ChangedMeanwhileError(id))
    const { mark: _mark, ...unmarked } = item
    this.#items.set(id, { ...unmarked, version: this.#next("v") })
    return this.#written(id)
  }

  #put(item: Omit<MemoryItem, "id" | "version">): string {
    const id = this.#next("item-")
    this.#items.set(id, { ...item, id, version: this.#next("v") })
    return id
  }

  #change(id: string, change: Partial<MemoryItem>): void {
    const item = this.#items.get(id)
    if (item) this.#items.set(id, { ...item, ...change, version: this.#next("v") })
  }

  #written(id: string): WriteOutcome {
    return { ok: true, id, version: this.#items.get(id)?.version ?? "" }
  }

  #stored({ id, version, event, mark: text, createdWith }: MemoryItem): StoredEvent {
    const mark = text === undefined ? undefined : parseMark(text)
    const base = { id, version, fingerprint: fingerprint(event) }
    if (!mark) return { ...base, event }
    const ours = { ...base, mark, ...(isTiedTo(mark, id, createdWith) ? {} : { isCopyOfAnother: true }) }
    const isSingle = event.recurrence === undefined
    const isAsKnown = isSingle && this.#known.get(id) === version && mark.fingerprint === base.fingerprint
    this.#known.set(id, version)
    return isAsKnown ? { ...ours, span: spanOf(event) } : { ...ours, event }
  }

  #next(prefix: string): string {
    this.#counter += 1
    return `${prefix}${this.#counter}`
  }
}

function isTiedTo(mark: Mark, id: string, createdWith: string | undefined): boolean {
  return mark.check === checkOf(id) || (createdWith !== undefined && mark.check === checkOf(createdWith))
}

function idOf(item: unknown): string {
  return typeof item === "object" && item !== null && "id" in item ? String(item.id) : ""
}

function failed(error: Error): WriteOutcome {
  return { ok: false, error }
}

/** What a calendar server keeps of a content: short subjects, whole seconds, sorted categories, no people, no link. */
function normalContent({ type: _type, people: _people, url: _url, ...content }: EventContent): EventContent {
  const { body, location, categories, reminder, time } = content
  return {
    subject: content.subject.trim().slice(0, 255),
    time: time.allDay ? time : { ...time, start: time.start.round(second), end: time.end.round(second) },
    ...(location?.trim() ? { location: location.trim() } : {}),
    ...(body?.content.trim() ? { body: { ...body, content: body.content.trim() } } : {}),
    showAs: content.showAs ?? "Busy",
    sensitivity: content.sensitivity ?? "Normal",
    importance: content.importance ?? "Normal",
    categories: [...(categories ?? [])].sort(),
    reminder: reminder ?? "None",
  }
}

const second = { smallestUnit: "second", roundingMode: "floor" } as const
