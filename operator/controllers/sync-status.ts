import type { EventProblem } from "../core/ports.ts"
import { fullResyncAskedAt, requestedAt } from "../resources/api-group.ts"
import type { CalendarSyncStatus } from "../resources/calendar-sync.ts"
import type { ObjectKey } from "../runtime/objects.ts"
import { mergePatchOf } from "../runtime/status.ts"
import type { PassKind, SyncReport } from "../sync/report.ts"
import type { CalendarSyncObject } from "./objects.ts"
import type { SyncOutcome } from "./outcome.ts"
import type { ResolvedSync } from "./resolve-sync.ts"
import { instantOf, later, secondsOf } from "./status-time.ts"

/** What the status of a CalendarSync says after a pass, or after one that could not begin. */

/** A pass that found everything in step is told in status no more often than this, and otherwise costs no write. */
const quietGrain = Temporal.Duration.from({ minutes: 15 })
/** As the schema has it, which counts bytes: a character can be three. */
const longestKey = 170
const longestMessage = 340

/** A pass that ended, well or not. */
export type Pass = {
  readonly sync: CalendarSyncObject
  readonly resolved: ResolvedSync
  readonly kind: PassKind
  readonly report: SyncReport
  readonly requests: number
  readonly startedAt: Temporal.Instant
}

type Told = {
  readonly outcome: SyncOutcome
  readonly requeueAfterMs: number
  readonly now: Temporal.Instant
}

/** The same as before, but for the times and numbers of the pass itself, where it found nothing to do once more. */
export function statusOfPass(
  done: Pass,
  { outcome, nextFull, requeueAfterMs, now }: Told & { readonly nextFull: Temporal.Instant | undefined },
): CalendarSyncStatus {
  const { sync, resolved, report, kind } = done
  const isFull = kind === "Full" && report.stopped === undefined
  const status: CalendarSyncStatus = {
    ...keptStatus(sync, { isFull }),
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
  return isQuiet ? status : { ...status, ...lastPassOf(done, now) }
}

export function statusOfFailure(sync: CalendarSyncObject, { outcome, requeueAfterMs, now }: Told): CalendarSyncStatus {
  return {
    ...keptStatus(sync),
    conditions: outcome.conditions,
    consecutiveFailures: outcome.consecutiveFailures,
    nextAttemptTime: secondsOf(later(now, requeueAfterMs)),
  }
}

/** The status without what was true of an earlier pass only, and with what was asked for and is handled now. */
export function keptStatus(sync: CalendarSyncObject, { isFull = false } = {}): CalendarSyncStatus {
  return { ...withoutStale(sync.status), ...handled(sync, isFull) }
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
