import { NeedsAttentionError, TemporaryError } from "../core/errors.ts"
import { annotations, cleanupFinalizer } from "../resources/api-group.ts"
import { calendarEvents } from "../resources/calendar-event.ts"
import { calendarSources } from "../resources/calendar-source.ts"
import { calendarSyncs } from "../resources/calendar-sync.ts"
import { calendarSyncPolicies } from "../resources/calendar-sync-policy.ts"
import { exchangeConnections } from "../resources/exchange-connection.ts"
import { mailboxBindings } from "../resources/mailbox-binding.ts"
import type { Cache } from "../runtime/cache.ts"
import { type Condition, findCondition } from "../runtime/conditions.ts"
import type { Controller, FailureKind } from "../runtime/controller.ts"
import { isConflict, KubeApiError } from "../runtime/kube-error.ts"
import type { Manager } from "../runtime/manager.ts"
import { type KubeResource, keyOf } from "../runtime/objects.ts"
import { changedForUs } from "../runtime/predicates.ts"
import { mergePatchOf } from "../runtime/status.ts"
import { reconcileEvent, sourcesOf } from "./calendar-event.ts"
import { reconcileSource } from "./calendar-source.ts"
import { reconcileSync } from "./calendar-sync.ts"
import { reconcilePolicy } from "./calendar-sync-policy.ts"
import type { ControllerDeps, Controllers } from "./deps.ts"
import { reconcileConnection } from "./exchange-connection.ts"
import { hasFinalizer } from "./finalizers.ts"
import { reconcileBinding } from "./mailbox-binding.ts"
import {
  bindingKeyOf,
  type Caches,
  type CalendarEventObject,
  type CalendarSourceObject,
  type CalendarSyncObject,
  type CalendarSyncPolicyObject,
  connectionKeyOf,
  type ExchangeConnectionObject,
  type MailboxBindingObject,
  namespaceOf,
  policyKeyOf,
  sourceKeyOf,
} from "./objects.ts"
import { syncsOfPolicy, syncsOfSource } from "./who-depends.ts"

/** Which controllers there are, what they read, and who is woken by whose change. */

/** A first load takes its time; it goes on where it stopped when this is over. */
const passTimeoutMs = 20 * 60_000
/** Reconciles of the small kinds are one or two requests. */
const smallConcurrency = 4
/** Many manifests applied together are one change of their source. */
const gatherMs = 200

export function openCaches(manager: Manager, namespaces: readonly string[] | undefined): Caches {
  const where = namespaces === undefined ? {} : { namespaces }
  return {
    connections: manager.cache<ExchangeConnectionObject>(exchangeConnections, where),
    sources: manager.cache<CalendarSourceObject>(calendarSources, where),
    policies: manager.cache<CalendarSyncPolicyObject>(calendarSyncPolicies, where),
    bindings: manager.cache<MailboxBindingObject>(mailboxBindings, {
      ...where,
      indexes: {
        connection: binding => [connectionKeyOf(binding)],
        source: binding => [sourceKeyOf(binding)],
        policy: binding => [policyKeyOf(binding)],
      },
    }),
    events: manager.cache<CalendarEventObject>(calendarEvents, {
      ...where,
      indexes: { namespace: event => [namespaceOf(event)] },
    }),
    syncs: manager.cache<CalendarSyncObject>(calendarSyncs, {
      ...where,
      indexes: { binding: sync => [bindingKeyOf(sync)] },
    }),
  }
}

export function openControllers(deps: ControllerDeps, concurrency: number): Controllers {
  const small = { concurrency: smallConcurrency, classify }
  const { manager } = deps
  const controllers: Controllers = {
    connections: manager.controller({ name: "exchangeconnection", ...small, reconcile: reconcileConnection(deps) }),
    sources: manager.controller({ name: "calendarsource", ...small, reconcile: reconcileSource(deps) }),
    policies: manager.controller({ name: "calendarsyncpolicy", ...small, reconcile: reconcilePolicy(deps) }),
    bindings: manager.controller({ name: "mailboxbinding", ...small, reconcile: reconcileBinding(deps) }),
    events: manager.controller({ name: "calendarevent", ...small, reconcile: reconcileEvent(deps) }),
    syncs: manager.controller({
      name: "calendarsync",
      concurrency,
      classify,
      timeoutMs: passTimeoutMs,
      reconcile: reconcileSync(deps),
    }),
  }
  wakeOnChange(deps.caches, controllers, deps)
  deps.metrics.countSyncsOf(() => deps.caches.syncs.list().map(({ status }) => readinessOf(status?.conditions)))
  return controllers
}

/** A request of ours that the API server refused is tried again: a conflict, a lost connection, a right not there yet. */
function classify(error: unknown): FailureKind {
  if (error instanceof TemporaryError) {
    return {
      kind: "temporary",
      ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    }
  }
  if (error instanceof NeedsAttentionError) return { kind: "terminal" }
  if (isConflict(error) || error instanceof KubeApiError) return { kind: "temporary" }
  return { kind: "bug" }
}

/** What people write on objects to make us look. */
const attention = { annotations: Object.values(annotations), labels: [] }

function wakeOnChange(caches: Caches, controllers: Controllers, deps: ControllerDeps): void {
  wakeItself(caches.connections, controllers.connections)
  wakeItself(caches.sources, controllers.sources)
  wakeItself(caches.policies, controllers.policies)
  wakeItself(caches.bindings, controllers.bindings)
  wakeItself(caches.events, controllers.events)
  wakeItself(caches.syncs, controllers.syncs)
  wakeReferrers(caches, controllers)
  wakeCounters(caches, controllers)
  caches.events.onChange((before, after) => {
    if (!changedForUs(before, after) && haveSameLabels(before, after)) return
    for (const event of [before, after]) {
      if (event === undefined) continue
      for (const source of sourcesOf(deps, event)) {
        controllers.sources.enqueue(keyOf(source.metadata), { afterMs: gatherMs, priority: "user" })
      }
    }
  })
}

