import { annotations, cleanupFinalizer } from "../resources/api-group.ts"
import { type CalendarSyncStatus, calendarSyncs } from "../resources/calendar-sync.ts"
import type { PolicyPlan } from "../resources/calendar-sync-policy.ts"
import { findCondition } from "../runtime/conditions.ts"
import type { ReconcileContext, ReconcileResult } from "../runtime/controller.ts"
import { keyOf, type ObjectKey } from "../runtime/objects.ts"
import { runSync, type SyncState } from "../sync/run-sync.ts"
import { wakeEventsOf } from "./calendar-event.ts"
import type { ControllerDeps } from "./deps.ts"
import { doubtConnection } from "./doubt-connection.ts"
import { setFinalizer } from "./finalizers.ts"
import { bindingKeyOf, type CalendarSyncObject } from "./objects.ts"
import { outcomeOfError, outcomeOfReport } from "./outcome.ts"
import { Progress } from "./progress.ts"
import { letGo } from "./purge-sync.ts"
import { type ResolvedSync, resolveSync } from "./resolve-sync.ts"
import { instantOf } from "./status-time.ts"
import { keptStatus, type Pass, statusOfFailure, statusOfPass } from "./sync-status.ts"
import { nextFullResyncTime, nextPassMs, passKind, retryMs } from "./sync-timing.ts"
import { bugTold, conclude, isBug, progressing, suspended } from "./verdict.ts"

/** One mailbox's sync: finds what it hangs on, runs a pass, and writes what came of it, once. */
export function reconcileSync(deps: ControllerDeps) {
  return async (key: ObjectKey, context: ReconcileContext): Promise<ReconcileResult> => {
    const sync = deps.status.read(deps.caches.syncs, calendarSyncs, key)
    if (sync === undefined) {
      deps.hub.forgetSync(key)
      wakeBinding(deps, undefined, key)
      return undefined
    }
    if (sync.metadata.deletionTimestamp !== undefined) return await letGo(deps, sync, context)
    return await attempt(deps, sync, context)
  }
}

async function attempt(
  deps: ControllerDeps,
  sync: CalendarSyncObject,
  context: ReconcileContext,
): Promise<ReconcileResult> {
  const startedAt = deps.now()
  const progress = new Progress(deps, sync, context.signal)
  let resolved: ResolvedSync | undefined
  try {
    const resolution = await resolveSync(deps, sync, context.signal)
    if (resolution.kind === "Suspended") return await writeSuspended(deps, sync, resolution.message, context.signal)
    if (resolution.kind === "Waiting") return await writeWaiting(deps, sync, context.signal)
    resolved = resolution.sync
    return await pass(deps, sync, resolved, { ...context, progress, startedAt })
  } catch (error) {
    const policy = resolved?.policy
    if (resolved) doubtConnection(deps, resolved.connectionKey, error)
    const latest = await progress.finished()
    if (!isBug(error, context.signal)) return await writeFailure(deps, latest, { error, policy }, context)
    // Told in the status, and thrown on: a mistake of ours is to be counted and shouted about.
    await writeFailure(deps, latest, { error: bugTold(), policy }, context)
    throw error
  } finally {
    deps.hub.attempted.add(keyOf(sync.metadata))
  }
}

type PassContext = ReconcileContext & { readonly progress: Progress; readonly startedAt: Temporal.Instant }

async function pass(
  deps: ControllerDeps,
  sync: CalendarSyncObject,
  resolved: ResolvedSync,
  { signal, log, progress, startedAt }: PassContext,
): Promise<ReconcileResult> {
  const isPurged = resolved.policy.sync.deletion.onUnbind === "Purge"
  // Before the first write: whatever is written can be found again when the object goes.
  await setFinalizer(deps, { kind: calendarSyncs, object: sync, finalizer: cleanupFinalizer, wanted: isPurged }, signal)
  const kind = passKind(sync, resolved.policy, startedAt)
  progress.begin(kind)
  const { result: report, requests } = await deps.countRequests(() =>
    runSync(
      {
        source: resolved.source,
        mailbox: resolved.mailbox,
        policy: resolved.policy.sync,
        ownership: { ...ownershipOf(deps, sync, resolved), owner: resolved.owner },
        state: stateOf(deps, sync, startedAt),
        kind,
        now: startedAt,
        memory: { store: deps.memory, sync: keyOf(sync.metadata) },
        onProgress: told => progress.tell(told),
      },
      signal,
    ),
  )
  doubtConnection(deps, resolved.connectionKey, report.stopped)
  deps.hub.losses.note(keyOf(sync.metadata), report, startedAt)
  deps.hub.noteAbsence(keyOf(sync.metadata), report)
  const latest = await progress.finished()
  measure(deps, { sync: latest, resolved, kind, report, requests, startedAt })
  if (report.stopped) log.warn({ reason: report.synced.reason, kind }, "the pass ended early")
  return await writeReport(deps, { sync: latest, resolved, kind, report, requests, startedAt }, signal)
}

function stateOf({ hub }: ControllerDeps, { metadata, status }: CalendarSyncObject, now: Temporal.Instant): SyncState {
  const { inSync = 0, unseen = 0 } = status?.events ?? {}
  return {
    lastGoodPassAt: instantOf(status?.lastSyncTime),
    firstSyncDone: status?.firstSyncTime !== undefined,
    approvedToken: metadata.annotations?.[annotations.approve],
    expectedCopies: inSync + unseen,
    absence: hub.absenceOf(keyOf(metadata)),
    recentlyLost: hub.losses.within(keyOf(metadata), now),
  }
}

