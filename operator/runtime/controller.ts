import { type Clock, DeadlineExceededError, withDeadline } from "./clock.ts"
import { NotLeaderError } from "./fence.ts"
import type { Log } from "./log.ts"
import type { Metrics } from "./metrics.ts"
import type { ObjectKey } from "./objects.ts"
import { type Priority, WorkQueue } from "./work-queue.ts"

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

type Surroundings = { readonly clock: Clock; readonly log: Log; readonly metrics: Metrics }

const defaultTimeoutMs = 5 * 60_000
// Whoever asks to be called again at once still gets a breath in between.
const shortestRetryMs = 1_000
const retrySpread = 0.2

/** A controller as the manager runs it: the queue and its workers. */
export class QueueController implements Controller {
  readonly #options: ControllerOptions
  readonly #clock: Clock
  readonly #log: Log
  readonly #metrics: Metrics["reconcile"]
  readonly #stopped = new AbortController()
  readonly queue: WorkQueue
  readonly timeoutMs: number
  #workers: readonly Promise<void>[] = []

  constructor(options: ControllerOptions, { clock, log, metrics }: Surroundings) {
    this.#options = options
    this.#clock = clock
    this.#log = log.child({ controller: options.name })
    this.#metrics = metrics.reconcile
    this.timeoutMs = options.timeoutMs ?? defaultTimeoutMs
    this.queue = new WorkQueue({ name: options.name, clock, metrics: metrics.queue })
    this.#metrics.concurrency.set({ controller: options.name }, options.concurrency)
    this.#metrics.active.set({ controller: options.name }, 0)
  }

  get name(): string {
    return this.#options.name
  }

  enqueue(key: ObjectKey, { afterMs = 0, priority }: EnqueueOptions = {}): void {
    this.queue.addAfter(key, afterMs, priority ?? (afterMs > 0 ? "routine" : "user"))
  }

  start(): void {
    this.#workers = Array.from({ length: this.#options.concurrency }, () => this.#work())
  }

  /** Begins nothing more. What is under way may finish: see `finished`. */
  stop(): void {
    this.queue.shutDown()
  }

  /** Aborts what is under way. */
  abort(reason: Error): void {
    this.#stopped.abort(reason)
  }

  /** Resolves when, after `stop`, the last reconcile has ended. */
  async finished(): Promise<void> {
    await Promise.all(this.#workers)
  }

  async #work(): Promise<void> {
    for (let key = await this.queue.next(); key !== undefined; key = await this.queue.next()) {
      this.#metrics.active.inc({ controller: this.name })
      try {
        await this.#reconcile(key)
      } finally {
        this.#metrics.active.dec({ controller: this.name })
        this.queue.done(key)
      }
    }
  }

  async #reconcile(key: ObjectKey): Promise<void> {
    const reconcileId = Math.floor(this.#clock.random() * 2 ** 48).toString(36)
    const log = this.#log.child({ object: key, reconcileId })
    const startMs = this.#clock.monotonicMs()
    let timedOut = false
    try {
      const limit = { clock: this.#clock, ms: this.timeoutMs }
      const result = await withDeadline(limit, this.#stopped.signal, async signal => {
        try {
          return await this.#options.reconcile(key, { signal, log, reconcileId })
        } finally {
          timedOut = signal.reason instanceof DeadlineExceededError
        }
      })
      this.#succeeded(key, result)
    } catch (error) {
      this.#failed(key, error, log)
    } finally {
      if (timedOut) this.#metrics.timeouts.inc({ controller: this.name })

      const seconds = (this.#clock.monotonicMs() - startMs) / 1000
      this.#metrics.seconds.observe({ controller: this.name }, seconds)
    }
  }

  #succeeded(key: ObjectKey, result: ReconcileResult): void {
    this.queue.forget(key)
    const afterMs = result?.requeueAfterMs
    this.#count(afterMs === undefined ? "success" : "requeue_after")
    if (afterMs !== undefined) this.queue.addAfter(key, Math.max(afterMs, shortestRetryMs), "routine")
  }

  #failed(key: ObjectKey, error: unknown, log: Log): void {
    // Being stopped is no failure; whoever leads next starts over.
    if (this.#stopped.signal.aborted || error instanceof NotLeaderError) {
      log.info({}, "reconcile cut short: this replica stops or does not lead")
      this.queue.addRateLimited(key)
      return
    }
    this.#count("error")
    this.#metrics.errors.inc({ controller: this.name })
    this.#retry(key, this.#classify(error), error, log)
  }

  #classify(error: unknown): FailureKind {
    if (error instanceof DeadlineExceededError) return { kind: "temporary" }
    try {
      return this.#options.classify(error)
    } catch {
      return { kind: "bug" }
    }
  }

  #retry(key: ObjectKey, failure: FailureKind, error: unknown, log: Log): void {
    switch (failure.kind) {
      case "temporary":
        log.warn({ error, failures: this.queue.failures(key) + 1 }, "reconcile failed for now")
        this.#retryTemporary(key, failure.retryAfterMs)
        break
      case "terminal":
        log.warn({ error }, "reconcile failed until somebody changes something")
        this.#metrics.terminal.inc({ controller: this.name })
        this.queue.forget(key)
        break
      case "bug":
        log.error({ error }, "reconcile failed unexpectedly")
        this.#metrics.panics.inc({ controller: this.name })
        this.queue.addRateLimited(key)
        break
      default:
        failure satisfies never
    }
  }

  /** Never before the time the other side asked for, and not everybody at that very moment. "At once" is no time. */
  #retryTemporary(key: ObjectKey, retryAfterMs = 0): void {
    const spread = 1 + retrySpread * this.#clock.random()
    if (retryAfterMs < shortestRetryMs) this.queue.addRateLimited(key)
    else this.queue.addAfter(key, retryAfterMs * spread, "routine")
  }

  #count(result: "success" | "requeue_after" | "error"): void {
    this.#metrics.total.inc({ controller: this.name, result })
  }
}
