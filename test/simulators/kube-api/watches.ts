import { Failure } from "./failure.ts"
import type { ResourceKind } from "./resource-kind.ts"
import type { Store } from "./store.ts"
import { Watch, type WatchRequest } from "./watch.ts"

/** All open watches, so that tests can break them. */
export class Watches {
  readonly #store: Store
  readonly #open = new Map<Watch, (() => void) | undefined>()
  #hanging = false

  constructor(store: Store) {
    this.#store = store
  }

  /** How many are open, of one resource or of all. */
  count(plural?: string): number {
    return this.#chosen(plural).length
  }

  /** Starts a watch; the returned function is called when its client has gone. */
  open(request: WatchRequest): () => void {
    const watch = new Watch(this.#store, request)
    this.#open.set(watch, this.#hanging ? watch.hang() : undefined)
    watch.start(() => this.#open.delete(watch))
    return () => watch.close()
  }

  /** Ends them cleanly, as a server does whose time-out has come. */
  close(plural?: string): void {
    for (const watch of this.#chosen(plural)) watch.close()
  }

  /** Breaks the connections. */
  reset(plural?: string): void {
    for (const watch of this.#chosen(plural)) watch.reset()
  }

  /** Half a line of JSON, then a broken connection. */
  truncate(plural?: string): void {
    for (const watch of this.#chosen(plural)) watch.truncate()
  }

  /** ERROR 410 inside the stream. */
  expire(plural?: string): void {
    const failure = new Failure(410, "Expired", "too old resource version: the watch fell behind")
    for (const watch of this.#chosen(plural)) watch.fail(failure)
  }

  /** ERROR with any code inside the stream. */
  fail(code: number, reason: string, plural?: string): void {
    for (const watch of this.#chosen(plural)) watch.fail(new Failure(code, reason, `${reason} (by order of a test)`))
  }

  bookmark(plural?: string): void {
    for (const watch of this.#chosen(plural)) watch.bookmark()
  }

  /** Silence on all watches, open ones and new ones, until the returned function is called. */
  hang(): () => void {
    this.#hanging = true
    for (const watch of this.#open.keys()) this.#open.set(watch, watch.hang())
    return () => {
      this.#hanging = false
      for (const [watch, resume] of this.#open) {
        this.#open.set(watch, undefined)
        resume?.()
      }
    }
  }

  /** A kind that is not served any more has no watches. */
  closeKind({ group, plural }: Pick<ResourceKind, "group" | "plural">): void {
    for (const watch of this.#chosen(plural)) if (watch.kind.group === group) watch.close()
  }

  #chosen(plural: string | undefined): readonly Watch[] {
    return [...this.#open.keys()].filter(watch => plural === undefined || watch.kind.plural === plural)
  }
}
