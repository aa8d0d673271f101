import { type FieldSet, fieldsOf, setOf } from "./field-set.ts"
import { isObject, objectAt, parseJson, textAt } from "./json.ts"
import { type KubeObject, withMetadata } from "./kube-object.ts"
import type { Schema } from "./schema.ts"

const annotation = "kubectl.kubernetes.io/last-applied-configuration"

/** Only kubectl itself is helped over from client-side to server-side apply. */
const upgradingManager = "kubectl"

/**
 * Fields that kubectl may take over without a conflict, because client-side apply had set them; without this nobody
 * could move an object to `kubectl apply --server-side`.
 */
export function fieldsAppliedByClient(live: KubeObject, schema: Schema, manager: string): FieldSet {
  const text = textAt(live.metadata, "annotations", annotation)
  if (manager !== upgradingManager || text === undefined) return setOf([])
  const configuration = parseJson(text)
  return isObject(configuration) ? fieldsOf(configuration, schema) : setOf([])
}

/** Keeps the annotation in step, so that a return to client-side apply finds what was applied last. */
export function withLastApplied(merged: KubeObject, applied: KubeObject, manager: string): KubeObject {
  const annotations = objectAt(merged.metadata, "annotations")
  if (manager !== upgradingManager || annotations[annotation] === undefined) return merged
  const { managedFields: _, ...metadata } = applied.metadata
  return withMetadata(merged, {
    annotations: { ...annotations, [annotation]: JSON.stringify({ ...applied, metadata }) },
  })
}
