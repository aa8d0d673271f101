import type { FieldError } from "./field-error.ts"
import type { Json } from "./json.ts"
import type { KubeObject } from "./kube-object.ts"
import type { Schema } from "./schema.ts"

/** One kind in one served version: everything the server must know to store, check, print and describe it. */
export type ResourceKind = {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly namespaced: boolean
  readonly schema: Schema
  /** Whether `/status` is a resource of its own. */
  readonly hasStatus: boolean
  /** Whether the server counts changes of the specification in `metadata.generation`. */
  readonly hasGeneration: boolean
  readonly columns: readonly Column[]
  /** Field selector labels beside name and namespace, each with the way to its value in the stored object. */
  readonly selectableFields: Readonly<Record<string, readonly string[]>>
  /** Objects of kinds with the same key are the same objects in other clothes (versions of a kind, the two Events). */
  readonly storage: string
  /** True for kinds of this server, false for kinds that a definition brought. */
  readonly builtIn: boolean
  readonly toStorage?: (object: KubeObject) => KubeObject
  readonly fromStorage?: (object: KubeObject) => KubeObject
  /** Server-side completion before validation (Secret.stringData, defaults that depend on another field). */
  readonly prepare?: (object: KubeObject, old: KubeObject | undefined) => KubeObject
  /** Rules that no schema says. */
  readonly check?: (object: KubeObject, old: KubeObject | undefined) => readonly FieldError[]
}

/** A printed column; `cell` is given the stored object and the age of an instant. */
export type Column = {
  readonly name: string
  readonly type: string
  readonly format?: string
  readonly description?: string
  readonly priority?: number
  readonly cell: (object: KubeObject, age: (timestamp: string) => string) => Json
}

export function apiVersionOf({ group, version }: Pick<ResourceKind, "group" | "version">): string {
  return group === "" ? version : `${group}/${version}`
}

/** The object as this kind shows it; only the apiVersion differs between versions of a custom kind. */
export function present(kind: ResourceKind, stored: KubeObject): KubeObject {
  const apiVersion = apiVersionOf(kind)
  if (kind.fromStorage !== undefined) return kind.fromStorage(stored)
  return stored.apiVersion === apiVersion ? stored : { ...stored, apiVersion }
}
