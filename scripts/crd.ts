import { readdirSync, readFileSync } from "node:fs"
import { parse } from "yaml"

/** The part of a structural schema that our own CRDs use. */
export type Schema = {
  readonly description?: string
  readonly type: "object" | "array" | "string" | "integer" | "boolean"
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly enum?: readonly string[]
  readonly default?: unknown
  readonly pattern?: string
  readonly format?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map"
  readonly "x-kubernetes-list-map-keys"?: readonly string[]
  readonly "x-kubernetes-map-type"?: "atomic" | "granular"
  readonly "x-kubernetes-validations"?: readonly Rule[]
}

/** A validation in CEL. */
export type Rule = {
  readonly rule: string
  readonly message: string
  readonly reason?: string
  readonly fieldPath?: string
}

export type Column = {
  readonly name: string
  readonly type: string
  readonly jsonPath: string
  readonly description?: string
  readonly priority?: number
}

export type CrdVersion = {
  readonly name: string
  readonly schema: { readonly openAPIV3Schema: Schema }
  readonly subresources?: { readonly status?: object }
  readonly additionalPrinterColumns: readonly Column[]
  readonly selectableFields?: readonly { readonly jsonPath: string }[]
}

/** A CustomResourceDefinition, as far as we look into it. */
export type Crd = {
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly group: string
    readonly scope: string
    readonly names: {
      readonly kind: string
      readonly plural: string
      readonly shortNames: readonly string[]
      readonly categories: readonly string[]
    }
    readonly versions: readonly [CrdVersion]
  }
}

/** The order in which people meet the kinds. */
const order = [
  "ExchangeConnection",
  "CalendarSource",
  "CalendarSyncPolicy",
  "MailboxBinding",
  "CalendarSync",
  "CalendarEvent",
]

/** Every CRD of the folder, the source of truth for types and reference; house tests hold it to `Schema`. */
export function readCrds(folder: string): readonly Crd[] {
  return readdirSync(folder)
    .filter(file => file.endsWith(".yaml"))
    .map(file => parse(readFileSync(`${folder}/${file}`, "utf8")) as Crd)
    .sort((a, b) => order.indexOf(a.spec.names.kind) - order.indexOf(b.spec.names.kind))
}

/** The schema of `spec` or `status`. */
export function schemaOf(crd: Crd, part: "spec" | "status"): Schema {
  const schema = crd.spec.versions[0].schema.openAPIV3Schema.properties?.[part]
  if (schema === undefined) throw new Error(`${crd.metadata.name} has no ${part}`)
  return schema
}
