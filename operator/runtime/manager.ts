import type { Registry } from "prom-client"
import type { Cache, CacheOptions, WatchedObject } from "./cache.ts"
import type { Clock } from "./clock.ts"
import type { Controller, ControllerOptions } from "./controller.ts"
import type { EventRecorder } from "./events.ts"
import type { KubeClient } from "./kube-client.ts"
import type { Log } from "./log.ts"
import type { KubeResource, ObjectRef, ResourceKind } from "./objects.ts"

export type ManagerOptions = {
  readonly client: KubeClient
  readonly log: Log
  readonly clock?: Clock
  /** Names the process in Events; `calsync.dev/operator` style. */
  readonly reportingController: string
  /** This replica: the pod's name. */
  readonly identity: string
  /** Absent: a single process that always leads. */
  readonly leaderElection?: { readonly namespace: string; readonly name: string; readonly leaseDurationMs?: number }
  /** Absent: no probe server. */
  readonly probes?: { readonly host: string; readonly port: number }
}

/** Owns everything that lives: caches on every replica, workers on the leader only. Build all, then `start`. */
export declare class Manager {
  constructor(options: ManagerOptions)
  readonly client: KubeClient
  readonly log: Log
  readonly registry: Registry
  readonly recorder: EventRecorder
  readonly isLeader: boolean
  cache<T extends KubeResource>(kind: ResourceKind, options?: CacheOptions<T>): Cache<T>
  /** By name, one at a time: for Secrets and ConfigMaps, which are never listed. May be called while running. */
  watchObject<T extends KubeResource>(
    kind: ResourceKind,
    ref: ObjectRef,
    options: { readonly metadataOnly?: boolean },
    onChange: (before: T | undefined, after: T | undefined) => void,
  ): WatchedObject<T>
  controller(options: ControllerOptions): Controller
  /** The fence, asked right before every write outside; throws NotLeaderError. */
  readonly mayWrite: () => void
  /** Runs until the signal, then drains. Rejects with LeaseLostError when another replica may have taken over. */
  start(signal: AbortSignal): Promise<void>
}
