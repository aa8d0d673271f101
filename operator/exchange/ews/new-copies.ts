import { ChangedMeanwhileError, isCoreError, NeedsAttentionError } from "../../core/errors.ts"
import type { EwsVersion } from "../../core/exchange-settings.ts"
import { checkOf, formatMark, type Mark } from "../../core/origin.ts"
import type { CreateItem, UpdateItem, WriteOutcome } from "../../core/ports.ts"
import type { KnownCopies } from "../known-copies.ts"
import { madeUid } from "../made-uid.ts"
import { unfinished } from "../unfinished.ts"
import { copyAsWritten } from "./copy.ts"
import { seriesFor } from "./event/normal-event.ts"
import type { EwsItem } from "./event/read-event.ts"
import { markField, writeEvent } from "./event/write-event.ts"
import type { MadeCopies } from "./made-copies.ts"
import { takesSteps, writeOccurrences } from "./occurrence-writer.ts"
import { createItems } from "./operations/create-item.ts"
import { getItems } from "./operations/get-item.ts"
import type { FolderRef, ItemMailbox, MailboxPlaces } from "./operations/mailbox.ts"
import { updateItems } from "./operations/update-item.ts"
import { isFolderGone } from "./wire/problem.ts"
import type { WriteResult } from "./wire/response.ts"
import { outcomeOf, storedIn, targetOf } from "./write-outcome.ts"
import { zoneFor, zoneMissing } from "./zone-needed.ts"

export type NewCopiesDeps = {
  readonly mailbox: ItemMailbox
  readonly places: MailboxPlaces
  readonly known: KnownCopies
  readonly made: MadeCopies
  /** Brings a copy made before to what is wanted now. */
  readonly update: (item: UpdateItem, signal: AbortSignal) => Promise<WriteOutcome>
}

/** An item under the UID it is to be made with, which is on its mark. */
type Named = CreateItem & { readonly uid: string }

/**
 * Creating without making two:
 *
 * | what is known of the key                    | then                                                              |
 * |---------------------------------------------|-------------------------------------------------------------------|
 * | made before, by this process or another     | it is brought to what is wanted                                   |
 * | nothing, and all that is there was listed   | created, without a search                                         |
 * | nothing, and a create may have got lost     | searched first                                                    |
 * | the answer got lost, or told of trouble     | searched: what is found is brought to what is wanted, perhaps it  |
 * |                                             | was made by another; not found is told, and tried again later     |
 */
export class NewCopies {
  readonly #deps: NewCopiesDeps

  constructor(deps: NewCopiesDeps) {
    this.#deps = deps
  }

