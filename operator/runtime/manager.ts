import type { Registry } from "prom-client"
import type { Cache, CacheOptions, ChangeHandler, WatchedObject } from "./cache.ts"
import { type Clock, sleep, systemClock } from "./clock.ts"
import { type Controller, type ControllerOptions, QueueController } from "./controller.ts"
import { EventLoopLag } from "./event-loop-lag.ts"
import { type EventRecorder, EventWriter } from "./events.ts"
import type { Fence } from "./fence.ts"
import { liveChecks, readyChecks } from "./health.ts"
import type { KubeClient } from "./kube-client.ts"
import { LeaderElector, LeaseLostError, type LeaseTiming } from "./leader-election.ts"
import type { Log } from "./log.ts"
import { createMetrics, type Metrics, observeProcess } from "./metrics.ts"
import type { KubeResource, ObjectRef, ResourceKind } from "./objects.ts"
import { Probes } from "./probes.ts"
import type { ReflectorTiming } from "./reflector.ts"
import { WatchRegistry } from "./watch-registry.ts"

export type ManagerOptions = {
  readonly client: KubeClient
  readonly log: Log
  readonly clock?: Clock
  /** Names the program in Events, as `example.com/operator`. */
  readonly reportingController: string
  /** This replica: the pod's name. */
  readonly identity: string
  /** Begins the names of metrics that controller-runtime does not have. */
  readonly metricsPrefix?: string
  /** Absent: a single process that always leads. */
  readonly leaderElection?: { readonly namespace: string; readonly name: string; readonly timing?: LeaseTiming }
  /** Absent: no probe server. */
  readonly probes?: { readonly host: string; readonly port: number }
  readonly timing?: ReflectorTiming
  /** How long reconciles under way may go on after the stop; 30 s when absent. */
  readonly drainMs?: number
}

const usualDrainMs = 30_000
// For each of the small things after the drain: ending aborted reconciles, writing Events, releasing the lease.
const farewellMs = 5_000
const syncReminderMs = 30_000

/** Owns everything that lives: caches on every replica, workers on the leader only. Build all, then `start`. */
export class Manager {
  readonly client: KubeClient
  readonly log: Log
  readonly #clock: Clock
  readonly #drainMs: number
  readonly #metrics: Metrics
  readonly #watches: WatchRegistry
  readonly #events: EventWriter
  readonly #elector: LeaderElector | undefined
  readonly #electionName: string
  readonly #controllers: QueueController[] = []
  readonly #lag = new EventLoopLag()
  readonly #probes: Probes
  readonly #probesAt: ManagerOptions["probes"]
  #probePort: number | undefined
  #working = false

  constructor(options: ManagerOptions) {
    const { client, log, clock = systemClock, identity, leaderElection, timing } = options
    this.client = client
    this.log = log
    this.#clock = clock
    this.#drainMs = options.drainMs ?? usualDrainMs
    this.#metrics = createMetrics(options.metricsPrefix)
    const common = { client, clock, log }
    this.#watches = new WatchRegistry({ ...common, metrics: this.#metrics.informer, ...(timing && { timing }) })
    const reporting = { reportingController: options.reportingController, reportingInstance: identity }
    this.#events = new EventWriter({ ...common, ...reporting, metrics: this.#metrics.events })
    this.#electionName = leaderElection?.name ?? ""
    this.#elector = leaderElection && makeElector(common, identity, leaderElection)
    this.#probesAt = options.probes
    this.#probes = this.#makeProbes()
    observeProcess(this.registry)
    client.observe(({ method, code, seconds }) => {
      this.#metrics.requests.total.inc({ method, code: code === 0 ? "<error>" : `${code}` })
      this.#metrics.requests.seconds.observe({ verb: method }, seconds)
    })
  }

  get registry(): Registry {
    return this.#metrics.registry
  }

  get recorder(): EventRecorder {
    return this.#events
  }

  get isLeader(): boolean {
    return this.#elector === undefined ? this.#working : this.#elector.isLeader
  }

  /** Where the probe server listens, once started. */
  get probePort(): number | undefined {
    return this.#probePort
  }

  /** The fence, asked right before every write outside; throws NotLeaderError. */
  readonly mayWrite: Fence = () => this.#elector?.mayWrite()

  cache<T extends KubeResource>(kind: ResourceKind, options: CacheOptions<T> = {}): Cache<T> {
    return this.#watches.cache<T>(kind, options)
  }

  /** By name, one at a time: for Secrets and ConfigMaps, which are never listed. May be called while running. */
  watchObject<T extends KubeResource>(
    kind: ResourceKind,
    ref: ObjectRef,
    options: { readonly metadataOnly?: boolean },
    onChange: ChangeHandler<T>,
  ): WatchedObject<T> {
    return this.#watches.watchObject<T>(kind, ref, options, onChange)
  }

