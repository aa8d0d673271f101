import { NeedsAttentionError } from "../core/errors.ts"
import type { WatchedObject } from "../runtime/cache.ts"
import { isNotFound } from "../runtime/kube-error.ts"
import type { Manager } from "../runtime/manager.ts"
import type { KubeResource, ResourceKind } from "../runtime/objects.ts"

/**
 * Secrets and ConfigMaps that our objects refer to. They are never listed: each is watched by name, for its metadata
 * only, as long as somebody refers to it, and its content is fetched at the moment it is needed.
 */

export type Reference = { readonly kind: "Secret" | "ConfigMap"; readonly namespace: string; readonly name: string }

type Content = KubeResource & { readonly data?: Readonly<Record<string, string>> }

const kinds = {
  Secret: { group: "", version: "v1", plural: "secrets", kind: "Secret" },
  ConfigMap: { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap" },
} as const satisfies Record<Reference["kind"], ResourceKind>

export class References {
  readonly #manager: Manager
  readonly #held = new Map<string, Map<string, WatchedObject<KubeResource>>>()

  constructor(manager: Manager) {
    this.#manager = manager
  }

  /** Watches exactly these for the holder from now on; `onChange` is called when one appears, changes or goes. */
  hold(holder: string, references: readonly Reference[], onChange: () => void): void {
    const before = this.#held.get(holder) ?? new Map<string, WatchedObject<KubeResource>>()
    const after = new Map<string, WatchedObject<KubeResource>>()
    for (const reference of references) {
      const name = nameOf(reference)
      after.set(name, before.get(name) ?? this.#watch(reference, onChange))
    }
    for (const [name, watched] of before) if (!after.has(name)) watched.close()
    this.#held.set(holder, after)
  }

  release(holder: string): void {
    for (const watched of this.#held.get(holder)?.values() ?? []) watched.close()
    this.#held.delete(holder)
  }

  /** One value as text. Throws NeedsAttentionError naming what is missing, never what is in it. */
  async read(reference: Reference, key: string, signal: AbortSignal): Promise<string> {
    const value = await this.readOptional(reference, key, signal)
    if (value !== undefined && value !== "") return value
    throw new NeedsAttentionError(`${nameOf(reference)} has no key "${key}", or it is empty: add it`, {
      reason: missingReason(reference),
    })
  }

  async readOptional(reference: Reference, key: string, signal: AbortSignal): Promise<string | undefined> {
    const { data } = await this.#fetch(reference, signal)
    const value = data !== undefined && Object.hasOwn(data, key) ? data[key] : undefined
    if (value === undefined) return undefined
    return reference.kind === "Secret" ? Buffer.from(value, "base64").toString("utf8") : value
  }

  async #fetch({ kind, namespace, name }: Reference, signal: AbortSignal): Promise<Content> {
    try {
      return await this.#manager.client.get<Content>(kinds[kind], { namespace, name }, signal)
    } catch (cause) {
      if (!isNotFound(cause)) throw cause
      throw new NeedsAttentionError(`${nameOf({ kind, namespace, name })} does not exist: create it`, {
        reason: missingReason({ kind, namespace, name }),
        cause,
      })
    }
  }

  #watch({ kind, namespace, name }: Reference, onChange: () => void): WatchedObject<KubeResource> {
    return this.#manager.watchObject(kinds[kind], { namespace, name }, { metadataOnly: true }, (before, after) => {
      if (before?.metadata.resourceVersion !== after?.metadata.resourceVersion) onChange()
    })
  }
}

function nameOf({ kind, namespace, name }: Reference): string {
  return `${kind} ${namespace}/${name}`
}

function missingReason({ kind }: Reference): string {
  return kind === "Secret" ? "SecretNotFound" : "RefNotFound"
}
