import { randomInt, randomUUID } from "node:crypto"
import { completeObject, decode, pruneObject } from "./completion.ts"
import { alreadyExists, badRequest, Failure, forbidden, notFound } from "./failure.ts"
import { type JsonObject, objectAt, textAt, withField } from "./json.ts"
import { asKubeObject, isBeingDeleted, type KubeObject, namespaceOf, withMetadata } from "./kube-object.ts"
import { recordUpdate } from "./managed-fields.ts"
import { apiVersionOf, type ResourceKind } from "./resource-kind.ts"
import type { World } from "./world.ts"
import type { WriteOptions } from "./write-options.ts"

/** POST: returns the stored object in the form it was sent. */
export function create(
  world: World,
  kind: ResourceKind,
  {
    namespace,
    body,
    options,
  }: { readonly namespace: string; readonly body: JsonObject; readonly options: WriteOptions },
): KubeObject {
  if (textAt(body, "metadata", "resourceVersion") !== undefined) {
    throw new Failure(500, "", "resourceVersion should not be set on objects to be created")
  }
  const decoded = named(pruneObject(kind, inNamespace(kind, decode(kind, body), namespace), options))
  const fresh = freshObject(world, kind, decoded)
  requireRoom(world, kind, fresh)
  const complete = completeObject(kind, fresh, undefined)
  const owned = recordUpdate(withMetadata(complete, { managedFields: undefined }), undefined, kind.schema, {
    manager: options.fieldManager,
    operation: "Update",
    apiVersion: apiVersionOf(kind),
    subresource: "",
    time: world.clock.timestamp(),
  })
  return insert(world, kind, owned, options)
}

/** Stores an object that is new, complete and valid. */
export function insert(world: World, kind: ResourceKind, object: KubeObject, { dryRun }: WriteOptions): KubeObject {
  if (dryRun) return object
  const stored = world.store.put(kind.storage, kind.toStorage?.(object) ?? object)
  return kind.fromStorage?.(stored) ?? stored
}

/** The server's share of a new object: identity, time, generation, no status where that is a resource of its own. */
export function freshObject({ clock }: World, kind: ResourceKind, object: KubeObject): KubeObject {
  const bare = kind.hasStatus && !kind.builtIn ? asKubeObject(withField(object, "status", undefined), object) : object
  return withMetadata(completeNamespace(kind, bare), {
    uid: randomUUID(),
    creationTimestamp: clock.timestamp(),
    resourceVersion: undefined,
    deletionTimestamp: undefined,
    deletionGracePeriodSeconds: undefined,
    selfLink: undefined,
    generation: kind.hasGeneration ? 1 : undefined,
  })
}

/** Throws when the name is taken, or the namespace is not there or on its way out. */
export function requireRoom({ store, registry }: World, kind: ResourceKind, object: KubeObject): void {
  const { name } = object.metadata
  const namespace = namespaceOf(object)
  if (store.get(kind.storage, namespace, name) !== undefined) throw alreadyExists(kind, name)
  if (!kind.namespaced) return
  const home = store.get("/namespaces", "", namespace)
  const namespaces = registry.find("", "v1", "namespaces") ?? kind
  if (home === undefined) throw notFound(namespaces, namespace)
  if (isBeingDeleted(home)) {
    const problem = `unable to create new content in namespace ${namespace} because it is being terminated`
    const cause = {
      reason: "NamespaceTerminating",
      message: `namespace ${namespace} is being terminated`,
      field: "metadata.namespace",
    }
    throw forbidden(kind, name, problem, [cause])
  }
}

/** The namespace of the URL, which the body may repeat but not contradict. */
export function inNamespace(kind: ResourceKind, object: KubeObject, namespace: string): KubeObject {
  if (!kind.namespaced) return withMetadata(object, { namespace: undefined })
  const sent = namespaceOf(object)
  if (sent !== "" && sent !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request")
  }
  return withMetadata(object, { namespace })
}

const nameAlphabet = "bcdfghjklmnpqrstvwxz2456789"

function named(object: KubeObject): KubeObject {
  const prefix = textAt(object.metadata, "generateName") ?? ""
  if (object.metadata.name !== "" || prefix === "") return object
  const suffix = Array.from({ length: 5 }, () => nameAlphabet[randomInt(nameAlphabet.length)]).join("")
  return withMetadata(object, { name: `${prefix}${suffix}` })
}

function completeNamespace(kind: ResourceKind, object: KubeObject): KubeObject {
  if (kind.storage !== "/namespaces") return object
  const labels = { ...objectAt(object.metadata, "labels"), "kubernetes.io/metadata.name": object.metadata.name }
  return {
    ...withMetadata(object, { labels }),
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Active" },
  }
}
