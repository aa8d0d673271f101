import { isFullResyncDue, jitteredIntervalMs, nextFullResync } from "../core/schedule.ts"
import { fullResyncAskedAt } from "../resources/api-group.ts"
import type { PolicyPlan } from "../resources/calendar-sync-policy.ts"
import { keyOf } from "../runtime/objects.ts"
import type { PassKind } from "../sync/report.ts"
import type { CalendarSyncObject } from "./objects.ts"
import type { SyncOutcome } from "./outcome.ts"
import { instantOf } from "./status-time.ts"

/** After the first failure; doubles with every further one. */
const firstRetryMs = 5_000
const longestRetryMs = 15 * 60_000

/** A full pass when the night's turn has come, when somebody asks for one, and the very first time. */
export function passKind(sync: CalendarSyncObject, { sync: policy }: PolicyPlan, now: Temporal.Instant): PassKind {
  const asked = fullResyncAskedAt(sync.metadata.annotations)
  if (asked !== undefined && asked !== sync.status?.lastHandledFullResyncAt) return "Full"
  const due = isFullResyncDue({
    schedule: policy.schedule.fullResync,
    sync: keyOf(sync.metadata),
    lastFullResyncAt: instantOf(sync.status?.lastFullResyncTime),
    now,
  })
  return due ? "Full" : "Incremental"
}

export function nextFullResyncTime(
  sync: CalendarSyncObject,
  { sync: policy }: PolicyPlan,
  now: Temporal.Instant,
): Temporal.Instant | undefined {
  return nextFullResync({ schedule: policy.schedule.fullResync, sync: keyOf(sync.metadata), after: now })
}

/** How long until the next look when all is well: the interval, or the full pass if that comes first. */
export function nextPassMs(
  { sync: policy }: PolicyPlan,
  {
    nextFull,
    now,
    random,
  }: {
    readonly nextFull: Temporal.Instant | undefined
    readonly now: Temporal.Instant
    readonly random: () => number
  },
): number {
  const interval = jitteredIntervalMs(policy.schedule.intervalMs, random)
  return nextFull === undefined ? interval : Math.min(interval, Math.max(0, now.until(nextFull).total("milliseconds")))
}

/** Where no policy could be read that says it. */
const usualIntervalMs = 5 * 60_000

/**
 * How long until the next try after the n-th failure in a row; never sooner than the other side asked for, nor than the
 * interval when only a person can help.
 */
export function retryMs(
  { consecutiveFailures: failures, retry }: Pick<SyncOutcome, "consecutiveFailures" | "retry">,
  policy: PolicyPlan | undefined,
  random: () => number,
): number {
  const backoff = Math.min(firstRetryMs * 2 ** Math.max(0, failures - 1), longestRetryMs)
  const least = retry?.sooner === false ? (policy?.sync.schedule.intervalMs ?? usualIntervalMs) : 0
  return Math.max(jitteredIntervalMs(Math.max(backoff, least), random), retry?.afterMs ?? 0)
}
