import { NeedsAttentionError, TemporaryError } from "../core/errors.ts"
import type { PolicyPlan } from "../resources/calendar-sync-policy.ts"
import { isReason, reasons } from "../resources/reasons.ts"
import { type Condition, findCondition, removeCondition, setCondition } from "../runtime/conditions.ts"
import type { SyncReport } from "../sync/report.ts"
import type { CalendarSyncObject } from "./objects.ts"
import { conclude, failed, succeeded, type Verdict, verdictOf } from "./verdict.ts"

/** What a pass came to, in the conditions people and machines read. */
export type SyncOutcome = {
  readonly conditions: readonly Condition[]
  readonly consecutiveFailures: number
  /** Set when it must be tried again at another time than the interval says. */
  readonly retry?: Retry
}

/** `sooner`: waiting helps. Otherwise a person must do something first, and no try comes sooner than the interval. */
type Retry = { readonly sooner: boolean; readonly afterMs?: number }

type Now = {
  readonly sync: CalendarSyncObject
  readonly policy: PolicyPlan | undefined
  readonly now: Temporal.Instant
}

/** The outcome of a pass that could report. */
export function outcomeOfReport(report: SyncReport, { sync, policy, now }: Now): SyncOutcome {
  const failures = isGood(report) ? 0 : failuresAfter(report, { sync, policy })
  const verdict = verdictOfReport(report, { sync, policy, now, failures })
  const observed = observedGeneration(sync)
  let conditions = conclude(sync.status?.conditions, verdict, { generation: sync.metadata.generation, now })
  conditions = setCondition(conditions, { type: "Synced", ...report.synced, ...observed }, now)
  conditions =
    report.drifted === undefined
      ? removeCondition(conditions, "Drifted")
      : setCondition(conditions, { type: "Drifted", status: "True", ...report.drifted, ...observed }, now)
  if (failures === 0) return { conditions, consecutiveFailures: 0 }
  // Certain of everything, but for events that the source has to mend: the interval is soon enough.
  if (report.goodPassAt !== undefined) return { conditions, consecutiveFailures: failures }
  const retry = retryOfReport(report, verdict, now)
  return { conditions, consecutiveFailures: failures, retry }
}

/** Copies that are suddenly not listed are looked for once more at their time: sooner would tell nothing. */
function retryOfReport({ stopped, secondLookAt }: SyncReport, verdict: Verdict, now: Temporal.Instant): Retry {
  if (stopped !== undefined || secondLookAt === undefined) return retryOf(stopped, verdict)
  return { sooner: true, afterMs: Math.max(0, now.until(secondLookAt).total("milliseconds")) }
}

/** An event that stays wrong for weeks is not told anew after every pass: its count ends where it has made its point. */
function failuresAfter(report: SyncReport, { sync, policy }: Pick<Now, "sync" | "policy">): number {
  const next = (sync.status?.consecutiveFailures ?? 0) + 1
  const enough = policy?.alerts.afterFailures ?? next
  return report.goodPassAt === undefined ? next : Math.min(next, enough)
}

/** The outcome of a pass that could not even begin: a reference missing, a mailbox that cannot be read. */
export function outcomeOfError(error: unknown, { sync, policy, now }: Now): SyncOutcome {
  const verdict = withPropagation(verdictOf(error), { sync, now })
  const failures = (sync.status?.consecutiveFailures ?? 0) + 1
  const patient = verdict.stalled === undefined ? withPatience(verdict, { sync, policy, now, failures }) : verdict
  const synced = {
    type: "Synced",
    status: "False" as const,
    reason: reasonForSynced(verdict.ready.reason),
    message: verdict.ready.message,
  }
  const conditions = setCondition(
    conclude(sync.status?.conditions, patient, { generation: sync.metadata.generation, now }),
    { ...synced, ...observedGeneration(sync) },
    now,
  )
  return { conditions, consecutiveFailures: failures, retry: retryOf(error, verdict) }
}

/** What is wrong with something the sync hangs on is that object's own condition; `Ready` says it here too. */
function reasonForSynced(reason: string): string {
  const said: readonly string[] = isReason(reason) ? reasons[reason] : []
  return said.includes("Synced") ? reason : "DependencyNotReady"
}

/** A new permission in Exchange is known everywhere after two hours; until then a refusal may pass by itself. */
const propagation = Temporal.Duration.from({ hours: 2 })

function withPropagation(verdict: Verdict, { sync, now }: Pick<Now, "sync" | "now">): Verdict {
  if (verdict.ready.reason !== "AccessDenied") return verdict
  const before = findCondition(sync.status?.conditions, "Synced")
  const since = before?.status === "False" ? Temporal.Instant.from(before.lastTransitionTime) : now
  if (Temporal.Instant.compare(since.add(propagation), now) <= 0) return verdict
  return { ready: verdict.ready, reconciling: { reason: "ProgressingWithRetry", message: verdict.ready.message } }
}

function isGood(report: SyncReport): boolean {
  return report.stopped === undefined && (report.synced.status === "True" || report.hold !== undefined)
}

function verdictOfReport(report: SyncReport, about: Now & { readonly failures: number }): Verdict {
  // Nobody but a person lets a held plan through, whatever else the pass achieved.
  if (report.hold !== undefined) return failed(report.hold.by, report.hold.message)
  if (report.stopped !== undefined) {
    const verdict = withPropagation(verdictOf(report.stopped), about)
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
function retryOf(error: unknown, { stalled }: Verdict): Retry {
  if (error instanceof TemporaryError && error.retryAfterMs !== undefined)
    return { sooner: true, afterMs: error.retryAfterMs }
  return { sooner: !(error instanceof NeedsAttentionError) && stalled === undefined }
}

function observedGeneration(sync: CalendarSyncObject): { readonly observedGeneration?: number } {
  const { generation } = sync.metadata
  return generation === undefined ? {} : { observedGeneration: generation }
}
