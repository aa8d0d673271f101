import type { Cache } from "../runtime/cache.ts"
import type { KubeClient } from "../runtime/kube-client.ts"
import type { KubeObject, ObjectKey, ResourceKind } from "../runtime/objects.ts"
import { keyOf } from "../runtime/objects.ts"
import { patchStatus } from "../runtime/status.ts"

/**
 * Our own writes come back through the cache a moment later. Until they do, reading the cache would show the status
 * before, and a status compared with it could be left unwritten. So what was written is remembered until the cache has it.
 */
export class StatusBook {
  readonly #client: KubeClient
  readonly #written = new Map<string, KubeObject>()

  constructor(client: KubeClient) {
    this.#client = client
  }

  /** The object as cached, with the status as last written here as long as the cache is behind that. */
  read<Spec, Status>(
    cache: Cache<KubeObject<Spec, Status>>,
    kind: ResourceKind,
    key: ObjectKey,
  ): KubeObject<Spec, Status> | undefined {
    const cached = cache.get(key)
    const name = `${kind.kind} ${key}`
    const written = this.#written.get(name)
    if (written === undefined) return cached
    if (cached !== undefined && isBehind(cached, written)) return { ...cached, status: written.status as Status }
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
    else if (after !== object) this.#written.set(name, after)
    return after
  }
}

/**
 * Versions of one object can be put in order since Kubernetes 1.35; before, and in every API server there is, they are
 * numbers all the same. Somebody else's write in between (an annotation) must not make us forget our own.
 */
function isBehind(cached: KubeObject, written: KubeObject): boolean {
  if (cached.metadata.uid !== written.metadata.uid) return false
  const [known, ours] = [cached, written].map(({ metadata }) => versionOf(metadata.resourceVersion))
  return known !== undefined && ours !== undefined && known < ours
}

function versionOf(text: string): bigint | undefined {
  return /^\d+$/.test(text) ? BigInt(text) : undefined
}
