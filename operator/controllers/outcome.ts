import { NeedsAttentionError, reasonOf, TemporaryError } from "../core/errors.ts"
import type { PolicyPlan } from "../resources/calendar-sync-policy.ts"
import { isReason } from "../resources/reasons.ts"
import { type Condition, findCondition, removeCondition, setCondition } from "../runtime/conditions.ts"
import type { SyncReport } from "../sync/report.ts"
import type { CalendarSyncObject } from "./objects.ts"
import { conclude, failed, succeeded, type Verdict, verdictOf } from "./verdict.ts"

/** What a pass came to, in the conditions people and machines read. */
export type SyncOutcome = {
  readonly conditions: readonly Condition[]
  readonly consecutiveFailures: number
  /** Set when it must be tried again sooner than the interval says. */
  readonly retry?: { readonly afterMs?: number }
}

type Now = {
  readonly sync: CalendarSyncObject
  readonly policy: PolicyPlan | undefined
  readonly now: Temporal.Instant
}

/** The outcome of a pass that could report. */
export function outcomeOfReport(report: SyncReport, { sync, policy, now }: Now): SyncOutcome {
  const failures = isGood(report) ? 0 : (sync.status?.consecutiveFailures ?? 0) + 1
  const verdict = verdictOfReport(report, { sync, policy, now, failures })
  const observed = observedGeneration(sync)
  let conditions = conclude(sync.status?.conditions, verdict, { generation: sync.metadata.generation, now })
  conditions = setCondition(conditions, { type: "Synced", ...report.synced, ...observed }, now)
  conditions =
    report.drifted === undefined
      ? removeCondition(conditions, "Drifted")
      : setCondition(conditions, { type: "Drifted", status: "True", ...report.drifted, ...observed }, now)
  if (failures === 0) return { conditions, consecutiveFailures: 0 }
  return { conditions, consecutiveFailures: failures, retry: retryOf(report.stopped) }
}

/** The outcome of a pass that could not even begin: a reference missing, a mailbox that cannot be read. */
export function outcomeOfError(error: unknown, { sync, policy, now }: Now): SyncOutcome {
  const verdict = verdictOf(error)
  const failures = (sync.status?.consecutiveFailures ?? 0) + 1
  const patient = verdict.stalled === undefined ? withPatience(verdict, { sync, policy, now, failures }) : verdict
  const synced = {
    type: "Synced",
    status: "False" as const,
    reason: verdict.ready.reason,
    message: verdict.ready.message,
  }
  const conditions = setCondition(
    conclude(sync.status?.conditions, patient, { generation: sync.metadata.generation, now }),
    { ...synced, ...observedGeneration(sync) },
    now,
  )
  return { conditions, consecutiveFailures: failures, retry: retryOf(error) }
}

function isGood(report: SyncReport): boolean {
  return report.stopped === undefined && (report.synced.status === "True" || report.hold !== undefined)
}

function verdictOfReport(report: SyncReport, about: Now & { readonly failures: number }): Verdict {
  // Nobody but a person lets a held plan through, whatever else the pass achieved.
  if (report.hold !== undefined) return failed(report.hold.by, report.hold.message)
  if (report.stopped !== undefined) {
    const verdict = verdictOf(report.stopped)
    return verdict.stalled === undefined ? withPatience(verdict, about) : verdict
  }
  if (report.synced.status === "True") return succeeded(report.synced.message)
  const { reason, message } = report.synced
  return withPatience(failed(isReason(reason) ? reason : "ApplyFailed", message), about)
}

/**
 * A mailbox that was Ready stays so through transient trouble until the third failure in a row, or until its last good pass
 * is too old: alerts should mean something. `Synced` and `Reconciling` tell the trouble at once.
 */
function withPatience(verdict: Verdict, { sync, policy, now, failures }: Now & { readonly failures: number }): Verdict {
  const before = findCondition(sync.status?.conditions, "Ready")
  const { lastSyncTime } = sync.status ?? {}
  const reconciling = {
    reason: verdict.ready.reason === "Throttled" ? "Throttled" : "ProgressingWithRetry",
    message: verdict.ready.message,
  }
  if (before?.status !== "True" || policy === undefined || lastSyncTime === undefined)
    return { ...verdict, reconciling }
  const age = Temporal.Instant.from(lastSyncTime).until(now).total("milliseconds")
  const isPatient = failures < policy.alerts.afterFailures && age <= policy.alerts.staleAfterMs
  if (!isPatient) return { ...verdict, reconciling }
  return { ready: { status: "True", reason: before.reason, message: before.message }, reconciling }
}

/** Waiting helps against what is temporary. For the rest the interval is soon enough, and a change wakes it anyway. */
function retryOf(error: unknown): { readonly afterMs?: number } {
  if (error instanceof TemporaryError && error.retryAfterMs !== undefined) return { afterMs: error.retryAfterMs }
  return {}
}

export function isWaitingForPerson(error: unknown): boolean {
  return error instanceof NeedsAttentionError || reasonOf(error) === "DependencyNotReady"
}

function observedGeneration(sync: CalendarSyncObject): { readonly observedGeneration?: number } {
  const { generation } = sync.metadata
  return generation === undefined ? {} : { observedGeneration: generation }
}
