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

type Stored = KubeResource & { readonly data?: Readonly<Record<string, string>> }

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
    return (await this.fetch(reference, signal)).read(key)
  }

  /** All of it as it was at one moment: values that belong together must not be of two versions. */
  async fetch(reference: Reference, signal: AbortSignal): Promise<Content> {
    const { kind, namespace, name } = reference
    try {
      const { data } = await this.#manager.client.get<Stored>(kinds[kind], { namespace, name }, signal)
      return new Content(reference, data ?? {})
    } catch (cause) {
      if (!isNotFound(cause)) throw cause
      throw new NeedsAttentionError(`${nameOf(reference)} does not exist: create it`, {
        reason: missingReason(reference),
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

/** What a Secret or ConfigMap held when it was fetched. */
export class Content {
  /** For messages: `Secret namespace/name`. */
  readonly name: string
  readonly #reference: Reference
  readonly #data: Readonly<Record<string, string>>

  constructor(reference: Reference, data: Readonly<Record<string, string>>) {
    this.name = nameOf(reference)
    this.#reference = reference
    this.#data = data
  }

  /** One value as text, tidied. Throws NeedsAttentionError when it is missing, or nothing is left of it. */
  read(key: string, tidy = (text: string) => text): string {
    const value = tidy(this.readOptional(key) ?? "")
    if (value !== "") return value
    throw new NeedsAttentionError(`${this.name} has no key "${key}", or it is empty: add it`, {
      reason: missingReason(this.#reference),
    })
  }

  /** Throws NeedsAttentionError when it is there and is no text. */
  readOptional(key: string): string | undefined {
    const value = Object.hasOwn(this.#data, key) ? this.#data[key] : undefined
    return value === undefined || this.#reference.kind === "ConfigMap" ? value : this.#decoded(key, value)
  }

  /** Editors and shells of Windows put a mark before a text, which is no part of it, or write it in UTF-16. */
  #decoded(key: string, value: string): string {
    try {
      const text = utf8.decode(Buffer.from(value, "base64"))
      if (!text.includes("\0")) return text
    } catch {
      // the error says no more than that
    }
    throw new NeedsAttentionError(`${this.name}: "${key}" is not text in UTF-8: write it anew`, {
      reason: "InvalidSpec",
    })
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true })

/** Made from a file, a Secret has the newline the file ends with. A password may end in a blank, in a newline never. */
export function withoutLineEnd(text: string): string {
  return text.replace(/[\r\n]+$/, "")
}

function nameOf({ kind, namespace, name }: Reference): string {
  return `${kind} ${namespace}/${name}`
}

function missingReason({ kind }: Reference): string {
  return kind === "Secret" ? "SecretNotFound" : "RefNotFound"
}
