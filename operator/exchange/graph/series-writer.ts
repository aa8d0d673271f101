import { ChangedMeanwhileError } from "../../core/errors.ts"
import type { CalendarEvent, OccurrenceKey } from "../../core/event.ts"
import { fingerprint } from "../../core/fingerprint.ts"
import { checkOf, formatMark, type Mark, shortHash } from "../../core/origin.ts"
import type { UpdateItem, WriteOutcome } from "../../core/ports.ts"
import { guestsInvited } from "../guests-invited.ts"
import type { KnownCopies } from "../known-copies.ts"
import { normalForm, seriesOf } from "../normal-form.ts"
import { unfinished } from "../unfinished.ts"
import type { BatchStep, StepOutcome } from "./batch.ts"
import type { FolderPaths } from "./calendar-folder.ts"
import { copyAsWritten } from "./copy.ts"
import { NewCopies } from "./create.ts"
import { isRecord, type JsonRecord } from "./json.ts"
import {
  exceptionIds,
  findInstances,
  isNothing,
  isSamePattern,
  type OccurrenceChanges,
  occurrenceChanges,
  readableEvent,
  takesSteps,
} from "./occurrences.ts"
import { isConflict, isItemGone, problemError } from "./problem.ts"
import { type GraphItem, readItem } from "./read-event.ts"
import { lookAt, type Reader } from "./read-items.ts"
import { markField, writeContent, writeEvent, writeLook } from "./write-event.ts"

/** A series that is there, and what it should be. */
export type SettleItem = {
  readonly id: string
  readonly version: string
  readonly event: CalendarEvent
  readonly mark: Mark
}

/**
 * Series as one item: the master is written, then its occurrences are cancelled and changed until they agree. All of it
 * is one outcome, because half of it is a calendar that shows what is not so.
 */
export class SeriesWriter {
  readonly #reader: Reader
  readonly #known: KnownCopies

  constructor(reader: Reader, known: KnownCopies) {
    this.#reader = reader
    this.#known = known
  }

  /** The occurrences of a series just created. */
  async settle(item: SettleItem, folder: FolderPaths, signal: AbortSignal): Promise<WriteOutcome> {
    const changes = occurrenceChanges(item.event, undefined)
    if (isNothing(changes)) return { ok: true, id: item.id, version: item.version }
    this.#known.doubt(item.id)
    // An earlier try may have come half the way.
    const stored = await this.#look(item.id, signal)
    return stored instanceof Error ? { ok: false, error: stored } : this.#agree(item, stored, folder, signal)
  }

  /** Becomes what is wanted, whatever it was: single event to series and back too. */
  async update(item: UpdateItem, folder: FolderPaths, signal: AbortSignal): Promise<WriteOutcome> {
    const stored = await this.#look(item.id, signal)
    if (stored instanceof Error) return { ok: false, error: stored }
    if (stored.isMeeting) return { ok: false, error: guestsInvited() }
    const isOurs = isMarkedAs(stored, item.mark)
    if (stored.version !== item.version && !isOurs) return { ok: false, error: new ChangedMeanwhileError(item.id) }
    const master = await this.#writeMaster(item, stored, signal)
    if (master instanceof Error) return { ok: false, error: master }
    const needsOccurrences = item.event.recurrence !== undefined && hasOccurrenceChanges(item.event, stored)
    if (!needsOccurrences) return this.#finish(item, master, signal)
    this.#known.doubt(item.id)
    const now = await this.#look(item.id, signal)
    return now instanceof Error ? { ok: false, error: now } : this.#agree(item, now, folder, signal)
  }

