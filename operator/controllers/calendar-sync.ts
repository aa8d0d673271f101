import type { EventProblem } from "../core/ports.ts"
import { annotations, cleanupFinalizer, fullResyncAskedAt, requestedAt } from "../resources/api-group.ts"
import { type CalendarSyncStatus, calendarSyncs } from "../resources/calendar-sync.ts"
import type { PolicyPlan } from "../resources/calendar-sync-policy.ts"
import { findCondition } from "../runtime/conditions.ts"
import type { ReconcileContext, ReconcileResult } from "../runtime/controller.ts"
import { keyOf, type ObjectKey } from "../runtime/objects.ts"
import { mergePatchOf } from "../runtime/status.ts"
import type { PassKind, SyncReport } from "../sync/report.ts"
import { runSync } from "../sync/run-sync.ts"
import { wakeEventsOf } from "./calendar-event.ts"
import type { ControllerDeps } from "./deps.ts"
import { setFinalizer } from "./finalizers.ts"
import { bindingKeyOf, type CalendarSyncObject } from "./objects.ts"
import { outcomeOfError, outcomeOfReport } from "./outcome.ts"
import { Progress } from "./progress.ts"
import { letGo } from "./purge-sync.ts"
import { type ResolvedSync, resolveSync } from "./resolve-sync.ts"
import { nextFullResyncTime, nextPassMs, passKind, retryMs } from "./sync-timing.ts"
import { bugTold, conclude, isBug, progressing, suspended } from "./verdict.ts"

/** A pass that found everything in step is told in status no more often than this, and otherwise costs no write. */
const quietGrain = Temporal.Duration.from({ minutes: 15 })

/** As the schema has it, which counts bytes: a character can be three. */
const longestKey = 170
const longestMessage = 340

type Pass = {
  readonly sync: CalendarSyncObject
  readonly resolved: ResolvedSync
  readonly kind: PassKind
  readonly report: SyncReport
  readonly requests: number
  readonly startedAt: Temporal.Instant
}

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
  let policy: PolicyPlan | undefined
  try {
    const resolution = await resolveSync(deps, sync, context.signal)
    if (resolution.kind === "Suspended") return await writeSuspended(deps, sync, resolution.message, context.signal)
    if (resolution.kind === "Waiting") return await writeWaiting(deps, sync, context.signal)
    policy = resolution.sync.policy
    return await pass(deps, sync, resolution.sync, { ...context, progress, startedAt })
  } catch (error) {
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
        ownership: { ...ownershipOf(deps, resolved), owner: resolved.owner },
        state: {
          lastGoodPassAt: instantOf(sync.status?.lastSyncTime),
          firstSyncDone: sync.status?.firstSyncTime !== undefined,
          approvedToken: sync.metadata.annotations?.[annotations.approve],
        },
        kind,
        now: startedAt,
        memory: { store: deps.memory, sync: keyOf(sync.metadata) },
        onProgress: told => progress.tell(told),
      },
      signal,
    ),
  )
  const latest = await progress.finished()
  measure(deps, { sync: latest, resolved, kind, report, requests, startedAt })
  if (report.stopped) log.warn({ reason: report.synced.reason, kind }, "the pass ended early")
  return await writeReport(deps, { sync: latest, resolved, kind, report, requests, startedAt }, signal)
}

function ownershipOf(deps: ControllerDeps, { connection }: ResolvedSync) {
  return {
    installation: deps.installation.id,
    cluster: deps.installation.cluster,
    takeOver: connection.takeOver,
    knownOwners: deps.owners.all(),
  }
}

async function writeReport(deps: ControllerDeps, done: Pass, signal: AbortSignal): Promise<ReconcileResult> {
  const { sync, resolved, report, kind } = done
  const now = deps.now()
  const outcome = outcomeOfReport(report, { sync, policy: resolved.policy, now })
  const nextFull = nextFullResyncTime(sync, resolved.policy, now)
  const isFull = kind === "Full" && report.stopped === undefined
  const requeueAfterMs =
    outcome.retry === undefined
      ? nextPassMs(resolved.policy, { nextFull, now, random: deps.random })
      : retryMs(outcome, resolved.policy, deps.random)
  const status: CalendarSyncStatus = {
    ...withoutStale(sync.status),
    ...handled(sync, isFull),
    ...referencesOf(resolved),
    conditions: outcome.conditions,
    consecutiveFailures: outcome.consecutiveFailures,
    events: { ...report.events, summary: `${report.events.inSync}/${report.events.desired}` },
    plan: planOf(report),
    failures: report.failures.map(fitting),
    ...firstSyncOf(sync, report),
    ...(isFull ? { lastFullResyncTime: secondsOf(now) } : {}),
    ...(nextFull === undefined ? {} : { nextFullResyncTime: secondsOf(nextFull) }),
    ...(outcome.retry === undefined ? {} : { nextAttemptTime: secondsOf(later(now, requeueAfterMs)) }),
  }
  const isQuiet = isNothingNew(sync, status) && isSaidAlready(done, now)
  await write(deps, sync, isQuiet ? status : { ...status, ...lastPassOf(done, now) }, signal)
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
  const status: CalendarSyncStatus = {
    ...withoutStale(sync.status),
    ...handled(sync, false),
    conditions: outcome.conditions,
    consecutiveFailures: outcome.consecutiveFailures,
    nextAttemptTime: secondsOf(later(now, requeueAfterMs)),
  }
  log.info({ error, failures: outcome.consecutiveFailures }, "the pass could not begin")
  await write(deps, sync, status, signal)
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
  await write(deps, sync, { ...withoutStale(sync.status), ...handled(sync, false), conditions }, signal)
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
  for (const { reason } of report.failures) deps.metrics.failed(reason)
  deps.metrics.drifted(report.drift)
  if (report.hold !== undefined) deps.metrics.held(report.hold.by)
  if (report.goodPassAt === undefined) return
  const failedKeys = new Set(report.failures.map(failure => failure.key))
  deps.hub.synced.set(key, { sourceFingerprint: resolved.source.fingerprint, failedKeys })
  const changedAt = deps.hub.changedAt.get(key)
  if (changedAt !== undefined) deps.metrics.lagged(changedAt.until(deps.now()).total("seconds"))
  deps.hub.changedAt.delete(key)
  wakeEventsOf(deps, sync, resolved.sourceKey)
}

