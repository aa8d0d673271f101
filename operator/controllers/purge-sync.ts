import { NeedsAttentionError } from "../core/errors.ts"
import { decideScope } from "../core/scope.ts"
import { annotations, cleanupFinalizer } from "../resources/api-group.ts"
import { calendarSyncs } from "../resources/calendar-sync.ts"
import { type PolicyPlan, readPolicy } from "../resources/calendar-sync-policy.ts"
import type { Connection } from "../resources/exchange-connection.ts"
import { type BindingPlan, readBinding } from "../resources/mailbox-binding.ts"
import type { ReconcileContext, ReconcileResult } from "../runtime/controller.ts"
import { isNotFound } from "../runtime/kube-error.ts"
import { keyOf } from "../runtime/objects.ts"
import { type PurgeReport, purge } from "../sync/purge.ts"
import { findConnection } from "./binding-refs.ts"
import type { ControllerDeps } from "./deps.ts"
import { hasFinalizer, setFinalizer } from "./finalizers.ts"
import {
  bindingKeyOf,
  type CalendarSyncObject,
  connectionKeyOf,
  type MailboxBindingObject,
  ownerOfSync,
  policyKeyOf,
} from "./objects.ts"
import { bindingOf, openMailbox } from "./resolve-sync.ts"
import { retryMs } from "./sync-timing.ts"
import { conclude, failed, type Verdict, verdictOf } from "./verdict.ts"

/**
 * The end of a sync. With `onUnbind: Retain` it never had a finalizer and its copies stay. With `Purge` every copy goes
 * first, in and outside the window; when that cannot be done any more, the annotation lets it go all the same.
 */
export async function letGo(
  deps: ControllerDeps,
  cached: CalendarSyncObject,
  { signal, log }: ReconcileContext,
): Promise<ReconcileResult> {
  // The cache may still show what was let go of a moment ago; a mailbox is not searched through twice for that.
  const sync = await liveSync(deps, cached, signal)
  if (sync === undefined || !hasFinalizer(sync, cleanupFinalizer)) return undefined
  if (sync.metadata.annotations?.[annotations.abandon] === "true") {
    record(deps, sync, "Warning", "Abandoned", "the mailbox was let go without removing the copies in it")
    return await release(deps, sync, signal)
  }
  try {
    if (isRetained(deps, sync)) return await release(deps, sync, signal)
    const { complete, kept } = await emptied(deps, sync, signal)
    if (complete) {
      if (kept > 0) record(deps, sync, "Normal", "Kept", "the mailbox keeps its copies: it is bound by another address")
      else record(deps, sync, "Normal", "Purged", "the copies in the mailbox were removed")
      return await release(deps, sync, signal)
    }
    return await stay(deps, sync, failed("ApplyFailed", "some copies could not be removed yet"), signal)
  } catch (error) {
    log.warn({ error }, "the copies could not be removed")
    return await stay(deps, sync, verdictOf(error), signal)
  }
}

async function emptied(deps: ControllerDeps, sync: CalendarSyncObject, signal: AbortSignal): Promise<PurgeReport> {
  const binding = bindingOf(deps, sync)
  const { connection } = await findConnection(deps, binding, signal)
  const plan = readBinding(binding.spec)
  refuseWhileHeld({ plan, connection, policy: policyOf(deps, binding) })
  const through = { plan, connection, connectionKey: connectionKeyOf(binding) }
  const mailbox = openMailbox(deps, sync.spec.mailbox, through)
  const goingOn = stayingSyncsOf(deps, sync).map(other => openMailbox(deps, other.spec.mailbox, through))
  const openAt = (address: string) =>
    decideScope(connection.accessPolicy, address).allowed ? openMailbox(deps, address, through) : undefined
  const ownership = {
    installation: deps.installation.id,
    cluster: deps.installation.cluster,
    owner: ownerOfSync(sync, binding),
    takeOver: connection.takeOver,
  }
  const report = await purge({ mailbox, ownership, now: deps.now(), goingOn, openAt }, signal)
  deps.metrics.operated("remove", report.removed)
  if (report.stopped) throw report.stopped
  return report
}

