import { ChangedMeanwhileError, NeedsAttentionError, TemporaryError } from "../../core/errors.ts"
import { checkOf, formatMark, type Mark, parseMark, shortHash } from "../../core/origin.ts"
import type { CreateItem, WriteOutcome } from "../../core/ports.ts"
import type { KnownCopies } from "../known-copies.ts"
import { seriesOf } from "../normal-form.ts"
import { unfinished } from "../unfinished.ts"
import type { BatchStep, StepOutcome } from "./batch.ts"
import type { FolderPaths } from "./calendar-folder.ts"
import { copyAsWritten } from "./copy.ts"
import { isRecord } from "./json.ts"
import { takesSteps } from "./occurrences.ts"
import { type GraphProblem, isDuplicateTransaction, problemError } from "./problem.ts"
import { type GraphItem, readItem } from "./read-event.ts"
import { findByMark, type Reader } from "./read-items.ts"
import { markField, writeEvent, writeNew } from "./write-event.ts"

export type CreateDeps = { readonly reader: Reader; readonly known: KnownCopies; readonly folder: FolderPaths }

/**
 * Creating without ever making two. A repeated transaction id is answered in one of several ways, so:
 *
 * | the answer                                   | then                                                          |
 * |----------------------------------------------|---------------------------------------------------------------|
 * | created                                      | done                                                          |
 * | created, but an earlier try got lost         | look whether it exists                                        |
 * | "this transaction has made an event already" | find the one with our mark                                     |
 * | the event is there                           | bring it to what is wanted, done                               |
 * | it is not                                    | somebody deleted it: once more, as another transaction         |
 */
export class NewCopies {
  readonly #reader: Reader
  readonly #known: KnownCopies
  readonly #folder: FolderPaths

  constructor({ reader, known, folder }: CreateDeps) {
    this.#reader = reader
    this.#known = known
    this.#folder = folder
  }

  /** One outcome per item, in their order. */
  async create(items: readonly CreateItem[], signal: AbortSignal): Promise<readonly WriteOutcome[]> {
    const outcomes: (WriteOutcome | undefined)[] = items.map(refusal)
    let open: readonly Open[] = items.flatMap((item, index) => (outcomes[index] ? [] : [{ item, index }]))
    for (let round = 0; open.length > 0 && round < transactionsPerCopy; round += 1) {
      open = await this.#round(open, outcomes, signal)
    }
    return outcomes.map(outcome => outcome ?? { ok: false, error: new ChangedMeanwhileError("") })
  }

