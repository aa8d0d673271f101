import { TemporaryError } from "../../core/errors.ts"
import type { KnownCopies, KnownCopy } from "../known-copies.ts"
import { copyOf, isCopy, unreadCopyOf } from "./copy.ts"
import type { ItemHead, ReadOptions } from "./event/read-event.ts"
import { findMarked } from "./operations/find-item.ts"
import type { Look } from "./operations/get-item.ts"
import type { FolderRef, ItemMailbox, MailboxPlaces } from "./operations/mailbox.ts"
import { type ItemChanged, syncFolderItems } from "./operations/sync-folder-items.ts"
import { readWhole } from "./read-whole.ts"
import { isItemGone } from "./wire/problem.ts"

export type CopyTrackerDeps = {
  readonly mailbox: ItemMailbox
  readonly places: Pick<MailboxPlaces, "zone">
  readonly known: KnownCopies
}

/** An item to look at. */
type Suspect = {
  /** What the last round said of it; absent when that it is gone, or nothing. */
  readonly head: ItemHead | undefined
  /** It was said to be there, and could not be found. */
  readonly isMissing: boolean
  /** No round said anything: only we have reason to look. */
  readonly isSilent?: boolean
}

/** A reading from nothing: which copies it has told of, and whether what was known of them counts. */
type Whole = { readonly seen: Set<string>; readonly isFresh: boolean }

/**
 * Keeps what is known of the copies in one calendar in step with it, by rounds of changes: the first from nothing, the
 * next from where the last one ended. Where a round ended and what is still to be looked at are moved on together, so
 * that a failure at any point loses no change and repeats little.
 *
 * | a round says of an item                 | then                                                                  |
 * |-----------------------------------------|-----------------------------------------------------------------------|
 * | there, in the version that is known     | nothing (our own writes come back so)                                 |
 * | there, with our mark                    | it is read                                                            |
 * | there, without                          | it is no copy; one that was is read: lists may leave properties out   |
 * | gone, and we knew it                    | looked for: an id may say gone and be found elsewhere, or be back     |
 * | nothing, and we wrote it since          | looked for: it may have been deleted before anybody noticed           |
 * | nothing, and it is in doubt             | looked for; where it is not found, a list has the last word           |
 */
export class CopyTracker {
  readonly #mailbox: ItemMailbox
  readonly #places: Pick<MailboxPlaces, "zone">
  readonly #known: KnownCopies
  readonly #suspects = new Map<string, Suspect>()
  #folder: string | undefined
  #syncState: string | undefined
  #whole: Whole | undefined

  constructor({ mailbox, places, known }: CopyTrackerDeps) {
    this.#mailbox = mailbox
    this.#places = places
    this.#known = known
  }

  /** There is no calendar: nothing is known, and the next reading begins with nothing. */
  reset(): void {
    this.#known.replaceBy([])
    this.#suspects.clear()
    this.#folder = undefined
    this.#syncState = undefined
    this.#whole = undefined
  }

  /** False when a copy that is said to be there is not known: it may be gone since, and may not. */
  async catchUp(
    { folder, fresh }: { readonly folder: FolderRef; readonly fresh: boolean },
    signal: AbortSignal,
  ): Promise<boolean> {
    this.#enter(folder)
    if (fresh ? !this.#whole?.isFresh : this.#syncState === undefined && !this.#whole) this.#begin(fresh)
    this.#suspectOwnWrites()
    await this.#readChanges(folder, signal)
    await this.#lookAtSuspects(folder, signal)
    return [...this.#suspects.keys()].every(id => this.#known.get(id) !== undefined)
  }

  /** A state belongs to its folder, and so do the copies. */
  #enter(folder: FolderRef): void {
    const key = folder.kind === "Id" ? folder.id : ""
    if (this.#folder !== key) this.reset()
    this.#folder = key
  }

  #begin(isFresh: boolean): void {
    this.#syncState = undefined
    this.#whole = { seen: new Set(), isFresh }
  }

  #suspectOwnWrites(): void {
    const { written, doubted } = this.#known.takeTraces()
    for (const id of [...written, ...doubted])
      if (!this.#suspects.has(id)) this.#suspects.set(id, { head: undefined, isMissing: false, isSilent: true })
  }

  #suspect(id: string, head: ItemHead | undefined): void {
    this.#suspects.set(id, { head, isMissing: this.#suspects.get(id)?.isMissing ?? false })
  }

  async #readChanges(folder: FolderRef, signal: AbortSignal): Promise<void> {
    let losses = 0
    for (let isLast = false; !isLast; ) {
      const page = await syncFolderItems(this.#mailbox, { folder, syncState: this.#syncState }, signal)
      if (page.kind === "StateLost") {
        losses += 1
        if (losses > 1)
          throw new TemporaryError("Exchange forgets its list of changes at once", { reason: "Unreachable" })
        this.#begin(this.#whole?.isFresh ?? false)
        continue
      }
      for (const change of page.changes) this.#hear(change)
      this.#syncState = page.syncState
      isLast = page.isLast
    }
    this.#endWhole()
  }

