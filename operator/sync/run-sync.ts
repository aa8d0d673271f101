import { isDeepStrictEqual } from "node:util"
import { type Absence, findAbsence, isSecondLookDue, planUnderAbsence } from "../core/absence.ts"
import type { Ownership } from "../core/copies.ts"
import { type DesiredSet, desiredSet } from "../core/desired.ts"
import { NeedsAttentionError, reasonOf } from "../core/errors.ts"
import { type GuardedPlan, guardPlan } from "../core/guard.ts"
import type { Operation } from "../core/operation.ts"
import { type Plan, planSync } from "../core/plan.ts"
import { type SyncPolicy, syncWindow } from "../core/policy.ts"
import type { Calendar, Listing, RememberedPair, SourceCalendar, SyncMemory, Window } from "../core/ports.ts"
import { widened } from "../core/time.ts"
import { type Applied, type AppliedOperation, applyPlan, withoutUnreplaced } from "./apply-plan.ts"
import { rememberPass } from "./remember.ts"
import { type PassKind, reportPass, type SyncReport } from "./report.ts"

/** What is known from earlier passes: most stands in the status of the CalendarSync, the rest this process keeps. */
export type SyncState = {
  /** `goodPassAt` of the last report that had one. */
  readonly lastGoodPassAt?: Temporal.Instant | undefined
  /** Some report said `firstSyncDone`. */
  readonly firstSyncDone: boolean
  /** The value of the annotation calsync.dev/approve. */
  readonly approvedToken?: string | undefined
  /** `events.inSync` and `events.unseen` of the last report. */
  readonly expectedCopies?: number | undefined
  /** `absence` of the last report. */
  readonly absence?: Absence | undefined
  /** `Losses.within` of the last day, as far as this process knows. */
  readonly recentlyLost?: number | undefined
}

export type SyncRequest = {
  /** The identity's calendar as last read. */
  readonly source: SourceCalendar
  readonly mailbox: Calendar
  readonly policy: SyncPolicy
  readonly ownership: Ownership
  readonly state: SyncState
  readonly kind: PassKind
  readonly now: Temporal.Instant
  /** Needed for `onExchangeDelete: Respect` only; `sync` is the name pairs are kept under. */
  readonly memory?: { readonly store: SyncMemory; readonly sync: string } | undefined
  /** Called as writing goes on: how many of the plan's operations are done. */
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined
}

/** All-day events float: a mailbox may see them a day earlier or later than UTC does. */
const listingMargin = Temporal.Duration.from({ days: 1 })
/** Somebody editing while a pass runs costs one more look; somebody who goes on editing waits for the next pass. */
const maxRounds = 2

/**
 * One pass: reads the mailbox, plans, guards, applies, remembers. Throws a core error when the mailbox could not be read
 * at all; everything after that is told in the report.
 */
export async function runSync(request: SyncRequest, signal: AbortSignal): Promise<SyncReport> {
  const window = syncWindow(request.policy, request.now)
  const desired = desiredSet({ source: request.source, policy: request.policy, calendar: request.mailbox, window })
  const memory = await loadMemory(request, signal)
  const applied: AppliedOperation[] = []
  for (let round = 1; ; round++) {
    const listing = await list(request, window, round, signal)
    const planned = planSync({ ...request, ...request.state, desired, listing, window, memory })
    const absence = findAbsence({ ...request, ...request.state, listing, plan: planned, isFresh: isFresh(request) })
    const plan = absence ? planUnderAbsence(planned) : planned
    const guarded = guardPlan({ ...request, ...request.state, plan })
    const written = await apply(request, withoutFailed(guarded.operations, applied), signal)
    const moved = written.results.filter(isChangedMeanwhile)
    if (round < maxRounds && moved.length > 0 && !written.stopped) {
      applied.push(...written.results.filter(result => !isChangedMeanwhile(result)))
      continue
    }
    return conclude(request, { desired, plan, absence, guarded, memory, earlier: applied, last: written }, signal)
  }
}

async function loadMemory(
  { policy, memory }: SyncRequest,
  signal: AbortSignal,
): Promise<readonly RememberedPair[] | undefined> {
  if (policy.onExchangeDelete !== "Respect") return undefined
  return memory?.store.load(memory.sync, signal)
}

async function list(request: SyncRequest, window: Window, round: number, signal: AbortSignal): Promise<Listing> {
  const { policy, state, mailbox } = request
  return mailbox.list(
    {
      window: widened(window, listingMargin),
      includeForeign: !state.firstSyncDone && policy.firstSync.matchExisting,
      fresh: isFresh(request) && round === 1,
    },
    signal,
  )
}

function isFresh({ kind, state, now }: SyncRequest): boolean {
  return kind === "Full" || isSecondLookDue(state.absence, now)
}

async function apply(request: SyncRequest, operations: readonly Operation[], signal: AbortSignal): Promise<Applied> {
  const { mailbox, now, onProgress } = request
  if (operations.length === 0) return { results: [] }
  if (!mailbox.writer) {
    throw new NeedsAttentionError("this calendar can only be read", { reason: "AccessDenied" })
  }
  const progress = (done: number) => onProgress?.({ done, total: operations.length })
  return applyPlan({ operations, writer: mailbox.writer, now, onProgress: progress }, signal)
}

/** What an idle mailbox remembers is what it remembered: nothing to write. The order of pairs means nothing. */
function byItem(pairs: readonly RememberedPair[] | undefined): unknown {
  return pairs && new Map(pairs.map(pair => [`${pair.key}/${pair.occurrence ?? ""}`, pair]))
}

function isChangedMeanwhile({ outcome }: AppliedOperation): boolean {
  return !outcome.ok && reasonOf(outcome.error) === "ChangedMeanwhile"
}

/** What failed in the first round is not asked again in the second, nor is what it was to take the place of removed. */
function withoutFailed(operations: readonly Operation[], applied: readonly AppliedOperation[]): readonly Operation[] {
  const failed = new Set(applied.filter(({ outcome }) => !outcome.ok).map(({ operation }) => targetOf(operation)))
  return withoutUnreplaced(
    operations.filter(operation => !failed.has(targetOf(operation))),
    applied,
  )
}

function targetOf(operation: Operation): string {
  return operation.kind === "create" ? operation.idempotencyKey : operation.copy.id
}

type Outcome = {
  readonly desired: DesiredSet
  readonly plan: Plan
  readonly absence: Absence | undefined
  readonly guarded: GuardedPlan
  readonly memory: readonly RememberedPair[] | undefined
  readonly earlier: readonly AppliedOperation[]
  readonly last: Applied
}

async function conclude(request: SyncRequest, outcome: Outcome, signal: AbortSignal): Promise<SyncReport> {
  const { desired, plan, absence, guarded, memory, earlier, last } = outcome
  const applied = { ...last, results: [...earlier, ...last.results] }
  if (request.memory && request.policy.onExchangeDelete === "Respect") {
    const pairs = rememberPass({ plan, results: last.results, before: memory ?? [] })
    if (!isDeepStrictEqual(byItem(pairs), byItem(memory))) {
      await request.memory.store.save(request.memory.sync, pairs, signal)
    }
  }
  return reportPass({
    kind: request.kind,
    now: request.now,
    management: request.policy.management,
    firstSyncDone: request.state.firstSyncDone,
    desired,
    plan,
    absence,
    guarded,
    applied,
  })
}
