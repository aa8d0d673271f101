import { textAt } from "./json.ts"
import { type KubeObject, namespaceOf, ownersOf, uidOf, withMetadata } from "./kube-object.ts"

export type Change = {
  readonly type: "ADDED" | "MODIFIED" | "DELETED"
  readonly storage: string
  readonly revision: number
  readonly object: KubeObject
  /** What was stored before; undefined for an object that is new. */
  readonly previous: KubeObject | undefined
}

/** As many changes as watches may lag behind before they must list again; the real watch cache keeps about as many. */
const HISTORY_LIMIT = 10_000

/**
 * All objects of all kinds with one growing revision, the history that watches read, and an index of owners.
 * Objects are replaced and never changed, so a list or an event may keep them.
 */
export class Store {
  readonly #objects = new Map<string, Map<string, KubeObject>>()
  readonly #dependents = new Map<string, Map<string, Stored>>()
  readonly #uids = new Map<string, Stored>()
  readonly #listeners = new Set<(change: Change) => void>()
  readonly #pending: Change[] = []
  #delivering = false
  #history: Change[] = []
  #revision = 1
  #compacted = 0

  get revision(): number {
    return this.#revision
  }

  /** A watch from before this revision is answered 410. */
  get compactedRevision(): number {
    return this.#compacted
  }

  get(storage: string, namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(storage)?.get(keyOf(namespace, name))
  }

  /** In the order of the real storage: by namespace, then name. An empty namespace means all of them. */
  list(storage: string, namespace: string): readonly KubeObject[] {
    const prefix = `${namespace}/`
    const entries = [...(this.#objects.get(storage) ?? [])]
    const inside = namespace === "" ? entries : entries.filter(([key]) => key.startsWith(prefix))
    return inside.sort(([one], [other]) => (one < other ? -1 : 1)).map(([, object]) => object)
  }

  count(storage: string): number {
    return this.#objects.get(storage)?.size ?? 0
  }

  storages(): readonly string[] {
    return [...this.#objects.keys()]
  }

  /** Stores a new object or replaces the one of that name, and returns it with its new resourceVersion. */
  put(storage: string, object: KubeObject): KubeObject {
    const previous = this.get(storage, namespaceOf(object), object.metadata.name)
    const revision = ++this.#revision
    const stored = withMetadata(object, { resourceVersion: String(revision) })
    if (previous !== undefined) this.#forgetIndexes(previous)
    this.#objectsOf(storage).set(keyOf(namespaceOf(stored), stored.metadata.name), stored)
    this.#index({ storage, object: stored })
    this.#publish({
      type: previous === undefined ? "ADDED" : "MODIFIED",
      storage,
      revision,
      object: stored,
      previous,
    })
    return stored
  }

  /** Removes the object; watches see its last state with the revision of the removal. */
  remove(storage: string, object: KubeObject): KubeObject {
    const revision = ++this.#revision
    const last = withMetadata(object, { resourceVersion: String(revision) })
    this.#objects.get(storage)?.delete(keyOf(namespaceOf(object), object.metadata.name))
    this.#forgetIndexes(object)
    this.#publish({ type: "DELETED", storage, revision, object: last, previous: object })
    return last
  }

  byUid(uid: string): Stored | undefined {
    return this.#uids.get(uid)
  }

  /** Objects that name this uid as an owner. */
  dependentsOf(uid: string): readonly Stored[] {
    return [...(this.#dependents.get(uid)?.values() ?? [])]
  }

  changesSince(storage: string, revision: number): readonly Change[] {
    return this.#history.filter(change => change.revision > revision && change.storage === storage)
  }

  /** Called synchronously for every change until the returned function is called. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Forgets the history, as compaction of the real storage does: older watches and continue tokens expire. */
  compact(): void {
    this.#history = []
    this.#compacted = this.#revision
  }

  #objectsOf(storage: string): Map<string, KubeObject> {
    const known = this.#objects.get(storage)
    if (known !== undefined) return known
    const fresh = new Map<string, KubeObject>()
    this.#objects.set(storage, fresh)
    return fresh
  }

  #publish(change: Change): void {
    this.#history.push(change)
    if (this.#history.length > HISTORY_LIMIT * 2) {
      this.#compacted = this.#history.at(-HISTORY_LIMIT - 1)?.revision ?? this.#compacted
      this.#history = this.#history.slice(-HISTORY_LIMIT)
    }
    this.#pending.push(change)
    this.#deliver()
  }

  /** A listener may write: its change waits until everybody has seen this one, so that all see the same order. */
  #deliver(): void {
    if (this.#delivering) return
    this.#delivering = true
    for (let change = this.#pending.shift(); change !== undefined; change = this.#pending.shift()) {
      for (const listener of [...this.#listeners]) listener(change)
    }
    this.#delivering = false
  }

  #index(stored: Stored): void {
    const uid = uidOf(stored.object)
    this.#uids.set(uid, stored)
    for (const owner of ownersOf(stored.object)) {
      const ownerUid = textAt(owner, "uid") ?? ""
      const siblings = this.#dependents.get(ownerUid) ?? new Map<string, Stored>()
      this.#dependents.set(ownerUid, siblings.set(uid, stored))
    }
  }

  #forgetIndexes(object: KubeObject): void {
    const uid = uidOf(object)
    this.#uids.delete(uid)
    for (const owner of ownersOf(object)) {
      const ownerUid = textAt(owner, "uid") ?? ""
      const siblings = this.#dependents.get(ownerUid)
      siblings?.delete(uid)
      if (siblings?.size === 0) this.#dependents.delete(ownerUid)
    }
  }
}

export type Stored = { readonly storage: string; readonly object: KubeObject }

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`
}
