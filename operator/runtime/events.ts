import { type Cancel, type Clock, withDeadline } from "./clock.ts"
import type { KubeClient } from "./kube-client.ts"
import { isNotFound } from "./kube-error.ts"
import type { Log } from "./log.ts"
import type { Metrics } from "./metrics.ts"
import { microTime } from "./micro-time.ts"
import type { KubeResource, ObjectRef, ResourceKind } from "./objects.ts"

export type ObjectEvent = {
  readonly type: "Normal" | "Warning"
  /** CamelCase, why. */
  readonly reason: string
  /** CamelCase verb, what was done or tried. */
  readonly action: string
  /** Constant text: no counts, times, ids, subjects. Repetitions are counted in a series instead. */
  readonly note: string
}

/** Tells people what happened to an object. Never throws, never waits; what is too much is dropped and counted. */
export interface EventRecorder {
  record(object: KubeResource, event: ObjectEvent): void
}

const eventKind: ResourceKind = { group: "events.k8s.io", version: "v1", plural: "events", kind: "Event" }

export type EventWriterOptions = {
  readonly client: KubeClient
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics["events"]
  readonly reportingController: string
  readonly reportingInstance: string
}

// client-go's spam filter: per object a burst, and then one in five minutes.
const burst = 25
const refillMs = 5 * 60_000
// client-go ends a series after this long without a repetition.
const seriesIdleMs = 6 * 60_000
// A repetition is told once a minute at most; the count tells the rest.
const seriesWriteMs = 60_000
// Beyond this the API server is in worse trouble than people without Events.
const longestQueue = 500
const mostRemembered = 5_000
const writeTimeoutMs = 10_000
// What the API accepts.
const longestNote = 1024
const longestName = 128

type Series = {
  readonly ref: ObjectRef
  readonly key: string
  count: number
  lastMs: number
  writtenMs: number
  written: number
  cancel?: Cancel
}
type Bucket = { tokens: number; atMs: number }

/** Writes Events one after the other, in the background. */
export class EventWriter implements EventRecorder {
  readonly #options: EventWriterOptions
  readonly #clock: Clock
  readonly #series = new Map<string, Series>()
  readonly #buckets = new Map<string, Bucket>()
  readonly #stopped = new AbortController()
  #chain: Promise<void> = Promise.resolve()
  #queued = 0

  constructor(options: EventWriterOptions) {
    this.#options = options
    this.#clock = options.clock
  }

  record(object: KubeResource, event: ObjectEvent): void {
    if (this.#stopped.signal.aborted) return
    const key = [object.metadata.uid, event.reason, event.action, event.type].join("/")
    const nowMs = this.#clock.monotonicMs()
    const series = this.#series.get(key)
    if (series !== undefined && nowMs - series.lastMs < seriesIdleMs) this.#repeat(series, nowMs)
    else this.#begin(key, object, event, nowMs)
  }

  /** Writes what is pending, and takes nothing more. */
  async close(signal: AbortSignal): Promise<void> {
    for (const series of this.#series.values()) {
      series.cancel?.()
      if (series.count > series.written) this.#tellSeries(series)
    }
    const abort = () => this.#stopped.abort(signal.reason)
    signal.addEventListener("abort", abort, { once: true })
    await this.#chain
    signal.removeEventListener("abort", abort)
    this.#stopped.abort()
  }

  #begin(key: string, object: KubeResource, event: ObjectEvent, nowMs: number): void {
    if (!this.#spend(object.metadata.uid, nowMs)) {
      this.#drop("rate")
      return
    }
    this.#tidy(nowMs)
    const { name, namespace = "default" } = object.metadata
    const suffix = Math.floor(this.#clock.random() * 2 ** 52).toString(16)
    const ref = { namespace, name: `${name.slice(0, 200)}.${suffix}` }
    this.#series.set(key, { ref, key, count: 1, written: 1, lastMs: nowMs, writtenMs: nowMs })
    const body = { metadata: ref, ...this.#describe(object, event) }
    this.#write(async signal => {
      await this.#options.client.create(eventKind, body, signal)
    })
  }

  #repeat(series: Series, nowMs: number): void {
    series.count += 1
    series.lastMs = nowMs
    if (series.cancel !== undefined) return
    const waitMs = series.written === 1 ? 0 : series.writtenMs + seriesWriteMs - nowMs
    if (waitMs <= 0) this.#tellSeries(series)
    else series.cancel = this.#clock.setTimeout(() => this.#tellSeries(series), waitMs)
  }

  #tellSeries(series: Series): void {
    delete series.cancel
    series.written = series.count
    series.writtenMs = this.#clock.monotonicMs()
    const body = { series: { count: series.count, lastObservedTime: microTime(this.#clock.now()) } }
    this.#write(async signal => {
      try {
        await this.#options.client.mergePatch(eventKind, series.ref, body, {}, signal)
      } catch (error) {
        if (!isNotFound(error)) throw error
        this.#series.delete(series.key) // Events live for an hour; the next one begins anew.
      }
    })
  }

  #describe({ apiVersion, kind, metadata }: KubeResource, { type, reason, action, note }: ObjectEvent) {
    const { name, namespace, uid, resourceVersion } = metadata
    return {
      eventTime: microTime(this.#clock.now()),
      reportingController: this.#options.reportingController.slice(0, longestName),
      reportingInstance: this.#options.reportingInstance.slice(0, longestName),
      type,
      reason: reason.slice(0, longestName),
      action: action.slice(0, longestName),
      note: note.slice(0, longestNote),
      regarding: { apiVersion, kind, name, ...(namespace !== undefined && { namespace }), uid, resourceVersion },
    }
  }

  #write(send: (signal: AbortSignal) => Promise<void>): void {
    if (this.#queued >= longestQueue) {
      this.#drop("queue")
      return
    }
    this.#queued += 1
    const limit = { clock: this.#clock, ms: writeTimeoutMs }
    this.#chain = this.#chain
      .then(() => withDeadline(limit, this.#stopped.signal, send))
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#queued -= 1
      })
  }

  #failed(error: unknown): void {
    this.#drop("failed")
    this.#options.log.debug({ error }, "an Event could not be written")
  }

  #drop(reason: "rate" | "queue" | "failed"): void {
    this.#options.metrics.dropped.inc({ reason })
  }

  #spend(uid: string, nowMs: number): boolean {
    const { tokens, atMs } = this.#buckets.get(uid) ?? { tokens: burst, atMs: nowMs }
    const filled = Math.min(burst, tokens + (nowMs - atMs) / refillMs)
    this.#buckets.set(uid, { tokens: filled >= 1 ? filled - 1 : filled, atMs: nowMs })
    return filled >= 1
  }

  /** Forgets what is over, now and then: objects come and go for as long as the process lives. */
  #tidy(nowMs: number): void {
    if (this.#series.size >= mostRemembered)
      for (const [key, { lastMs, cancel }] of this.#series)
        if (cancel === undefined && nowMs - lastMs >= seriesIdleMs) this.#series.delete(key)
    if (this.#buckets.size >= mostRemembered)
      for (const [uid, { tokens, atMs }] of this.#buckets)
        if (tokens + (nowMs - atMs) / refillMs >= burst) this.#buckets.delete(uid)
  }
}
