import { type Absence, secondLookAt } from "../core/absence.ts"
import type { DesiredSet } from "../core/desired.ts"
import { reasonOf } from "../core/errors.ts"
import type { GuardedPlan, Hold } from "../core/guard.ts"
import type { Operation } from "../core/operation.ts"
import type { Plan } from "../core/plan.ts"
import type { EventProblem } from "../core/ports.ts"
import { type Applied, type AppliedOperation, isCertain } from "./apply-plan.ts"

/** `Full` reads the mailbox afresh instead of trusting what is known from earlier listings. */
export type PassKind = "Incremental" | "Full"

/** What one pass found and did: counts, ids and reasons, never a text of an event. */
export type SyncReport = {
  readonly kind: PassKind
  /** What should be in the mailbox, what is there as it should be, what waits for a person, what failed. */
  readonly events: {
    readonly desired: number
    readonly inSync: number
    readonly held: number
    readonly failed: number
    /** Copies that may be there and are not listed, while that is not sure. */
    readonly unseen?: number
  }
  readonly lastPass: {
    readonly created: number
    readonly updated: number
    readonly deleted: number
    readonly adopted: number
    readonly restored: number
    readonly stripped: number
    /** Desired, but on purpose not created: too old, or deleted in Exchange and respected. */
    readonly skipped: number
  }
  /** What the plan asks for and was not allowed to be done; `blockedBy` is "" when that is nothing. */
  readonly pending: {
    readonly create: number
    readonly update: number
    readonly delete: number
    readonly blockedBy: "" | Hold["by"] | "UpsertOnly" | "CreateOnly" | "ObserveOnly"
  }
  readonly hold?: Hold
  /** Copies found changed in Exchange while the source stayed, and how many of them were put right. */
  readonly drift: { readonly found: number; readonly corrected: number }
  /** Copies nobody desires that were left, by why. */
  readonly kept: Plan["kept"]
  /** Copies of bindings that are no more, desired by nobody here. */
  readonly orphans: number
  /** First-sync candidates in doubt, therefore not merged. */
  readonly ambiguous: number
  /** At most five, how many there are, and the keys of all. */
  readonly failures: readonly EventProblem[]
  readonly failuresTotal: number
  /** The reason of each of them, for counting. */
  readonly failedReasons: readonly string[]
  readonly failedKeys: ReadonlySet<string>
  readonly synced: { readonly status: "True" | "False"; readonly reason: string; readonly message: string }
  readonly drifted?: { readonly reason: "DriftDetected" | "DriftCorrected"; readonly message: string }
  /** The mailbox suddenly lists few of its copies: to be kept as `state.absence`, and looked at again at this time. */
  readonly absence?: Absence
  readonly secondLookAt?: Temporal.Instant
  /** Copies removed without others made, where that is not nothing; approved ones are nobody's accident. */
  readonly losses?: { readonly count: number; readonly areApproved: boolean }
  /** The core error that ended writing early; what was done before it is counted. */
  readonly stopped?: Error
  /** To be kept as `state.lastGoodPassAt`: present when this pass leaves nothing in doubt. */
  readonly goodPassAt?: Temporal.Instant
  /** To be kept as `state.firstSyncDone`. */
  readonly firstSyncDone: boolean
}

/** The status shows so many; the rest is a number. */
const maxFailures = 5

export type PassResult = {
  readonly kind: PassKind
  readonly now: Temporal.Instant
  readonly management: "Full" | "UpsertOnly" | "CreateOnly" | "ObserveOnly"
  readonly firstSyncDone: boolean
  readonly desired: DesiredSet
  readonly plan: Plan
  readonly absence?: Absence | undefined
  readonly guarded: GuardedPlan
  readonly applied: Applied
}

/** Tells what a pass found and did. Pure. */
export function reportPass(pass: PassResult): SyncReport {
  const { plan, guarded, applied, desired } = pass
  const failures = [...desired.problems, ...failuresOf(applied.results)]
  const counted = countEvents(pass, failures.length)
  const restored = countDone(applied, "restore")
  const found = plan.tolerated.length + plan.operations.filter(({ kind }) => kind === "restore").length
  const isGood = isGoodPass(pass)
  return {
    kind: pass.kind,
    events: counted,
    lastPass: {
      created: countDone(applied, "create"),
      updated: countDone(applied, "update"),
      deleted: countDone(applied, "remove"),
      adopted: countDone(applied, "adopt"),
      restored,
      stripped: countDone(applied, "strip"),
      skipped: countSkipped(plan),
    },
    pending: pendingOf(pass),
    ...(guarded.hold ? { hold: guarded.hold } : {}),
    drift: { found, corrected: restored },
    kept: plan.kept,
    orphans: plan.orphans,
    ambiguous: plan.ambiguous,
    failures: failures.slice(0, maxFailures).map(({ key, reason, message }) => ({ key, reason, message })),
    failuresTotal: failures.length,
    failedReasons: failures.map(({ reason }) => reason),
    failedKeys: new Set(failures.map(({ key }) => key)),
    synced: syncedOf(pass, counted),
    ...(found > 0 ? { drifted: driftedOf(found, restored) } : {}),
    ...(pass.absence ? { absence: pass.absence, secondLookAt: secondLookAt(pass.absence) } : {}),
    ...lossesOf(pass),
    ...(applied.stopped ? { stopped: applied.stopped } : {}),
    ...(isGood ? { goodPassAt: pass.now } : {}),
    firstSyncDone: pass.firstSyncDone || (isGood && pass.management !== "ObserveOnly"),
  }
}

