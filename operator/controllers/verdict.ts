import { NeedsAttentionError, reasonOf, TemporaryError } from "../core/errors.ts"
import { isReason, reasons } from "../resources/reasons.ts"
import { type Condition, removeCondition, setCondition } from "../runtime/conditions.ts"
import { NotLeaderError } from "../runtime/fence.ts"
import { KubeApiError } from "../runtime/kube-error.ts"

/**
 * What a reconcile came to, in the vocabulary of kstatus. `Ready` is always there; `Reconciling` and `Stalled` only
 * while True and never both, so that `kubectl wait`, Argo CD and Flux read them as they read everybody else's.
 */
export type Verdict = {
  readonly ready: { readonly status: Condition["status"]; readonly reason: string; readonly message: string }
  readonly reconciling?: { readonly reason: string; readonly message: string }
  readonly stalled?: { readonly reason: string; readonly message: string }
}

export function succeeded(message: string): Verdict {
  return { ready: { status: "True", reason: "Succeeded", message } }
}

export function suspended(message: string): Verdict {
  return { ready: { status: "True", reason: "Suspended", message } }
}

export function progressing(message: string): Verdict {
  return {
    ready: { status: "Unknown", reason: "Progressing", message },
    reconciling: { reason: "Progressing", message },
  }
}

export function failed(reason: string, message: string): Verdict {
  const ready = { status: "False" as const, reason, message }
  // What no retry can mend is Stalled: a person must change something first. All else is tried again.
  return isStallReason(reason)
    ? { ready, stalled: { reason, message } }
    : { ready, reconciling: { reason: "ProgressingWithRetry", message } }
}

/** The verdict of an error that says itself what is wrong; anything else is a bug and is thrown on. */
export function verdictOf(error: unknown): Verdict {
  if (error instanceof TemporaryError || error instanceof NeedsAttentionError) {
    const reason = reasonOf(error)
    return failed(isReason(reason) ? reason : "InternalError", error.message)
  }
  throw error
}

/**
 * Whether an error is a mistake of ours. A refusal of the API server, a lost lease and our own end are none: they say
 * nothing about the object, and are tried again.
 */
export function isBug(error: unknown, signal: AbortSignal): boolean {
  const isSaid = error instanceof TemporaryError || error instanceof NeedsAttentionError
  return !isSaid && !signal.aborted && !(error instanceof KubeApiError) && !(error instanceof NotLeaderError)
}

function isStallReason(reason: string): boolean {
  const said: readonly string[] = isReason(reason) ? reasons[reason] : []
  return said.includes("Stalled")
}

/** What the status says of a mistake of ours: nothing of its own words, which may hold anything. */
export function bugTold(): TemporaryError {
  return new TemporaryError("an unexpected error; the log of the operator has it", { reason: "InternalError" })
}

/** The conditions with the verdict in them. */
export function conclude(
  conditions: readonly Condition[] | undefined,
  verdict: Verdict,
  { generation, now }: { readonly generation: number | undefined; readonly now: Temporal.Instant },
): readonly Condition[] {
  const observed = generation === undefined ? {} : { observedGeneration: generation }
  let next = setCondition(conditions, { type: "Ready", ...verdict.ready, ...observed }, now)
  for (const type of ["Reconciling", "Stalled"] as const) {
    const told = type === "Stalled" ? verdict.stalled : verdict.reconciling
    next =
      told === undefined
        ? removeCondition(next, type)
        : setCondition(next, { type, status: "True", ...told, ...observed }, now)
  }
  return next
}
