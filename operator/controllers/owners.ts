import type { Hub } from "./hub.ts"
import { bindingKeyOf, type Caches, type CalendarSyncObject, ownerOfSync } from "./objects.ts"

/**
 * The owners of all syncs there are: a copy of anybody else of this installation belongs to nobody any more. Undefined as
 * long as that cannot be known: before every binding had its turn in this process (in a cluster just rebuilt the syncs are
 * still to be made), and where only some namespaces are seen.
 */
export class Owners {
  readonly #caches: Caches
  readonly #hub: Hub
  readonly #seesAll: boolean
  #known: ReadonlySet<string> | undefined

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

  all(): ReadonlySet<string> | undefined {
    if (!this.#seesAll || this.isSettling) return undefined
    this.#known ??= new Set(this.#caches.syncs.list().flatMap(sync => this.#ownerOf(sync)))
    return this.#known
  }

  #ownerOf(sync: CalendarSyncObject): readonly string[] {
    const binding = this.#caches.bindings.get(bindingKeyOf(sync))
    return binding === undefined ? [] : [ownerOfSync(sync, binding)]
  }
}
