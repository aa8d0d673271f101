import { TemporaryError } from "../../../core/errors.ts"
import type { Clock } from "../../clock.ts"
import type { EwsProblem } from "./problem.ts"
import { isLoginRefused } from "./refusal.ts"

/** By then the connection was proved again, and is shut or known to be well. */
const restMs = 30_000

/**
 * Domains lock an account after a few refused log-ins, and dozens of requests may be waiting for their turn when the first
 * is refused: they are kept here until a proof has found out.
 */
export class RefusedLogin {
  readonly #clock: Pick<Clock, "monotonicMs">
  #untilMs = Number.NEGATIVE_INFINITY

  constructor(clock: Pick<Clock, "monotonicMs">) {
    this.#clock = clock
  }

  /** What to say instead of sending; undefined when all is well as far as is known. */
  get objection(): TemporaryError | undefined {
    const leftMs = this.#untilMs - this.#clock.monotonicMs()
    if (leftMs <= 0) return undefined
    const text = "Exchange refused the log-in a moment ago: waiting for the connection to be proved again"
    return new TemporaryError(text, { reason: "DependencyNotReady", retryAfterMs: Math.ceil(leftMs) })
  }

  /** Learns from an answer. */
  note({ status, problem }: { readonly status: number; readonly problem?: EwsProblem | undefined }): void {
    if (problem?.refusal && isLoginRefused(status, problem.refusal)) this.#untilMs = this.#clock.monotonicMs() + restMs
    else if (status === 200) this.#untilMs = Number.NEGATIVE_INFINITY
  }
}
