import { TemporaryError } from "../../../core/errors.ts"
import type { Outcome } from "../../throttle.ts"
import { type EwsProblem, isBusy, isServerTrouble, isStopped, problemError, readMessageProblem } from "./problem.ts"
import { descend, type XmlElement } from "./xml-read.ts"

/**
 * What a request came to: a response, a problem, or an error where no answer came. A response may carry a problem all the
 * same: that of its messages which concerns the pace.
 */
export type EwsAnswer = {
  readonly status: number
  readonly response?: XmlElement
  readonly problem?: EwsProblem | undefined
  readonly error?: unknown
}

type Result = { readonly response?: XmlElement; readonly error?: unknown }

/** What may be asked again is; the outcomes of single items are for the caller to read. */
export function resultOf(
  { response, problem, error }: EwsAnswer,
  { retry, isPerItem }: { readonly retry: boolean; readonly isPerItem?: boolean },
): Result {
  const isPressing = problem && (isBusy(problem) || !isPerItem)
  if (response && !(retry && isPressing)) return { response }
  return { error: problem ? problemError(problem) : error }
}

/** How it went as far as pacing is concerned. */
export function paceOutcome({ problem, error }: EwsAnswer, signal: AbortSignal): Outcome {
  if (error !== undefined) {
    return signal.aborted || !(error instanceof TemporaryError) ? { kind: "Abandoned" } : { kind: "Failed" }
  }
  if (problem && isBusy(problem)) return { kind: "Paused", retryAfterMs: problem.retryAfterMs }
  if (problem && isServerTrouble(problem)) return { kind: "Failed", retryAfterMs: problem.retryAfterMs }
  return { kind: "Answered" }
}

/** Of busy messages the one that asks for the longest pause; else one that tells of trouble. */
export function pressingProblem(response: XmlElement): EwsProblem | undefined {
  const messages = descend(response, "m:ResponseMessages")?.children ?? []
  const problems = messages.flatMap(message => readMessageProblem(message) ?? [])
  const busy = problems.filter(isBusy).toSorted((a, b) => (b.retryAfterMs ?? 0) - (a.retryAfterMs ?? 0))
  return busy[0] ?? problems.find(problem => isServerTrouble(problem) && !isStopped(problem))
}
