import type { Cache } from "../runtime/cache.ts"
import type { KubeClient } from "../runtime/kube-client.ts"
import type { KubeObject, ObjectKey, ResourceKind } from "../runtime/objects.ts"
import { keyOf } from "../runtime/objects.ts"
import { patchStatus } from "../runtime/status.ts"

/**
 * Our own writes come back through the cache a moment later. Until they do, reading the cache would show the status
 * before, and a status compared with it could be left unwritten. So what was written is remembered until the cache moves.
 */
export class StatusBook {
  readonly #client: KubeClient
  readonly #written = new Map<string, { readonly instead: string; readonly object: KubeObject }>()

  constructor(client: KubeClient) {
    this.#client = client
  }

  /** The object as last written here, or as cached if the cache has moved since. */
  read<Spec, Status>(
    cache: Cache<KubeObject<Spec, Status>>,
    kind: ResourceKind,
    key: ObjectKey,
  ): KubeObject<Spec, Status> | undefined {
    const cached = cache.get(key)
    const name = `${kind.kind} ${key}`
    const written = this.#written.get(name)
    if (written === undefined) return cached
    if (cached !== undefined && cached.metadata.resourceVersion === written.instead) {
      // The spec is the cache's, the status ours: the same object, seen at the same version.
      return { ...cached, status: written.object.status as Status }
    }
    this.#written.delete(name)
    return cached
  }

  /** Writes the status once, and not at all when it says the same already. Undefined: the object is gone. */
  async write<Spec, Status>(
    kind: ResourceKind,
    object: KubeObject<Spec, Status>,
    next: Status,
    signal: AbortSignal,
  ): Promise<KubeObject<Spec, Status> | undefined> {
    const after = await patchStatus({ client: this.#client, kind, object, next }, signal)
    const name = `${kind.kind} ${keyOf(object.metadata)}`
    if (after === undefined) this.#written.delete(name)
    else if (after !== object) this.#written.set(name, { instead: object.metadata.resourceVersion, object: after })
    return after
  }
}