function ownershipOf(deps: ControllerDeps, { spec }: CalendarSyncObject, { connection }: ResolvedSync) {
  return {
    installation: deps.installation.id,
    cluster: deps.installation.cluster,
    takeOver: connection.takeOver,
    knownOwners: deps.owners.of(spec.mailbox),
  }
}

async function writeReport(deps: ControllerDeps, done: Pass, signal: AbortSignal): Promise<ReconcileResult> {
  const { sync, resolved, report } = done
  const now = deps.now()
  const outcome = outcomeOfReport(report, { sync, policy: resolved.policy, now })
  const nextFull = nextFullResyncTime(sync, resolved.policy, now)
  const requeueAfterMs =
    outcome.retry === undefined
      ? nextPassMs(resolved.policy, { nextFull, now, random: deps.random })
      : retryMs(outcome, resolved.policy, deps.random)
  await write(deps, sync, statusOfPass(done, { outcome, nextFull, requeueAfterMs, now }), signal)
  return { requeueAfterMs }
}

async function writeFailure(
  deps: ControllerDeps,
  sync: CalendarSyncObject,
  { error, policy }: { readonly error: unknown; readonly policy: PolicyPlan | undefined },
  { signal, log }: ReconcileContext,
): Promise<ReconcileResult> {
  const now = deps.now()
  const outcome = outcomeOfError(error, { sync, policy, now })
  const requeueAfterMs = retryMs(outcome, policy, deps.random)
  log.info({ error, failures: outcome.consecutiveFailures }, "the pass could not begin")
  await write(deps, sync, statusOfFailure(sync, { outcome, requeueAfterMs, now }), signal)
  return { requeueAfterMs }
}

async function writeSuspended(
  deps: ControllerDeps,
  sync: CalendarSyncObject,
  message: string,
  signal: AbortSignal,
): Promise<ReconcileResult> {
  const about = { generation: sync.metadata.generation, now: deps.now() }
  const conditions = conclude(sync.status?.conditions, suspended(message), about)
  await write(deps, sync, { ...keptStatus(sync), conditions }, signal)
  return undefined
}

/** After a restart nothing is known yet and nothing is said: what the status told before still holds. */
async function writeWaiting(deps: ControllerDeps, sync: CalendarSyncObject, signal: AbortSignal): Promise<undefined> {
  if (sync.status?.conditions !== undefined) return undefined
  const about = { generation: sync.metadata.generation, now: deps.now() }
  const conditions = conclude(undefined, progressing("waiting for the connection and the source"), about)
  await write(deps, sync, { ...sync.status, conditions }, signal)
  return undefined
}

async function write(
  deps: ControllerDeps,
  sync: CalendarSyncObject,
  status: CalendarSyncStatus,
  signal: AbortSignal,
): Promise<void> {
  const { generation } = sync.metadata
  const next = { ...status, ...(generation === undefined ? {} : { observedGeneration: generation }) }
  await deps.status.write(calendarSyncs, sync, next, signal)
  tellTransition(deps, sync, next)
}

/** Events on transitions only; the binding counts its mailboxes anew then. */
function tellTransition(deps: ControllerDeps, sync: CalendarSyncObject, next: CalendarSyncStatus): void {
  const [before, after] = [findCondition(sync.status?.conditions, "Ready"), findCondition(next.conditions, "Ready")]
  if (after === undefined || (before?.status === after.status && before.reason === after.reason)) return
  wakeBinding(deps, sync, keyOf(sync.metadata))
  deps.manager.recorder.record(sync, {
    type: after.status === "False" ? "Warning" : "Normal",
    reason: after.reason,
    action: "Sync",
    note: after.status === "True" ? "the mailbox is in sync" : "the mailbox is not in sync, see the conditions",
  })
}

function wakeBinding(deps: ControllerDeps, sync: CalendarSyncObject | undefined, key: ObjectKey): void {
  const bindings =
    sync === undefined ? deps.caches.bindings.list().map(({ metadata }) => keyOf(metadata)) : [bindingKeyOf(sync)]
  const namespace = key.split("/")[0]
  for (const binding of bindings.filter(one => one.startsWith(`${namespace}/`))) {
    deps.controllers().bindings.enqueue(binding, { afterMs: 500 })
  }
}

function measure(deps: ControllerDeps, { sync, resolved, kind, report, startedAt }: Pass): void {
  const key = keyOf(sync.metadata)
  const seconds = startedAt.until(deps.now()).total("seconds")
  deps.metrics.passed({ kind, result: report.synced.reason, seconds })
  const { created, updated, restored, adopted, stripped, deleted } = report.lastPass
  deps.metrics.operated("create", created)
  deps.metrics.operated("update", updated)
  deps.metrics.operated("restore", restored)
  deps.metrics.operated("adopt", adopted)
  deps.metrics.operated("strip", stripped)
  deps.metrics.operated("remove", deleted)
  for (const reason of report.failedReasons) deps.metrics.failed(reason)
  deps.metrics.drifted(report.drift)
  if (report.hold !== undefined) deps.metrics.held(report.hold.by)
  if (report.goodPassAt === undefined) return
  const { failedKeys } = report
  deps.hub.synced.set(key, { sourceFingerprint: resolved.source.fingerprint, failedKeys })
  const changedAt = deps.hub.changedAt.get(key)
  if (changedAt !== undefined) deps.metrics.lagged(changedAt.until(deps.now()).total("seconds"))
  deps.hub.changedAt.delete(key)
  wakeEventsOf(deps, sync, resolved.sourceKey)
}
