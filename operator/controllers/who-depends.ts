import { keyOf, type ObjectKey } from "../runtime/objects.ts"
import type { Caches, CalendarSyncObject } from "./objects.ts"

/** The syncs of all bindings that refer to this connection, source or policy: who must hear of a change. */
export function syncsOfConnection(caches: Caches, connection: ObjectKey): readonly CalendarSyncObject[] {
  return syncsOf(caches, "connection", connection)
}

export function syncsOfSource(caches: Caches, source: ObjectKey): readonly CalendarSyncObject[] {
  return syncsOf(caches, "source", source)
}

export function syncsOfPolicy(caches: Caches, policy: ObjectKey): readonly CalendarSyncObject[] {
  return syncsOf(caches, "policy", policy)
}

function syncsOf(caches: Caches, index: string, key: ObjectKey): readonly CalendarSyncObject[] {
  return caches.bindings
    .byIndex(index, key)
    .flatMap(binding => caches.syncs.byIndex("binding", keyOf(binding.metadata)))
}
