import type { KubeResource, ObjectKey } from "./objects.ts"

/** An object appeared (`before` undefined), changed, or went (`after` undefined). Must only enqueue. */
export type ChangeHandler<T extends KubeResource> = (
  before: T | undefined,
  after: T | undefined,
  /** `initial`: it was there when we came, so nobody is waiting for it. */
  about: { readonly initial: boolean },
) => void

/** Named ways to find objects; each gives the values one object is found under. */
export type Indexes<T extends KubeResource> = Readonly<Record<string, (object: T) => readonly string[]>>

export type CacheOptions<T extends KubeResource> = {
  /** Absent: all namespaces. */
  readonly namespaces?: readonly string[]
  readonly labelSelector?: string
  readonly indexes?: Indexes<T>
  /** Only metadata is fetched and held. */
  readonly metadataOnly?: boolean
}

/** What readers see of a cache. Objects are frozen and shared; `managedFields` and last-applied are left out. */
export interface Cache<T extends KubeResource> {
  get(key: ObjectKey): T | undefined
  list(): readonly T[]
  byIndex(index: string, value: string): readonly T[]
  /** Everything there was has been listed once. */
  readonly synced: boolean
  /** Adds a handler; what is known already is told to it as initial. Returns the way to take it off. */
  onChange(handler: ChangeHandler<T>): () => void
  whenSynced(signal: AbortSignal): Promise<void>
}

/** One object watched by name. */
export interface WatchedObject<T extends KubeResource> {
  /** Undefined while it does not exist, and before `synced`. */
  readonly current: T | undefined
  readonly synced: boolean
  whenSynced(signal: AbortSignal): Promise<void>
  /** The watch ends with its last holder. */
  close(): void
}
