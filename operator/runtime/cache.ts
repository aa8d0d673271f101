import type { Log } from "./log.ts"
import { deepFreeze, type KubeResource, keyOf, type ObjectKey } from "./objects.ts"

/** An object appeared (`before` undefined), changed, or went (`after` undefined). Must only enqueue. */
export type ChangeHandler<T extends KubeResource> = (
  before: T | undefined,
  after: T | undefined,
  /** `initial`: it was there when we came, so nobody is waiting for it. */
  about: { readonly initial: boolean },
) => void

/** Named ways to find objects; each gives the values one object is found under. */
export type Indexes<T extends KubeResource> = Readonly<Record<string, (object: T) => readonly string[]>>

export type CacheOptions<T extends KubeResource> = {
  /** Absent: all namespaces. */
  readonly namespaces?: readonly string[]
  readonly labelSelector?: string
  readonly indexes?: Indexes<T>
  /** Only metadata is fetched and held. */
  readonly metadataOnly?: boolean
}

/** What readers see of a cache. Objects are frozen and shared; `managedFields` and last-applied are left out. */
export interface Cache<T extends KubeResource> {
  get(key: ObjectKey): T | undefined
  list(): readonly T[]
  byIndex(index: string, value: string): readonly T[]
  /** Everything there was has been listed once. */
  readonly synced: boolean
  /** Adds a handler; what is known already is told to it as initial. Returns the way to take it off. */
  onChange(handler: ChangeHandler<T>): () => void
  whenSynced(signal: AbortSignal): Promise<void>
}

/** One object watched by name. */
export interface WatchedObject<T extends KubeResource> {
  /** Undefined while it does not exist, and before `synced`. */
  readonly current: T | undefined
  readonly synced: boolean
  whenSynced(signal: AbortSignal): Promise<void>
  /** The watch ends with its last holder. */
  close(): void
}

/** What one reflector writes: its part of a cache. Parts of one cache never share a key. */
export interface CachePart<T extends KubeResource> {
  /** Everything there is; what is not in it is gone. Returns how many objects were not as listed. */
  replace(objects: readonly T[]): number
  put(object: T): void
  remove(object: T): void
}

type Index<T> = { readonly valuesOf: (object: T) => readonly string[]; readonly keys: Map<string, Set<ObjectKey>> }

/** Objects by key and by index, filled by one or several reflectors. Indexes and objects change in one step. */
export class ObjectCache<T extends KubeResource> implements Cache<T> {
  readonly #log: Log
  readonly #onHandlerError: () => void
  readonly #objects = new Map<ObjectKey, T>()
  readonly #indexes = new Map<string, Index<T>>()
  readonly #handlers = new Set<ChangeHandler<T>>()
  readonly #unsyncedParts = new Set<object>()
  readonly #syncWaiters = new Set<() => void>()
  #parts = 0

  constructor({ log, onHandlerError }: { readonly log: Log; readonly onHandlerError: () => void }) {
    this.#log = log
    this.#onHandlerError = onHandlerError
  }

  get synced(): boolean {
    return this.#parts > 0 && this.#unsyncedParts.size === 0
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(key)
  }

