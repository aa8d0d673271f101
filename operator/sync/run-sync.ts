import type { Operation, Ownership } from "../core/plan.ts"
import type { SyncPolicy } from "../core/policy.ts"
import type { Calendar, EventProblem, SourceCalendar, SyncMemory } from "../core/ports.ts"

export type PassKind = "Incremental" | "Full"

/** What is known from earlier passes: all of it stands in the status of the CalendarSync. */
export type SyncState = {
  /** `goodPassAt` of the last report that had one. */
  readonly lastGoodPassAt?: Temporal.Instant | undefined
  /** Some report said `firstSyncDone`. */
  readonly firstSyncDone: boolean
  /** The value of the annotation calsync.dev/approve. */
  readonly approvedToken?: string | undefined
}

export type SyncRequest = {
  /** The identity's calendar as last read. */
  readonly source: SourceCalendar
  readonly mailbox: Calendar
  readonly policy: SyncPolicy
  readonly ownership: Ownership
  readonly state: SyncState
  /** A full pass reads the mailbox afresh. */
  readonly kind: PassKind
  readonly now: Temporal.Instant
  /** Needed for `onExchangeDelete: Respect` only; `sync` is the name pairs are kept under. */
  readonly memory?: { readonly store: SyncMemory; readonly sync: string }
  /** Called as writing goes on: how many of the plan's operations are done. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void
}

/** What holds (part of) a plan back until a person approves exactly this plan by its token. */
export type Hold = {
  readonly by: "DeletionGuard" | "ApprovalRequired" | "OwnershipConflict"
  readonly token: string
  /** Fit for a condition: what is held, and why. */
  readonly message: string
}

export type OperationCounts = Readonly<Record<Operation["kind"], number>>

export type SyncReport = {
  readonly kind: PassKind
  /** What is desired in the window, how much of it is in the mailbox as desired, what waits or failed. */
  readonly events: { readonly desired: number; readonly inSync: number; readonly held: number; readonly failed: number }
  readonly lastPass: {
    readonly created: number
    readonly updated: number
    readonly deleted: number
    readonly adopted: number
    readonly restored: number
    readonly stripped: number
    readonly skipped: number
  }
  /** What the plan still asks for and was not done: ObserveOnly, approval, guard, management. Zeros otherwise. */
  readonly pending: {
    readonly create: number
    readonly update: number
    readonly delete: number
    readonly blockedBy: string
  }
  readonly hold?: Hold
  /** Copies found changed in Exchange, and how many of them were put right. */
  readonly drift: { readonly found: number; readonly corrected: number }
  /** Copies of bindings that are no more, desired by nobody here. */
  readonly orphans: number
  /** At most five, and how many there are. */
  readonly failures: readonly EventProblem[]
  readonly failuresTotal: number
  readonly synced: { readonly status: "True" | "False"; readonly reason: string; readonly message: string }
  readonly drifted?: { readonly reason: "DriftDetected" | "DriftCorrected"; readonly message: string }
  /** The core error that ended writing early; what was done before it is counted. */
  readonly stopped?: Error
  /** To be kept as `state.lastGoodPassAt`: nothing of this pass is left in doubt. */
  readonly goodPassAt?: Temporal.Instant
  readonly firstSyncDone: boolean
}

/**
 * One pass: reads the mailbox, plans, guards, applies, remembers. Throws a core error when the mailbox could not be read
 * at all; everything after that is told in the report.
 */
export async function runSync(_request: SyncRequest, _signal: AbortSignal): Promise<SyncReport> {
  throw new Error("not yet")
}

export type PurgeReport = {
  readonly removed: number
  readonly failuresTotal: number
  readonly failures: readonly EventProblem[]
  /** Nothing of this owner is left. */
  readonly complete: boolean
}

/** Removes every copy of this owner, in and outside the window (onUnbind: Purge). */
export async function purge(
  _request: { readonly mailbox: Calendar; readonly ownership: Ownership },
  _signal: AbortSignal,
): Promise<PurgeReport> {
  throw new Error("not yet")
}