/** All but the times and numbers of the pass itself is as it was told before. */
function isNothingNew({ status, metadata }: CalendarSyncObject, next: CalendarSyncStatus): boolean {
  return status?.observedGeneration === metadata.generation && mergePatchOf(status ?? {}, next) === undefined
}

/** The pass did what the one told last did, which was nothing, and that was not long ago. */
function isSaidAlready({ sync, report, kind }: Pass, now: Temporal.Instant): boolean {
  const { lastPass, lastSyncTime } = sync.status ?? {}
  const said = instantOf(lastSyncTime)
  if (said === undefined || lastPass === undefined || kind === "Full") return false
  const { created, updated, deleted, adopted, restored, stripped, skipped } = report.lastPass
  const didNothing = [created, updated, deleted, adopted, restored, stripped].every(count => count === 0)
  const before = [lastPass.created, lastPass.updated, lastPass.deleted, lastPass.adopted, lastPass.restored]
  const wasNothing = before.every(count => count === 0) && lastPass.skipped === skipped
  return didNothing && wasNothing && Temporal.Instant.compare(said.add(quietGrain), now) > 0
}

function lastPassOf({ report, kind, requests, startedAt }: Pass, now: Temporal.Instant): Partial<CalendarSyncStatus> {
  const { created, updated, deleted, adopted, restored, skipped } = report.lastPass
  const seconds = startedAt.until(now).total("seconds")
  return {
    lastPass: {
      kind,
      created,
      updated,
      deleted,
      adopted,
      restored,
      skipped,
      requests,
      duration: `${seconds.toFixed(1)}s`,
    },
    ...(report.goodPassAt === undefined ? {} : { lastSyncTime: secondsOf(report.goodPassAt) }),
  }
}

/** As much as the status holds: keys are the source's own words, and some sources make them of whole texts. */
function fitting({ key, reason, message }: EventProblem): EventProblem {
  const cut = (text: string, length: number) => (text.length > length ? `${text.slice(0, length - 1)}…` : text)
  return { key: cut(key, longestKey), reason, message: cut(message, longestMessage) }
}

/** Set once: from then on nothing that is already in the mailbox is taken for ours but by its mark. */
function firstSyncOf({ status }: CalendarSyncObject, report: SyncReport): Partial<CalendarSyncStatus> {
  if (status?.firstSyncTime !== undefined || !report.firstSyncDone || report.goodPassAt === undefined) return {}
  return { firstSyncTime: secondsOf(report.goodPassAt) }
}

function planOf({ pending, hold }: SyncReport): NonNullable<CalendarSyncStatus["plan"]> {
  const { create, update, delete: remove, blockedBy } = pending
  return {
    create,
    update,
    delete: remove,
    ...(blockedBy === "" ? {} : { blockedBy }),
    ...(hold === undefined ? {} : { approvalToken: hold.token }),
  }
}

function referencesOf({ sourceKey, connectionKey, policyKey }: ResolvedSync) {
  const name = (key: ObjectKey) => key.slice(key.indexOf("/") + 1)
  return { source: name(sourceKey), connection: name(connectionKey), policy: name(policyKey) }
}

/** What was true of an earlier pass only. */
function withoutStale(status: CalendarSyncStatus | undefined): CalendarSyncStatus {
  const { nextAttemptTime: _attempt, initialSync: _progress, ...kept } = status ?? {}
  return kept
}

function handled(sync: CalendarSyncObject, isFull: boolean): Partial<CalendarSyncStatus> {
  const asked = requestedAt(sync.metadata.annotations)
  const full = fullResyncAskedAt(sync.metadata.annotations)
  return {
    ...(asked === undefined ? {} : { lastHandledReconcileAt: asked }),
    ...(isFull && full !== undefined ? { lastHandledFullResyncAt: full } : {}),
  }
}

function instantOf(text: string | undefined): Temporal.Instant | undefined {
  return text === undefined ? undefined : Temporal.Instant.from(text)
}

function secondsOf(instant: Temporal.Instant): string {
  return instant.toString({ smallestUnit: "second" })
}

function later(now: Temporal.Instant, ms: number): Temporal.Instant {
  return now.add({ milliseconds: Math.round(ms) })
}
