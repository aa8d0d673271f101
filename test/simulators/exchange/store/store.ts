import { randomBytes, randomUUID } from "node:crypto"
import { VirtualClock } from "./clock.ts"
import type { Content, Exception, Item, Series } from "./item.ts"
import { type Calendar, DEFAULT_CALENDAR, DELETED_ITEMS, type Mailbox, newMailbox } from "./mailbox.ts"
import { Outbox } from "./outbox.ts"
import type { Recurrence } from "./recurrence.ts"
import { defaultSwitches, type Switches } from "./switches.ts"

export type Change = {
  readonly kind: "created" | "updated" | "deleted"
  readonly mailbox: Mailbox
  readonly item: Item
  /** Where it was, when it came from another folder. */
  readonly movedFrom?: Item
  /** Where it is now, when it went to Deleted Items. */
  readonly movedTo?: Item
}

export type NewItem = {
  readonly content: Content
  readonly recurrence?: Recurrence | undefined
  /** A UID the client chose; made up when absent. */
  readonly uid?: string | undefined
  readonly transactionId?: string | undefined
  readonly transactionPayload?: string
}

/** Tombstones kept per mailbox; a change listing that would need older ones has to begin anew. */
const TOMBSTONES_KEPT = 20_000
/** Earlier shapes of a series kept for change listings. */
const SHAPES_KEPT = 20

/**
 * The organisation's mailboxes and every write to them, whatever protocol asked. Writes are atomic: each makes a new
 * version, tells the listeners and, when attendees are involved, the outbox.
 */
export class Store {
  readonly clock = new VirtualClock()
  readonly outbox = new Outbox()
  switches: Switches = defaultSwitches
  readonly #mailboxes = new Map<string, Mailbox>()
  readonly #byAddress = new Map<string, Mailbox>()
  readonly #listeners = new Set<(change: Change) => void>()
  #version = 1

