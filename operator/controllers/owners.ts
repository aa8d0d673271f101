import { bindingKeyOf, type Caches, type CalendarSyncObject } from "./objects.ts"
import { ownerOfSync } from "./resolve-sync.ts"

/** The owners of all syncs there are: a copy of anybody else of this installation belongs to nobody any more. */
export class Owners {
  readonly #caches: Caches
  #known: ReadonlySet<string> | undefined

  constructor(caches: Caches) {
    this.#caches = caches
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

  all(): ReadonlySet<string> {
    this.#known ??= new Set(this.#caches.syncs.list().flatMap(sync => this.#ownerOf(sync)))
    return this.#known
  }

  #ownerOf(sync: CalendarSyncObject): readonly string[] {
    const binding = this.#caches.bindings.get(bindingKeyOf(sync))
    return binding === undefined ? [] : [ownerOfSync(sync, binding)]
  }
}
