import type { CalendarEvent } from "../../core/event.ts"
import type { Calendar, CalendarWriter, Listing, ListRequest, Window } from "../../core/ports.ts"
import { KnownCopies, type KnownCopy } from "../known-copies.ts"
import { canStoreSeries } from "../normal-form.ts"
import { Turns } from "../turns.ts"
import { copyOf } from "./copy.ts"
import { findMarked } from "./find-item.ts"
import type { EwsMailbox, FolderRef, ItemTarget } from "./mailbox.ts"
import { normalEvent } from "./normal-event.ts"
import type { EwsItem } from "./read-event.ts"
import { readForeign } from "./read-foreign.ts"
import { readWhole } from "./read-whole.ts"
import { EwsWriter } from "./writer.ts"

export type EwsCalendarDeps = {
  readonly mailbox: EwsMailbox
  readonly folder: FolderRef
  /** IANA name: where the days of the mailbox's owner begin. */
  readonly mailboxZone: string
}

/**
 * One calendar of one mailbox. Each listing asks for the versions of all copies, by their mark, and reads
 * those that are not as they were known.
 */
export class EwsCalendar implements Calendar {
  readonly writer: CalendarWriter
  readonly #mailbox: EwsMailbox
  readonly #folder: FolderRef
  readonly #mailboxZone: string
  readonly #known = new KnownCopies()
  readonly #turns = new Turns()

  constructor({ mailbox, folder, mailboxZone }: EwsCalendarDeps) {
    this.#mailbox = mailbox
    this.#folder = folder
    this.#mailboxZone = mailboxZone
    this.writer = new EwsWriter({ mailbox, folder, mailboxZone })
  }

  list(request: ListRequest, signal: AbortSignal): Promise<Listing> {
    return this.#turns.take(() => this.#list(request, signal))
  }

  normalize(event: CalendarEvent): CalendarEvent {
    return normalEvent(event)
  }

  canStoreSeries(event: CalendarEvent, window: Window): boolean {
    return canStoreSeries(event, window, "ews")
  }

  async #list({ window, fresh, includeForeign }: ListRequest, signal: AbortSignal): Promise<Listing> {
    const [mailbox, folder, mailboxZone] = [this.#mailbox, this.#folder, this.#mailboxZone]
    const complete = await this.#bringUpToDate(fresh, signal)
    const foreign = includeForeign
      ? await readForeign(mailbox, { folder, window, mailboxZone }, signal)
      : { events: [], problems: [] }
    const events = [...this.#known.inWindow(window), ...foreign.events]
    return { events, window, complete, problems: foreign.problems }
  }

  /** False when a copy that was listed could not be read: it may be gone since, and may not. */
  async #bringUpToDate(fresh: boolean, signal: AbortSignal): Promise<boolean> {
    const found = await findMarked(this.#mailbox, { folder: this.#folder }, signal)
    const known = found.map(item => this.#unchanged(item, fresh))
    const changed = found.filter((_, index) => !known[index])
    const targets = changed.map(({ id }): ItemTarget => ({ kind: "Item", id }))
    const { items, exceptions } = await readWhole(this.#mailbox, targets, signal)
    const options = { mailboxZone: this.#mailboxZone, exceptions }
    const read = items.flatMap(item => copyOf(item, options) ?? [])
    this.#known.replaceBy([...known.flatMap(copy => copy ?? []), ...read])
    return items.length === changed.length
  }

  #unchanged({ id, version }: EwsItem, fresh: boolean): KnownCopy | undefined {
    const copy = fresh ? undefined : this.#known.get(id)
    return copy?.version === version ? copy : undefined
  }
}