  get mailboxes(): readonly Mailbox[] {
    return [...this.#mailboxes.values()]
  }

  addMailbox(given: Omit<Parameters<typeof newMailbox>[0], "id"> & { readonly id?: string }): Mailbox {
    const mailbox = newMailbox({ ...given, id: (given.id ?? randomUUID()).toLowerCase() })
    this.#mailboxes.set(mailbox.id, mailbox)
    for (const address of [mailbox.address, ...mailbox.aliases]) this.#byAddress.set(address.toLowerCase(), mailbox)
    return mailbox
  }

  /** A new primary address; the one before becomes a further one, as `Set-Mailbox -PrimarySmtpAddress` leaves it. */
  renameMailbox(mailbox: Mailbox, address: string): void {
    mailbox.aliases = [
      ...mailbox.aliases.filter(alias => alias.toLowerCase() !== address.toLowerCase()),
      mailbox.address,
    ]
    mailbox.address = address
    mailbox.revision++
    this.#byAddress.set(address.toLowerCase(), mailbox)
  }

  /** By directory id or any of its addresses; `missing` ones too. */
  findMailbox(name: string): Mailbox | undefined {
    const key = name.toLowerCase()
    return this.#mailboxes.get(key) ?? this.#byAddress.get(key)
  }

  get version(): number {
    return this.#version
  }

  onChange(listener: (change: Change) => void): void {
    this.#listeners.add(listener)
  }

  /** Below the default calendar, as Outlook makes them, unless it is said where. */
  addCalendar(
    mailbox: Mailbox,
    name: string,
    { color = "auto", parent = DEFAULT_CALENDAR }: { readonly color?: string; readonly parent?: number } = {},
  ): Calendar {
    const number = mailbox.nextNumber++
    const calendar = { number, name, color, parent, isDefault: false, version: ++this.#version }
    mailbox.calendars.set(number, calendar)
    mailbox.revision++
    return calendar
  }

  /** With everything in it, which goes to Deleted Items. */
  removeCalendar(mailbox: Mailbox, number: number): void {
    for (const item of itemsOf(mailbox, number)) this.remove(mailbox, item, "toDeletedItems")
    mailbox.calendars.delete(number)
    mailbox.revision++
  }

  create(mailbox: Mailbox, folder: number, given: NewItem): Item {
    const nowMs = this.clock.now()
    const { content, recurrence, transactionId, transactionPayload } = given
    const item: Item = {
      number: mailbox.nextNumber++,
      folder,
      uid: given.uid ?? randomBytes(16).toString("hex").toUpperCase(),
      content,
      version: ++this.#version,
      createdMs: nowMs,
      modifiedMs: nowMs,
      originalStartZone: content.time.start.zoneName,
      originalEndZone: content.time.end.zoneName,
      ...(recurrence ? { series: seriesOf(recurrence) } : {}),
      ...(transactionId !== undefined ? { transactionId } : {}),
      ...(transactionPayload !== undefined ? { transactionPayload } : {}),
    }
    if (transactionId !== undefined) mailbox.transactions.set(transactionId, item.number)
    this.#keep(mailbox, item, "created")
    return item
  }

  /** A new version of an item; `recurrence: null` makes a series a single event. */
  update(mailbox: Mailbox, item: Item, changes: Partial<Content>, recurrence?: Recurrence | null): Item {
    const content = { ...item.content, ...changes }
    const version = ++this.#version
    const series = this.#reshaped(item, content, recurrence)
    const isSameShape = series === item.series && sameData(content.time, item.content.time)
    const shapes = isSameShape ? [] : [{ untilVersion: version, time: item.content.time, series: item.series }]
    const { series: _, ...rest } = item
    const updated: Item = {
      ...rest,
      content,
      version,
      modifiedMs: this.clock.now(),
      earlierShapes: [...(item.earlierShapes ?? []), ...shapes].slice(-SHAPES_KEPT),
      ...(series ? { series } : {}),
    }
    this.#keep(mailbox, updated, "updated")
    return updated
  }

  /** The series after a write; the same object when its dates stay as they are. */
  #reshaped(item: Item, content: Content, recurrence: Recurrence | null | undefined): Series | undefined {
    const before = item.series
    if (recurrence === null) return undefined
    if (!before) return recurrence ? seriesOf(recurrence) : undefined
    const next = recurrence ?? before.recurrence
    if (sameData(next, before.recurrence) && sameData(content.time, item.content.time)) return before
    return this.switches.patternChangeDropsExceptions ? seriesOf(next) : { ...before, recurrence: next }
  }

  /** Makes an event a meeting somebody else organizes. */
  setOrganizer(mailbox: Mailbox, item: Item, organizer: NonNullable<Item["organizer"]>): Item {
    const updated = { ...item, organizer, version: ++this.#version }
    this.#keep(mailbox, updated, "updated")
    return updated
  }

  /** Makes an occurrence an exception, or changes one further. */
  changeOccurrence(mailbox: Mailbox, item: Item, date: string, changes: Partial<Content>): Item {
    const { series } = item
    if (!series) return item
    const nowMs = this.clock.now()
    const version = ++this.#version
    const before = series.exceptions.get(date)
    const named = new Map([...(before?.changes.named ?? []), ...(changes.named ?? [])])
    const merged = { ...before?.changes, ...changes, ...(named.size > 0 ? { named } : {}) }
    const exception: Exception = {
      changes: merged,
      version,
      createdMs: before?.createdMs ?? nowMs,
      modifiedMs: nowMs,
    }
    const exceptions = new Map(series.exceptions).set(date, exception)
    const updated = { ...item, version, modifiedMs: nowMs, series: { ...series, exceptions } }
    this.#keep(mailbox, updated, "updated")
    return updated
  }

  cancelOccurrence(mailbox: Mailbox, item: Item, date: string): Item {
    const { series } = item
    if (!series) return item
    const version = ++this.#version
    const exceptions = new Map(series.exceptions)
    exceptions.delete(date)
    const cancelled = new Map(series.cancelled).set(date, version)
    const updated = {
      ...item,
      version,
      modifiedMs: this.clock.now(),
      series: { ...series, exceptions, cancelled },
    }
    this.#keep(mailbox, updated, "updated")
    return updated
  }

  /** To Deleted Items, or out of the mailbox for good. */
  remove(mailbox: Mailbox, item: Item, how: "toDeletedItems" | "permanently"): void {
    const version = ++this.#version
    mailbox.items.delete(item.number)
    this.#bury(mailbox, { version, folder: item.folder, item })
    const movedTo = { ...item, folder: DELETED_ITEMS, version }
    if (how === "toDeletedItems") mailbox.items.set(item.number, movedTo)
    this.#tell({ kind: "deleted", mailbox, item, ...(how === "toDeletedItems" ? { movedTo } : {}) })
  }

  /** To another folder of the mailbox: classic ids change, immutable ones stay. */
  move(mailbox: Mailbox, item: Item, folder: number): Item {
    const version = ++this.#version
    this.#bury(mailbox, { version, folder: item.folder, item })
    const moved = { ...item, folder, version, modifiedMs: this.clock.now() }
    mailbox.items.set(item.number, moved)
    this.#tell({ kind: "updated", mailbox, item: moved, movedFrom: item })
    return moved
  }

  /** As a person does with copy and paste: a new item with a new UID and the same named properties. */
  copy(mailbox: Mailbox, item: Item, changes: Partial<Content> = {}, folder: number = item.folder): Item {
    return this.create(mailbox, folder, {
      content: { ...item.content, ...changes },
      ...(item.series ? { recurrence: item.series.recurrence } : {}),
    })
  }

  /** Forgets what was deleted so far: change listings from before cannot be continued. */
  forgetTombstones(mailbox: Mailbox): void {
    mailbox.tombstones = []
    mailbox.forgottenVersion = this.#version
  }

  #keep(mailbox: Mailbox, item: Item, kind: "created" | "updated"): void {
    mailbox.items.set(item.number, item)
    this.#tell({ kind, mailbox, item })
  }

  #bury(mailbox: Mailbox, tombstone: Tombstone): void {
    mailbox.tombstones.push(tombstone)
    if (mailbox.tombstones.length <= TOMBSTONES_KEPT) return
    const dropped = mailbox.tombstones.splice(0, TOMBSTONES_KEPT / 2)
    mailbox.forgottenVersion = dropped.at(-1)?.version ?? mailbox.forgottenVersion
  }

  #tell(change: Change): void {
    change.mailbox.revision++
    this.outbox.record(change, { nowMs: this.clock.now(), draftsStay: this.switches.draftSuppressesInvitations })
    for (const listener of this.#listeners) listener(change)
  }
}

type Tombstone = Mailbox["tombstones"][number]

function seriesOf(recurrence: Recurrence): Series {
  return { recurrence, exceptions: new Map(), cancelled: new Map() }
}

function sameData(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** Items of one calendar, in the order they came into it. */
export function itemsOf(mailbox: Mailbox, folder: number = DEFAULT_CALENDAR): Item[] {
  return [...mailbox.items.values()].filter(item => item.folder === folder)
}