  controller(options: ControllerOptions): Controller {
    const controller = new QueueController(options, { clock: this.#clock, log: this.log, metrics: this.#metrics })
    this.#controllers.push(controller)
    if (this.#working) controller.start()
    return controller
  }

  /**
   * Runs until the signal, then drains: reconciles under way end, Events are written, the lease is released. Rejects
   * with LeaseLostError when another replica may have taken over; the process should then end.
   */
  async start(signal: AbortSignal): Promise<void> {
    const lease = new AbortController()
    let held: Promise<void> = Promise.resolve()
    try {
      this.#lag.start()
      if (this.#probesAt !== undefined) this.#probePort = await this.#probes.listen(this.#probesAt)
      this.#watches.start()
      await this.#whenSynced(signal)
      await this.#elector?.acquire(signal)
      held = this.#lead(lease.signal)
      await Promise.race([untilAborted(signal), held.then(() => untilAborted(signal))])
    } catch (error) {
      if (!signal.aborted || error instanceof LeaseLostError) throw error
    } finally {
      await this.#drain()
      await this.#handOver(lease, held)
      await this.#watches.stop()
      await this.#probes.close()
      this.#lag.stop()
    }
  }

  async #whenSynced(signal: AbortSignal): Promise<void> {
    const missing = () => this.#watches.essential().filter(({ synced }) => !synced)
    let cancel = () => {}
    const remind = () => {
      cancel = this.#clock.setTimeout(() => {
        this.log.warn({ resources: missing().map(({ resource }) => resource) }, "still waiting for the first lists")
        remind()
      }, syncReminderMs)
    }
    remind()
    await this.#watches.whenSynced(signal).finally(() => cancel())
  }

  /** Lets the workers work, and ends them at once when the lease is lost. */
  async #lead(signal: AbortSignal): Promise<void> {
    this.#working = true
    this.#metrics.leader.set({ name: this.#electionName }, 1)
    for (const controller of this.#controllers) controller.start()
    try {
      await this.#elector?.hold(signal)
    } catch (error) {
      this.log.error({ error }, "the lease is lost; this replica ends")
      for (const controller of this.#controllers) controller.abort(new LeaseLostError("the lease is lost"))
      throw error
    } finally {
      this.#metrics.leader.set({ name: this.#electionName }, 0)
    }
  }

  /** Nothing new begins; what is under way may end, and is ended after `drainMs`. The lease is renewed meanwhile. */
  async #drain(): Promise<void> {
    for (const controller of this.#controllers) controller.stop()
    const finished = Promise.all(this.#controllers.map(controller => controller.finished()))
    if (!(await this.#within(this.#drainMs, finished))) {
      this.log.warn({}, "reconciles did not end in time and are aborted")
      for (const controller of this.#controllers) controller.abort(new Error("the process stops"))
      await this.#within(farewellMs, finished)
    }
    this.#working = false
  }

  async #handOver(lease: AbortController, held: Promise<void>): Promise<void> {
    const farewell = AbortSignal.timeout(farewellMs)
    await this.#events.close(farewell)
    lease.abort()
    await held.catch(() => undefined) // told by start already, or too late to matter
    await this.#elector?.release(farewell).catch((error: unknown) => {
      this.log.warn({ error }, "the lease was not released and must run out")
    })
  }

  /** Whether the work ended within the time. */
  async #within(ms: number, work: Promise<unknown>): Promise<boolean> {
    const timer = new AbortController()
    const timeout = sleep(this.#clock, ms, timer.signal).then(
      () => false,
      () => true,
    )
    const done = work.then(() => timer.abort())
    return await Promise.race([timeout, done.then(() => true)])
  }

  #makeProbes(): Probes {
    const vitals = {
      clock: this.#clock,
      lag: this.#lag,
      reflectors: () => this.#watches.all(),
      essential: () => this.#watches.essential(),
      controllers: () => this.#controllers,
      elector: this.#elector,
    }
    const refresh = () => {
      for (const { queue } of this.#controllers) queue.refreshMetrics()
    }
    return new Probes({ live: liveChecks(vitals), ready: readyChecks(vitals), registry: this.registry, refresh })
  }
}

function makeElector(
  common: { readonly client: KubeClient; readonly clock: Clock; readonly log: Log },
  identity: string,
  { namespace, name, timing }: NonNullable<ManagerOptions["leaderElection"]>,
): LeaderElector {
  // A pod's name may come back (a StatefulSet, a restart in place); a lease of the life before is not ours.
  const unique = `${identity}_${Math.floor(common.clock.random() * 2 ** 52).toString(16)}`
  return new LeaderElector({ ...common, lease: { namespace, name }, identity: unique, ...(timing && { timing }) })
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise(resolve => signal.addEventListener("abort", () => resolve(), { once: true }))
}