  async #look(id: string, signal: AbortSignal): Promise<GraphItem | Error> {
    const look = (await lookAt(this.#reader, [{ id, isSeries: true }], signal)).get(id)
    if (look?.kind === "Found") return look.item
    return look?.kind === "Refused" ? look.error : new ChangedMeanwhileError(id)
  }

  async #writeMaster(item: UpdateItem, stored: GraphItem, signal: AbortSignal): Promise<GraphItem | Error> {
    const mark = leavesSteps(item.event, stored) ? unfinished(item.mark) : item.mark
    const body = { ...masterBody(item.event, readableEvent(stored)), ...markField(formatMark(mark)) }
    const step: BatchStep = { method: "PATCH", path: this.#path(item.id), ifMatch: stored.version, body }
    const [outcome] = await this.#send([step], false, signal)
    if (outcome?.kind !== "Answered") return outcome?.error ?? new ChangedMeanwhileError(item.id)
    const { answer, uncertain } = outcome
    if (answer.ok) {
      const version = (isRecord(answer.body) && readItem(answer.body)?.version) || stored.version
      return { ...stored, version, markText: formatMark(mark) }
    }
    if (!uncertain || !isConflict(answer.problem)) return problemError(answer.problem, item.id)
    // Perhaps it was our own lost try that moved it on, perhaps somebody after it: the next look tells.
    this.#known.doubt(item.id)
    return new ChangedMeanwhileError(item.id)
  }

  async #agree(item: SettleItem, stored: GraphItem, folder: FolderPaths, signal: AbortSignal): Promise<WriteOutcome> {
    const changes = occurrenceChanges(item.event, readableEvent(stored))
    if (stored.isMeeting) return { ok: false, error: guestsInvited() }
    if (changes.isBeyondRepair) return this.#replace(item, stored, folder, signal)
    if (isNothing(changes)) return this.#finishAsSeen(item, stored, signal)
    this.#known.doubt(item.id) // until all of it is done
    const error = await this.#apply(item, changes, exceptionIds(stored, item.event), signal)
    if (error) return { ok: false, error }
    const now = await this.#look(item.id, signal)
    return now instanceof Error ? { ok: false, error: now } : this.#finishAsSeen(item, now, signal)
  }

