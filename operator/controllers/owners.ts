import { normalAddress } from "../core/scope.ts"
import type { Hub } from "./hub.ts"
import { bindingKeyOf, type Caches, type CalendarSyncObject, ownerOfSync } from "./objects.ts"

/**
 * The owners of all syncs of a mailbox: a copy of anybody else of this installation belongs to nobody any more, be it that
 * a binding is gone or that it let go of this one of its mailboxes. Undefined as long as that cannot be known: before every
 * binding had its turn in this process (in a cluster just rebuilt the syncs are still to be made), and where only some
 * namespaces are seen.
 */
export class Owners {
  readonly #caches: Caches
  readonly #hub: Hub
  readonly #seesAll: boolean
  /** By address. */
  #known: ReadonlyMap<string, ReadonlySet<string>> | undefined

  constructor({ caches, hub, seesAll }: { readonly caches: Caches; readonly hub: Hub; readonly seesAll: boolean }) {
    this.#caches = caches
    this.#hub = hub
    this.#seesAll = seesAll
    const forget = () => {
      this.#known = undefined
    }
    // Only coming and going changes the set: what an owner is made of never changes on an object.
    caches.syncs.onChange((before, after) => {
      if ((before === undefined) !== (after === undefined)) forget()
    })
    caches.bindings.onChange((before, after) => {
      if (
        before?.spec.calendar?.name !== after?.spec.calendar?.name ||
        (before === undefined) !== (after === undefined)
      )
        forget()
    })
  }

  /** Some binding has not had its turn yet: asked again soon, `all` will say more. One that is leaving makes no more syncs. */
  get isSettling(): boolean {
    const staying = this.#caches.bindings.list().filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    return this.#seesAll && !staying.every(one => this.#hub.wasExamined("binding", one))
  }

  of(mailbox: string): ReadonlySet<string> | undefined {
    if (!this.#seesAll || this.isSettling) return undefined
    this.#known ??= this.#read()
    return this.#known.get(addressOf(mailbox)) ?? new Set()
  }

  #read(): ReadonlyMap<string, ReadonlySet<string>> {
    const byMailbox = Map.groupBy(this.#caches.syncs.list(), ({ spec }) => addressOf(spec.mailbox))
    return new Map(
      [...byMailbox].map(([mailbox, syncs]) => [mailbox, new Set(syncs.flatMap(one => this.#ownerOf(one)))]),
    )
  }

  #ownerOf(sync: CalendarSyncObject): readonly string[] {
    const binding = this.#caches.bindings.get(bindingKeyOf(sync))
    return binding === undefined ? [] : [ownerOfSync(sync, binding)]
  }
}

function addressOf(mailbox: string): string {
  return normalAddress(mailbox) ?? mailbox
}
