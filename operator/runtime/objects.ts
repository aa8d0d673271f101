/**
 * What every Kubernetes object has, as plain frozen JSON. Dates stay the strings the server sent.
 *
 * The folder `runtime` is a controller runtime: watches, queue, leases, status. It has no idea of calendars.
 */

type OwnerReference = {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

export type ObjectMeta = {
  readonly name: string
  readonly namespace?: string
  readonly uid: string
  /** Opaque: compared for equality only. */
  readonly resourceVersion: string
  readonly generation?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly finalizers?: readonly string[]
  readonly ownerReferences?: readonly OwnerReference[]
}

/** Any object of the API server; all that the runtime itself looks at. */
export type KubeResource = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
}

/** An object with desired and observed state. */
export type KubeObject<Spec = unknown, Status = unknown> = KubeResource & {
  readonly spec: Spec
  readonly status?: Status
}

/** Where a kind lives in the API. The group of core kinds is "". */
export type ResourceKind = {
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly kind: string
}

/** One object of a known kind. Without a namespace: cluster-scoped. */
export type ObjectRef = { readonly namespace?: string; readonly name: string }

/** `namespace/name`, or `name` when cluster-scoped: what queues and caches know an object by. */
export type ObjectKey = string

export function keyOf({ namespace, name }: ObjectRef): ObjectKey {
  return namespace === undefined ? name : `${namespace}/${name}`
}

export function refOf(key: ObjectKey): ObjectRef {
  const slash = key.indexOf("/")
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

export function apiVersionOf({ group, version }: ResourceKind): string {
  return group === "" ? version : `${group}/${version}`
}

/** `plural.group`, as the server names a resource; fit for logs and metric labels. */
export function resourceName({ group, plural }: ResourceKind): string {
  return group === "" ? plural : `${plural}.${group}`
}

/** Freezes an object read from the server, with everything in it: caches hand out their own objects. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value
  for (const inner of Object.values(value)) deepFreeze(inner)
  return Object.freeze(value)
}