  #hear(change: ItemChanged): void {
    if (change.kind === "Present") {
      this.#hearOf(change.head)
      return
    }
    this.#whole?.seen.delete(change.id)
    if (this.#known.get(change.id) || this.#suspects.has(change.id)) this.#suspect(change.id, undefined)
  }

  #hearOf(head: ItemHead): void {
    const { id, version } = head
    const isKnown = this.#known.get(id) !== undefined
    if (!isCopy(head) && !isKnown) {
      this.#forget(id)
      return
    }
    this.#whole?.seen.add(id)
    const isTrusted =
      isCopy(head) && !this.#whole?.isFresh && !this.#known.isDoubted(id) && !this.#suspects.get(id)?.isMissing
    if (isTrusted && this.#known.get(id)?.version === version) this.#suspects.delete(id)
    else this.#suspect(id, head)
  }

  /** Read from nothing, what is not told of is not there; as always, that is looked at before it is believed. */
  #endWhole(): void {
    const seen = this.#whole?.seen
    this.#whole = undefined
    if (!seen) return
    const heardOf = [...[...this.#known].map(({ id }) => id), ...this.#suspects.keys()]
    for (const id of heardOf) if (!seen.has(id)) this.#suspect(id, undefined)
  }

  async #lookAtSuspects(folder: FolderRef, signal: AbortSignal): Promise<void> {
    const ids = [...this.#suspects.keys()]
    if (ids.length === 0) return
    const mailboxZone = await this.#places.zone(signal)
    const targets = ids.map(id => ({ kind: "Item", id }) as const)
    const open: Open = { unexpected: new Map(), unfound: new Set() }
    let at = 0
    for await (const { looks, exceptions } of readWhole(this.#mailbox, targets, signal)) {
      for (const look of looks) {
        this.#learn(ids[at] ?? "", look, { options: { mailboxZone, exceptions }, open })
        at += 1
      }
    }
    if (open.unexpected.size + open.unfound.size > 0) await this.#findOut(folder, open, signal)
  }

  #learn(id: string, look: Look, { options, open }: Learning): void {
    const suspect = this.#suspects.get(id)
    if (look.kind === "Found") {
      const copy = copyOf(look.item, { ...options, version: this.#mailbox.transport.version })
      if (suspect?.head) this.#know(id, copy)
      else open.unexpected.set(id, copy)
    } else if (look.kind === "Refused" && isItemGone(look.problem)) {
      if (suspect?.head) this.#miss(id, suspect.head)
      else if (suspect?.isSilent) open.unfound.add(id)
      else this.#forget(id)
    } else this.#doubt(id, suspect?.head)
  }

  #know(id: string, copy: KnownCopy | undefined): void {
    this.#suspects.delete(id)
    if (copy) this.#known.set(copy)
    else this.#known.delete(id)
  }

  #forget(id: string): void {
    this.#known.delete(id)
    this.#suspects.delete(id)
  }

  /** Mostly it was deleted in this moment, which the next round tells; otherwise it is there and may not be read. */
  #miss(id: string, head: ItemHead): void {
    if (this.#suspects.get(id)?.isMissing) this.#keepUnread(id, head)
    this.#suspects.set(id, { head, isMissing: true })
  }

  /** There is trouble with this one: as it was known until it can be read. */
  #doubt(id: string, head: ItemHead | undefined): void {
    this.#keepUnread(id, head)
    this.#known.doubt(id)
    this.#suspects.delete(id)
  }

  #keepUnread(id: string, head: ItemHead | undefined): void {
    const copy = this.#known.get(id) ?? (head && unreadCopyOf(head))
    if (copy) this.#known.set(copy)
  }

  /**
   * An id finds its item wherever it is in the mailbox, and finds nothing where it may not be read just now: only a list
   * tells whether it is in this calendar.
   */
  async #findOut(folder: FolderRef, { unexpected, unfound }: Open, signal: AbortSignal): Promise<void> {
    const there = new Set((await findMarked(this.#mailbox, { folder }, signal)).map(({ id }) => id))
    for (const [id, copy] of unexpected) this.#know(id, there.has(id) ? copy : undefined)
    for (const id of unfound) {
      if (there.has(id)) this.#doubt(id, undefined)
      else this.#forget(id)
    }
  }
}

type Learning = { readonly options: ReadOptions; readonly open: Open }

/** What only a list can decide. */
type Open = {
  /** Found, though nothing said that they are there. */
  readonly unexpected: Map<string, KnownCopy | undefined>
  /** Not found, though nothing said that they are gone. */
  readonly unfound: Set<string>
}
