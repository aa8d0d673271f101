import { deleteObject } from "./delete.ts"
import { isBeingDeleted, type KubeObject, namespaceOf } from "./kube-object.ts"
import type { World } from "./world.ts"

const namespaceStorage = "/namespaces"

/** Empties a namespace that is being deleted, and removes it when the last object has gone. */
export function finalizeNamespaces(world: World): () => void {
  const { store } = world
  return store.subscribe(({ type, storage, object }) => {
    if (storage === namespaceStorage) {
      if (type !== "DELETED" && isBeingDeleted(object)) emptyOut(world, object.metadata.name)
      return
    }
    const home = type === "DELETED" ? store.get(namespaceStorage, "", namespaceOf(object)) : undefined
    if (home !== undefined && isBeingDeleted(home)) removeIfEmpty(world, home)
  })
}

function emptyOut(world: World, name: string): void {
  const { store, registry } = world
  for (const storage of store.storages()) {
    const kind = registry.ofStorage(storage)
    if (kind === undefined || !kind.namespaced) continue
    for (const object of store.list(storage, name)) {
      if (isBeingDeleted(object)) continue
      const target = { kind, namespace: name, name: object.metadata.name, subresource: "" }
      deleteObject(world, target, { body: {}, query: new URLSearchParams() })
    }
  }
  const home = store.get(namespaceStorage, "", name)
  if (home !== undefined) removeIfEmpty(world, home)
}

function removeIfEmpty({ store }: World, home: KubeObject): void {
  const name = home.metadata.name
  const isEmpty = store
    .storages()
    .every(storage => storage === namespaceStorage || store.list(storage, name).length === 0)
  const isStillThere = store.get(namespaceStorage, "", name) === home
  if (isEmpty && isStillThere) store.remove(namespaceStorage, home)
}
