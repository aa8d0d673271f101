import type { KubeConfig } from "@kubernetes/client-node"
import type { Clock } from "./clock.ts"
import type { Log } from "./log.ts"
import type { KubeResource, ObjectRef, ResourceKind } from "./objects.ts"

/** An object to be made; the client fills in apiVersion and kind. */
export type NewObject = { readonly metadata: NewMeta; readonly [field: string]: unknown }
export type NewMeta = ObjectRef & { readonly [field: string]: unknown }

export type ListOptions = {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Only metadata is sent (PartialObjectMetadata): for kinds whose content is none of our business. */
  readonly metadataOnly?: boolean
}

export type JsonPatchOperation =
  | { readonly op: "add" | "replace" | "test"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string }

export type KubeClientOptions = { readonly kubeConfig: KubeConfig; readonly log?: Log; readonly clock?: Clock }

/**
 * Requests to one API server, with one pool of connections. Every call throws KubeApiError, or the signal's reason when
 * aborted; what may be repeated safely is repeated on 429, 503, 504 and lost connections.
 */
export declare class KubeClient {
  constructor(options: KubeClientOptions)
  get<T extends KubeResource>(kind: ResourceKind, ref: ObjectRef, signal: AbortSignal): Promise<T>
  /** All pages of it. */
  list<T extends KubeResource>(kind: ResourceKind, options: ListOptions, signal: AbortSignal): Promise<readonly T[]>
  create<T extends KubeResource>(kind: ResourceKind, object: NewObject, signal: AbortSignal): Promise<T>
  mergePatch<T extends KubeResource>(
    kind: ResourceKind,
    ref: ObjectRef,
    body: object,
    options: { readonly subresource?: "status" },
    signal: AbortSignal,
  ): Promise<T>
  jsonPatch<T extends KubeResource>(
    kind: ResourceKind,
    ref: ObjectRef,
    operations: readonly JsonPatchOperation[],
    signal: AbortSignal,
  ): Promise<T>
  /** Server-side apply of the fields we own. */
  apply<T extends KubeResource>(
    kind: ResourceKind,
    object: NewObject,
    options: { readonly fieldManager: string; readonly force?: boolean; readonly subresource?: "status" },
    signal: AbortSignal,
  ): Promise<T>
  /** Resolves also when it was gone already. With `uid`, only that very object. */
  delete(kind: ResourceKind, ref: ObjectRef, options: { readonly uid?: string }, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}
