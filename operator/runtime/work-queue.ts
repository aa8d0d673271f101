import { type Cancel, type Clock, jitter } from "./clock.ts"
import type { Metrics } from "./metrics.ts"
import type { ObjectKey } from "./objects.ts"

/** What people do overtakes what only time does. */
export type Priority = "user" | "routine"

export type WorkQueueOptions = {
  readonly name: string
  readonly clock: Clock
  readonly metrics: Metrics["queue"]
}

const firstBackoffMs = 1_000
const longestBackoffMs = 15 * 60_000
const backoffJitter = 0.2
// A flood of edits must not starve the periodic passes altogether.
const routineTurn = 8

type Waiting = { readonly dueMs: number; readonly cancel: Cancel }

/**
 * Keys to work on, each at most once in the queue and never in two hands. A key added while it is worked on comes back
 * when that is done: nothing that happened meanwhile is lost.
 */
export class WorkQueue {
  readonly #name: string
  readonly #clock: Clock
  readonly #metrics: Metrics["queue"]
  /** Waiting for a worker, by priority in order of arrival, with the time of arrival. */
  readonly #queued: Readonly<Record<Priority, Map<ObjectKey, number>>> = { user: new Map(), routine: new Map() }
  /** In a worker's hands, since when. */
  readonly #processing = new Map<ObjectKey, number>()
  /** Added again while processing. */
  readonly #dirty = new Map<ObjectKey, Priority>()
  /** Not yet due. */
  readonly #waiting = new Map<ObjectKey, Waiting>()
  readonly #failures = new Map<ObjectKey, number>()
  readonly #takers: ((key: ObjectKey | undefined) => void)[] = []
  readonly #drainWaiters: (() => void)[] = []
  #taken = 0
  #closed = false

  constructor({ name, clock, metrics }: WorkQueueOptions) {
    this.#name = name
    this.#clock = clock
    this.#metrics = metrics
  }

  get depth(): number {
    return this.#queued.user.size + this.#queued.routine.size
  }

