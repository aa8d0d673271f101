import { conflict } from "./failure.ts"
import { at, type JsonObject, listAt, textAt } from "./json.ts"
import { finalizersOf, isBeingDeleted, type KubeObject, uidOf, withMetadata } from "./kube-object.ts"
import { present, type ResourceKind } from "./resource-kind.ts"
import { read, type Target } from "./update.ts"
import type { World } from "./world.ts"

export type DeleteRequest = { readonly body: JsonObject; readonly query: URLSearchParams }

/**
 * DELETE: an object without finalizers goes at once and the answer is a Status; otherwise it is marked and the answer
 * is the object (code 200 in both cases, as the real server does).
 */
export function deleteObject(world: World, target: Target, { body, query }: DeleteRequest): JsonObject {
  const { kind } = target
  const object = read(world, target)
  requirePreconditions(kind, object, body)
  const isDryRun = listAt(body, "dryRun").length > 0 || query.get("dryRun") === "All"
  const finalizers = withPropagation(finalizersOf(object), propagationOf(body, query))
  if (finalizers.length === 0 && kind.storage !== "/namespaces") {
    if (!isDryRun) remove(world, target)
    return deleted(kind, object)
  }
  return isBeingDeleted(object) ? object : mark(world, kind, object, { finalizers, isDryRun })
}

/** Refusals name the kind where others name the resource, as the real server does here. */
function requirePreconditions(kind: ResourceKind, object: KubeObject, body: JsonObject): void {
  const refuse = (problem: string) => conflict({ ...kind, plural: kind.kind }, object.metadata.name, problem)
  const uid = textAt(body, "preconditions", "uid")
  if (uid !== undefined && uid !== uidOf(object)) {
    throw refuse(
      `the UID in the precondition (${uid}) does not match the UID in record (${uidOf(object)}). The object might have been deleted and then recreated`,
    )
  }
  const revision = textAt(body, "preconditions", "resourceVersion")
  const current = textAt(object.metadata, "resourceVersion")
  if (revision !== undefined && revision !== current) {
    throw refuse(
      `the ResourceVersion in the precondition (${revision}) does not match the ResourceVersion in record (${current}). The object might have been modified`,
    )
  }
}

function remove({ store }: World, { kind, namespace, name }: Target): void {
  const stored = store.get(kind.storage, namespace, name)
  if (stored !== undefined) store.remove(kind.storage, stored)
}

/** Sets the time of deletion; finalizers decide when it is carried out. */
function mark(
  { store, clock }: World,
  kind: ResourceKind,
  object: KubeObject,
  { finalizers, isDryRun }: { readonly finalizers: readonly string[]; readonly isDryRun: boolean },
): KubeObject {
  const generation = object.metadata["generation"]
  const marked = withMetadata(object, {
    deletionTimestamp: clock.timestamp(),
    deletionGracePeriodSeconds: 0,
    finalizers: finalizers.length === 0 ? undefined : finalizers,
    generation: typeof generation === "number" ? generation + 1 : undefined,
  })
  const phase = kind.storage === "/namespaces" ? { status: { phase: "Terminating" } } : {}
  const next = { ...marked, ...phase }
  return isDryRun ? next : present(kind, store.put(kind.storage, kind.toStorage?.(next) ?? next))
}

function propagationOf(body: JsonObject, query: URLSearchParams): string {
  if (at(body, "orphanDependents") === true) return "Orphan"
  return textAt(body, "propagationPolicy") ?? query.get("propagationPolicy") ?? "Background"
}

function withPropagation(finalizers: readonly string[], policy: string): readonly string[] {
  const own = finalizers.filter(name => name !== "orphan" && name !== "foregroundDeletion")
  if (policy === "Orphan") return [...own, "orphan"]
  return policy === "Foreground" ? [...own, "foregroundDeletion"] : own
}

function deleted({ group, plural }: ResourceKind, object: KubeObject): JsonObject {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: { name: object.metadata.name, ...(group === "" ? {} : { group }), kind: plural, uid: uidOf(object) },
  }
}