  /** Returns what must be tried once more under another name. */
  async #round(
    open: readonly Open[],
    outcomes: (WriteOutcome | undefined)[],
    signal: AbortSignal,
  ): Promise<readonly Open[]> {
    const steps = open.map(({ item }) => this.#step(item))
    const request = { mailbox: this.#reader.mailbox, operation: "write", writes: true }
    const answers = await this.#reader.batches.send(steps, request, signal)
    const again: Open[] = []
    for (const [at, { item, index }] of open.entries()) {
      const outcome = await this.#settle(item, answers[at], signal)
      if (outcome === "Deleted") again.push({ item: underAnotherName(item), index })
      else outcomes[index] = outcome
    }
    return again
  }

  #step(item: CreateItem): BatchStep {
    const { idempotencyKey: transactionId } = item
    const body = writeNew(item.event, { mark: markOf(item), transactionId, series: seriesOf(item.event, "graph") })
    return { method: "POST", path: this.#folder.events, body }
  }

  async #settle(
    item: CreateItem,
    outcome: StepOutcome | undefined,
    signal: AbortSignal,
  ): Promise<WriteOutcome | "Deleted"> {
    if (!outcome) return { ok: false, error: new TemporaryError("no answer for this item", { reason: "Unreachable" }) }
    if (outcome.kind === "Failed") return { ok: false, error: outcome.error }
    const { answer, uncertain } = outcome
    if (!answer.ok) return this.#refused(item, answer.problem, signal)
    const made = isRecord(answer.body) ? readItem(answer.body) : undefined
    if (made && !uncertain && !this.#known.wasGone(made.id)) return this.#done(item, made)
    return this.#resolve(item, signal)
  }

  async #refused(item: CreateItem, problem: GraphProblem, signal: AbortSignal): Promise<WriteOutcome | "Deleted"> {
    if (isDuplicateTransaction(problem)) return this.#resolve(item, signal)
    return { ok: false, error: problemError(problem) }
  }

  /** Looked for in the calendar and not by the id in the answer: an id finds what was moved to another one as well. */
  async #resolve(item: CreateItem, signal: AbortSignal): Promise<WriteOutcome | "Deleted"> {
    const found = await this.#search(item, signal)
    if (!found) return "Deleted"
    const isAsAsked = found.markText === formatMark(markOf(item))
    const outcome = isAsAsked ? this.#done(item, found) : await this.#bringUp(item, found, signal)
    this.#known.doubt(found.id) // somebody may have been at it since it was made
    return outcome
  }

  async #search({ mark }: CreateItem, signal: AbortSignal): Promise<GraphItem | undefined> {
    const query = { events: this.#folder.events, text: mark.check }
    const found = await findByMark(this.#reader, query, signal)
    return found.find(one => isMarkedFor(one, mark.check) && isMadeBy(one, mark.check))
  }

  /** It was made in an earlier pass, from what the source said then. */
  async #bringUp(item: CreateItem, { id, version }: GraphItem, signal: AbortSignal): Promise<WriteOutcome> {
    const body = { ...writeEvent(item.event, seriesOf(item.event, "graph")), ...markField(formatMark(markOf(item))) }
    const path = `${this.#reader.user}/events/${encodeURIComponent(id)}`
    const step: BatchStep = { method: "PATCH", path, ifMatch: version, body }
    const request = { mailbox: this.#reader.mailbox, operation: "write", writes: true }
    const [outcome] = await this.#reader.batches.send([step], request, signal)
    if (outcome?.kind !== "Answered") return { ok: false, error: outcome?.error ?? new ChangedMeanwhileError(id) }
    if (!outcome.answer.ok) return { ok: false, error: problemError(outcome.answer.problem, id) }
    const written = isRecord(outcome.answer.body) ? readItem(outcome.answer.body) : undefined
    return this.#done(item, { id, version: written?.version ?? version })
  }

  #done(item: CreateItem, { id, version }: Pick<GraphItem, "id" | "version">): WriteOutcome {
    const markText = formatMark(markOf(item))
    this.#known.setWritten(copyAsWritten({ id, version, markText, isMeeting: false }, item.event))
    return { ok: true, id, version }
  }
}

type Open = { readonly item: CreateItem; readonly index: number }

/** A copy deleted again and again while it is being made is somebody's wish; the next pass asks the policy. */
const transactionsPerCopy = 3

function markOf({ event, mark }: CreateItem): Mark {
  return takesSteps(event) ? unfinished(mark) : mark
}

function refusal({ event }: CreateItem): WriteOutcome | undefined {
  if (!event.recurrence || seriesOf(event, "graph")) return undefined
  const text = "Exchange cannot express this series"
  return { ok: false, error: new NeedsAttentionError(text, { reason: "RecurrenceTooComplex" }) }
}

/** Derived, not random: repeating the whole story after a crash ends at the same copy. */
function underAnotherName(item: CreateItem): CreateItem {
  const idempotencyKey = shortHash(["again", item.idempotencyKey], 32)
  return { ...item, idempotencyKey, mark: { ...item.mark, check: checkOf(idempotencyKey) } }
}

function isMarkedFor({ markText }: GraphItem, check: string): boolean {
  return markText !== undefined && parseMark(markText)?.check === check
}

/** Not by somebody who duplicated it. */
function isMadeBy({ transactionId }: GraphItem, check: string): boolean {
  return transactionId !== undefined && checkOf(transactionId) === check
}
