import type { CachePart } from "./cache.ts"
import { type Clock, jitter, sleep } from "./clock.ts"
import type { KubeClient, ListOptions } from "./kube-client.ts"
import { isForbidden, isGone, isNotFound, KubeApiError } from "./kube-error.ts"
import type { Log } from "./log.ts"
import type { Metrics } from "./metrics.ts"
import type { WatchEvent } from "./object-json.ts"
import type { KubeResource, ResourceKind } from "./objects.ts"
import { InactiveError, SilenceLimit } from "./silence-limit.ts"

/**
 * Keeps a part of a cache like the server: list → watch → (events and bookmarks)* → and again.
 *
 * | the watch ends by                  | then                                                                |
 * |------------------------------------|---------------------------------------------------------------------|
 * | the server, in peace               | watch on from the last version at once; back off if it was too short |
 * | silence beyond the bookmark period | watch on from the last version at once (the peer is gone)           |
 * | 410, 404 (kind removed)            | list anew at once; back off if that happens again before an event   |
 * | anything else                      | back off 0.8 s … 30 s, watch on from the last version               |
 *
 * A list that fails backs off likewise, and a Retry-After is kept to. Nothing but the signal ends it.
 */

export type ReflectorTiming = {
  /** The server is asked to end a watch after a random time between these, so that replicas spread. */
  readonly watchSeconds: { readonly from: number; readonly to: number }
  /** Bookmarks come about once a minute: longer silence is a dead connection. */
  readonly inactivityMs: number
  readonly backoffMs: { readonly first: number; readonly longest: number; readonly resetAfter: number }
  /** A list that proves (or mends) what the watch told. */
  readonly safetyListMs: number
}

/** client-go's numbers, but for the safety list, which it does not have. */
const usualTiming: ReflectorTiming = {
  watchSeconds: { from: 300, to: 600 },
  inactivityMs: 150_000,
  backoffMs: { first: 800, longest: 30_000, resetAfter: 120_000 },
  safetyListMs: 30 * 60_000,
}

export type RestartReason = "closed" | "short" | "inactive" | "expired" | "kindGone" | "denied" | "lost" | "error"

/** What probes and logs tell about a reflector. */
export type ReflectorHealth = {
  readonly resource: string
  readonly synced: boolean
  /** What the server refuses us, if it does: without watching, changes go unseen until the next list. */
  readonly denied: "list" | "watch" | undefined
  /** The kind is not served (any more). */
  readonly missing: boolean
  /** When the loop last did anything, on the monotonic clock; it does something at least every `silenceLimitMs`. */
  readonly lastStepMs: number
  readonly silenceLimitMs: number
  /** When the server last said anything. */
  readonly lastActivityMs: number
  readonly restarts: ReadonlyMap<RestartReason, number>
  readonly corrections: number
}

export type ReflectorOptions<T extends KubeResource> = {
  readonly client: KubeClient
  readonly kind: ResourceKind
  readonly scope: ListOptions
  /** For logs and metrics. */
  readonly resource: string
  readonly part: CachePart<T>
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics["informer"]
  readonly timing?: ReflectorTiming
}

const safetyListJitter = 0.2
const backoffJitter = 0.25
// As client-go: a watch that ends sooner and said nothing is a sign of trouble, not the end of its time.
const shortWatchMs = 1_000

export class Reflector<T extends KubeResource> {
  readonly #options: ReflectorOptions<T>
  readonly #clock: Clock
  readonly #log: Log
  readonly #timing: ReflectorTiming
  readonly #labels: { readonly resource: string }
  readonly #restarts = new Map<RestartReason, number>()
  /** Where the next watch begins; undefined: a list is needed. */
  #version: string | undefined
  #synced = false
  #denied: "list" | "watch" | undefined
  #missing = false
  #corrections = 0
  #failures = 0
  #failedAtMs = 0
  #heardSinceList = false
  #safetyListAtMs = 0
  #lastStepMs: number
  #lastActivityMs: number