  /** Somebody may have been at it between our last write and the look: then the next listing looks once more. */
  async #finishAsSeen(item: SettleItem, seen: GraphItem, signal: AbortSignal): Promise<WriteOutcome> {
    const outcome = await this.#finish(item, seen, signal)
    if (outcome.ok && !isAs(item.event, seen)) this.#known.doubt(item.id)
    return outcome
  }

  /** The mark last: only now the copy is what it says. Nothing but the mark is written, so no version is asked for. */
  async #finish(item: SettleItem, stored: GraphItem, signal: AbortSignal): Promise<WriteOutcome> {
    const markText = formatMark(item.mark)
    if (stored.markText === markText) return this.#done(item, stored.version)
    const path = this.#path(item.id)
    const step: BatchStep = { method: "PATCH", path, ifMatch: stored.version, body: markField(markText) }
    const [outcome] = await this.#send([step], false, signal)
    if (outcome?.kind !== "Answered") return { ok: false, error: outcome?.error ?? new ChangedMeanwhileError(item.id) }
    const { answer } = outcome
    if (!answer.ok) return { ok: false, error: problemError(answer.problem, item.id) }
    return this.#done(item, (isRecord(answer.body) && readItem(answer.body)?.version) || stored.version)
  }

  /** Cancels first: it makes room for what is moved. */
  async #apply(
    { id, event }: SettleItem,
    { cancel, write }: OccurrenceChanges,
    exceptions: ReadonlyMap<OccurrenceKey, string>,
    signal: AbortSignal,
  ): Promise<Error | undefined> {
    const keys = [...cancel, ...write.map(change => change.occurrence)].filter(key => !exceptions.has(key))
    const found = await findInstances(this.#reader, { masterId: id, series: event, keys }, signal)
    const instances = new Map([...found, ...exceptions])
    const missing = write.find(({ occurrence }) => !instances.has(occurrence))
    if (missing) return new ChangedMeanwhileError(id)
    const cancels = cancel.flatMap((key): BatchStep[] => {
      const instance = instances.get(key)
      return instance === undefined ? [] : [{ method: "DELETE", path: this.#path(instance) }]
    })
    const writes = write.flatMap(({ occurrence, content }): BatchStep[] => {
      const instance = instances.get(occurrence)
      return instance === undefined
        ? []
        : [{ method: "PATCH", path: this.#path(instance), body: writeContent(content) }]
    })
    return firstError(await this.#send(cancels, true, signal)) ?? firstError(await this.#send(writes, true, signal))
  }

  /** A new series in place of one whose cancelled occurrences cannot come back; the old one goes last. */
  async #replace(item: SettleItem, stored: GraphItem, folder: FolderPaths, signal: AbortSignal): Promise<WriteOutcome> {
    const idempotencyKey = shortHash(["replace", item.id, stored.version, item.mark.fingerprint], 32)
    const mark = { ...item.mark, check: checkOf(idempotencyKey) }
    const copies = new NewCopies({ reader: this.#reader, known: this.#known, folder })
    const [made] = await copies.create([{ event: item.event, mark, idempotencyKey }], signal)
    if (!made?.ok) return made ?? { ok: false, error: new ChangedMeanwhileError(item.id) }
    const settled = await this.settle({ ...item, id: made.id, version: made.version, mark }, folder, signal)
    if (!settled.ok) return settled
    const remove: BatchStep = { method: "DELETE", path: this.#path(item.id), ifMatch: stored.version }
    const error = firstError(await this.#send([remove], false, signal))
    if (error) return { ok: false, error }
    this.#known.deleteWritten(item.id)
    return settled
  }

  async #send(steps: readonly BatchStep[], isSerial: boolean, signal: AbortSignal): Promise<readonly StepOutcome[]> {
    if (steps.length === 0) return []
    const request = { mailbox: this.#reader.mailbox, operation: "write", writes: true, isSerial }
    return this.#reader.batches.send(steps, request, signal)
  }

  #done({ id, event, mark }: SettleItem, version: string): WriteOutcome {
    this.#known.setWritten(copyAsWritten({ id, version, markText: formatMark(mark), isMeeting: false }, event))
    return { ok: true, id, version }
  }

  #path(id: string): string {
    return `${this.#reader.user}/events/${encodeURIComponent(id)}`
  }
}

/** The pattern is sent only when it must change: sending it may throw away what was done to the occurrences. */
function masterBody(wanted: CalendarEvent, stored: CalendarEvent | undefined): JsonRecord {
  if (!wanted.recurrence) return { ...writeContent(wanted), recurrence: null }
  const isKept = stored && isSamePattern(wanted, stored) && !occurrenceChanges(wanted, stored).isBeyondRepair
  return isKept ? writeLook(wanted) : writeEvent(wanted, seriesOf(wanted, "graph"))
}

/** Occurrences changed before may keep their old look, or lose their changes, when the master is written. */
function hasOccurrenceChanges(wanted: CalendarEvent, stored: GraphItem): boolean {
  const before = readableEvent(stored)?.recurrence
  const isTouched = (before?.excluded.length ?? 0) + (before?.overrides.length ?? 0) > 0
  return isTouched || takesSteps(wanted)
}

/** Whether the master as it is now to be written will not be all: then its mark says so. */
function leavesSteps(wanted: CalendarEvent, stored: GraphItem): boolean {
  if (!wanted.recurrence) return false
  const before = readableEvent(stored)
  if (!before || !isSamePattern(wanted, before)) return hasOccurrenceChanges(wanted, stored)
  const isTouched = (before.recurrence?.overrides.length ?? 0) > 0
  return isTouched || !isNothing(occurrenceChanges(wanted, before))
}

function isMarkedAs({ markText }: GraphItem, mark: Mark): boolean {
  return markText === formatMark(mark) || markText === formatMark(unfinished(mark))
}

/** An occurrence that is gone when it should be cancelled is as good as cancelled. */
function firstError(outcomes: readonly StepOutcome[]): Error | undefined {
  for (const outcome of outcomes) {
    if (outcome.kind === "Failed") return outcome.error
    if (!outcome.answer.ok && !isItemGone(outcome.answer.problem)) return problemError(outcome.answer.problem)
  }
  return undefined
}

function isAs(wanted: CalendarEvent, seen: GraphItem): boolean {
  const event = readableEvent(seen)
  return event !== undefined && printOf(event) === printOf(wanted)
}

function printOf(event: CalendarEvent): string {
  return fingerprint(normalForm(event, "graph"))
}
