import { ownerOf } from "../core/origin.ts"
import type { CalendarEventSpec, CalendarEventStatus } from "../resources/calendar-event.ts"
import type { CalendarSourceSpec, CalendarSourceStatus } from "../resources/calendar-source.ts"
import type { CalendarSyncSpec, CalendarSyncStatus } from "../resources/calendar-sync.ts"
import type { CalendarSyncPolicySpec, CalendarSyncPolicyStatus } from "../resources/calendar-sync-policy.ts"
import type { ExchangeConnectionSpec, ExchangeConnectionStatus } from "../resources/exchange-connection.ts"
import type { MailboxBindingSpec, MailboxBindingStatus } from "../resources/mailbox-binding.ts"
import type { Cache } from "../runtime/cache.ts"
import { type KubeObject, type KubeResource, keyOf, type ObjectKey } from "../runtime/objects.ts"

/** Our six kinds as the API server holds them, and the caches in which all controllers read them. */

export type ExchangeConnectionObject = KubeObject<ExchangeConnectionSpec, ExchangeConnectionStatus>
export type CalendarSourceObject = KubeObject<CalendarSourceSpec, CalendarSourceStatus>
export type CalendarSyncPolicyObject = KubeObject<CalendarSyncPolicySpec, CalendarSyncPolicyStatus>
export type MailboxBindingObject = KubeObject<MailboxBindingSpec, MailboxBindingStatus>
export type CalendarEventObject = KubeObject<CalendarEventSpec, CalendarEventStatus>
export type CalendarSyncObject = KubeObject<CalendarSyncSpec, CalendarSyncStatus>

export type Caches = {
  readonly connections: Cache<ExchangeConnectionObject>
  readonly sources: Cache<CalendarSourceObject>
  readonly policies: Cache<CalendarSyncPolicyObject>
  /** By `connection`, `source` and `policy`: the key of what they refer to. */
  readonly bindings: Cache<MailboxBindingObject>
  /** By `namespace`. */
  readonly events: Cache<CalendarEventObject>
  /** By `binding`: the key of the binding they were made for. */
  readonly syncs: Cache<CalendarSyncObject>
}

export function connectionKeyOf(binding: MailboxBindingObject): ObjectKey {
  const { name, namespace = namespaceOf(binding) } = binding.spec.connectionRef
  return keyOf({ namespace, name })
}

export function sourceKeyOf(binding: MailboxBindingObject): ObjectKey {
  return keyOf({ namespace: namespaceOf(binding), name: binding.spec.sourceRef.name })
}

export function policyKeyOf(binding: MailboxBindingObject): ObjectKey {
  return keyOf({ namespace: namespaceOf(binding), name: binding.spec.policyRef.name })
}

export function bindingKeyOf(sync: CalendarSyncObject): ObjectKey {
  return keyOf({ namespace: namespaceOf(sync), name: sync.spec.bindingRef.name })
}

/** All our kinds are namespaced. */
export function namespaceOf(object: KubeResource): string {
  return object.metadata.namespace ?? ""
}

/** Names that live in Git, and nothing else: a cluster rebuilt from the same manifests is the same owner. */
export function ownerOfSync(sync: CalendarSyncObject, binding: MailboxBindingObject): string {
  return ownerOf({
    bindingNamespace: namespaceOf(binding),
    bindingName: binding.metadata.name,
    identity: sync.spec.identity,
    calendar: binding.spec.calendar?.name,
  })
}
