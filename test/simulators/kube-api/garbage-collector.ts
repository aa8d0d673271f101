import { deleteObject } from "./delete.ts"
import { textAt } from "./json.ts"
import {
  finalizersOf,
  isBeingDeleted,
  type KubeObject,
  namespaceOf,
  ownersOf,
  uidOf,
  withMetadata,
} from "./kube-object.ts"
import type { Change, Stored } from "./store.ts"
import type { World } from "./world.ts"

/**
 * Deletes objects whose owners have all gone, a moment after the request that caused it, as the real controller does.
 * `foregroundDeletion` waits for the dependents, `orphan` leaves them.
 */
export function collectGarbage(world: World): () => void {
  const unsubscribe = world.store.subscribe(change => {
    const later = setImmediate(() => {
      pending.delete(later)
      react(world, change)
    })
    pending.add(later)
  })
  const pending = new Set<NodeJS.Immediate>()
  return () => {
    unsubscribe()
    for (const later of pending) clearImmediate(later)
  }
}

function react(world: World, { type, storage, object }: Change): void {
  if (type === "DELETED") {
    for (const dependent of world.store.dependentsOf(uidOf(object))) collect(world, dependent)
    for (const owner of ownersOf(object)) finishForeground(world, textAt(owner, "uid") ?? "")
    return
  }
  const current = world.store.byUid(uidOf(object))
  if (current === undefined) return
  if (isBeingDeleted(current.object)) finish(world, current)
  else if (ownersOf(object).length > 0) collect(world, { storage, object: current.object })
}

/** Goes when no owner is left; loses the references to owners that have gone otherwise. */
function collect(world: World, { storage, object }: Stored): void {
  const owners = ownersOf(object)
  const living = owners.filter(owner => world.store.byUid(textAt(owner, "uid") ?? "") !== undefined)
  if (living.length === owners.length || isBeingDeleted(object)) return
  if (living.length === 0) deleteStored(world, { storage, object })
  else world.store.put(storage, withMetadata(object, { ownerReferences: living }))
}

function deleteStored(world: World, { storage, object }: Stored, propagationPolicy = "Background"): void {
  const kind = world.registry.ofStorage(storage)
  if (kind === undefined) return
  const target = { kind, namespace: namespaceOf(object), name: object.metadata.name, subresource: "" }
  deleteObject(world, target, { body: { propagationPolicy }, query: new URLSearchParams() })
}

/** Carries out what the deletion asked for, then takes its finalizer away. */
function finish(world: World, stored: Stored): void {
  const finalizers = finalizersOf(stored.object)
  const dependents = world.store.dependentsOf(uidOf(stored.object))
  if (finalizers.includes("orphan")) {
    for (const dependent of dependents) release(world, dependent, uidOf(stored.object))
    dropFinalizer(world, stored, "orphan")
    return
  }
  if (!finalizers.includes("foregroundDeletion")) return
  const blocking = dependents.filter(({ object }) => isBlockedBy(object, uidOf(stored.object)))
  for (const dependent of dependents)
    if (!isBeingDeleted(dependent.object)) deleteStored(world, dependent, "Foreground")
  if (blocking.length === 0) dropFinalizer(world, stored, "foregroundDeletion")
}

function isBlockedBy(object: KubeObject, uid: string): boolean {
  return ownersOf(object).some(owner => owner["uid"] === uid && owner["blockOwnerDeletion"] === true)
}

function finishForeground(world: World, uid: string): void {
  const owner = world.store.byUid(uid)
  if (owner !== undefined && isBeingDeleted(owner.object)) finish(world, owner)
}

function release({ store }: World, { storage, object }: Stored, uid: string): void {
  const ownerReferences = ownersOf(object).filter(owner => owner["uid"] !== uid)
  store.put(
    storage,
    withMetadata(object, { ownerReferences: ownerReferences.length === 0 ? undefined : ownerReferences }),
  )
}

function dropFinalizer({ store }: World, { storage, object }: Stored, name: string): void {
  const left = finalizersOf(object).filter(each => each !== name)
  if (left.length === 0) store.remove(storage, object)
  else store.put(storage, withMetadata(object, { finalizers: left }))
}
