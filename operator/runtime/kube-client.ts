import type { KubeConfig } from "@kubernetes/client-node"
import { type Clock, systemClock } from "./clock.ts"
import { isNotFound } from "./kube-error.ts"
import { type Answer, type Observer, Requester, type RequestPlan } from "./kube-request.ts"
import { type Page, parseJson, readObject, readPage, type WatchEvent } from "./object-json.ts"
import { apiVersionOf, type KubeResource, type ObjectRef, type ResourceKind } from "./objects.ts"
import { readWatch } from "./watch-stream.ts"

/** An object to be made; the client fills in apiVersion and kind. */
export type NewObject = { readonly metadata: NewMeta; readonly [field: string]: unknown }
type NewMeta = ObjectRef & { readonly [field: string]: unknown }

export type ListOptions = {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Only metadata is sent (PartialObjectMetadata): for kinds whose content is none of our business. */
  readonly metadataOnly?: boolean
}

export type PageOptions = ListOptions & {
  readonly continueFrom?: string
  /** The state at exactly this version. */
  readonly exactVersion?: string
}

export type WatchOptions = ListOptions & { readonly resourceVersion: string; readonly timeoutSeconds: number }

export type JsonPatchOperation =
  | { readonly op: "add" | "replace" | "test"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string }

export type ApplyOptions = {
  readonly fieldManager: string
  /** Take fields over that another manager set; only for fields that are ours by design. */
  readonly force?: boolean
  readonly subresource?: "status"
}

export type KubeClientOptions = {
  readonly kubeConfig: KubeConfig
  readonly clock?: Clock
  /** Who asks, in the server's audit log. */
  readonly userAgent?: string
  /** For one attempt of one request that is not a watch. */
  readonly requestTimeoutMs?: number
}

// What client-go and kubectl use: bounds the memory of one answer on both sides.
const pageSize = 500
const requestTimeoutMs = 30_000
const metadataAccept = (list: boolean) =>
  `application/json;as=PartialObjectMetadata${list ? "List" : ""};g=meta.k8s.io;v=v1,application/json`

/**
 * Requests to one API server over one pool of connections. Every call throws KubeApiError, or the signal's reason when
 * aborted; what may be repeated safely is repeated on 429, 503, 504 and lost connections.
 */
export class KubeClient {
  readonly #requester: Requester

  constructor({ kubeConfig, clock = systemClock, ...options }: KubeClientOptions) {
    this.#requester = new Requester({ requestTimeoutMs, ...options, kubeConfig, clock })
  }

  /** Told about every attempt, for metrics. */
  observe(observer: Observer): void {
    this.#requester.observer = observer
  }

  async get<T extends KubeResource>(kind: ResourceKind, ref: ObjectRef, signal: AbortSignal): Promise<T> {
    return this.#object<T>(kind, { method: "GET", path: pathOf(kind, ref), repeat: "always" }, signal)
  }

  /** All pages of it. */
  async list<T extends KubeResource>(
    kind: ResourceKind,
    options: ListOptions,
    signal: AbortSignal,
  ): Promise<readonly T[]> {
    const items: T[] = []
    let page: Page<T> | undefined
    do {
      const continueFrom = page?.continueFrom
      page = await this.listPage<T>(kind, { ...options, ...(continueFrom && { continueFrom }) }, signal)
      items.push(...page.items)
    } while (page.continueFrom !== undefined)
    return items
  }