  constructor(options: ReflectorOptions<T>) {
    this.#options = options
    this.#clock = options.clock
    this.#timing = options.timing ?? usualTiming
    this.#labels = { resource: options.resource }
    this.#log = options.log.child(this.#labels)
    this.#lastStepMs = this.#lastActivityMs = options.clock.monotonicMs()
    options.metrics.synced.set(this.#labels, 0)
  }

  get health(): ReflectorHealth {
    const { inactivityMs, backoffMs } = this.#timing
    return {
      resource: this.#labels.resource,
      synced: this.#synced,
      denied: this.#denied,
      missing: this.#missing,
      lastStepMs: this.#lastStepMs,
      silenceLimitMs: 2 * Math.max(inactivityMs, backoffMs.longest),
      lastActivityMs: this.#lastActivityMs,
      restarts: this.#restarts,
      corrections: this.#corrections,
    }
  }

  /** Runs until aborted; never throws. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#step()
      try {
        this.#version ??= await this.#listAll(signal)
        if (this.#clock.monotonicMs() >= this.#safetyListAtMs) await this.#proveList(this.#version, signal)
        await this.#watch(this.#version, signal)
      } catch (error) {
        if (signal.aborted) return
        await this.#recover(error, signal)
      }
    }
  }

  async #listAll(signal: AbortSignal): Promise<string> {
    const { items, resourceVersion } = await this.#list(undefined, signal)
    this.#options.part.replace(items)
    this.#heardSinceList = false
    this.#listed()
    return resourceVersion
  }

  /**
   * Lists the state at the very version we have watched up to: every difference is an event that was lost. A server that
   * cannot go back answers with its newest state, which mends but proves nothing.
   */
  async #proveList(version: string, signal: AbortSignal): Promise<void> {
    const { items, resourceVersion } = await this.#list(version, signal)
    const differences = this.#options.part.replace(items)
    if (resourceVersion === version && differences > 0) {
      this.#corrections += differences
      this.#options.metrics.corrections.inc(this.#labels, differences)
      this.#log.error({ differences }, "the watch had lost events; the cache is mended")
    }
    this.#version = resourceVersion
    this.#listed()
  }

