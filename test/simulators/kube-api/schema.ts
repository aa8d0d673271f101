import { isList, isObject, type Json, type JsonObject, listAt, objectAt, textAt } from "./json.ts"

/**
 * A structural schema, read once and used for validation, defaulting, pruning, field ownership and OpenAPI.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
export type Schema = {
  /** As it was written. */
  readonly source: JsonObject
  readonly type: string | undefined
  readonly nullable: boolean
  readonly intOrString: boolean
  readonly preserveUnknown: boolean
  readonly embeddedResource: boolean
  readonly properties: ReadonlyMap<string, Schema>
  /** Schema of the values of a map; undefined where only the properties are allowed. */
  readonly values: Schema | undefined
  readonly items: Schema | undefined
  readonly required: readonly string[]
  readonly default: Json | undefined
  readonly enum: readonly Json[] | undefined
  readonly pattern: RegExp | undefined
  readonly format: string | undefined
  readonly listType: "atomic" | "set" | "map"
  readonly listKeys: readonly string[]
  readonly atomicMap: boolean
  readonly allOf: readonly Schema[]
  readonly anyOf: readonly Schema[]
  readonly oneOf: readonly Schema[]
  readonly not: Schema | undefined
  readonly rules: readonly Rule[]
  /** Whether defaults, rules or anything else hide below: lets the walkers skip plain branches. */
  readonly hasDefaults: boolean
  readonly hasRules: boolean
}

/** One entry of x-kubernetes-validations. */
export type Rule = {
  readonly rule: string
  readonly message: string | undefined
  readonly messageExpression: string | undefined
  readonly reason: string
  readonly fieldPath: string | undefined
  readonly optionalOldSelf: boolean
}

/** Reads a schema as a definition has it. */
export function readSchema(source: JsonObject): Schema {
  const properties = new Map(
    Object.entries(objectAt(source, "properties")).map(([name, child]) => [name, readSchema(asSource(child))]),
  )
  const values = valuesOf(source)
  const items = isObject(source["items"]) ? readSchema(source["items"]) : undefined
  const rules = listAt(source, "x-kubernetes-validations").filter(isObject).map(readRule)
  const children = [...properties.values(), values, items].filter(child => child !== undefined)
  return {
    source,
    type: textAt(source, "type"),
    nullable: source["nullable"] === true,
    intOrString: source["x-kubernetes-int-or-string"] === true,
    preserveUnknown: source["x-kubernetes-preserve-unknown-fields"] === true,
    embeddedResource: source["x-kubernetes-embedded-resource"] === true,
    properties,
    values,
    items,
    required: listAt(source, "required").filter(name => typeof name === "string"),
    default: source["default"],
    enum: isList(source["enum"]) ? source["enum"] : undefined,
    pattern: patternOf(textAt(source, "pattern")),
    format: textAt(source, "format"),
    ...listing(source),
    atomicMap: source["x-kubernetes-map-type"] === "atomic",
    allOf: several(source, "allOf"),
    anyOf: several(source, "anyOf"),
    oneOf: several(source, "oneOf"),
    not: isObject(source["not"]) ? readSchema(source["not"]) : undefined,
    rules,
    hasDefaults: source["default"] !== undefined || children.some(child => child.hasDefaults),
    hasRules: rules.length > 0 || children.some(child => child.hasRules),
  }
}

/** Go's regular expressions as JavaScript's: a leading (?i) becomes a flag, the rest is common ground. */
export function patternOf(pattern: string | undefined): RegExp | undefined {
  if (pattern === undefined) return undefined
  const insensitive = pattern.startsWith("(?i)")
  const body = insensitive ? pattern.slice("(?i)".length) : pattern
  return new RegExp(body, insensitive ? "iu" : "u")
}

function valuesOf(source: JsonObject): Schema | undefined {
  const additional = source["additionalProperties"]
  if (isObject(additional)) return readSchema(additional)
  return additional === true ? readSchema({ "x-kubernetes-preserve-unknown-fields": true }) : undefined
}

function listing(source: JsonObject): Pick<Schema, "listType" | "listKeys"> {
  const type = source["x-kubernetes-list-type"]
  const listKeys = listAt(source, "x-kubernetes-list-map-keys").filter(key => typeof key === "string")
  return { listType: type === "set" || type === "map" ? type : "atomic", listKeys }
}

function several(source: JsonObject, field: string): readonly Schema[] {
  return listAt(source, field).filter(isObject).map(readSchema)
}

function readRule(source: JsonObject): Rule {
  return {
    rule: textAt(source, "rule") ?? "",
    message: textAt(source, "message"),
    messageExpression: textAt(source, "messageExpression"),
    reason: textAt(source, "reason") ?? "FieldValueInvalid",
    fieldPath: textAt(source, "fieldPath"),
    optionalOldSelf: source["optionalOldSelf"] === true,
  }
}

function asSource(child: Json): JsonObject {
  return isObject(child) ? child : {}
}
