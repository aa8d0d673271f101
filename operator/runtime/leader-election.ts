import { type Clock, jitter, sleep, withDeadline } from "./clock.ts"
import { NotLeaderError } from "./fence.ts"
import type { KubeClient, NewObject } from "./kube-client.ts"
import { isAlreadyExists, isConflict, isNotFound } from "./kube-error.ts"
import type { Log } from "./log.ts"
import { microTime } from "./micro-time.ts"
import type { KubeResource, ObjectRef, ResourceKind } from "./objects.ts"

/**
 * One leader among replicas, by client-go's algorithm on a Lease
 * (https://pkg.go.dev/k8s.io/client-go/tools/leaderelection). Whether a foreign lease is over is judged by how long *we*
 * have seen it unchanged on our own monotonic clock, never by the times written in it.
 */

export const leaseKind: ResourceKind = {
  group: "coordination.k8s.io",
  version: "v1",
  plural: "leases",
  kind: "Lease",
}

export type LeaseSpec = {
  readonly holderIdentity?: string
  readonly leaseDurationSeconds?: number
  readonly acquireTime?: string
  readonly renewTime?: string
  readonly leaseTransitions?: number
}
type Lease = KubeResource & { readonly spec?: LeaseSpec }

export type LeaseTiming = {
  /** A follower takes over after seeing no renewal for this long. */
  readonly durationMs: number
  /** The leader gives up after failing to renew for this long; less than `durationMs`, so that it ends first. */
  readonly renewDeadlineMs: number
  readonly retryMs: number
}

/** controller-runtime's numbers. */
export const usualLeaseTiming: LeaseTiming = { durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 }

export type LeaderElectorOptions = {
  readonly client: KubeClient
  readonly clock: Clock
  readonly log: Log
  readonly lease: Required<ObjectRef>
  /** Unique among all replicas there ever were. */
  readonly identity: string
  readonly timing?: LeaseTiming
}

const retryJitter = 0.2

/** The lease could not be renewed in time: another replica may lead already. */
export class LeaseLostError extends Error {
  override readonly name = "LeaseLostError"
  readonly reason = "LeaseLost"
}

export class LeaderElector {
  readonly #options: LeaderElectorOptions
  readonly #clock: Clock
  readonly #timing: LeaseTiming
  #observed: { readonly lease: Lease; readonly atMs: number } | undefined
  #leading = false
  #validUntilMs = Number.NEGATIVE_INFINITY
  #validUntil: Temporal.Instant | undefined
  #lastAttemptMs: number | undefined

  constructor(options: LeaderElectorOptions) {
    this.#options = options
    this.#clock = options.clock
    this.#timing = options.timing ?? usualLeaseTiming
  }

  get isLeader(): boolean {
    return this.#leading
  }

  /** When the lease was last asked for, on the monotonic clock; undefined before the first time and after the last. */
  get lastAttemptMs(): number | undefined {
    return this.#lastAttemptMs
  }

  get timing(): LeaseTiming {
    return this.#timing
  }

  /**
   * The fence. Valid until `renewDeadlineMs` after the last good renewal was *begun*, so that a write let through has
   * the rest of the lease to arrive. Both clocks must agree: the monotonic one may have slept with its machine, and the
   * wall clock, when it jumps, costs us only the time to the next renewal.
   */
  mayWrite(): void {
    const fresh = this.#leading && this.#clock.monotonicMs() < this.#validUntilMs
    const late = this.#validUntil === undefined || Temporal.Instant.compare(this.#clock.now(), this.#validUntil) >= 0
    if (!fresh || late) throw new NotLeaderError()
  }