  /** One outcome per item, in their order. */
  async create(items: readonly CreateItem[], signal: AbortSignal): Promise<readonly WriteOutcome[]> {
    if (items.length === 0) return []
    const { places, made } = this.#deps
    const folder = await places.makeFolder(signal)
    const events = items.map(({ event }) => event)
    const mailboxZone = await zoneFor(events, places, signal)
    const outcomes = new Map<CreateItem, WriteOutcome>()
    for (const item of items) {
      const refusal = refusalOf(item, { mailboxZone, version: this.#deps.mailbox.transport.version })
      if (refusal) outcomes.set(item, { ok: false, error: refusal })
    }
    const open = items.filter(item => !outcomes.has(item))
    const before = await made.find(open, folder, signal)
    for (const [item, stored] of before) outcomes.set(item, await this.#bringUp(item, stored, signal))
    const fresh = open.filter(item => !before.has(item))
    for (const [item, outcome] of await this.#make(fresh, { folder, mailboxZone }, signal)) outcomes.set(item, outcome)
    return items.map(item => outcomes.get(item) ?? { ok: false, error: new ChangedMeanwhileError("") })
  }

  async #make(
    items: readonly CreateItem[],
    where: Where,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<CreateItem, WriteOutcome>> {
    const outcomes = new Map<CreateItem, WriteOutcome>()
    if (items.length === 0) return outcomes
    const named = items.map(item => this.#named(item))
    const { answered, found } = await this.#send(named, where, signal)
    for (const [index, item] of items.entries()) {
      const one = named[index]
      const stored = one && found.get(one)
      if (stored) outcomes.set(item, await this.#bringUp(one, stored, signal))
      else if (one) outcomes.set(item, await this.#settle(one, answered.get(one), { where, signal }))
    }
    return outcomes
  }

  /** What became of each. Whatever ends it early leaves it open what was made. */
  async #send(items: readonly Named[], { folder, mailboxZone }: Where, signal: AbortSignal): Promise<Sent> {
    const { mailbox, made, places } = this.#deps
    const write = (item: Named, version: EwsVersion) => {
      const { event, uid } = item
      const markText = formatMark(markOf(item))
      return writeEvent(event, { version, series: seriesFor(event, version), mailboxZone, markText, uid })
    }
    try {
      const results = await createItems(mailbox, { folder, items, write }, signal)
      if (results.some(result => result.kind === "Refused" && isFolderGone(result.problem))) places.forget()
      const answered = new Map(items.flatMap((item, index) => pairOf(item, results[index])))
      const lost = items.filter(item => answered.get(item)?.kind === "Unknown")
      return { answered, found: await this.#findLost(lost, folder, signal) }
    } catch (error) {
      made.uncertain(items)
      throw error
    }
  }

  async #findLost(
    items: readonly Named[],
    folder: FolderRef,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<Named, EwsItem>> {
    const { made } = this.#deps
    if (items.length === 0) return new Map()
    made.uncertain(items)
    const found = await made.search(items, folder, signal)
    for (const [item, { id }] of found) made.made(item, id)
    return found
  }

  async #settle(
    item: Named,
    result: WriteResult | undefined,
    { where, signal }: { readonly where: Where; readonly signal: AbortSignal },
  ): Promise<WriteOutcome> {
    const made = outcomeOf(result, "")
    if (!made.ok) return made
    this.#deps.made.made(item, made.id)
    return takesSteps(item.event) ? this.#finish(item, made.id, where, signal) : this.#remember(item, made)
  }

  /** The occurrences of a series just made, and its mark last: only then the copy is what it says. */
  async #finish(item: Named, id: string, { mailboxZone }: Where, signal: AbortSignal): Promise<WriteOutcome> {
    const { mailbox, known } = this.#deps
    try {
      await writeOccurrences(mailbox, { masterId: id, event: item.event, mailboxZone }, signal)
      const outcome = await this.#writeMark(item, id, signal)
      if (outcome.ok) this.#remember(item, outcome)
      known.doubt(id) // somebody may have been at it meanwhile
      return outcome
    } catch (error) {
      signal.throwIfAborted()
      if (isCoreError(error)) return { ok: false, error }
      throw error
    }
  }

  async #writeMark({ mark }: Named, id: string, signal: AbortSignal): Promise<WriteOutcome> {
    const { mailbox } = this.#deps
    const [look] = await getItems(mailbox, { targets: [{ kind: "Item", id }], shape: "Head" }, signal)
    const stored = storedIn(look, { id })
    if (stored instanceof Error) return { ok: false, error: stored }
    const change = { target: targetOf(stored), write: () => [markField(formatMark(mark))] }
    const [result] = await updateItems(mailbox, [change], signal)
    return outcomeOf(result, id)
  }

  #remember({ event, mark }: Named, made: Extract<WriteOutcome, { ok: true }>): WriteOutcome {
    const { mailbox, known } = this.#deps
    const { id, version } = made
    known.setWritten(copyAsWritten({ id, version, event, markText: formatMark(mark) }, mailbox.transport.version))
    return made
  }

  /** Made by an earlier try, or by another process, perhaps from what the source said then. */
  async #bringUp(item: CreateItem, stored: EwsItem, signal: AbortSignal): Promise<WriteOutcome> {
    const { id, version, markText, uid } = stored
    const mark = { ...item.mark, check: checkOf(madeUid(uid ?? this.#named(item).uid)) }
    const done = { ok: true, id, version } as const
    const outcome =
      markText === formatMark(mark) ? done : await this.#deps.update({ ...item, mark, id, version }, signal)
    if (outcome.ok) this.#deps.known.doubt(outcome.id) // somebody may have been at it since it was made
    return outcome
  }

  #named(item: CreateItem): Named {
    const uid = this.#deps.made.uidFor(item.idempotencyKey)
    return { ...item, uid, mark: { ...item.mark, check: checkOf(uid) } }
  }
}

/** What was said of each, and what was found where the answer got lost. */
type Sent = { readonly answered: ReadonlyMap<Named, WriteResult>; readonly found: ReadonlyMap<Named, EwsItem> }

type Where = { readonly folder: FolderRef; readonly mailboxZone: string | undefined }

function markOf({ event, mark }: CreateItem): Mark {
  return takesSteps(event) ? unfinished(mark) : mark
}

function pairOf(item: Named, result: WriteResult | undefined): [Named, WriteResult][] {
  return result ? [[item, result]] : []
}

function refusalOf(
  { event }: CreateItem,
  { mailboxZone, version }: { readonly mailboxZone: string | undefined; readonly version: EwsVersion },
): Error | undefined {
  if (!event.recurrence || seriesFor(event, version)) return zoneMissing(event, mailboxZone)
  return new NeedsAttentionError("Exchange cannot express this series", { reason: "RecurrenceTooComplex" })
}
