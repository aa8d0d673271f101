import { ChangedMeanwhileError } from "../../core/errors.ts"
import { formatMark } from "../../core/origin.ts"
import type { CalendarWriter, CreateItem, RemoveItem, StripItem, UpdateItem, WriteOutcome } from "../../core/ports.ts"
import { guestsInvited } from "../guests-invited.ts"
import type { KnownCopies } from "../known-copies.ts"
import { seriesOf } from "../normal-form.ts"
import type { BatchStep, StepOutcome } from "./batch.ts"
import type { CalendarFolder, FolderPaths } from "./calendar-folder.ts"
import { copyAsWritten } from "./copy.ts"
import { NewCopies } from "./create.ts"
import { isRecord } from "./json.ts"
import { type GraphProblem, isConflict, isItemGone, problemError } from "./problem.ts"
import { readItem } from "./read-event.ts"
import { lookAt, type Reader } from "./read-items.ts"
import { SeriesWriter } from "./series-writer.ts"
import { markField, strippedMark, writeEvent } from "./write-event.ts"

export type WriterDeps = { readonly reader: Reader; readonly folder: CalendarFolder; readonly known: KnownCopies }

/** Writes copies in batches. An answer that was lost is made certain before anything is said about the item. */
export class GraphWriter implements CalendarWriter {
  readonly #reader: Reader
  readonly #folder: CalendarFolder
  readonly #known: KnownCopies
  readonly #series: SeriesWriter

  constructor({ reader, folder, known }: WriterDeps) {
    this.#reader = reader
    this.#folder = folder
    this.#known = known
    this.#series = new SeriesWriter(reader, known)
  }

