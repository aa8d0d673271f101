import { TemporaryError } from "../../core/errors.ts"
import { retryAfterMs } from "../../http/retry-after.ts"
import { type Clock, sleep } from "../clock.ts"
import type { Throttle } from "../throttle.ts"
import { immutableIds } from "./call.ts"
import { expectRecord, type GraphClient } from "./client.ts"
import { isRecord, type JsonRecord, numberAt, recordAt, recordsAt, textAt } from "./json.ts"
import {
  type GraphAnswer,
  type GraphProblem,
  isServerTrouble,
  isThrottled,
  problemError,
  readProblem,
} from "./problem.ts"

/** https://learn.microsoft.com/graph/json-batching: steps in any order, each answered for itself. */
export type BatchStep = {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE"
  /** Relative, without the version. */
  readonly path: string
  readonly body?: JsonRecord
  readonly ifMatch?: string
}

/**
 * What came of a step. `uncertain`: an earlier try may have been carried out though its answer was lost, so that the
 * answer now given may be about the effects of our own first try.
 */
export type StepOutcome =
  | { readonly kind: "Answered"; readonly answer: GraphAnswer; readonly uncertain: boolean }
  | { readonly kind: "Failed"; readonly error: Error; readonly tried: boolean }

export type BatchRequest = {
  readonly mailbox: string
  readonly operation: string
  readonly writes: boolean
  /** One step after the other: changes to one item would trip over each other. */
  readonly isSerial?: boolean
}

const largestBatch = 20
/** Exchange carries out four steps at a time; a connection that may use fewer places sends no more steps than places. */
const stepsAtATime = 4
/** Graph takes 4 MB; the rest is for the envelope. */
const largestBodyBytes = 3_000_000

type Progress = {
  readonly outcomes: (StepOutcome | undefined)[]
  readonly uncertain: Set<number>
  readonly tried: Set<number>
}
/** Why a round did not finish everything, and how long it was asked to wait. */
type Trouble = { readonly error: Error; readonly retryAfterMs: number | undefined; readonly final: boolean }

/** Sends any number of steps of one mailbox and brings back one outcome for each, in their order. */
export class Batches {
  readonly #client: GraphClient
  readonly #throttle: Throttle
  readonly #clock: Clock
  readonly #size: number

  constructor(deps: {
    readonly client: GraphClient
    readonly throttle: Throttle
    readonly clock: Clock
    readonly concurrencyPerMailbox: number
  }) {
    this.#client = deps.client
    this.#throttle = deps.throttle
    this.#clock = deps.clock
    const places = deps.concurrencyPerMailbox
    this.#size = places >= stepsAtATime ? largestBatch : places
  }

  /** Throws only what stops everything: the token, the fence, an abort. */
  async send(steps: readonly BatchStep[], request: BatchRequest, signal: AbortSignal): Promise<readonly StepOutcome[]> {
    const progress: Progress = { outcomes: steps.map(() => undefined), uncertain: new Set(), tried: new Set() }
    for (let tries = 1; ; tries += 1) {
      const trouble = await this.#round(steps, progress, request, signal)
      if (trouble === undefined) return finished(progress, undefined)
      const delayMs = trouble.final ? undefined : this.#throttle.retryDelayMs(tries, trouble.retryAfterMs)
      if (delayMs === undefined) return finished(progress, trouble.error)
      await sleep(this.#clock, delayMs, signal)
    }
  }

  /** Sends what has no outcome yet, chunk by chunk, and stops at the first chunk that brings trouble. */
  async #round(
    steps: readonly BatchStep[],
    progress: Progress,
    request: BatchRequest,
    signal: AbortSignal,
  ): Promise<Trouble | undefined> {
    const open = steps.flatMap((step, index) => (progress.outcomes[index] === undefined ? [{ step, index }] : []))
    for (const chunk of cut(open, this.#size)) {
      const trouble = await this.#chunk(chunk, progress, request, signal)
      if (trouble) return trouble
    }
    return undefined
  }

  async #chunk(
    chunk: readonly Numbered[],
    progress: Progress,
    request: BatchRequest,
    signal: AbortSignal,
  ): Promise<Trouble | undefined> {
    const answer = await this.#ask(chunk, request, signal)
    if (answer instanceof TemporaryError) {
      // With a pause: it never left. Without: it left and nobody knows.
      if (answer.retryAfterMs !== undefined) return { error: answer, retryAfterMs: answer.retryAfterMs, final: true }
      note(chunk, progress, "Unknown")
      return { error: answer, retryAfterMs: undefined, final: false }
    }
    if (!answer.ok) return this.#refusedChunk(chunk, progress, answer.problem)
    return this.#sort(chunk, progress, expectRecord(answer), request.mailbox)
  }

