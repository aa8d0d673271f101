import { ChangedMeanwhileError, NeedsAttentionError, TemporaryError } from "../../core/errors.ts"
import { checkOf, formatMark, type Mark, parseMark, shortHash } from "../../core/origin.ts"
import type { CalendarWriter, CreateItem, RemoveItem, StripItem, UpdateItem, WriteOutcome } from "../../core/ports.ts"
import { guestsInvited } from "../guests-invited.ts"
import { seriesOf } from "../normal-form.ts"
import { unfinished } from "../unfinished.ts"
import { createItems } from "./create-item.ts"
import { deleteItems } from "./delete-item.ts"
import { findMarked } from "./find-item.ts"
import { getItems, type Look } from "./get-item.ts"
import { fieldUri, markUri } from "./item-fields.ts"
import type { EwsMailbox, FolderRef, ItemTarget } from "./mailbox.ts"
import { takesSteps, writeOccurrences } from "./occurrence-writer.ts"
import { isItemGone, problemError } from "./problem.ts"
import { type EwsItem, exceptionIds } from "./read-event.ts"
import type { WriteResult } from "./response.ts"
import { updateItems } from "./update-item.ts"
import { type ItemField, markField, writeEvent } from "./write-event.ts"
import { childOf } from "./xml-read.ts"

export type EwsWriterDeps = { readonly mailbox: EwsMailbox; readonly folder: FolderRef; readonly mailboxZone: string }

/**
 * Writes copies in batches. EWS knows neither transaction ids nor versions when deleting, so: before creating, the calendar
 * is searched for what an earlier try made; before changing or deleting, the items are looked at.
 */
export class EwsWriter implements CalendarWriter {
  readonly #mailbox: EwsMailbox
  readonly #folder: FolderRef
  readonly #mailboxZone: string

  constructor({ mailbox, folder, mailboxZone }: EwsWriterDeps) {
    this.#mailbox = mailbox
    this.#folder = folder
    this.#mailboxZone = mailboxZone
  }

