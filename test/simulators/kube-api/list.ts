import { randomUUID } from "node:crypto"
import { expired } from "./failure.ts"
import type { JsonObject } from "./json.ts"
import type { KubeObject } from "./kube-object.ts"
import { requireListOptions } from "./list-options.ts"
import { present, type ResourceKind } from "./resource-kind.ts"
import { isSelecting, selectorOf } from "./selectors.ts"
import type { World } from "./world.ts"

export type Listed = { readonly objects: readonly KubeObject[]; readonly metadata: JsonObject }

type Snapshot = { readonly objects: readonly KubeObject[]; readonly revision: number; readonly until: Temporal.Instant }

/** Continue tokens live as long as the real storage keeps old revisions; compaction ends them at once. */
const TOKEN_LIFE: Temporal.DurationLike = { minutes: 5 }

/** More unfinished paged lists than this and the oldest is forgotten. */
const SNAPSHOT_LIMIT = 64

const continueExpired =
  "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter."

/** Lists, in pages if asked: all pages of one list show the state at its first page. */
export class Lister {
  readonly #world: World
  readonly #snapshots = new Map<string, Snapshot>()

  constructor(world: World) {
    this.#world = world
  }

  /** Stored objects; throws 410 for a token that has expired. */
  list(kind: ResourceKind, namespace: string, query: URLSearchParams): Listed {
    const { store } = this.#world
    requireListOptions(query, store.revision)
    const token = query.get("continue") ?? ""
    const snapshot = token === "" ? this.#snapshot(kind, namespace, query) : this.#continued(token)
    const limit = Number(query.get("limit") ?? 0)
    if (limit === 0 || snapshot.objects.length <= limit) {
      return { objects: snapshot.objects, metadata: { resourceVersion: String(snapshot.revision) } }
    }
    return {
      objects: snapshot.objects.slice(0, limit),
      metadata: {
        resourceVersion: String(snapshot.revision),
        continue: this.#keep({ ...snapshot, objects: snapshot.objects.slice(limit) }),
        ...(isSelecting(query) ? {} : { remainingItemCount: snapshot.objects.length - limit }),
      },
    }
  }

  /** Makes every unfinished paged list answer 410. */
  expire(): void {
    this.#snapshots.clear()
  }

  #snapshot(kind: ResourceKind, namespace: string, query: URLSearchParams): Snapshot {
    const { store, clock } = this.#world
    const matches = selectorOf(kind, query)
    return {
      objects: store.list(kind.storage, namespace).filter(matches),
      revision: store.revision,
      until: clock.now().add(TOKEN_LIFE),
    }
  }

  #continued(token: string): Snapshot {
    const snapshot = this.#snapshots.get(token)
    if (snapshot === undefined || Temporal.Instant.compare(this.#world.clock.now(), snapshot.until) > 0) {
      throw expired(continueExpired)
    }
    return snapshot
  }

  #keep(rest: Snapshot): string {
    const token = randomUUID()
    this.#snapshots.set(token, rest)
    const [oldest] = this.#snapshots.keys()
    if (this.#snapshots.size > SNAPSHOT_LIMIT && oldest !== undefined) this.#snapshots.delete(oldest)
    return token
  }
}

/** `ConfigMapList` with its items; items of built-in lists carry no kind of their own, as Go writes them. */
export function listBody(kind: ResourceKind, apiVersion: string, { objects, metadata }: Listed): JsonObject {
  const shown = objects.map(object => present(kind, object))
  return {
    kind: `${kind.kind}List`,
    apiVersion,
    metadata,
    items: kind.builtIn ? shown.map(({ apiVersion: _, kind: __, ...rest }) => rest) : shown,
  }
}
