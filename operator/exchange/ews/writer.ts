import { ChangedMeanwhileError } from "../../core/errors.ts"
import type { EwsVersion } from "../../core/exchange-settings.ts"
import { formatMark } from "../../core/origin.ts"
import type { CalendarWriter, CreateItem, RemoveItem, StripItem, UpdateItem, WriteOutcome } from "../../core/ports.ts"
import { guestsInvited } from "../guests-invited.ts"
import type { KnownCopies } from "../known-copies.ts"
import { copyAsWritten } from "./copy.ts"
import { fieldUri, markUri } from "./event/item-fields.ts"
import { seriesFor } from "./event/normal-event.ts"
import { type EwsItem, exceptionIds } from "./event/read-event.ts"
import { type ItemField, writeEvent } from "./event/write-event.ts"
import type { MadeCopies } from "./made-copies.ts"
import { NewCopies } from "./new-copies.ts"
import { takesSteps } from "./occurrence-writer.ts"
import { deleteItems } from "./operations/delete-item.ts"
import { getItems, type Look } from "./operations/get-item.ts"
import type { ItemMailbox, MailboxPlaces } from "./operations/mailbox.ts"
import { updateItems } from "./operations/update-item.ts"
import { replaceItem } from "./replace-item.ts"
import { mostItems } from "./wire/batch-size.ts"
import { isItemGone } from "./wire/problem.ts"
import type { WriteResult } from "./wire/response.ts"
import { childOf } from "./wire/xml-read.ts"
import { isGone, outcomeOf, storedIn, targetOf } from "./write-outcome.ts"
import { zoneFor, zoneMissing } from "./zone-needed.ts"

export type EwsWriterDeps = {
  readonly mailbox: ItemMailbox
  readonly places: MailboxPlaces
  readonly known: KnownCopies
  readonly made: MadeCopies
}

/**
 * Writes copies in batches. Servers compare versions when an item is changed, not when it is deleted: then the items are
 * looked at first. An answer that was lost is made certain before anything is said about the item.
 */
export class EwsWriter implements CalendarWriter {
  /** Two of the largest batches: while one is answered the next is on its way. */
  readonly itemsAtOnce = 2 * mostItems
  readonly #mailbox: ItemMailbox
  readonly #places: MailboxPlaces
  readonly #known: KnownCopies
  readonly #newCopies: NewCopies

  constructor(deps: EwsWriterDeps) {
    this.#mailbox = deps.mailbox
    this.#places = deps.places
    this.#known = deps.known
    const update = async (item: UpdateItem, signal: AbortSignal) => {
      const [outcome] = await this.update([item], signal)
      return outcome ?? changed(item.id)
    }
    this.#newCopies = new NewCopies({ ...deps, update })
  }

  async create(items: readonly CreateItem[], signal: AbortSignal): Promise<readonly WriteOutcome[]> {
    try {
      return await this.#newCopies.create(items, signal)
    } catch (error) {
      this.#places.forget() // it may have been the calendar that is gone
      throw error
    }
  }