  add(key: ObjectKey, priority: Priority = "user"): void {
    if (this.#closed) return
    if (this.#processing.has(key)) this.#markDirty(key, priority)
    else this.#addIdle(key, priority)
  }

  /** Not before `ms` from now; of several such wishes for a key the earliest is kept. */
  addAfter(key: ObjectKey, ms: number, priority: Priority = "routine"): void {
    if (this.#closed) return
    if (ms <= 0) {
      this.add(key, priority)
      return
    }
    const dueMs = this.#clock.monotonicMs() + ms
    const before = this.#waiting.get(key)
    if (before !== undefined && before.dueMs <= dueMs) return
    before?.cancel()
    const cancel = this.#clock.setTimeout(() => {
      this.#waiting.delete(key)
      this.add(key, priority)
    }, ms)
    this.#waiting.set(key, { dueMs, cancel })
  }

  /** After the key's own back-off: 1 s doubling to 15 min, ± 20 %, until `forget`. */
  addRateLimited(key: ObjectKey): void {
    if (this.#closed) return
    const failures = this.#failures.get(key) ?? 0
    this.#failures.set(key, failures + 1)
    this.#metrics.retries.inc({ name: this.#name })
    const backoffMs = Math.min(firstBackoffMs * 2 ** failures, longestBackoffMs)
    this.addAfter(key, jitter(this.#clock, backoffMs, backoffJitter))
  }

  /** The key did well, or is beyond help: the next back-off starts small. */
  forget(key: ObjectKey): void {
    this.#failures.delete(key)
  }

  failures(key: ObjectKey): number {
    return this.#failures.get(key) ?? 0
  }

  /** The next key, now in the caller's hands until `done`. Undefined once the queue is shut down. */
  next(): Promise<ObjectKey | undefined> {
    if (this.#closed) return Promise.resolve(undefined)
    const key = this.#pick()
    if (key !== undefined) return Promise.resolve(key)
    return new Promise(resolve => this.#takers.push(resolve))
  }

  done(key: ObjectKey): void {
    const sinceMs = this.#processing.get(key)
    if (sinceMs === undefined) return
    this.#processing.delete(key)
    this.#metrics.workSeconds.observe({ name: this.#name }, (this.#clock.monotonicMs() - sinceMs) / 1000)
    const again = this.#dirty.get(key)
    this.#dirty.delete(key)
    if (again !== undefined) this.#enqueue(key, again, this.#clock.monotonicMs())
    if (this.#processing.size === 0) for (const resolve of this.#drainWaiters.splice(0)) resolve()
  }

  /** Takes nothing more, cancels all timers, hands out nothing more; what is in hands stays there. */
  shutDown(): void {
    this.#closed = true
    for (const { cancel } of this.#waiting.values()) cancel()
    this.#waiting.clear()
    this.#dirty.clear()
    this.#queued.user.clear()
    this.#queued.routine.clear()
    this.#metrics.depth.set({ name: this.#name }, 0)
    for (const resolve of this.#takers.splice(0)) resolve(undefined)
  }

  /** Resolves when no key is in anybody's hands. */
  drained(): Promise<void> {
    if (this.#processing.size === 0) return Promise.resolve()
    return new Promise(resolve => this.#drainWaiters.push(resolve))
  }

  /** How long the oldest work has been going on; 0 when idle. */
  longestRunningMs(): number {
    const nowMs = this.#clock.monotonicMs()
    return Math.max(0, ...[...this.#processing.values()].map(sinceMs => nowMs - sinceMs))
  }

  /** Brings the gauges that change with time up to date; called before a scrape. */
  refreshMetrics(): void {
    const nowMs = this.#clock.monotonicMs()
    const unfinishedMs = [...this.#processing.values()].reduce((sum, sinceMs) => sum + nowMs - sinceMs, 0)
    this.#metrics.unfinishedSeconds.set({ name: this.#name }, unfinishedMs / 1000)
    this.#metrics.longestSeconds.set({ name: this.#name }, this.longestRunningMs() / 1000)
  }

  #addIdle(key: ObjectKey, priority: Priority): void {
    if (this.#queued.user.has(key)) return
    const sinceMs = this.#queued.routine.get(key)
    if (sinceMs !== undefined && priority === "routine") return
    this.#queued.routine.delete(key)
    if (sinceMs === undefined) this.#metrics.adds.inc({ name: this.#name })
    this.#enqueue(key, priority, sinceMs ?? this.#clock.monotonicMs())
  }

  #markDirty(key: ObjectKey, priority: Priority): void {
    if (!this.#dirty.has(key)) this.#metrics.adds.inc({ name: this.#name })
    if (this.#dirty.get(key) !== "user") this.#dirty.set(key, priority)
  }

  #enqueue(key: ObjectKey, priority: Priority, sinceMs: number): void {
    if (this.#closed) return
    this.#queued[priority].set(key, sinceMs)
    const take = this.#takers.shift()
    if (take !== undefined) take(this.#pick())
    this.#metrics.depth.set({ name: this.#name }, this.depth)
  }

  #pick(): ObjectKey | undefined {
    const { user, routine } = this.#queued
    const turn = this.#taken % routineTurn === routineTurn - 1
    const lane = (turn || user.size === 0) && routine.size > 0 ? routine : user
    for (const [key, sinceMs] of lane) {
      lane.delete(key)
      this.#taken += 1
      this.#hand(key, sinceMs)
      return key
    }
    return undefined
  }

  #hand(key: ObjectKey, sinceMs: number): void {
    const nowMs = this.#clock.monotonicMs()
    this.#processing.set(key, nowMs)
    this.#metrics.waitSeconds.observe({ name: this.#name }, (nowMs - sinceMs) / 1000)
    this.#metrics.depth.set({ name: this.#name }, this.depth)
  }
}