function haveSameLabels(before: KubeResource | undefined, after: KubeResource | undefined): boolean {
  return mergePatchOf(before?.metadata.labels ?? {}, after?.metadata.labels ?? {}) === undefined
}

function wakeItself<T extends KubeResource>(cache: Cache<T>, controller: Controller): void {
  cache.onChange((before, after, { initial }) => {
    const object = after ?? before
    if (object === undefined || !changedForUs(before, after, attention)) return
    controller.enqueue(keyOf(object.metadata), { priority: initial ? "routine" : "user" })
  })
}

/** A referent that appears, changes or goes wakes all that refer to it: missing references heal by themselves. */
function wakeReferrers(caches: Caches, controllers: Controllers): void {
  const wakeBindings = <T extends KubeResource>(cache: Cache<T>, index: string) =>
    cache.onChange((before, after) => {
      const object = after ?? before
      if (object === undefined || !changedForUs(before, after, attention)) return
      for (const binding of caches.bindings.byIndex(index, keyOf(object.metadata))) {
        controllers.bindings.enqueue(keyOf(binding.metadata))
      }
    })
  wakeBindings(caches.connections, "connection")
  wakeBindings(caches.sources, "source")
  wakeBindings(caches.policies, "policy")
  caches.policies.onChange((before, after) => {
    const object = after ?? before
    if (object === undefined || !changedForUs(before, after, attention)) return
    for (const sync of syncsOfPolicy(caches, keyOf(object.metadata))) controllers.syncs.enqueue(keyOf(sync.metadata))
  })
  caches.sources.onChange((before, after) => {
    const object = after ?? before
    if (object === undefined || !changedForUs(before, after)) return
    for (const sync of syncsOfSource(caches, keyOf(object.metadata))) controllers.syncs.enqueue(keyOf(sync.metadata))
  })
  caches.connections.onChange((before, after) => {
    const object = after ?? before
    if (object === undefined || !changedForUs(before, after)) return
    for (const binding of caches.bindings.byIndex("connection", keyOf(object.metadata))) {
      wakeSyncsOf(caches, controllers, binding)
    }
  })
  caches.bindings.onChange((before, after) => {
    const binding = after ?? before
    if (binding === undefined || !changedForUs(before, after, attention)) return
    wakeSyncsOf(caches, controllers, binding)
    // What a source is asked for, and who may claim a mailbox, depends on all bindings.
    for (const one of [before, after]) {
      if (one === undefined) continue
      controllers.sources.enqueue(sourceKeyOf(one), { afterMs: gatherMs })
      for (const rival of caches.bindings.byIndex("source", sourceKeyOf(one))) {
        if (rival.metadata.uid !== one.metadata.uid)
          controllers.bindings.enqueue(keyOf(rival.metadata), { afterMs: gatherMs })
      }
    }
  })
}

function wakeSyncsOf(caches: Caches, controllers: Controllers, binding: MailboxBindingObject): void {
  for (const sync of caches.syncs.byIndex("binding", keyOf(binding.metadata))) {
    controllers.syncs.enqueue(keyOf(sync.metadata))
  }
}

/** Coming, going and becoming ready of a sync changes the numbers its binding, policy and connection show. */
function wakeCounters(caches: Caches, controllers: Controllers): void {
  caches.syncs.onChange((before, after) => {
    const sync = after ?? before
    if (sync === undefined) return
    const isCounted = (before === undefined) !== (after === undefined)
    const binding = caches.bindings.get(bindingKeyOf(sync))
    // A connection stays as long as copies must still be removed through it.
    if (isCounted || isHeld(before) !== isHeld(after)) wakeConnections(caches, controllers, binding)
    if (!isCounted && readyOf(before) === readyOf(after)) return
    controllers.bindings.enqueue(bindingKeyOf(sync), { afterMs: gatherMs })
    if (!isCounted || binding === undefined) return
    controllers.policies.enqueue(policyKeyOf(binding), { afterMs: gatherMs })
    // What one binding let go of, or took, another may take, or must leave.
    for (const rival of caches.bindings.byIndex("source", sourceKeyOf(binding))) {
      controllers.bindings.enqueue(keyOf(rival.metadata), { afterMs: gatherMs })
    }
  })
}

/** Without its binding nobody knows which connection a sync had: there are few, and a look is cheap. */
function wakeConnections(caches: Caches, controllers: Controllers, binding: MailboxBindingObject | undefined): void {
  const keys =
    binding === undefined
      ? caches.connections.list().map(({ metadata }) => keyOf(metadata))
      : [connectionKeyOf(binding)]
  for (const key of keys) controllers.connections.enqueue(key, { afterMs: gatherMs })
}

function isHeld(sync: CalendarSyncObject | undefined): boolean {
  return sync !== undefined && hasFinalizer(sync, cleanupFinalizer)
}

function readinessOf(conditions: readonly Condition[] | undefined): { status: string; reason: string } {
  const { status = "Unknown", reason = "Progressing" } = findCondition(conditions, "Ready") ?? {}
  return { status, reason }
}

function readyOf(sync: CalendarSyncObject | undefined): string {
  return findCondition(sync?.status?.conditions, "Ready")?.status ?? ""
}