  async update(items: readonly UpdateItem[], signal: AbortSignal): Promise<readonly WriteOutcome[]> {
    const events = items.map(({ event }) => event)
    const mailboxZone = await zoneFor(events, this.#places, signal)
    const outcomes = new Map<UpdateItem, WriteOutcome>()
    const plain: Change[] = []
    for (const [item, stored] of await this.#storedOf(items, signal)) {
      const error = zoneMissing(item.event, mailboxZone) ?? (stored instanceof Error ? stored : undefined)
      if (error || stored instanceof Error) outcomes.set(item, { ok: false, error: error ?? changedError(item.id) })
      else if (stored.isTouched || takesSteps(item.event)) outcomes.set(item, await this.#replace(item, stored, signal))
      else plain.push({ item, stored, mailboxZone })
    }
    for (const [item, outcome] of await this.#change(plain, signal)) outcomes.set(item, outcome)
    return items.map(item => outcomes.get(item) ?? changed(item.id))
  }

  async remove(items: readonly RemoveItem[], signal: AbortSignal): Promise<readonly WriteOutcome[]> {
    const looks = await this.#look(items, "Head", signal)
    const stored = new Map(items.map((item, index) => [item, this.#unlessMeeting(storedIn(looks[index], item))]))
    const there = items.filter(item => !(stored.get(item) instanceof Error))
    const results = await deleteItems(this.#mailbox, there.map(targetOf), signal)
    const gone = await this.#goneOf(there, results, signal)
    const deleted = new Map(there.map((item, index) => [item, results[index]]))
    return items.map(item => {
      const error = stored.get(item)
      if (error instanceof Error && !isGone(error)) return { ok: false, error }
      if (error instanceof Error || gone.has(item)) return this.#removed(item)
      return outcomeOf(deleted.get(item), item.id)
    })
  }

  async stripMark(items: readonly StripItem[], signal: AbortSignal): Promise<readonly WriteOutcome[]> {
    const write = () => [{ path: markUri(), value: undefined }]
    const changes = items.map(item => ({ target: targetOf(item), write }))
    const results = await updateItems(this.#mailbox, changes, signal)
    return items.map((item, index) => {
      const outcome = outcomeOf(results[index], item.id)
      if (outcome.ok) this.#known.delete(item.id)
      else if (results[index]?.kind === "Unknown") this.#known.doubt(item.id)
      return outcome
    })
  }

  /** Single events are as they are known, and the server says if not; all others are looked at. */
  async #storedOf(items: readonly UpdateItem[], signal: AbortSignal): Promise<ReadonlyMap<UpdateItem, Stored | Error>> {
    const known = items.map(item => this.#knownAs(item))
    const unknown = items.filter((_, index) => known[index] === undefined)
    const looks = await this.#look(unknown, "Event", signal)
    const looked = new Map(
      unknown.map((item, index) => [item, storedOf(this.#unlessMeeting(storedIn(looks[index], item)))]),
    )
    return new Map(items.map((item, index) => [item, known[index] ?? looked.get(item) ?? changedError(item.id)]))
  }

  #knownAs({ id, version, event }: UpdateItem): Stored | Error | undefined {
    const copy = this.#known.get(id)
    if (copy?.version !== version || copy.isSeries || event.recurrence || this.#known.isDoubted(id)) return undefined
    return copy.isMeeting ? guestsInvited() : { isSeries: false, isTouched: false, isMarked: true }
  }

  /** Guests of single occurrences are not told with the series; they were seen when it was read in this version. */
  #unlessMeeting(stored: EwsItem | Error): EwsItem | Error {
    if (stored instanceof Error) return stored
    const copy = this.#known.get(stored.id)
    return copy?.isMeeting && copy.version === stored.version ? guestsInvited() : stored
  }

  async #change(changes: readonly Change[], signal: AbortSignal): Promise<ReadonlyMap<UpdateItem, WriteOutcome>> {
    const sent = changes.map(change => ({
      target: targetOf(change.item),
      write: (version: EwsVersion) => fieldsOf(change, version),
    }))
    const results = await updateItems(this.#mailbox, sent, signal)
    const lost = changes.flatMap(({ item }, index) => (results[index]?.kind === "Unknown" ? [item] : []))
    const done = await this.#doneOf(lost, signal)
    return new Map(
      changes.map(({ item }, index) => {
        const outcome = done.get(item) ?? outcomeOf(results[index], item.id)
        if (outcome.ok) this.#remember(item, outcome.version)
        if (results[index]?.kind === "Unknown") this.#known.doubt(item.id) // others may have been at it since
        return [item, outcome]
      }),
    )
  }

  /** Changes whose answer was lost and which happened: the item carries what we wrote. */
  async #doneOf(items: readonly UpdateItem[], signal: AbortSignal): Promise<ReadonlyMap<UpdateItem, WriteOutcome>> {
    const looks = await this.#look(items, "Head", signal)
    return new Map(
      items.flatMap((item, index): [UpdateItem, WriteOutcome][] => {
        const look = looks[index]
        if (look?.kind !== "Found" || look.item.markText !== formatMark(item.mark)) return []
        return [[item, { ok: true, id: item.id, version: look.item.version }]]
      }),
    )
  }

  /** What is deleted, by us or by somebody else; where the answer was lost, looking tells. */
  async #goneOf(
    items: readonly RemoveItem[],
    results: readonly WriteResult[],
    signal: AbortSignal,
  ): Promise<ReadonlySet<RemoveItem>> {
    const lost = items.filter((_, index) => results[index]?.kind === "Unknown")
    const looks = await this.#look(lost, "Head", signal)
    const isGoneNow = (look: Look | undefined) => look?.kind === "Refused" && isItemGone(look.problem)
    const isDone = (result: WriteResult | undefined) =>
      result?.kind === "Done" || (result?.kind === "Refused" && isItemGone(result.problem))
    return new Set([
      ...items.filter((_, index) => isDone(results[index])),
      ...lost.filter((_, index) => isGoneNow(looks[index])),
    ])
  }

  #look(items: readonly RemoveItem[], shape: "Event" | "Head", signal: AbortSignal): Promise<readonly Look[]> {
    const targets = items.map(({ id }) => ({ kind: "Item", id }) as const)
    return getItems(this.#mailbox, { targets, shape }, signal)
  }

  #removed({ id }: RemoveItem): WriteOutcome {
    this.#known.deleteWritten(id)
    return { ok: true, id, version: "" }
  }

  #replace(item: UpdateItem, { isMarked }: Stored, signal: AbortSignal): Promise<WriteOutcome> {
    return replaceItem({ mailbox: this.#mailbox, writer: this }, { item, isMarked }, signal)
  }

  #remember({ id, event, mark }: UpdateItem, version: string): void {
    const written = { id, version, event, markText: formatMark(mark) }
    this.#known.setWritten(copyAsWritten(written, this.#mailbox.transport.version))
  }
}

type Change = { readonly item: UpdateItem; readonly stored: Stored; readonly mailboxZone: string | undefined }

/** What decides how an item is changed. Writing a pattern again throws away what was done to its occurrences. */
type Stored = { readonly isSeries: boolean; readonly isTouched: boolean; readonly isMarked: boolean }

function fieldsOf({ item, stored, mailboxZone }: Change, version: EwsVersion): readonly ItemField[] {
  const { event, mark } = item
  const series = seriesFor(event, version)
  const fields = writeEvent(event, { version, series, mailboxZone, markText: formatMark(mark) })
  return stored.isSeries && !series ? [...fields, { path: fieldUri("calendar:Recurrence"), value: undefined }] : fields
}

function storedOf(item: EwsItem | Error): Stored | Error {
  if (item instanceof Error) return item
  const isTouched = exceptionIds(item).length > 0 || childOf(item.fields, "t:DeletedOccurrences") !== undefined
  return { isSeries: item.kind === "RecurringMaster", isTouched, isMarked: item.markText !== undefined }
}

function changedError(id: string): ChangedMeanwhileError {
  return new ChangedMeanwhileError(id)
}

function changed(id: string): WriteOutcome {
  return { ok: false, error: changedError(id) }
}