  async listPage<T extends KubeResource>(
    kind: ResourceKind,
    options: PageOptions,
    signal: AbortSignal,
  ): Promise<Page<T>> {
    const { continueFrom, exactVersion } = options
    const query = {
      ...selection(options),
      limit: `${pageSize}`,
      ...(continueFrom !== undefined && { continue: continueFrom }),
      // A continued list keeps the version it began with and refuses to be told another.
      ...(continueFrom === undefined &&
        exactVersion !== undefined && { resourceVersion: exactVersion, resourceVersionMatch: "Exact" }),
    }
    const plan = { method: "GET", path: collectionOf(kind, options), query, repeat: "always" } as const
    const answer = await this.#requester.send(
      { ...plan, ...(options.metadataOnly && { accept: metadataAccept(true) }) },
      signal,
    )
    return readPage<T>(answer.text, kind)
  }

  /** One watch request; ends when the server or the signal says so. `onActivity` hears every byte that arrives. */
  async *watch<T extends KubeResource>(
    kind: ResourceKind,
    options: WatchOptions,
    onActivity: () => void,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>> {
    const query = {
      ...selection(options),
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: options.resourceVersion,
      timeoutSeconds: `${options.timeoutSeconds}`,
    }
    const plan = { method: "GET", path: collectionOf(kind, options), query, repeat: "never" } as const
    const body = await this.#requester.open(
      { ...plan, ...(options.metadataOnly && { accept: metadataAccept(false) }) },
      signal,
    )
    yield* readWatch<T>(body, kind, onActivity)
  }

  async create<T extends KubeResource>(kind: ResourceKind, object: NewObject, signal: AbortSignal): Promise<T> {
    const body = { ...object, apiVersion: apiVersionOf(kind), kind: kind.kind }
    const path = collectionOf(kind, object.metadata)
    return this.#object<T>(kind, { method: "POST", path, body, repeat: "whenRefused" }, signal)
  }

  /** PUT: fails with a conflict when the object moved on from `metadata.resourceVersion`. */
  async replace<T extends KubeResource>(kind: ResourceKind, object: NewObject, signal: AbortSignal): Promise<T> {
    const body = { ...object, apiVersion: apiVersionOf(kind), kind: kind.kind }
    const path = pathOf(kind, object.metadata)
    return this.#object<T>(kind, { method: "PUT", path, body, repeat: "whenRefused" }, signal)
  }

  async mergePatch<T extends KubeResource>(
    kind: ResourceKind,
    ref: ObjectRef,
    body: object,
    options: { readonly subresource?: "status" },
    signal: AbortSignal,
  ): Promise<T> {
    const contentType = "application/merge-patch+json"
    const path = pathOf(kind, ref, options.subresource)
    return this.#object<T>(kind, { method: "PATCH", path, body, contentType, repeat: "always" }, signal)
  }

  async jsonPatch<T extends KubeResource>(
    kind: ResourceKind,
    ref: ObjectRef,
    operations: readonly JsonPatchOperation[],
    signal: AbortSignal,
  ): Promise<T> {
    const plan = { method: "PATCH", path: pathOf(kind, ref), body: operations, repeat: "whenRefused" } as const
    return this.#object<T>(kind, { ...plan, contentType: "application/json-patch+json" }, signal)
  }

  /** Server-side apply of exactly the fields that are ours. */
  async apply<T extends KubeResource>(
    kind: ResourceKind,
    object: NewObject,
    { fieldManager, force = false, subresource }: ApplyOptions,
    signal: AbortSignal,
  ): Promise<T> {
    const plan: RequestPlan = {
      method: "PATCH",
      path: pathOf(kind, object.metadata, subresource),
      query: { fieldManager, ...(force && { force: "true" }) },
      body: { ...object, apiVersion: apiVersionOf(kind), kind: kind.kind }, // JSON is YAML
      contentType: "application/apply-patch+yaml",
      repeat: "always",
    }
    return this.#object<T>(kind, plan, signal)
  }

  /** Resolves also when it was gone already. With `uid`, only that very object. */
  async delete(
    kind: ResourceKind,
    ref: ObjectRef,
    { uid }: { readonly uid?: string },
    signal: AbortSignal,
  ): Promise<void> {
    const body = uid === undefined ? {} : { body: { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid } } }
    try {
      await this.#requester.send({ method: "DELETE", path: pathOf(kind, ref), ...body, repeat: "always" }, signal)
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

  /** Ends all connections, watches too. */
  close(): Promise<void> {
    return this.#requester.close()
  }

  async #object<T extends KubeResource>(kind: ResourceKind, plan: RequestPlan, signal: AbortSignal): Promise<T> {
    const answer: Answer = await this.#requester.send(plan, signal)
    return readObject<T>(parseJson(answer.text), kind)
  }
}

function collectionOf(
  { group, version, plural }: ResourceKind,
  { namespace }: { readonly namespace?: string },
): string {
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`
  const scope = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`
  return `${root}${scope}/${plural}`
}

function pathOf(kind: ResourceKind, ref: ObjectRef, subresource?: "status"): string {
  const path = `${collectionOf(kind, ref)}/${encodeURIComponent(ref.name)}`
  return subresource === undefined ? path : `${path}/${subresource}`
}

function selection({ labelSelector, fieldSelector }: ListOptions): Record<string, string> {
  return {
    ...(labelSelector !== undefined && { labelSelector }),
    ...(fieldSelector !== undefined && { fieldSelector }),
  }
}
