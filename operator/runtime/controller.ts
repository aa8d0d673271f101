import type { Log } from "./log.ts"
import type { ObjectKey } from "./objects.ts"

/** What people do overtakes what only time does. */
export type Priority = "user" | "routine"

export type EnqueueOptions = {
  /** Not before; the earliest of several wins. */
  readonly afterMs?: number
  /** `user` when absent, `routine` when `afterMs` is given. */
  readonly priority?: Priority
}

export type ReconcileContext = {
  /** Aborted when the time for one reconcile is over or the process stops for good. */
  readonly signal: AbortSignal
  readonly log: Log
  readonly reconcileId: string
}

/** Nothing: done until something changes. */
export type ReconcileResult = { readonly requeueAfterMs?: number } | undefined

export type FailureKind =
  /** Again with back-off, or after the time the other side asked for. */
  | { readonly kind: "temporary"; readonly retryAfterMs?: number }
  /** Not again until something changes. */
  | { readonly kind: "terminal" }
  /** Again with back-off, and shouted about. */
  | { readonly kind: "bug" }

export type ControllerOptions = {
  readonly name: string
  /** How many keys are worked on at once; one key never twice. */
  readonly concurrency: number
  /** For one reconcile; 5 minutes when absent. */
  readonly timeoutMs?: number
  reconcile(key: ObjectKey, context: ReconcileContext): Promise<ReconcileResult>
  classify(error: unknown): FailureKind
}

/** Keys in, reconciles out. Keys are kept while this replica does not lead. */
export interface Controller {
  readonly name: string
  enqueue(key: ObjectKey, options?: EnqueueOptions): void
}
