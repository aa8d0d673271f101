import { NeedsAttentionError } from "../core/errors.ts"
import type { SourceReading } from "../core/ports.ts"
import { type PolicyPlan, readPolicy } from "../resources/calendar-sync-policy.ts"
import { type Connection, readConnection } from "../resources/exchange-connection.ts"
import { type BindingPlan, readBinding } from "../resources/mailbox-binding.ts"
import { admitsNamespace } from "../resources/namespace-gate.ts"
import { type KubeResource, keyOf, type ObjectKey, type ResourceKind } from "../runtime/objects.ts"
import type { ControllerDeps } from "./deps.ts"
import {
  type CalendarSourceObject,
  connectionKeyOf,
  type ExchangeConnectionObject,
  type MailboxBindingObject,
  namespaceOf,
  policyKeyOf,
  sourceKeyOf,
} from "./objects.ts"

/** What a binding refers to, found and permitted. */
export type ResolvedBinding = {
  readonly plan: BindingPlan
  readonly connectionKey: ObjectKey
  readonly connection: Connection
  readonly sourceKey: ObjectKey
  readonly connectionObject: ExchangeConnectionObject
  readonly sourceObject: CalendarSourceObject
  /** Undefined until the source was read once in this process. */
  readonly reading: SourceReading | undefined
  readonly policyKey: ObjectKey
  readonly policy: PolicyPlan
}

/** Throws NeedsAttentionError (RefNotFound, RefNotPermitted, InvalidSpec) for the first reference that does not hold. */
export async function resolveBinding(
  deps: ControllerDeps,
  binding: MailboxBindingObject,
  signal: AbortSignal,
): Promise<ResolvedBinding> {
  const [connectionKey, sourceKey, policyKey] = [connectionKeyOf(binding), sourceKeyOf(binding), policyKeyOf(binding)]
  const { object: connectionObject, connection } = await findConnection(deps, binding, signal)
  const sourceObject = deps.caches.sources.get(sourceKey) ?? missing("CalendarSource", sourceKey)
  const policy = deps.caches.policies.get(policyKey) ?? missing("CalendarSyncPolicy", policyKey)
  return {
    plan: readBinding(binding.spec),
    connectionKey,
    connection,
    connectionObject,
    sourceKey,
    sourceObject,
    reading: deps.hub.sources.get(sourceKey)?.reading,
    policyKey,
    policy: readPolicy(policy.spec),
  }
}

export type FoundConnection = { readonly object: ExchangeConnectionObject; readonly connection: Connection }

/** The connection of a binding, if it is there and lets the binding's namespace refer to it. */
export async function findConnection(
  deps: ControllerDeps,
  binding: MailboxBindingObject,
  signal: AbortSignal,
): Promise<FoundConnection> {
  const key = connectionKeyOf(binding)
  const object = deps.caches.connections.get(key)
  const asking = namespaceOf(binding)
  const owner = binding.spec.connectionRef.namespace ?? asking
  if (owner === asking) {
    const own = object ?? missing("ExchangeConnection", key)
    return { object: own, connection: readConnection(own.spec) }
  }
  const connection = object && readConnection(object.spec)
  const labels =
    connection?.allowedNamespaces.from === "Selector" ? await namespaceLabels(deps, asking, signal) : undefined
  if (object && connection && admitsNamespace(connection.allowedNamespaces, { owner, asking, labels }))
    return { object, connection }
  // The same words whether it is there or not: another namespace's objects are nobody's business here.
  throw new NeedsAttentionError(
    `ExchangeConnection ${key} does not exist or does not allow references from namespace ${asking}: ask its owner for spec.allowedNamespaces`,
    { reason: "RefNotPermitted" },
  )
}

function missing(kind: string, key: ObjectKey): never {
  throw new NeedsAttentionError(`${kind} ${key} does not exist: create it`, { reason: "RefNotFound" })
}

const namespaces = { group: "", version: "v1", plural: "namespaces", kind: "Namespace" } as const satisfies ResourceKind

async function namespaceLabels(
  deps: ControllerDeps,
  name: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>> | undefined> {
  const watched = deps.namespaces.get(name) ?? watchNamespace(deps, name)
  await watched.whenSynced(signal)
  return watched.current?.metadata.labels
}

/** Watched from the first question on: a label put on or taken off is a permission given or withdrawn. */
function watchNamespace(deps: ControllerDeps, name: string) {
  const watched = deps.manager.watchObject<KubeResource>(namespaces, { name }, { metadataOnly: true }, () => {
    for (const binding of deps.caches.bindings.list()) {
      if (namespaceOf(binding) !== name || connectionKeyOf(binding).startsWith(`${name}/`)) continue
      deps.controllers().bindings.enqueue(keyOf(binding.metadata))
      for (const sync of deps.caches.syncs.byIndex("binding", keyOf(binding.metadata))) {
        deps.controllers().syncs.enqueue(keyOf(sync.metadata))
      }
    }
  })
  deps.namespaces.set(name, watched)
  return watched
}
