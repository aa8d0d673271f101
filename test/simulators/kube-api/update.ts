import { completeObject, decode, pruneObject, requireSameUid } from "./completion.ts"
import { inNamespace } from "./create.ts"
import { badRequest, conflict, type Failure, notFound } from "./failure.ts"
import { forbiddenField, invalid, invalidObject } from "./field-error.ts"
import { isEqual, type JsonObject, textAt, withField } from "./json.ts"
import { asKubeObject, finalizersOf, isBeingDeleted, type KubeObject, revisionOf, withMetadata } from "./kube-object.ts"
import { recordUpdate } from "./managed-fields.ts"
import { apiVersionOf, present, type ResourceKind } from "./resource-kind.ts"
import type { World } from "./world.ts"
import type { WriteOptions } from "./write-options.ts"

export type Target = {
  readonly kind: ResourceKind
  readonly namespace: string
  readonly name: string
  /** `""` for the object itself. */
  readonly subresource: string
}

/** The object as its kind shows it; throws 404. */
export function read({ store }: World, { kind, namespace, name }: Target): KubeObject {
  const stored = store.get(kind.storage, namespace, name)
  if (stored === undefined) throw notFound(kind, name)
  return present(kind, stored)
}

/** PUT. */
export function update(world: World, target: Target, body: JsonObject, options: WriteOptions): KubeObject {
  const { kind, name, namespace } = target
  const old = read(world, target)
  const sent = pruneObject(kind, inNamespace(kind, decode(kind, body), namespace), options)
  if (sent.metadata.name !== name) {
    throw badRequest(`the name of the object (${sent.metadata.name}) does not match the name on the URL (${name})`)
  }
  if (revisionOf(sent) === 0 && mustNameRevision(kind)) {
    const error = invalid(["metadata", "resourceVersion"], 0, "must be specified for an update")
    throw invalidObject(kind, name, [error])
  }
  return replace(world, target, { old, sent, options })
}

/** Custom resources, their definitions and Leases are never overwritten blindly. */
function mustNameRevision({ builtIn, plural }: ResourceKind): boolean {
  return !builtIn || plural === "leases" || plural === "customresourcedefinitions"
}

export type Replacement = { readonly old: KubeObject; readonly sent: KubeObject; readonly options: WriteOptions }

/** Checks the preconditions that the new object names, merges what is the server's own, validates and stores. */
export function replace(world: World, target: Target, { old, sent, options }: Replacement): KubeObject {
  const { kind, name, subresource } = target
  requirePreconditions(kind, name, sent, old)
  const merged = subresource === "status" ? withStatusOf(old, sent) : withServerFields(kind, old, sent)
  const complete = completeObject(kind, merged, old)
  const owned = recordUpdate(withGeneration(kind, complete, old), old, kind.schema, {
    manager: options.fieldManager,
    operation: "Update",
    apiVersion: apiVersionOf(kind),
    subresource,
    time: world.clock.timestamp(),
  })
  return write(world, target, { old, next: owned, options })
}

export function requirePreconditions(kind: ResourceKind, name: string, sent: KubeObject, old: KubeObject): void {
  const refuse = (problem: string): Failure => conflict(kind, name, problem)
  requireSameUid(textAt(sent.metadata, "uid"), old, refuse)
  const revision = textAt(sent.metadata, "resourceVersion") ?? ""
  if (revision !== "" && revision !== textAt(old.metadata, "resourceVersion")) {
    throw refuse("the object has been modified; please apply your changes to the latest version and try again")
  }
}

/** Through `/status` only the status changes. */
export function withStatusOf(old: KubeObject, sent: KubeObject): KubeObject {
  const changed = asKubeObject(withField(old, "status", sent["status"]), old)
  const { managedFields } = sent.metadata
  return managedFields === undefined ? changed : withMetadata(changed, { managedFields })
}

/** What no client decides: identity, times, and the status where that is a resource of its own. */
export function withServerFields(kind: ResourceKind, old: KubeObject, sent: KubeObject): KubeObject {
  const own = kind.hasStatus ? asKubeObject(withField(sent, "status", old["status"]), sent) : sent
  const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation } = old.metadata
  const kept = withMetadata(own, {
    uid,
    creationTimestamp,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    generation,
    resourceVersion: old.metadata["resourceVersion"],
    selfLink: undefined,
  })
  requireNoNewFinalizers(kind, old, kept)
  return kind.storage === "/namespaces" ? { ...kept, spec: old["spec"] ?? {} } : kept
}

function requireNoNewFinalizers(kind: ResourceKind, old: KubeObject, next: KubeObject): void {
  if (!isBeingDeleted(old)) return
  const added = finalizersOf(next).filter(name => !finalizersOf(old).includes(name))
  if (added.length === 0) return
  const list = added.map(name => JSON.stringify(name)).join(", ")
  const detail = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`
  throw invalidObject(kind, next.metadata.name, [forbiddenField(["metadata", "finalizers"], detail)])
}

/** The generation counts changes of everything but metadata and, where it is a resource of its own, status. */
export function withGeneration(kind: ResourceKind, next: KubeObject, old: KubeObject): KubeObject {
  if (!kind.hasGeneration || isEqual(specOf(kind, next), specOf(kind, old))) return next
  return withMetadata(next, { generation: Number(old.metadata["generation"] ?? 0) + 1 })
}

function specOf(kind: ResourceKind, object: KubeObject): JsonObject {
  const { metadata: _, status, ...rest } = object
  return kind.hasStatus || status === undefined ? rest : { ...rest, status }
}

export type Step = { readonly old: KubeObject; readonly next: KubeObject; readonly options: WriteOptions }

/** Stores the next state: nothing is written when nothing changed, and the last finalizer's end is the object's end. */
export function write({ store }: World, { kind }: Target, { old, next, options }: Step): KubeObject {
  if (isEqual(withoutOwners(next), withoutOwners(old)) && isSameOwnership(next, old)) return old
  if (options.dryRun) return next
  const stored = kind.toStorage?.(next) ?? next
  if (isBeingDeleted(next) && finalizersOf(next).length === 0 && kind.storage !== "/namespaces") {
    return present(kind, store.remove(kind.storage, stored))
  }
  return present(kind, store.put(kind.storage, stored))
}

function withoutOwners(object: KubeObject): KubeObject {
  return withMetadata(object, { managedFields: undefined })
}

/** Times alone do not make a change. */
function isSameOwnership(one: KubeObject, other: KubeObject): boolean {
  return isEqual(withoutTimes(one), withoutTimes(other))
}

function withoutTimes(object: KubeObject): readonly JsonObject[] {
  const entries = object.metadata["managedFields"]
  return Array.isArray(entries) ? entries.map(entry => ({ ...entry, time: null })) : []
}
