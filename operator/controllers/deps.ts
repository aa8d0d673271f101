import type { OpenConnection, OpenSource, SyncMemory } from "../core/ports.ts"
import type { WatchedObject } from "../runtime/cache.ts"
import type { Controller } from "../runtime/controller.ts"
import type { Manager } from "../runtime/manager.ts"
import type { KubeResource } from "../runtime/objects.ts"
import type { Hub } from "./hub.ts"
import type { DomainMetrics } from "./metrics.ts"
import type { Caches } from "./objects.ts"
import type { Owners } from "./owners.ts"
import type { References } from "./references.ts"
import type { StatusBook } from "./status-book.ts"

/** Who this process is, on every mark it writes. */
export type Installation = {
  /** Survives rebuilding the cluster. */
  readonly id: string
  /** This cluster. */
  readonly cluster: string
}

/** The controllers by kind: whoever changes something that another kind must see enqueues its keys. */
export type Controllers = {
  readonly connections: Controller
  readonly sources: Controller
  readonly policies: Controller
  readonly bindings: Controller
  readonly events: Controller
  readonly syncs: Controller
}

/** What every controller is given. Adapters come as functions: no controller knows which there are. */
export type ControllerDeps = {
  readonly manager: Manager
  readonly caches: Caches
  readonly hub: Hub
  readonly references: References
  readonly status: StatusBook
  /** Namespaces whose labels a permission hangs on, watched by name. */
  readonly namespaces: Map<string, WatchedObject<KubeResource>>
  readonly openConnection: OpenConnection
  readonly openSource: OpenSource
  readonly installation: Installation
  /** The pod's own projected token; undefined where the pod has none. */
  readonly readFederatedToken: (() => Promise<string>) | undefined
  readonly now: () => Temporal.Instant
  /** In [0, 1). */
  readonly random: () => number
  readonly owners: Owners
  /** What was in step, for policies that respect deletions. `forget` when the sync goes. */
  readonly memory: SyncMemory & { forget(sync: string, signal: AbortSignal): Promise<void> }
  readonly metrics: DomainMetrics
  /** Runs the work and counts the requests to Exchange it makes. */
  readonly countRequests: <T>(work: () => Promise<T>) => Promise<{ readonly result: T; readonly requests: number }>
  /** Filled in before anything runs. */
  readonly controllers: () => Controllers
}
