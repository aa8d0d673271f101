import { TemporaryError } from "../core/errors.ts"
import { cleanupFinalizer, inUseFinalizer } from "../resources/api-group.ts"
import { exchangeConnections } from "../resources/exchange-connection.ts"
import { isNotFound, KubeApiError } from "../runtime/kube-error.ts"
import { type KubeResource, keyOf, type ResourceKind } from "../runtime/objects.ts"
import type { ControllerDeps } from "./deps.ts"
import type { ExchangeConnectionObject } from "./objects.ts"
import { syncsOfConnection } from "./who-depends.ts"

type Change = {
  readonly kind: ResourceKind
  readonly object: KubeResource
  readonly finalizer: string
  readonly wanted: boolean
}

export function hasFinalizer(object: KubeResource, finalizer: string): boolean {
  return object.metadata.finalizers?.includes(finalizer) ?? false
}

/** Adds or takes off one finalizer, if it is not so already; other finalizers and all fields of the spec are left alone. */
export async function setFinalizer(
  { manager }: Pick<ControllerDeps, "manager">,
  change: Change,
  signal: AbortSignal,
): Promise<void> {
  const { kind, object } = change
  if (hasFinalizer(object, change.finalizer) === change.wanted) return
  try {
    if (await isPatched(manager, change, signal)) return
    // Seen too early: our own status write, or anybody's, came in between.
    const live = await manager.client.get<KubeResource>(kind, object.metadata, signal)
    if (live.metadata.uid !== object.metadata.uid || hasFinalizer(live, change.finalizer) === change.wanted) return
    if (!(await isPatched(manager, { ...change, object: live }, signal))) {
      throw new TemporaryError(`${kind.kind} ${keyOf(object.metadata)} keeps changing`, { reason: "ChangedMeanwhile" })
    }
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

/** False when the object is not the one that was seen any more. */
async function isPatched(
  { client }: ControllerDeps["manager"],
  { kind, object, finalizer, wanted }: Change,
  signal: AbortSignal,
): Promise<boolean> {
  const before = object.metadata.finalizers ?? []
  const after = wanted ? [...before, finalizer] : before.filter(one => one !== finalizer)
  const guard = { op: "test" as const, path: "/metadata/resourceVersion", value: object.metadata.resourceVersion }
  const patch = { op: "add" as const, path: "/metadata/finalizers", value: after }
  try {
    await client.jsonPatch(kind, object.metadata, [guard, patch], signal)
    return true
  } catch (error) {
    if (error instanceof KubeApiError && staleCodes.has(error.code)) return false
    throw error
  }
}

/** A conflict, and what a JSON patch says whose test failed. */
const staleCodes: ReadonlySet<number> = new Set([409, 422])

/**
 * Keeps the connection as long as copies must still be removed through it, also when it is being deleted. False: it is
 * being deleted and nothing needs it any more.
 */
export async function holdWhileInUse(
  deps: ControllerDeps,
  object: ExchangeConnectionObject,
  signal: AbortSignal,
): Promise<boolean> {
  const needed = syncsOfConnection(deps.caches, keyOf(object.metadata)).some(sync =>
    hasFinalizer(sync, cleanupFinalizer),
  )
  const isGoing = object.metadata.deletionTimestamp !== undefined
  if (!isGoing || !needed) {
    await setFinalizer(deps, { kind: exchangeConnections, object, finalizer: inUseFinalizer, wanted: needed }, signal)
  }
  return needed || !isGoing
}