  list(): readonly T[] {
    return [...this.#objects.values()]
  }

  byIndex(index: string, value: string): readonly T[] {
    const known = this.#indexes.get(index)
    if (known === undefined) throw new Error(`no index ${index}`)
    return [...(known.keys.get(value) ?? [])].flatMap(key => this.#objects.get(key) ?? [])
  }

  addIndexes(indexes: Indexes<T>): void {
    for (const [name, valuesOf] of Object.entries(indexes)) {
      const index: Index<T> = { valuesOf, keys: new Map() }
      this.#indexes.set(name, index)
      for (const [key, object] of this.#objects) this.#addTo(index, key, object)
    }
  }

  onChange(handler: ChangeHandler<T>): () => void {
    this.#handlers.add(handler)
    for (const object of this.#objects.values()) this.#tell(handler, undefined, object, true)
    return () => this.#handlers.delete(handler)
  }

  whenSynced(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      if (this.synced) return resolve()
      const stop = () => {
        this.#syncWaiters.delete(go)
        reject(signal.reason)
      }
      const go = () => {
        signal.removeEventListener("abort", stop)
        resolve()
      }
      this.#syncWaiters.add(go)
      signal.addEventListener("abort", stop, { once: true })
    })
  }

  /** A part for one reflector; the cache is synced when all its parts are. */
  openPart(): CachePart<T> {
    const keys = new Set<ObjectKey>()
    const part: CachePart<T> = {
      replace: objects => {
        const initial = this.#unsyncedParts.has(part)
        const corrections = this.#replace(keys, objects, initial)
        if (this.#unsyncedParts.delete(part) && this.synced) this.#announceSync()
        return corrections
      },
      put: object => {
        keys.add(keyOf(object.metadata))
        this.#put(object, false)
      },
      remove: object => {
        const key = keyOf(object.metadata)
        if (this.#remove(key, object)) keys.delete(key)
      },
    }
    this.#parts += 1
    this.#unsyncedParts.add(part)
    return part
  }

  #replace(keys: Set<ObjectKey>, objects: readonly T[], initial: boolean): number {
    const listed = new Map(objects.map(object => [keyOf(object.metadata), object]))
    const gone = [...keys].filter(key => !listed.has(key))
    for (const key of gone) {
      keys.delete(key)
      this.#remove(key)
    }
    const differing = [...listed].filter(([key, object]) => !isSame(this.#objects.get(key), object))
    for (const [key, object] of differing) {
      keys.add(key)
      this.#put(object, initial)
    }
    return gone.length + differing.length
  }

  #put(object: T, initial: boolean): void {
    const key = keyOf(object.metadata)
    const before = this.#objects.get(key)
    // Gone and made again under the same name: two happenings, or whoever cleans up after the old one never would.
    if (before !== undefined && before.metadata.uid !== object.metadata.uid) this.#remove(key)
    else if (isSame(before, object)) return
    const known = this.#objects.get(key)
    const frozen = deepFreeze(object)
    this.#store(key, known, frozen)
    this.#tellAll(known, frozen, initial)
  }

  /** `last` is the object as the server saw it go. A deletion of an earlier namesake changes nothing. */
  #remove(key: ObjectKey, last?: T): boolean {
    const before = this.#objects.get(key)
    if (before === undefined || (last !== undefined && last.metadata.uid !== before.metadata.uid)) return false
    this.#store(key, before, undefined)
    this.#tellAll(before, undefined, false)
    return true
  }

  #store(key: ObjectKey, before: T | undefined, after: T | undefined): void {
    for (const index of this.#indexes.values()) {
      if (before !== undefined) this.#removeFrom(index, key, before)
      if (after !== undefined) this.#addTo(index, key, after)
    }
    if (after === undefined) this.#objects.delete(key)
    else this.#objects.set(key, after)
  }

  #addTo({ valuesOf, keys }: Index<T>, key: ObjectKey, object: T): void {
    for (const value of this.#values(valuesOf, object)) {
      const found = keys.get(value)
      if (found === undefined) keys.set(value, new Set([key]))
      else found.add(key)
    }
  }

  #removeFrom({ valuesOf, keys }: Index<T>, key: ObjectKey, object: T): void {
    for (const value of this.#values(valuesOf, object)) {
      const found = keys.get(value)
      found?.delete(key)
      if (found?.size === 0) keys.delete(value)
    }
  }

  /** An index that throws on one object loses that object from itself, not the watch. */
  #values(valuesOf: Index<T>["valuesOf"], object: T): readonly string[] {
    try {
      return valuesOf(object)
    } catch (error) {
      this.#log.error({ error, object: keyOf(object.metadata) }, "an index could not read an object")
      this.#onHandlerError()
      return []
    }
  }

  #tellAll(before: T | undefined, after: T | undefined, initial: boolean): void {
    for (const handler of this.#handlers) this.#tell(handler, before, after, initial)
  }

  #tell(handler: ChangeHandler<T>, before: T | undefined, after: T | undefined, initial: boolean): void {
    try {
      handler(before, after, { initial })
    } catch (error) {
      const object = after ?? before
      this.#log.error({ error, object: object && keyOf(object.metadata) }, "a change handler threw")
      this.#onHandlerError()
    }
  }

  #announceSync(): void {
    for (const go of this.#syncWaiters) go()
    this.#syncWaiters.clear()
  }
}

function isSame(before: KubeResource | undefined, after: KubeResource): boolean {
  return (
    before !== undefined &&
    before.metadata.uid === after.metadata.uid &&
    before.metadata.resourceVersion === after.metadata.resourceVersion
  )
}
