import type { KubeResource } from "./objects.ts"

export type ObjectEvent = {
  readonly type: "Normal" | "Warning"
  /** CamelCase, why. */
  readonly reason: string
  /** CamelCase verb, what was done or tried. */
  readonly action: string
  /** Constant text: no counts, times, ids, subjects. Repetitions are counted in a series instead. */
  readonly note: string
}

/** Tells people what happened to an object. Never throws, never waits; what is too much is dropped and counted. */
export interface EventRecorder {
  record(object: KubeResource, event: ObjectEvent): void
}
