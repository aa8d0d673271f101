import { type Cache, type CacheOptions, type ChangeHandler, ObjectCache, type WatchedObject } from "./cache.ts"
import type { Clock } from "./clock.ts"
import type { KubeClient, ListOptions } from "./kube-client.ts"
import type { Log } from "./log.ts"
import type { Metrics } from "./metrics.ts"
import { type KubeResource, keyOf, type ObjectRef, type ResourceKind, resourceName } from "./objects.ts"
import { Reflector, type ReflectorHealth, type ReflectorTiming } from "./reflector.ts"

export type WatchRegistryOptions = {
  readonly client: KubeClient
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics["informer"]
  readonly timing?: ReflectorTiming
}

type Health = () => ReflectorHealth
type Named = { readonly cache: ObjectCache<KubeResource>; readonly stop: () => void; holders: number }
type Source = { readonly kind: ResourceKind; readonly scope: ListOptions; readonly resource: string }

/** All caches and watches of the process: the same wish twice is one watch. */
export class WatchRegistry {
  readonly #options: WatchRegistryOptions
  readonly #stopped = new AbortController()
  readonly #caches = new Map<string, ObjectCache<KubeResource>>()
  readonly #named = new Map<string, Named>()
  readonly #essential = new Set<Health>()
  readonly #byName = new Set<Health>()
  readonly #starts: (() => void)[] = []
  readonly #runs = new Set<Promise<void>>()
  #started = false

  constructor(options: WatchRegistryOptions) {
    this.#options = options
  }

  cache<T extends KubeResource>(kind: ResourceKind, options: CacheOptions<T> = {}): Cache<T> {
    const { indexes, namespaces, labelSelector, metadataOnly } = options
    const identity = JSON.stringify([resourceName(kind), namespaces, labelSelector, metadataOnly])
    const cache = typed<T>(this.#caches.get(identity) ?? this.#openCache(identity, kind, options))
    if (indexes !== undefined) cache.addIndexes(indexes)
    return cache
  }

  watchObject<T extends KubeResource>(
    kind: ResourceKind,
    ref: ObjectRef,
    { metadataOnly }: { readonly metadataOnly?: boolean },
    onChange: ChangeHandler<T>,
  ): WatchedObject<T> {
    const identity = JSON.stringify([resourceName(kind), keyOf(ref), metadataOnly])
    const named = this.#named.get(identity) ?? this.#openNamed(identity, kind, ref, metadataOnly)
    named.holders += 1
    const cache = typed<T>(named.cache)
    const release = cache.onChange(onChange)
    return {
      get current() {
        return cache.get(keyOf(ref))
      },
      get synced() {
        return cache.synced
      },
      whenSynced: signal => cache.whenSynced(signal),
      close: once(() => {
        release()
        named.holders -= 1
        if (named.holders > 0) return
        this.#named.delete(identity)
        named.stop()
      }),
    }
  }

  /** What the process cannot do without. */
  essential(): readonly ReflectorHealth[] {
    return [...this.#essential].map(health => health())
  }

  all(): readonly ReflectorHealth[] {
    return [...this.#essential, ...this.#byName].map(health => health())
  }

  start(): void {
    this.#started = true
    for (const start of this.#starts.splice(0)) start()
  }

  async whenSynced(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#caches.values()].map(cache => cache.whenSynced(signal)))
  }

  /** Resolves when no watch is left. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    await Promise.all(this.#runs)
  }

  #openCache<T extends KubeResource>(identity: string, kind: ResourceKind, options: CacheOptions<T>) {
    const { namespaces, labelSelector, metadataOnly } = options
    const resource = resourceName(kind)
    const cache = this.#newCache(resource)
    this.#caches.set(identity, cache)
    const common = { ...(labelSelector !== undefined && { labelSelector }), ...(metadataOnly && { metadataOnly }) }
    for (const namespace of namespaces ?? [undefined]) {
      const scope = { ...common, ...(namespace !== undefined && { namespace }) }
      this.#reflect({ kind, scope, resource }, cache, this.#essential, this.#stopped.signal)
    }
    return cache
  }

  #openNamed(identity: string, kind: ResourceKind, { namespace, name }: ObjectRef, metadataOnly = false): Named {
    const resource = `${resourceName(kind)} by name`
    const cache = this.#newCache(resource)
    const ended = new AbortController()
    const scope = {
      ...(namespace !== undefined && { namespace }),
      fieldSelector: `metadata.name=${name}`,
      metadataOnly,
    }
    const end = () => ended.abort()
    this.#stopped.signal.addEventListener("abort", end, { once: true })
    const forget = this.#reflect({ kind, scope, resource }, cache, this.#byName, ended.signal)
    const stop = () => {
      end()
      forget()
      this.#stopped.signal.removeEventListener("abort", end)
    }
    const named = { cache, stop, holders: 0 }
    this.#named.set(identity, named)
    return named
  }

  #newCache(resource: string): ObjectCache<KubeResource> {
    const onHandlerError = () => this.#options.metrics.handlerErrors.inc({ resource })
    return new ObjectCache({ log: this.#options.log.child({ resource }), onHandlerError })
  }

  /** Starts now or with the rest. Returns the way to take its health off the list. */
  #reflect(source: Source, cache: ObjectCache<KubeResource>, list: Set<Health>, signal: AbortSignal): () => void {
    const reflector = new Reflector({ ...this.#options, ...source, part: cache.openPart() })
    const health = () => reflector.health
    list.add(health)
    const start = () => {
      const run = reflector.run(signal).finally(() => this.#runs.delete(run))
      this.#runs.add(run)
    }
    if (this.#started) start()
    else this.#starts.push(start)
    return () => list.delete(health)
  }
}

/** The caller names the type of the kind it asks for, as everywhere with objects of the server. */
function typed<T extends KubeResource>(cache: ObjectCache<KubeResource>): ObjectCache<T> {
  return cache as unknown as ObjectCache<T>
}

function once(run: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    run()
  }
}
