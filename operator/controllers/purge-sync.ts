import { NeedsAttentionError } from "../core/errors.ts"
import { annotations, cleanupFinalizer } from "../resources/api-group.ts"
import { calendarSyncs } from "../resources/calendar-sync.ts"
import type { ReconcileContext, ReconcileResult } from "../runtime/controller.ts"
import { keyOf } from "../runtime/objects.ts"
import { purge } from "../sync/purge.ts"
import { resolveBinding } from "./binding-refs.ts"
import type { ControllerDeps } from "./deps.ts"
import { hasFinalizer, setFinalizer } from "./finalizers.ts"
import type { CalendarSyncObject } from "./objects.ts"
import { bindingOf, openMailbox, ownerOfSync } from "./resolve-sync.ts"
import { retryMs } from "./sync-timing.ts"
import { conclude, failed, type Verdict, verdictOf } from "./verdict.ts"

/**
 * The end of a sync. With `onUnbind: Retain` it never had a finalizer and its copies stay. With `Purge` every copy goes
 * first, in and outside the window; when that cannot be done any more, the annotation lets it go all the same.
 */
export async function letGo(
  deps: ControllerDeps,
  sync: CalendarSyncObject,
  { signal, log }: ReconcileContext,
): Promise<ReconcileResult> {
  if (!hasFinalizer(sync, cleanupFinalizer)) return undefined
  if (sync.metadata.annotations?.[annotations.abandon] === "true") {
    record(deps, sync, "Warning", "Abandoned", "the mailbox was let go without removing the copies in it")
    return await release(deps, sync, signal)
  }
  try {
    if (await isEmptied(deps, sync, signal)) {
      record(deps, sync, "Normal", "Purged", "the copies in the mailbox were removed")
      return await release(deps, sync, signal)
    }
    return await stay(deps, sync, failed("ApplyFailed", "some copies could not be removed yet"), signal)
  } catch (error) {
    log.warn({ error }, "the copies could not be removed")
    return await stay(deps, sync, verdictOf(error), signal)
  }
}

async function isEmptied(deps: ControllerDeps, sync: CalendarSyncObject, signal: AbortSignal): Promise<boolean> {
  const binding = bindingOf(deps, sync)
  const resolved = await resolveBinding(deps, binding, signal)
  if (resolved.policy.sync.management !== "Full") {
    throw new NeedsAttentionError(
      `the policy's management is ${resolved.policy.sync.management}, which removes nothing: set it to Full, or let go with ${howToAbandon(sync)}`,
      { reason: "InvalidSpec" },
    )
  }
  const mailbox = openMailbox(deps, sync, resolved)
  const ownership = {
    installation: deps.installation.id,
    cluster: deps.installation.cluster,
    owner: ownerOfSync(sync, binding),
    takeOver: resolved.connection.takeOver,
    knownOwners: deps.owners.all(),
  }
  const report = await purge({ mailbox, ownership, now: deps.now() }, signal)
  deps.metrics.operated("remove", report.removed)
  if (report.stopped) throw report.stopped
  return report.complete
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
  const requeueAfterMs = retryMs(failures, undefined, deps.random)
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