  /** Resolves once this replica leads. */
  async acquire(signal: AbortSignal): Promise<void> {
    while (!(await this.#tryOnce(signal))) await this.#pause(signal)
    this.#options.log.info({ lease: this.#options.lease.name }, "this replica leads")
  }

  /** Renews until the signal ends it; throws LeaseLostError when that failed for too long. */
  async hold(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#pause(signal).catch(() => undefined)
      if (signal.aborted) return
      const renewed = await this.#tryOnce(signal).catch(() => false)
      if (signal.aborted || renewed) continue
      if (this.#heldByOther() || this.#clock.monotonicMs() >= this.#validUntilMs) this.#lose()
    }
  }

  /** Hands the lease over so that nobody has to wait for it to run out. */
  async release(signal: AbortSignal): Promise<void> {
    this.#lastAttemptMs = undefined
    if (!this.#leading || this.#observed === undefined) return
    this.#leading = false
    try {
      await this.#vacate(this.#observed.lease, signal)
    } catch (error) {
      if (!isConflict(error)) throw error
      // Our own last renewal, cut off before we heard its answer.
      const lease = await this.#look(signal)
      if (lease !== undefined && !this.#heldByOther()) await this.#vacate(lease, signal)
    }
  }

  /** As client-go: no holder, and a duration the API accepts. */
  async #vacate(lease: Lease, signal: AbortSignal): Promise<void> {
    await this.#write(lease, { ...lease.spec, holderIdentity: "", leaseDurationSeconds: 1 }, signal)
  }

  #lose(): never {
    this.#leading = false
    throw new LeaseLostError("the lease was not renewed in time")
  }

  #pause(signal: AbortSignal): Promise<void> {
    const leftMs = this.#leading
      ? Math.max(this.#validUntilMs - this.#clock.monotonicMs(), 0)
      : Number.POSITIVE_INFINITY
    return sleep(this.#clock, Math.min(jitter(this.#clock, this.#timing.retryMs, retryJitter), leftMs), signal)
  }

  /** One attempt to become or stay leader. False, and a line in the log, when it failed. */
  async #tryOnce(signal: AbortSignal): Promise<boolean> {
    const startMs = this.#clock.monotonicMs()
    const start = this.#clock.now()
    this.#lastAttemptMs = startMs
    const limitMs = this.#leading ? Math.max(this.#validUntilMs - startMs, 0) : this.#timing.renewDeadlineMs
    try {
      const holds = await withDeadline({ clock: this.#clock, ms: limitMs }, signal, limited =>
        this.#acquireOrRenew(limited),
      )
      if (holds) this.#extend(startMs, start)
      return holds
    } catch (error) {
      signal.throwIfAborted()
      if (!isConflict(error) && !isAlreadyExists(error)) this.#options.log.warn({ error }, "no answer about the lease")
      return false
    }
  }

  async #acquireOrRenew(signal: AbortSignal): Promise<boolean> {
    if (this.#leading && (await this.#renewBlindly(signal))) return true
    const lease = await this.#look(signal)
    if (lease === undefined) return this.#create(signal)
    if (!this.#isFree(lease)) return false
    await this.#take(lease, signal)
    return true
  }

  /** One request instead of two as long as nobody else touches the lease; the version we know guards it. */
  async #renewBlindly(signal: AbortSignal): Promise<boolean> {
    if (this.#observed === undefined) return false
    try {
      await this.#take(this.#observed.lease, signal)
      return true
    } catch (error) {
      if (isConflict(error) || isNotFound(error)) return false
      throw error
    }
  }

  async #take(lease: Lease, signal: AbortSignal): Promise<void> {
    const mine = lease.spec?.holderIdentity === this.#options.identity
    const leaseTransitions = (lease.spec?.leaseTransitions ?? 0) + (mine ? 0 : 1)
    const acquireTime = mine ? lease.spec?.acquireTime : undefined
    await this.#write(lease, { ...this.#claim(), ...(acquireTime && { acquireTime }), leaseTransitions }, signal)
  }

  async #look(signal: AbortSignal): Promise<Lease | undefined> {
    try {
      const lease = await this.#options.client.get<Lease>(leaseKind, this.#options.lease, signal)
      this.#observe(lease)
      return lease
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  async #create(signal: AbortSignal): Promise<boolean> {
    const object: NewObject = { metadata: this.#options.lease, spec: { ...this.#claim(), leaseTransitions: 0 } }
    this.#observe(await this.#options.client.create<Lease>(leaseKind, object, signal))
    return true
  }

  async #write(lease: Lease, spec: LeaseSpec, signal: AbortSignal): Promise<void> {
    this.#observe(await this.#options.client.replace<Lease>(leaseKind, { ...lease, spec }, signal))
  }

  #observe(lease: Lease): void {
    if (this.#observed?.lease.metadata.resourceVersion === lease.metadata.resourceVersion) return
    this.#observed = { lease, atMs: this.#clock.monotonicMs() }
  }

  #isFree({ spec }: Lease): boolean {
    const holder = spec?.holderIdentity ?? ""
    if (holder === "" || holder === this.#options.identity) return true
    const durationMs = (spec?.leaseDurationSeconds ?? 0) * 1000 || this.#timing.durationMs
    return this.#observed !== undefined && this.#clock.monotonicMs() >= this.#observed.atMs + durationMs
  }

  #heldByOther(): boolean {
    const holder = this.#observed?.lease.spec?.holderIdentity ?? ""
    return holder !== this.#options.identity
  }

  #claim(): LeaseSpec {
    const now = microTime(this.#clock.now())
    return {
      holderIdentity: this.#options.identity,
      leaseDurationSeconds: Math.ceil(this.#timing.durationMs / 1000),
      acquireTime: now,
      renewTime: now,
    }
  }

  #extend(startMs: number, start: Temporal.Instant): void {
    this.#leading = true
    this.#validUntilMs = startMs + this.#timing.renewDeadlineMs
    this.#validUntil = start.add({ milliseconds: this.#timing.renewDeadlineMs })
  }
}