/** What replaces what was there is no loss; copies made again after somebody deleted them replace nothing. */
function lossesOf({ applied, guarded }: PassResult): Pick<SyncReport, "losses"> {
  const done = applied.results.flatMap(({ operation, outcome }) => (outcome.ok ? [operation.reason] : []))
  const count = done.filter(reason => reason === "SourceGone").length - done.filter(reason => reason === "New").length
  return count === 0 ? {} : { losses: { count, areApproved: guarded.areDeletionsApproved === true } }
}

function failuresOf(results: readonly AppliedOperation[]): readonly EventProblem[] {
  return results.flatMap(({ operation, outcome }) =>
    outcome.ok ? [] : [{ key: keyOf(operation), reason: reasonOf(outcome.error), message: messageOf(outcome.error) }],
  )
}

function keyOf(operation: Operation): string {
  return "item" in operation ? operation.item.key : operation.key
}

/** Only core errors promise to carry no texts. */
function messageOf(error: Error): string {
  return reasonOf(error) === "InternalError" ? "an unexpected error; the log of the operator has it" : error.message
}

function countEvents({ desired, plan, absence, guarded, applied }: PassResult, failed: number): SyncReport["events"] {
  const written = applied.results.filter(({ operation, outcome }) => outcome.ok && "item" in operation).length
  const inSync = plan.inStep.length + written
  const unseen = absence ? Math.max(0, absence.expected - inSync) : countUnseen(plan)
  return {
    desired: desired.items.length + desired.problems.length - countSkipped(plan),
    inSync,
    held: guarded.held.length,
    failed,
    // With those in sync as many as were expected: the next pass expects them still, in another process too.
    ...(unseen > 0 ? { unseen } : {}),
  }
}

/** A listing that could not be read is trouble, not a decision: its items stay desired. */
function countSkipped(plan: Plan): number {
  return plan.skipped.length - countUnseen(plan)
}

/** Desired items whose copies may be there, only not seen. */
function countUnseen({ skipped }: Plan): number {
  return skipped.filter(({ reason }) => reason === "MailboxIncomplete" || reason === "NotListed").length
}

function countDone({ results }: Applied, kind: Operation["kind"]): number {
  return results.filter(({ operation, outcome }) => outcome.ok && operation.kind === kind).length
}

function pendingOf({ plan, guarded, management }: PassResult): SyncReport["pending"] {
  const waiting = [...guarded.held, ...plan.withheld]
  const count = (...kinds: readonly Operation["kind"][]) => waiting.filter(({ kind }) => kinds.includes(kind)).length
  const forbiddenBy = plan.withheld.length > 0 && management !== "Full" ? management : ""
  return {
    create: count("create"),
    update: count("update", "restore", "adopt", "strip"),
    delete: count("remove"),
    blockedBy: guarded.hold?.by ?? forbiddenBy,
  }
}

/** Nothing in doubt: the mailbox was read whole, everything tried has a certain answer, nobody else writes our copies. */
function isGoodPass({ plan, guarded, applied }: PassResult): boolean {
  const wasReadWhole = countUnseen(plan) === 0
  const holdsAll = guarded.hold !== undefined && guarded.hold.by !== "DeletionGuard"
  return wasReadWhole && !holdsAll && !applied.stopped && applied.results.every(isCertain)
}

function syncedOf(pass: PassResult, events: SyncReport["events"]): SyncReport["synced"] {
  const { guarded, applied, management } = pass
  const { stopped } = applied
  const share = `${events.inSync} of ${events.desired} events are in sync${remarks(pass.plan)}`
  if (stopped) return { status: "False", reason: reasonOf(stopped), message: `${share}; ${stopped.message}` }
  if (guarded.hold) return { status: "False", reason: "PartiallyApplied", message: guarded.hold.message }
  if (pass.absence) return { status: "False", reason: "PartiallyApplied", message: suddenlyMissing(pass.absence) }
  if (events.failed > 0) {
    const reason = events.inSync > 0 ? "PartiallyApplied" : "ApplyFailed"
    return { status: "False", reason, message: `${share}, ${events.failed} failed` }
  }
  const unseen = countUnseen(pass.plan)
  if (unseen > 0) {
    const message = `${share}; the mailbox could not be read whole, and ${unseen} events wait for that`
    return { status: "False", reason: "PartiallyApplied", message }
  }
  if (management === "ObserveOnly")
    return { status: "True", reason: "ObserveOnly", message: `${share}; nothing is written` }
  return { status: "True", reason: "InSync", message: share }
}

function suddenlyMissing(absence: Absence): string {
  const { expected, missing } = absence
  const shown = missing === expected ? "none" : `only ${expected - missing}`
  const at = secondLookAt(absence).round("second")
  return `the mailbox shows ${shown} of the ${expected} copies that were there; nothing is made again before another look at ${at}`
}

/** What was left alone on purpose and may surprise: nobody would look for it otherwise. */
function remarks({ orphans, ambiguous }: Plan): string {
  return [
    ...(orphans > 0 ? [`; ${orphans} copies of bindings that are no more are left alone`] : []),
    ...(ambiguous > 0 ? [`; ${ambiguous} look like more than one event already there and were not merged`] : []),
  ].join("")
}

function driftedOf(found: number, corrected: number): NonNullable<SyncReport["drifted"]> {
  const reason = corrected === found ? "DriftCorrected" : "DriftDetected"
  return { reason, message: `${found} copies were changed in Exchange, ${corrected} of them were put right` }
}