/** Of the same owner: a mailbox that got a new address is bound under that, and lets go of under the old one. */
function stayingSyncsOf({ caches }: ControllerDeps, sync: CalendarSyncObject): readonly CalendarSyncObject[] {
  return caches.syncs
    .byIndex("binding", bindingKeyOf(sync))
    .filter(({ spec }) => spec.identity === sync.spec.identity)
    .filter(({ metadata }) => metadata.uid !== sync.metadata.uid && metadata.deletionTimestamp === undefined)
}

async function liveSync(
  { manager }: ControllerDeps,
  { metadata }: CalendarSyncObject,
  signal: AbortSignal,
): Promise<CalendarSyncObject | undefined> {
  try {
    const live = await manager.client.get<CalendarSyncObject>(calendarSyncs, metadata, signal)
    return live.metadata.uid === metadata.uid ? live : undefined
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** Somebody changed their mind between the last pass and the end: what the policy says now counts. */
function isRetained(deps: ControllerDeps, sync: CalendarSyncObject): boolean {
  const binding = deps.caches.bindings.get(bindingKeyOf(sync))
  return binding !== undefined && policyOf(deps, binding)?.sync.deletion.onUnbind === "Retain"
}

/**
 * Undefined when it is gone, as after `kubectl delete -f` of everything at once: it said Purge when the finalizer was set.
 * The source is not asked for at all: whatever it says, the copies go.
 */
function policyOf({ caches }: ControllerDeps, binding: MailboxBindingObject): PolicyPlan | undefined {
  const policy = caches.policies.get(policyKeyOf(binding))
  return policy && readPolicy(policy.spec)
}

/** Whoever said that nothing may be written, or removed, still means it. */
function refuseWhileHeld({
  plan,
  connection,
  policy,
}: {
  readonly plan: BindingPlan
  readonly connection: Connection
  readonly policy: PolicyPlan | undefined
}): void {
  const suspended = [
    ...(plan.suspended ? ["MailboxBinding"] : []),
    ...(policy?.suspended ? ["CalendarSyncPolicy"] : []),
    ...(connection.suspended ? ["ExchangeConnection"] : []),
  ]
  if (suspended.length > 0) {
    throw new NeedsAttentionError(`spec.suspend of the ${suspended[0]} is true, so nothing is removed`, {
      reason: "DependencyNotReady",
    })
  }
  if (policy !== undefined && policy.sync.management !== "Full") {
    throw new NeedsAttentionError(
      `the policy's management is ${policy.sync.management}, which removes nothing: set it to Full`,
      { reason: "InvalidSpec" },
    )
  }
}

async function release(deps: ControllerDeps, sync: CalendarSyncObject, signal: AbortSignal): Promise<undefined> {
  await deps.memory.forget(keyOf(sync.metadata), signal)
  await setFinalizer(deps, { kind: calendarSyncs, object: sync, finalizer: cleanupFinalizer, wanted: false }, signal)
  return undefined
}

async function stay(
  deps: ControllerDeps,
  sync: CalendarSyncObject,
  verdict: Verdict,
  signal: AbortSignal,
): Promise<ReconcileResult> {
  const failures = (sync.status?.consecutiveFailures ?? 0) + 1
  const retry = { sooner: verdict.stalled === undefined }
  const requeueAfterMs = retryMs({ consecutiveFailures: failures, retry }, undefined, deps.random)
  const message = `${verdict.ready.message}. To let go of the mailbox as it is: ${howToAbandon(sync)}`
  const said: Verdict = {
    ready: { ...verdict.ready, message },
    ...(verdict.stalled === undefined ? {} : { stalled: { ...verdict.stalled, message } }),
    ...(verdict.reconciling === undefined ? {} : { reconciling: { ...verdict.reconciling, message } }),
  }
  const about = { generation: sync.metadata.generation, now: deps.now() }
  const conditions = conclude(sync.status?.conditions, said, about)
  await deps.status.write(calendarSyncs, sync, { ...sync.status, conditions, consecutiveFailures: failures }, signal)
  return { requeueAfterMs }
}

function howToAbandon({ metadata }: CalendarSyncObject): string {
  return `kubectl annotate -n ${metadata.namespace} calendarsync ${metadata.name} ${annotations.abandon}=true`
}

function record(
  deps: ControllerDeps,
  sync: CalendarSyncObject,
  type: "Normal" | "Warning",
  reason: string,
  note: string,
): void {
  deps.manager.recorder.record(sync, { type, reason, action: "Purge", note })
}
