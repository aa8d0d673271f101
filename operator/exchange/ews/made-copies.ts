import { checkOf, parseMark } from "../../core/origin.ts"
import type { CreateItem } from "../../core/ports.ts"
import type { KnownCopies } from "../known-copies.ts"
import { madeUid } from "../made-uid.ts"
import { findMarked } from "./find-item.ts"
import { getItems } from "./get-item.ts"
import type { FolderRef, ItemMailbox } from "./mailbox.ts"
import type { EwsItem } from "./read-event.ts"

export type MadeCopiesDeps = { readonly mailbox: ItemMailbox; readonly known: KnownCopies; readonly nonce: string }

/**
 * What was made under which key. EWS has no transaction ids; the UID of a copy tells: the key, and who made it. Two
 * processes that create at once make two copies with a UID each, of which the next pass keeps one.
 */
export class MadeCopies {
  readonly #mailbox: ItemMailbox
  readonly #known: KnownCopies
  readonly #nonce: string
  /** What is known by its check; made once between two listings. */
  #byCheck: Map<string, string> | undefined
  /** A create may have happened that no listing has shown. In the beginning one of another process. */
  #isUncertain = true

  constructor({ mailbox, known, nonce }: MadeCopiesDeps) {
    this.#mailbox = mailbox
    this.#known = known
    this.#nonce = nonce
  }

  /** What an item made under this key is called. */
  uidFor(idempotencyKey: string): string {
    return `${idempotencyKey}.${this.#nonce}`
  }

  /** All that is there is known. */
  listed(): void {
    this.#byCheck = undefined
    this.#isUncertain = false
  }

  /** It may have been made, or not. */
  uncertain(): void {
    this.#isUncertain = true
  }

  made(uid: string, id: string): void {
    this.#byCheck?.set(checkOf(uid), id)
  }

  /** Those made before, by what is known; the calendar is searched only where it may hold more than that. */
  async find(
    items: readonly CreateItem[],
    folder: FolderRef,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<CreateItem, EwsItem>> {
    const known = await this.#lookAtKnown(items, signal)
    const open = items.filter(item => !known.has(item))
    if (!this.#isUncertain || open.length === 0) return known
    return new Map([...known, ...(await this.search(open, folder, signal))])
  }

  /** Those that are in the calendar now. Somebody's duplicate of one has another UID. */
  async search(
    items: readonly CreateItem[],
    folder: FolderRef,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<CreateItem, EwsItem>> {
    const found = await this.#findMarked(items, folder, signal)
    const byKey = new Map(found.flatMap(item => tiedUids(item).map(uid => [keyIn(uid), item])))
    return new Map(
      items.flatMap((item): [CreateItem, EwsItem][] => {
        const made = byKey.get(item.idempotencyKey)
        return made ? [[item, made]] : []
      }),
    )
  }

  async #findMarked(items: readonly CreateItem[], folder: FolderRef, signal: AbortSignal): Promise<readonly EwsItem[]> {
    if (items.length > searchesAtOnce) return findMarked(this.#mailbox, { folder }, signal)
    const found: EwsItem[] = []
    for (const markText of new Set(items.map(({ mark }) => mark.key)))
      found.push(...(await findMarked(this.#mailbox, { folder, markText }, signal)))
    return found
  }

  /** What is known is looked at: somebody may have deleted it since. */
  async #lookAtKnown(items: readonly CreateItem[], signal: AbortSignal): Promise<ReadonlyMap<CreateItem, EwsItem>> {
    const ids = this.#idsByCheck()
    const known = items.flatMap(item => {
      const id = ids.get(checkOf(this.uidFor(item.idempotencyKey)))
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

/** The UID it was made with, where its mark says the same. */
function tiedUids({ uid, markText = "" }: EwsItem): readonly string[] {
  const made = uid === undefined ? undefined : madeUid(uid)
  return made !== undefined && parseMark(markText)?.check === checkOf(made) ? [made] : []
}

/** Without who made it. */
function keyIn(uid: string): string {
  return uid.slice(0, Math.max(uid.lastIndexOf("."), 0)) || uid
}
