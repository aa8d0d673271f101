import { Failure } from "./failure.ts"
import type { Json, JsonObject } from "./json.ts"
import { type KubeObject, namespaceOf, revisionOf } from "./kube-object.ts"
import { apiVersionOf, type ResourceKind } from "./resource-kind.ts"
import type { Matcher } from "./selectors.ts"
import type { Change, Store } from "./store.ts"

/** Where a watch writes to; `reset` breaks the connection in the middle of whatever it was doing. */
export type WatchStream = {
  readonly write: (text: string) => void
  readonly end: () => void
  readonly reset: () => void
}

export type WatchRequest = {
  readonly kind: ResourceKind
  readonly namespace: string
  readonly matches: Matcher
  /** Turns a stored object into what the client accepts. */
  readonly show: (object: KubeObject, isFirst: boolean) => Json
  readonly query: URLSearchParams
  readonly stream: WatchStream
}

/** The real server sends bookmarks about once a minute. */
const BOOKMARK_INTERVAL_MS = 60_000

/** The real server closes a watch without `timeoutSeconds` after 30 to 60 minutes. */
const DEFAULT_TIMEOUT_SECONDS = 1_800

/** One open watch. */
export class Watch {
  readonly kind: ResourceKind
  readonly #request: WatchRequest
  readonly #store: Store
  readonly #stops: (() => void)[] = []
  #held: string[] | undefined
  #isFirst = true
  #closed = false

  constructor(store: Store, request: WatchRequest) {
    this.kind = request.kind
    this.#store = store
    this.#request = request
  }

  /** Sends what the request asks to begin with, then every change until it is closed. */
  start(onClose: () => void): void {
    this.#stops.push(onClose)
    const { query, kind } = this.#request
    const revision = Number(query.get("resourceVersion") ?? 0)
    if (revision !== 0 && revision < this.#store.compactedRevision) {
      this.fail(new Failure(410, "Expired", `too old resource version: ${revision} (${this.#store.compactedRevision})`))
      return
    }
    this.#stops.push(this.#store.subscribe(change => this.#changed(change)))
    const initial = query.get("sendInitialEvents")
    if (initial === "true" || (revision === 0 && initial === null)) this.#sendState()
    else for (const change of this.#store.changesSince(kind.storage, revision)) this.#changed(change)
    this.#startTimers()
  }

  /** Says "you have seen everything up to here" to a client that wants bookmarks. */
  bookmark(annotations?: JsonObject): void {
    if (this.#request.query.get("allowWatchBookmarks") !== "true") return
    const metadata = {
      resourceVersion: String(this.#store.revision),
      ...(annotations === undefined ? {} : { annotations }),
    }
    const { kind } = this.#request
    this.#send({ type: "BOOKMARK", object: { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata } })
  }

  /** An ERROR event, then the end. */
  fail(failure: Failure): void {
    this.#send({ type: "ERROR", object: failure.status })
    this.close()
  }

  close(): void {
    this.#finish(() => this.#request.stream.end())
  }

  reset(): void {
    this.#finish(() => this.#request.stream.reset())
  }

  /** Half a line, then the end: what a proxy leaves behind that is restarted. */
  truncate(): void {
    this.#request.stream.write(
      `{"type":"MODIFIED","object":{"apiVersion":"${apiVersionOf(this.kind)}","kind":"${this.kind.kind}","meta`,
    )
    this.reset()
  }

  /** Keeps everything back until the returned function is called; the connection stays open and silent. */
  hang(): () => void {
    this.#held ??= []
    return () => {
      const held = this.#held ?? []
      this.#held = undefined
      if (!this.#closed) for (const line of held) this.#request.stream.write(line)
    }
  }

  #sendState(): void {
    const { kind, namespace, matches, query } = this.#request
    const objects = this.#store.list(kind.storage, namespace).filter(matches)
    for (const object of objects.toSorted((one, other) => revisionOf(one) - revisionOf(other)))
      this.#show("ADDED", object)
    if (query.get("sendInitialEvents") === "true") this.bookmark({ "k8s.io/initial-events-end": "true" })
  }

  /** Crossing a selector's border looks like creation or deletion to this watch. */
  #changed({ type, storage, object, previous }: Change): void {
    const { kind, namespace, matches } = this.#request
    if (storage !== kind.storage || (namespace !== "" && namespaceOf(object) !== namespace)) return
    const isIn = type !== "DELETED" && matches(object)
    const wasIn = previous !== undefined && matches(previous)
    if (isIn) this.#show(wasIn ? "MODIFIED" : "ADDED", object)
    else if (wasIn) this.#show("DELETED", object)
  }

  #show(type: Change["type"], object: KubeObject): void {
    this.#send({ type, object: this.#request.show(object, this.#isFirst) })
    this.#isFirst = false
  }

  #send(event: JsonObject): void {
    if (this.#closed) return
    const line = `${JSON.stringify(event)}\n`
    if (this.#held === undefined) this.#request.stream.write(line)
    else this.#held.push(line)
  }

  #startTimers(): void {
    const seconds = Number(this.#request.query.get("timeoutSeconds") ?? DEFAULT_TIMEOUT_SECONDS)
    const bookmarks = setInterval(() => this.bookmark(), BOOKMARK_INTERVAL_MS)
    const end = setTimeout(() => {
      this.bookmark()
      this.close()
    }, seconds * 1000)
    this.#stops.push(
      () => clearInterval(bookmarks),
      () => clearTimeout(end),
    )
  }

  #finish(end: () => void): void {
    if (this.#closed) return
    this.#closed = true
    for (const stop of this.#stops) stop()
    end()
  }
}
