import { TemporaryError } from "../core/errors.ts"
import { CircuitBreaker } from "./circuit-breaker.ts"
import { type Clock, sleep } from "./clock.ts"
import { MailboxGate } from "./mailbox-gate.ts"
import { TokenBucket } from "./token-bucket.ts"

/** Longer pauses are not sat out: the caller gets a TemporaryError and its queue comes back later. */
const longestWaitMs = 15_000
/** A pause asked for is obeyed up to here; nobody means more, and a wrong header must not stop a mailbox for a day. */
const longestPauseMs = 600_000
const attemptsPerRequest = 4
const firstBackOffMs = 1_000
/** Retries are paid from a small purse that successes fill: a service in trouble never sees more requests than a well one. */
const fullPurse = 20
const earnedPerSuccess = 0.1

export type Passage = {
  /** What the pace is kept for; absent for requests that concern no mailbox. */
  readonly mailbox?: string | undefined
  /** Requests it counts for (the steps of a batch). */
  readonly cost: number
}

/** How a request went, as far as pacing is concerned. `Refused` is an answer like any other: the service is well. */
export type Outcome =
  | { readonly kind: "Answered" }
  | { readonly kind: "Paused"; readonly retryAfterMs: number | undefined }
  | { readonly kind: "Failed"; readonly retryAfterMs?: number | undefined }
  | { readonly kind: "Abandoned" }

export type ThrottleDeps = {
  readonly clock: Clock
  readonly random: () => number
  readonly limits: { readonly concurrencyPerMailbox: number; readonly requestsPerSecond: number }
}

/** The pace of one connection: places per mailbox, requests per second, pauses asked for, and a breaker for bad days. */
export class Throttle {
  readonly #clock: Clock
  readonly #random: () => number
  readonly #limits: ThrottleDeps["limits"]
  readonly #bucket: TokenBucket
  readonly #breaker: CircuitBreaker
  readonly #gates = new Map<string, MailboxGate>()
  #purse = fullPurse

  constructor({ clock, random, limits }: ThrottleDeps) {
    this.#clock = clock
    this.#random = random
    this.#limits = limits
    const perSecond = limits.requestsPerSecond
    // A batch must fit into the burst, or it would wait for debts of its own making.
    this.#bucket = new TokenBucket(clock, { perSecond, burst: Math.max(perSecond, 20) })
    this.#breaker = new CircuitBreaker(clock, random)
  }

  /**
   * Waits for a place and a turn. The returned function must be called with how it went. Throws a TemporaryError when
   * the mailbox is paused for long or the breaker is open: then nothing was sent.
   */
  async enter({ mailbox, cost }: Passage, signal: AbortSignal): Promise<(outcome: Outcome) => void> {
    const gate = mailbox === undefined ? undefined : this.#gate(mailbox)
    const leave = await gate?.enter(cost, signal)
    try {
      await this.#waitForTurn(gate, cost, signal)
      this.#breaker.admit()
    } catch (error) {
      leave?.()
      this.#forgetIdle(mailbox, gate)
      throw error
    }
    return outcome => {
      this.#note(outcome, gate)
      leave?.()
      this.#forgetIdle(mailbox, gate)
    }
  }

  /** How long to wait before asking again after `attempt` tries; undefined: do not, and say `retryAfterMs` to the caller. */
  retryDelayMs(attempt: number, retryAfterMs: number | undefined): number | undefined {
    if (attempt >= attemptsPerRequest || this.#purse < 1) return undefined
    const backOffMs = firstBackOffMs * 2 ** (attempt - 1)
    const delayMs = Math.max(retryAfterMs ?? 0, backOffMs) * (1 + this.#random() / 4)
    if (delayMs > longestWaitMs) return undefined
    this.#purse -= 1
    return delayMs
  }

  /** Obeys a pause that was asked for inside an answer (a step of a batch). */
  pause(mailbox: string, ms: number): void {
    this.#pause(this.#gate(mailbox), ms)
  }

  #gate(mailbox: string): MailboxGate {
    const known = this.#gates.get(mailbox)
    if (known) return known
    const gate = new MailboxGate(this.#limits.concurrencyPerMailbox)
    this.#gates.set(mailbox, gate)
    return gate
  }

  async #waitForTurn(gate: MailboxGate | undefined, cost: number, signal: AbortSignal): Promise<void> {
    const pauseMs = (gate?.pausedUntilMs ?? 0) - this.#clock.monotonicMs()
    if (pauseMs > longestWaitMs) {
      throw new TemporaryError("Exchange asked to be left alone for a while", {
        reason: "Throttled",
        retryAfterMs: Math.ceil(pauseMs),
      })
    }
    const waitMs = Math.max(pauseMs, this.#bucket.take(cost))
    if (waitMs <= 0) return
    try {
      await sleep(this.#clock, waitMs, signal)
    } catch (error) {
      this.#bucket.giveBack(cost)
      throw error
    }
  }

  #note(outcome: Outcome, gate: MailboxGate | undefined): void {
    switch (outcome.kind) {
      case "Answered":
        this.#purse = Math.min(fullPurse, this.#purse + earnedPerSuccess)
        this.#breaker.succeeded()
        break
      case "Paused":
        this.#pause(gate, outcome.retryAfterMs)
        this.#breaker.succeeded()
        break
      case "Failed":
        this.#pause(gate, outcome.retryAfterMs)
        this.#breaker.failed()
        break
      case "Abandoned":
        this.#breaker.abandoned()
        break
      default:
        outcome satisfies never
    }
  }

  #pause(gate: MailboxGate | undefined, ms: number | undefined): void {
    if (gate === undefined || ms === undefined) return
    const until = this.#clock.monotonicMs() + Math.min(ms, longestPauseMs)
    gate.pausedUntilMs = Math.max(gate.pausedUntilMs, until)
  }

  #forgetIdle(mailbox: string | undefined, gate: MailboxGate | undefined): void {
    if (mailbox === undefined || !gate?.idle || gate.pausedUntilMs > this.#clock.monotonicMs()) return
    this.#gates.delete(mailbox)
  }
}