  async #ask(
    chunk: readonly Numbered[],
    request: BatchRequest,
    signal: AbortSignal,
  ): Promise<GraphAnswer | TemporaryError> {
    const { mailbox, operation, writes, isSerial = false } = request
    const body = { requests: chunk.map((numbered, at) => wireStep(numbered, isSerial ? chunk[at - 1] : undefined)) }
    const pace = { mailbox, operation, writes, cost: chunk.length, retry: false }
    const call = { ...pace, method: "POST", path: "/$batch", body } as const
    try {
      return await this.#client.ask(call, signal)
    } catch (error) {
      if (error instanceof TemporaryError && !signal.aborted) return error
      throw error
    }
  }

  #refusedChunk(chunk: readonly Numbered[], progress: Progress, problem: GraphProblem): Trouble {
    const error = problemError(problem)
    if (!isThrottled(problem) && !isServerTrouble(problem)) throw error
    note(chunk, progress, isServerTrouble(problem) ? "Unknown" : "NotDone")
    return { error, retryAfterMs: problem.retryAfterMs, final: false }
  }

  #sort(chunk: readonly Numbered[], progress: Progress, body: JsonRecord, mailbox: string): Trouble | undefined {
    const answers = new Map(recordsAt(body, "responses").map(response => [textAt(response, "id"), response]))
    const problems = chunk.flatMap(({ index }) => {
      const problem = settle(index, answers.get(String(index)), progress, this.#clock)
      return problem ? [problem] : []
    })
    const [first] = problems
    if (first === undefined) return undefined
    const pauses = problems.flatMap(problem => problem.retryAfterMs ?? [])
    const pauseMs = pauses.length > 0 ? Math.max(...pauses) : undefined
    if (pauseMs !== undefined) this.#throttle.pause(mailbox, pauseMs)
    return { error: problemError({ ...first, retryAfterMs: pauseMs }), retryAfterMs: pauseMs, final: false }
  }
}

type Numbered = { readonly step: BatchStep; readonly index: number }

function* cut(steps: readonly Numbered[], size: number): Generator<readonly Numbered[]> {
  let chunk: Numbered[] = []
  let bytes = 0
  for (const numbered of steps) {
    const length = numbered.step.body === undefined ? 0 : JSON.stringify(numbered.step.body).length
    if (chunk.length === size || (chunk.length > 0 && bytes + length > largestBodyBytes)) {
      yield chunk
      chunk = []
      bytes = 0
    }
    chunk.push(numbered)
    bytes += length
  }
  if (chunk.length > 0) yield chunk
}

/** Headers of the batch do not reach its steps, the token apart. */
function wireStep({ step, index }: Numbered, previous: Numbered | undefined): JsonRecord {
  const { method, path, body, ifMatch } = step
  const headers = {
    Prefer: immutableIds,
    ...(body && { "Content-Type": "application/json" }),
    ...(ifMatch && { "If-Match": ifMatch }),
  }
  const dependsOn = previous && [String(previous.index)]
  return { id: String(index), method, url: path, headers, ...(body && { body }), ...(dependsOn && { dependsOn }) }
}

/** Records the outcome of a step, or returns the problem for which it must be sent again. */
function settle(
  index: number,
  response: JsonRecord | undefined,
  progress: Progress,
  clock: Clock,
): GraphProblem | undefined {
  progress.tried.add(index)
  const answer = readStep(response, clock)
  if (!answer.ok && isWorthAnotherTry(answer.problem)) {
    if (isServerTrouble(answer.problem)) progress.uncertain.add(index)
    return answer.problem
  }
  progress.outcomes[index] = { kind: "Answered", answer, uncertain: progress.uncertain.has(index) }
  return undefined
}

/** 424: a throttled batch may say so of steps that depend on nothing. */
function isWorthAnotherTry(problem: GraphProblem): boolean {
  return isThrottled(problem) || isServerTrouble(problem) || problem.status === 424
}

/** A step without an answer counts as one the server broke down on. */
function readStep(response: JsonRecord | undefined, clock: Clock): GraphAnswer {
  const status = (response && numberAt(response, "status")) ?? 500
  const body = response?.["body"]
  if (status >= 200 && status < 300) return { ok: true, status, body: isRecord(body) ? body : null }
  const headers = response && recordAt(response, "headers")
  const pause = headers && (textAt(headers, "Retry-After") ?? textAt(headers, "retry-after"))
  return { ok: false, problem: readProblem(status, body, retryAfterMs(pause, clock.now().epochMilliseconds)) }
}

function note(chunk: readonly Numbered[], { tried, uncertain }: Progress, state: "Unknown" | "NotDone"): void {
  for (const { index } of chunk) {
    tried.add(index)
    if (state === "Unknown") uncertain.add(index)
  }
}

function finished({ outcomes, tried }: Progress, error: Error | undefined): readonly StepOutcome[] {
  const failure = error ?? new Error("a batch ended without an outcome")
  return outcomes.map((outcome, index) => outcome ?? { kind: "Failed", error: failure, tried: tried.has(index) })
}
