import { randomBytes } from "node:crypto"
import type { CalendarEvent } from "../../core/event.ts"
import type { Calendar, CalendarWriter, Listing, ListRequest, Window } from "../../core/ports.ts"
import { KnownCopies } from "../known-copies.ts"
import { canStoreSeries } from "../normal-form.ts"
import { Turns } from "../turns.ts"
import { CopyTracker } from "./copy-tracker.ts"
import { normalEvent, seriesFor } from "./event/normal-event.ts"
import { MadeCopies } from "./made-copies.ts"
import type { EwsMailbox, ItemMailbox, MailboxPlaces } from "./operations/mailbox.ts"
import { readForeign } from "./read-foreign.ts"
import { BatchSize } from "./wire/batch-size.ts"
import { EwsWriter } from "./writer.ts"

export type EwsCalendarDeps = {
  readonly mailbox: EwsMailbox
  readonly places: MailboxPlaces
  /** Tells the copies this process makes from those another makes at the same time; random when absent. */
  readonly nonce?: string
}

/**
 * One calendar of one mailbox. The first listing goes through all of it; later ones ask what changed since, which is one
 * request when nothing did, and read only what that points to.
 */
export class EwsCalendar implements Calendar {
  readonly writer: CalendarWriter
  readonly #mailbox: ItemMailbox
  readonly #places: MailboxPlaces
  readonly #known = new KnownCopies()
  readonly #turns = new Turns()
  readonly #tracker: CopyTracker
  readonly #made: MadeCopies

  constructor({ mailbox, places, nonce = randomBytes(6).toString("base64url") }: EwsCalendarDeps) {
    const known = this.#known
    this.#mailbox = { ...mailbox, batchSize: new BatchSize() }
    this.#places = places
    this.#tracker = new CopyTracker({ mailbox: this.#mailbox, places, known })
    this.#made = new MadeCopies({ mailbox: this.#mailbox, known, nonce })
    this.writer = new EwsWriter({ mailbox: this.#mailbox, places, known, made: this.#made })
  }

  list(request: ListRequest, signal: AbortSignal): Promise<Listing> {
    return this.#turns.take(() => this.#list(request, signal))
  }

  normalize(event: CalendarEvent): CalendarEvent {
    return normalEvent(event, this.#mailbox.transport.version)
  }

  canStoreSeries(event: CalendarEvent, window: Window): boolean {
    return canStoreSeries(event, window, "ews") && seriesFor(event, this.#mailbox.transport.version) !== undefined
  }

  async #list({ window, fresh, includeForeign }: ListRequest, signal: AbortSignal): Promise<Listing> {
    const [mailbox, places] = [this.#mailbox, this.#places]
    try {
      const folder = await places.findFolder(signal)
      if (!folder) return this.#empty(window)
      const complete = await this.#tracker.catchUp({ folder, fresh }, signal)
      if (complete) this.#made.listed()
      const foreign = includeForeign
        ? await readForeign(mailbox, { folder, window, places }, signal)
        : { events: [], problems: [] }
      const events = [...this.#known.inWindow(window), ...foreign.events]
      return { events, window, complete, problems: foreign.problems }
    } catch (error) {
      places.forget() // it may have been the calendar that is gone
      throw error
    }
  }

  #empty(window: Window): Listing {
    this.#tracker.reset()
    this.#made.listed()
    return { events: [], window, complete: true, problems: [] }
  }
}