  async #list(exactVersion: string | undefined, signal: AbortSignal): Promise<{ items: T[]; resourceVersion: string }> {
    const { client, kind, scope, metrics } = this.#options
    metrics.relists.inc(this.#labels)
    const items: T[] = []
    let continueFrom: string | undefined
    for (;;) {
      const from =
        continueFrom === undefined ? { ...(exactVersion !== undefined && { exactVersion }) } : { continueFrom }
      const page = await client
        .listPage<T>(kind, { ...scope, ...from }, signal)
        .catch((error: unknown) => this.#deny("list", error))
      this.#heard()
      items.push(...page.items)
      if (page.continueFrom === undefined) return { items, resourceVersion: page.resourceVersion }
      continueFrom = page.continueFrom
    }
  }

  #listed(): void {
    this.#safetyListAtMs = this.#clock.monotonicMs() + jitter(this.#clock, this.#timing.safetyListMs, safetyListJitter)
    this.#missing = false
    if (this.#denied === "list") this.#denied = undefined
    this.#synced = true
    this.#options.metrics.synced.set(this.#labels, 1)
  }

  /** One watch to its end in peace; throws for every other end. */
  async #watch(version: string, signal: AbortSignal): Promise<void> {
    const startMs = this.#clock.monotonicMs()
    const quiet = new AbortController()
    const limit = new SilenceLimit(this.#clock, this.#timing.inactivityMs, error => quiet.abort(error))
    const hear = () => {
      this.#heard()
      limit.restart()
    }
    const stop = () => quiet.abort(signal.reason)
    signal.addEventListener("abort", stop, { once: true })
    let events = 0
    try {
      for await (const event of this.#events(version, hear, quiet.signal)) {
        this.#take(event)
        events += 1
      }
    } finally {
      limit.stop()
      signal.removeEventListener("abort", stop)
    }
    const short = events === 0 && this.#clock.monotonicMs() - startMs < shortWatchMs
    if (short) throw new KubeApiError("the watch ended at once", { code: 0, reason: "ShortWatch" })
    this.#restart("closed")
  }

  async *#events(version: string, hear: () => void, signal: AbortSignal): AsyncGenerator<WatchEvent<T>> {
    const { client, kind, scope } = this.#options
    const { from, to } = this.#timing.watchSeconds
    const timeoutSeconds = Math.round(from + (to - from) * this.#clock.random())
    try {
      yield* client.watch<T>(kind, { ...scope, resourceVersion: version, timeoutSeconds }, hear, signal)
    } catch (error) {
      this.#deny("watch", error)
    }
  }

  #take(event: WatchEvent<T>): void {
    switch (event.type) {
      case "ADDED":
      case "MODIFIED":
        this.#options.part.put(event.object)
        this.#version = event.object.metadata.resourceVersion
        break
      case "DELETED":
        this.#options.part.remove(event.object)
        this.#version = event.object.metadata.resourceVersion
        break
      case "BOOKMARK":
        this.#version = event.resourceVersion
        break
      case "ERROR":
        throw event.error
      default:
        event satisfies never
    }
    this.#heardSinceList = true
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const reason = restartReason(error)
    this.#restart(reason)
    const relist = reason === "expired" || reason === "kindGone"
    if (relist) this.#version = undefined
    this.#missing = reason === "kindGone"
    // At once is for what is over by now; twice in a row it is not.
    if (reason === "inactive" || (reason === "expired" && this.#heardSinceList)) return
    const level = reason === "denied" || reason === "kindGone" || reason === "error" ? "error" : "info"
    const askedMs = error instanceof KubeApiError ? error.retryAfterMs : undefined
    const pauseMs = Math.max(this.#nextPauseMs(), askedMs ?? 0)
    this.#log[level]({ error: briefly(error), reason, pauseMs }, "watching again after a pause")
    await sleep(this.#clock, pauseMs, signal).catch(() => undefined)
  }

  #nextPauseMs(): number {
    const { first, longest, resetAfter } = this.#timing.backoffMs
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#failedAtMs > resetAfter) this.#failures = 0
    const pauseMs = jitter(this.#clock, Math.min(first * 2 ** this.#failures, longest), backoffJitter)
    this.#failures += 1
    this.#failedAtMs = nowMs + pauseMs
    return pauseMs
  }

  #restart(reason: RestartReason): void {
    this.#restarts.set(reason, (this.#restarts.get(reason) ?? 0) + 1)
    this.#options.metrics.restarts.inc({ ...this.#labels, reason })
  }

  #deny(verb: "list" | "watch", error: unknown): never {
    if (isForbidden(error)) this.#denied = verb
    throw error
  }

  #heard(): void {
    this.#step()
    this.#lastActivityMs = this.#clock.monotonicMs()
    this.#options.metrics.lastEvent.set(this.#labels, this.#clock.now().epochMilliseconds / 1000)
    if (this.#denied === "watch") this.#denied = undefined
  }

  #step(): void {
    this.#lastStepMs = this.#clock.monotonicMs()
  }
}

function restartReason(error: unknown): RestartReason {
  if (error instanceof InactiveError) return "inactive"
  if (isGone(error)) return "expired"
  if (isNotFound(error)) return "kindGone"
  if (isForbidden(error)) return "denied"
  if (!(error instanceof KubeApiError)) return "error"
  if (error.reason === "ShortWatch") return "short"
  return error.code === 0 ? "lost" : "error"
}

function briefly(error: unknown): string {
  return error instanceof KubeApiError ? `${error.code} ${error.reason}` : String(error)
}
