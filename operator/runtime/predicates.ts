import type { KubeResource } from "./objects.ts"

/** What of the metadata matters to a controller besides the generation. */
export type Attention = {
  readonly annotations?: readonly string[]
  readonly labels?: readonly string[]
}

/**
 * Whether a person (or another controller) changed something a reconcile must see: spec, deletion, or the annotations
 * and labels named. Status-only writes, and so our own, are not; finalizers going are the end of an object anyway.
 */
export function changedForUs(
  before: KubeResource | undefined,
  after: KubeResource | undefined,
  attention: Attention = {},
): boolean {
  if (before === undefined || after === undefined) return before !== after
  return (
    before.metadata.uid !== after.metadata.uid ||
    before.metadata.generation !== after.metadata.generation ||
    before.metadata.deletionTimestamp !== after.metadata.deletionTimestamp ||
    differs(before.metadata.annotations, after.metadata.annotations, attention.annotations) ||
    differs(before.metadata.labels, after.metadata.labels, attention.labels)
  )
}

function differs(
  before: Readonly<Record<string, string>> | undefined,
  after: Readonly<Record<string, string>> | undefined,
  keys: readonly string[] = [],
): boolean {
  return keys.some(key => before?.[key] !== after?.[key])
}
