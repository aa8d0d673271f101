import type { Registry } from "./registry.ts"
import type { Store } from "./store.ts"

/** What the server knows: its objects, its kinds and the time. */
export type World = { readonly store: Store; readonly registry: Registry; readonly clock: Clock }

/** The time that objects, ages and tokens are stamped with; tests may move it. */
export class Clock {
  #offset = Temporal.Duration.from({ seconds: 0 })

  now(): Temporal.Instant {
    return Temporal.Now.instant().add(this.#offset)
  }

  /** As `metav1.Time` writes it: whole seconds. */
  timestamp(): string {
    return this.now().toString({ smallestUnit: "second" })
  }

  advance(by: Temporal.DurationLike): void {
    this.#offset = this.#offset.add(Temporal.Duration.from(by))
  }
}
