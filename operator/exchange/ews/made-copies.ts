import { checkOf, parseMark } from "../../core/origin.ts"
import type { CreateItem } from "../../core/ports.ts"
import type { KnownCopies } from "../known-copies.ts"
import { madeUid } from "../made-uid.ts"
import type { EwsItem } from "./event/read-event.ts"
import { findMarked } from "./operations/find-item.ts"
import { getItems } from "./operations/get-item.ts"
import type { FolderRef, ItemMailbox } from "./operations/mailbox.ts"

export type MadeCopiesDeps = { readonly mailbox: ItemMailbox; readonly known: KnownCopies; readonly nonce: string }

/**
 * What was made under which key. EWS has no transaction ids; the UID of a copy tells: the key, and who made it. Two
 * processes that create at once make two copies with a UID each, of which the next pass keeps one.
 */
export class MadeCopies {
  readonly #mailbox: ItemMailbox
  readonly #known: KnownCopies
  readonly #nonce: string
  /** Made by this process, by their checks; collected once between two listings. */
  #byCheck: Map<string, string> | undefined
  /** Made by anybody, by their keys, where all of the calendar was searched. */
  #byKey: ReadonlyMap<string, string> = new Map()
  /** Nobody knows yet what another process made before us. */
  #isUnseen = true
  /** May have been made, or may still be, though no search has shown it. */
  readonly #uncertain = new Set<string>()
  /** How many tries of each were given up; hardly any ever is. */
  readonly #givenUp = new Map<string, number>()

  constructor({ mailbox, known, nonce }: MadeCopiesDeps) {
    this.#mailbox = mailbox
    this.#known = known
    this.#nonce = nonce
  }

  /**
   * What an item made under this key is called. Another name for every try nobody saw the end of: a request may be carried
   * out long after it was given up, and two copies of one name would be taken for somebody's duplicate.
   */
  uidFor(idempotencyKey: string): string {
    const tries = this.#givenUp.get(idempotencyKey)
    return `${idempotencyKey}.${this.#nonce}${tries === undefined ? "" : `-${tries}`}`
  }

  /** All that is there is known. */
  listed(): void {
    this.#byCheck = undefined
    this.#byKey = new Map()
    this.#isUnseen = false
    for (const key of this.#uncertain) this.#giveUp(key)
    this.#uncertain.clear()
  }

  /** They may have been made, or not. */
  uncertain(items: readonly CreateItem[]): void {
    for (const { idempotencyKey } of items) this.#uncertain.add(idempotencyKey)
  }

  /** With the mark it was made with. */
  made({ idempotencyKey, mark }: CreateItem, id: string): void {
    this.#uncertain.delete(idempotencyKey)
    this.#byCheck?.set(mark.check, id)
  }

  #giveUp(idempotencyKey: string): void {
    this.#givenUp.set(idempotencyKey, (this.#givenUp.get(idempotencyKey) ?? 0) + 1)
  }

  /** Those made before, by what is known; the calendar is searched only for what it may hold beside that. */
  async find(
    items: readonly CreateItem[],
    folder: FolderRef,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<CreateItem, EwsItem>> {
    const known = await this.#lookAtKnown(items, signal)
    const isOpen = (item: CreateItem) =>
      !known.has(item) && (this.#isUnseen || this.#uncertain.has(item.idempotencyKey))
    const open = items.filter(isOpen)
    if (open.length === 0) return known
    const found = await this.search(open, folder, signal)
    for (const item of open)
      if (!found.has(item) && this.#uncertain.has(item.idempotencyKey)) this.#giveUp(item.idempotencyKey)
    return new Map([...known, ...found])
  }

  /** Those that are in the calendar now. Somebody's duplicate of one has another UID. */
  async search<Item extends CreateItem>(
    items: readonly Item[],
    folder: FolderRef,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<Item, EwsItem>> {
    const found = await this.#findMarked(items, folder, signal)
    return new Map(
      items.flatMap((item): [Item, EwsItem][] => {
        const made = found.get(item.idempotencyKey)
        return made ? [[item, made]] : []
      }),
    )
  }

  /** By their keys. To have gone through all is as good as a listing, for what another process may have made. */
  async #findMarked(
    items: readonly CreateItem[],
    folder: FolderRef,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, EwsItem>> {
    if (items.length <= searchesAtOnce) {
      const found: EwsItem[] = []
      for (const markText of new Set(items.map(({ mark }) => mark.key)))
        found.push(...(await findMarked(this.#mailbox, { folder, markText }, signal)))
      return byKey(found)
    }
    const all = byKey(await findMarked(this.#mailbox, { folder }, signal))
    this.#byKey = new Map([...all].map(([key, { id }]) => [key, id]))
    this.#isUnseen = false
    return all
  }

  /** What is known is looked at: somebody may have deleted it since. */
  async #lookAtKnown(items: readonly CreateItem[], signal: AbortSignal): Promise<ReadonlyMap<CreateItem, EwsItem>> {
    const ids = this.#idsByCheck()
    const known = items.flatMap(item => {
      const { idempotencyKey } = item
      const id = ids.get(checkOf(this.uidFor(idempotencyKey))) ?? this.#byKey.get(idempotencyKey)
      return id === undefined ? [] : [{ item, id }]
    })
    const targets = known.map(({ id }) => ({ kind: "Item", id }) as const)
    const looks = await getItems(this.#mailbox, { targets, shape: "Head" }, signal)
    return new Map(
      known.flatMap(({ item }, index): [CreateItem, EwsItem][] => {
        const look = looks[index]
        return look?.kind === "Found" ? [[item, look.item]] : []
      }),
    )
  }

  #idsByCheck(): ReadonlyMap<string, string> {
    this.#byCheck ??= new Map([...this.#known].map(({ id, markText }) => [parseMark(markText)?.check ?? "", id]))
    return this.#byCheck
  }
}

/** More of them are found faster by going through all copies. */
const searchesAtOnce = 4

function byKey(items: readonly EwsItem[]): ReadonlyMap<string, EwsItem> {
  return new Map(items.flatMap(item => tiedUids(item).map(uid => [keyIn(uid), item])))
}

/** The UID it was made with, where its mark says the same. */
function tiedUids({ uid, markText = "" }: EwsItem): readonly string[] {
  const made = uid === undefined ? undefined : madeUid(uid)
  return made !== undefined && parseMark(markText)?.check === checkOf(made) ? [made] : []
}

/** Without who made it. */
function keyIn(uid: string): string {
  return uid.slice(0, Math.max(uid.lastIndexOf("."), 0)) || uid
}