  async create(items: readonly CreateItem[], signal: AbortSignal): Promise<readonly WriteOutcome[]> {
    if (items.length === 0) return []
    const folder = await this.#folder.findOrMake(signal)
    const copies = new NewCopies({ reader: this.#reader, known: this.#known, folder })
    const outcomes = await copies.create(items, signal)
    return this.#withOccurrences(items, outcomes, folder, signal)
  }

  async update(items: readonly UpdateItem[], signal: AbortSignal): Promise<readonly WriteOutcome[]> {
    const isPlain = (item: UpdateItem) => !item.event.recurrence && !this.#known.get(item.id)?.isSeries
    const plain = await this.#updatePlain(items.filter(isPlain), signal)
    const outcomes = new Map(items.filter(isPlain).map((item, index) => [item, plain[index]]))
    const rest = items.filter(item => !isPlain(item))
    if (rest.length === 0) return items.map(item => outcomes.get(item) ?? unanswered(item.id))
    const folder = await this.#folder.findOrMake(signal)
    for (const item of rest) outcomes.set(item, await this.#updateSeries(item, folder, signal))
    return items.map(item => outcomes.get(item) ?? unanswered(item.id))
  }

  async remove(items: readonly RemoveItem[], signal: AbortSignal): Promise<readonly WriteOutcome[]> {
    const steps = items.map((item): BatchStep => ({ ...this.#step("DELETE", item) }))
    return this.#send(items, steps, signal, async (item, outcome) => {
      if (outcome.answer.ok || isItemGone(outcome.answer.problem)) {
        this.#known.deleteWritten(item.id)
        return { ok: true, id: item.id, version: "" }
      }
      return failed(outcome.answer.problem, item.id)
    })
  }

  async stripMark(items: readonly StripItem[], signal: AbortSignal): Promise<readonly WriteOutcome[]> {
    const steps = items.map((item): BatchStep => ({ ...this.#step("PATCH", item), body: markField(strippedMark) }))
    return this.#send(items, steps, signal, async (item, outcome) => {
      if (!outcome.answer.ok) return this.#refusedUpdate(item, strippedMark, outcome, outcome.answer.problem, signal)
      this.#known.delete(item.id)
      return { ok: true, id: item.id, version: versionIn(outcome.answer.body) ?? item.version }
    })
  }

  async #updatePlain(items: readonly UpdateItem[], signal: AbortSignal): Promise<readonly WriteOutcome[]> {
    const steps = items.map((item): BatchStep => {
      const body = { ...writeEvent(item.event, undefined), ...markField(formatMark(item.mark)) }
      return { ...this.#step("PATCH", item), body }
    })
    return this.#send(items, steps, signal, async (item, outcome) => {
      const { answer } = outcome
      const written: WriteOutcome = answer.ok
        ? { ok: true, id: item.id, version: versionIn(answer.body) ?? item.version }
        : await this.#refusedUpdate(item, formatMark(item.mark), outcome, answer.problem, signal)
      if (written.ok) this.#remember(item, written.version)
      if (written.ok && !answer.ok) this.#known.doubt(item.id) // somebody may have been at it since
      return written
    })
  }

  async #updateSeries(item: UpdateItem, folder: FolderPaths, signal: AbortSignal): Promise<WriteOutcome> {
    const refusal = this.#refusal(item.id)
    return refusal ?? this.#series.update(item, folder, signal)
  }

  #step(method: "PATCH" | "DELETE", { id, version }: RemoveItem): BatchStep {
    return { method, path: `${this.#reader.user}/events/${encodeURIComponent(id)}`, ifMatch: version }
  }

  /** Sends a step for each item that may be touched, and reads every answer. */
  async #send<Item extends RemoveItem>(
    items: readonly Item[],
    steps: readonly BatchStep[],
    signal: AbortSignal,
    read: (item: Item, outcome: Answered) => Promise<WriteOutcome>,
  ): Promise<readonly WriteOutcome[]> {
    const allowed = items.flatMap((item, index) => (this.#refusal(item.id) ? [] : [{ item, step: steps[index] }]))
    const outcomes = new Map<Item, WriteOutcome>()
    const sent = allowed.flatMap(({ step }) => step ?? [])
    const request = { mailbox: this.#reader.mailbox, operation: "write", writes: true }
    const answers = sent.length === 0 ? [] : await this.#reader.batches.send(sent, request, signal)
    for (const [index, { item }] of allowed.entries()) {
      const answer = answers[index]
      if (answer?.kind === "Failed") outcomes.set(item, { ok: false, error: answer.error })
      else if (answer) outcomes.set(item, await read(item, answer))
    }
    return items.map(item => outcomes.get(item) ?? this.#refusal(item.id) ?? unanswered(item.id))
  }

  #refusal(id: string): WriteOutcome | undefined {
    return this.#known.get(id)?.isMeeting ? { ok: false, error: guestsInvited() } : undefined
  }

  /** A refusal after a lost answer may be about what we did ourselves: then the item carries what we wrote. */
  async #refusedUpdate(
    { id }: RemoveItem,
    markText: string,
    { uncertain }: Answered,
    problem: GraphProblem,
    signal: AbortSignal,
  ): Promise<WriteOutcome> {
    if (!uncertain || !isConflict(problem)) return failed(problem, id)
    const look = (await lookAt(this.#reader, [{ id, isSeries: false }], signal)).get(id)
    if (look?.kind !== "Found" || look.item.markText !== markText) return failed(problem, id)
    return { ok: true, id, version: look.item.version }
  }

  #remember({ id, event, mark }: UpdateItem, version: string): void {
    this.#known.setWritten(copyAsWritten({ id, version, markText: formatMark(mark), isMeeting: false }, event))
  }

  /** What is changed or cancelled of new series is done on their instances, once they are there. */
  async #withOccurrences(
    items: readonly CreateItem[],
    outcomes: readonly WriteOutcome[],
    folder: FolderPaths,
    signal: AbortSignal,
  ): Promise<readonly WriteOutcome[]> {
    const done: WriteOutcome[] = []
    for (const [index, item] of items.entries()) {
      const outcome = outcomes[index] ?? unanswered("")
      const isSeries = outcome.ok && seriesOf(item.event, "graph") !== undefined
      const wasDoubted = outcome.ok && this.#known.isDoubted(outcome.id)
      done.push(outcome.ok && isSeries ? await this.#series.settle({ ...item, ...outcome }, folder, signal) : outcome)
      if (wasDoubted) this.#known.doubt(outcome.id)
    }
    return done
  }
}

type Answered = Extract<StepOutcome, { kind: "Answered" }>

function failed(problem: GraphProblem, id: string): WriteOutcome {
  return { ok: false, error: problemError(problem, id) }
}

function unanswered(id: string): WriteOutcome {
  return { ok: false, error: new ChangedMeanwhileError(id) }
}

function versionIn(body: unknown): string | undefined {
  return isRecord(body) ? readItem(body)?.version : undefined
}