  async create(items: readonly CreateItem[], signal: AbortSignal): Promise<readonly WriteOutcome[]> {
    if (items.length === 0) return []
    const before = await this.#made(signal)
    const fresh = items.filter(item => !refusal(item) && !before.has(item.idempotencyKey))
    const written = await this.#createAll(fresh, signal)
    const outcomes: WriteOutcome[] = []
    for (const item of items) {
      const made = before.get(item.idempotencyKey)
      const result = written.get(item)
      outcomes.push(
        refusal(item) ?? (await (made ? this.#bringUp(item, made, signal) : this.#settle(item, result, signal))),
      )
    }
    return outcomes
  }

  async update(items: readonly UpdateItem[], signal: AbortSignal): Promise<readonly WriteOutcome[]> {
    const outcomes = new Map<UpdateItem, WriteOutcome>()
    const plain: { readonly item: UpdateItem; readonly stored: EwsItem }[] = []
    for (const [item, stored] of await this.#look(items, signal)) {
      if (stored instanceof Error) outcomes.set(item, { ok: false, error: stored })
      else if (isTouched(stored) || takesSteps(item.event)) outcomes.set(item, await this.#replace(item, signal))
      else plain.push({ item, stored })
    }
    const changes = plain.map(({ item, stored }) => ({ target: targetOf(item), fields: this.#fields(item, stored) }))
    const results = await updateItems(this.#mailbox, changes, signal)
    for (const [index, { item }] of plain.entries()) outcomes.set(item, outcomeOf(results[index], item.id))
    return items.map(item => outcomes.get(item) ?? gone(item.id))
  }

  async remove(items: readonly RemoveItem[], signal: AbortSignal): Promise<readonly WriteOutcome[]> {
    const looks = await this.#look(items, signal)
    const there = items.filter(item => !(looks.get(item) instanceof Error))
    const results = await deleteItems(this.#mailbox, there.map(targetOf), signal)
    const deleted = new Map(there.map((item, index) => [item, results[index]]))
    return items.map(item => {
      const stored = looks.get(item)
      if (stored instanceof Error)
        return isGone(stored) ? { ok: true, id: item.id, version: "" } : { ok: false, error: stored }
      const result = deleted.get(item)
      const isDone = result?.kind === "Done" || (result?.kind === "Refused" && isItemGone(result.problem))
      return isDone ? { ok: true, id: item.id, version: "" } : outcomeOf(result, item.id)
    })
  }

  async stripMark(items: readonly StripItem[], signal: AbortSignal): Promise<readonly WriteOutcome[]> {
    const changes = items.map(item => ({ target: targetOf(item), fields: [{ path: markUri(), value: undefined }] }))
    const results = await updateItems(this.#mailbox, changes, signal)
    return items.map((item, index) => outcomeOf(results[index], item.id))
  }

  async #createAll(items: readonly CreateItem[], signal: AbortSignal): Promise<ReadonlyMap<CreateItem, WriteResult>> {
    const folder = this.#folder
    const written = items.map(item => this.#newFields(item))
    const results = await createItems(this.#mailbox, { folder, items: written }, signal)
    const found = results.some(({ kind }) => kind === "Unknown") ? await this.#made(signal) : new Map<string, EwsItem>()
    const settled = items.flatMap((item, index): [CreateItem, WriteResult][] => {
      const made = found.get(item.idempotencyKey)
      const result = results[index]
      if (result?.kind === "Unknown" && made) return [[item, { kind: "Done", id: made.id, version: made.version }]]
      return result ? [[item, result]] : []
    })
    return new Map(settled)
  }

  /** What was made under which key, as the calendar has it now; somebody's duplicate of it has another UID. */
  async #made(signal: AbortSignal): Promise<ReadonlyMap<string, EwsItem>> {
    const items = await findMarked(this.#mailbox, { folder: this.#folder }, signal)
    return new Map(
      items.flatMap((item): [string, EwsItem][] => {
        const { uid, markText = "" } = item
        return uid !== undefined && parseMark(markText)?.check === checkOf(uid) ? [[uid, item]] : []
      }),
    )
  }

  /** Made by an earlier try, perhaps from what the source said then. */
  async #bringUp(item: CreateItem, { id, version, markText }: EwsItem, signal: AbortSignal): Promise<WriteOutcome> {
    if (markText === formatMark(item.mark)) return { ok: true, id, version }
    const [outcome] = await this.update([{ ...item, id, version }], signal)
    return outcome ?? gone(id)
  }

  /** The occurrences of a series just made, and its mark last: only then the copy is what it says. */
  async #settle(item: CreateItem, result: WriteResult | undefined, signal: AbortSignal): Promise<WriteOutcome> {
    const made = outcomeOf(result, "")
    if (!made.ok || !takesSteps(item.event)) return made
    const { id } = made
    try {
      await writeOccurrences(this.#mailbox, { masterId: id, event: item.event, mailboxZone: this.#mailboxZone }, signal)
      return await this.#finish(id, item.mark, signal)
    } catch (error) {
      signal.throwIfAborted()
      if (isCoreError(error)) return { ok: false, error }
      throw error
    }
  }

  async #finish(id: string, mark: Mark, signal: AbortSignal): Promise<WriteOutcome> {
    const [look] = await getItems(this.#mailbox, [{ kind: "Item", id }], signal)
    const stored = storedIn(look, { id })
    if (stored instanceof Error) return { ok: false, error: stored }
    const change = { target: targetOf(stored), fields: [markField(formatMark(mark))] }
    const [result] = await updateItems(this.#mailbox, [change], signal)
    return outcomeOf(result, id)
  }

  /** A new series in place of one whose occurrences were changed; the old one goes last. */
  async #replace(item: UpdateItem, signal: AbortSignal): Promise<WriteOutcome> {
    const idempotencyKey = shortHash(["replace", item.id, item.version, item.mark.fingerprint], 32)
    const mark = { ...item.mark, check: checkOf(idempotencyKey) }
    const [made] = await this.create([{ event: item.event, mark, idempotencyKey }], signal)
    if (!made?.ok) return made ?? gone(item.id)
    const [removed] = await this.remove([item], signal)
    return removed?.ok === false ? removed : made
  }

  /** The items as they are now, or why they may not be written: gone, changed, or with guests. */
  async #look<Item extends RemoveItem>(
    items: readonly Item[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<Item, EwsItem | Error>> {
    const looks = await getItems(
      this.#mailbox,
      items.map(({ id }) => ({ kind: "Item", id })),
      signal,
    )
    return new Map(items.map((item, index) => [item, storedIn(looks[index], item)]))
  }

  #newFields(item: CreateItem): readonly ItemField[] {
    const { event, idempotencyKey: uid } = item
    const mark = takesSteps(event) ? unfinished(item.mark) : item.mark
    const series = seriesOf(event, "ews")
    return writeEvent(event, { series, mailboxZone: this.#mailboxZone, markText: formatMark(mark), uid })
  }

  #fields({ event, mark }: UpdateItem, stored: EwsItem): readonly ItemField[] {
    const series = seriesOf(event, "ews")
    const fields = writeEvent(event, { series, mailboxZone: this.#mailboxZone, markText: formatMark(mark) })
    const wasSeries = stored.kind === "RecurringMaster"
    return wasSeries && !series ? [...fields, { path: fieldUri("calendar:Recurrence"), value: undefined }] : fields
  }
}

function refusal({ event }: CreateItem): WriteOutcome | undefined {
  if (!event.recurrence || seriesOf(event, "ews")) return undefined
  const text = "Exchange cannot express this series"
  return { ok: false, error: new NeedsAttentionError(text, { reason: "RecurrenceTooComplex" }) }
}

/** Writing a pattern again throws away what was done to its occurrences, or fails over it. */
function isTouched(stored: EwsItem): boolean {
  return exceptionIds(stored).length > 0 || childOf(stored.fields, "t:DeletedOccurrences") !== undefined
}

/** Why an item changed: it is not there any more. */
const itemGone = "gone"

function isGone(error: Error): boolean {
  return error.cause === itemGone
}

function storedIn(
  look: Look | undefined,
  { id, version }: { readonly id: string; readonly version?: string },
): EwsItem | Error {
  if (look?.kind === "Refused")
    return isItemGone(look.problem)
      ? new ChangedMeanwhileError(id, { cause: itemGone })
      : problemError(look.problem, id)
  if (look?.kind !== "Found") return new TemporaryError("an item that cannot be read", { reason: "Unreachable" })
  if (look.item.isMeeting) return guestsInvited()
  return version !== undefined && version !== look.item.version ? new ChangedMeanwhileError(id) : look.item
}

function targetOf({ id, version }: RemoveItem): ItemTarget {
  return { kind: "Item", id, version }
}

function outcomeOf(result: WriteResult | undefined, id: string): WriteOutcome {
  if (result?.kind === "Done") return { ok: true, id: result.id, version: result.version }
  if (result?.kind === "Refused") return { ok: false, error: problemError(result.problem, id === "" ? undefined : id) }
  return { ok: false, error: result?.error ?? new ChangedMeanwhileError(id) }
}

function gone(id: string): WriteOutcome {
  return { ok: false, error: new ChangedMeanwhileError(id) }
}

function isCoreError(error: unknown): error is Error {
  return (
    error instanceof TemporaryError || error instanceof NeedsAttentionError || error instanceof ChangedMeanwhileError
  )
}
