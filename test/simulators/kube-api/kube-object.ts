import { isObject, type Json, type JsonObject, listAt, objectAt, textAt } from "./json.ts"

/** Any object of the API: `apiVersion`, `kind`, `metadata` and whatever the kind adds. */
export type KubeObject = JsonObject & {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Metadata
}

export type Metadata = JsonObject & { readonly name: string }

/** A copy with other metadata fields; undefined takes a field away. */
export function withMetadata(object: KubeObject, changes: { readonly [field: string]: Json | undefined }): KubeObject {
  const metadata: { [field: string]: Json; name: string } = { ...object.metadata }
  for (const [field, value] of Object.entries(changes)) {
    if (value === undefined) delete metadata[field]
    else metadata[field] = value
  }
  return { ...object, metadata }
}

/** Makes an object out of what was sent, with an empty name where there is none. */
export function asKubeObject(
  body: JsonObject,
  { apiVersion, kind }: Pick<KubeObject, "apiVersion" | "kind">,
): KubeObject {
  const metadata = objectAt(body, "metadata")
  return { ...body, apiVersion, kind, metadata: { ...metadata, name: textAt(metadata, "name") ?? "" } }
}

export function namespaceOf(object: KubeObject): string {
  return textAt(object.metadata, "namespace") ?? ""
}

export function uidOf(object: KubeObject): string {
  return textAt(object.metadata, "uid") ?? ""
}

export function revisionOf(object: KubeObject): number {
  return Number(textAt(object.metadata, "resourceVersion") ?? 0)
}

export function isBeingDeleted(object: KubeObject): boolean {
  return object.metadata["deletionTimestamp"] !== undefined
}

export function finalizersOf(object: KubeObject): readonly string[] {
  return listAt(object.metadata, "finalizers").filter(item => typeof item === "string")
}

export function ownersOf(object: KubeObject): readonly JsonObject[] {
  return listAt(object.metadata, "ownerReferences").filter(isObject)
}
