import { isList, isObject, type Json, type JsonObject, parseJson } from "./json.ts"
import type { Schema } from "./schema.ts"
import { keysOf } from "./schema-validation.ts"

/**
 * Which fields somebody owns: paths of FieldsV1 steps (`f:spec`, `k:{"name":"a"}`, `v:"x"`).
 * https://github.com/kubernetes-sigs/structured-merge-diff
 */
export type FieldSet = ReadonlyMap<string, readonly string[]>

/** The leaves of a configuration, and the items of its keyed lists. */
export function fieldsOf(value: Json, schema: Schema): FieldSet {
  const found: (readonly string[])[] = []
  collect(value, schema, [], found)
  return setOf(found.filter(path => !isServerField(path)))
}

/** Fields of nobody: the server or the request itself decides them. */
function isServerField(path: readonly string[]): boolean {
  const [top = "", field = ""] = path
  if (top === "f:apiVersion" || top === "f:kind" || path.length === 0) return true
  return top === "f:metadata" && (path.length === 1 || serverMetadata.has(field))
}

const serverMetadata = new Set(
  "name namespace generateName uid resourceVersion generation creationTimestamp deletionTimestamp deletionGracePeriodSeconds managedFields selfLink"
    .split(" ")
    .map(name => `f:${name}`),
)

function collect(value: Json, schema: Schema | undefined, path: readonly string[], found: (readonly string[])[]): void {
  if (isObject(value) && Object.keys(value).length > 0 && schema?.atomicMap !== true && schema !== undefined) {
    for (const [name, child] of Object.entries(value)) {
      collect(child, childSchema(schema, name), [...path, `f:${name}`], found)
    }
    return
  }
  if (isList(value) && value.length > 0 && schema !== undefined && schema.listType !== "atomic") {
    for (const item of value) {
      const step = itemStep(item, schema)
      found.push([...path, step])
      if (schema.listType === "map") collect(item, schema.items, [...path, step], found)
    }
    return
  }
  found.push(path)
}

/** Fields without a schema are open objects: they merge field by field too. */
export function childSchema(schema: Schema | undefined, name: string): Schema | undefined {
  const known = schema?.properties.get(name) ?? schema?.values
  return known ?? (schema?.preserveUnknown === true ? schema : undefined)
}

export function itemStep(item: Json, schema: Schema): string {
  return schema.listType === "set" ? `v:${JSON.stringify(item)}` : `k:${JSON.stringify(keysOf(item, schema))}`
}

/** The value under a path, undefined when it is not there. */
export function valueAt(
  value: Json | undefined,
  schema: Schema | undefined,
  path: readonly string[],
): Json | undefined {
  const [step, ...rest] = path
  if (step === undefined || value === undefined) return value
  if (step.startsWith("f:")) {
    const name = step.slice(2)
    const child = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
    return valueAt(child, childSchema(schema, name), rest)
  }
  if (!isList(value) || schema === undefined) return undefined
  return valueAt(
    value.find(item => itemStep(item, schema) === step),
    schema.items,
    rest,
  )
}

export function setOf(paths: readonly (readonly string[])[]): FieldSet {
  return new Map(paths.map(path => [path.join("\n"), path]))
}

export function union(one: FieldSet, other: FieldSet): FieldSet {
  return new Map([...one, ...other])
}

export function difference(one: FieldSet, other: FieldSet): FieldSet {
  return new Map([...one].filter(([key]) => !other.has(key)))
}

export function intersection(one: FieldSet, other: FieldSet): FieldSet {
  return new Map([...one].filter(([key]) => other.has(key)))
}

/** `.spec.list[name="a"].value`, as conflicts name a path. */
export function pathText(path: readonly string[]): string {
  return path
    .map(step => {
      if (step.startsWith("f:")) return `.${step.slice(2)}`
      if (step.startsWith("v:")) return `[=${step.slice(2)}]`
      const keys = parseJson(step.slice(2))
      const pairs = isObject(keys)
        ? Object.entries(keys).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        : []
      return `[${pairs.join(",")}]`
    })
    .join("")
}

/** The nested form that `managedFields` carries. */
export function toFieldsV1(set: FieldSet): JsonObject {
  type Tree = { [step: string]: Tree }
  const root: Tree = {}
  const insides = new Set<string>()
  for (const path of set.values())
    for (let end = 1; end < path.length; end++) insides.add(path.slice(0, end).join("\n"))
  for (const path of [...set.values()].sort((one, other) => (one.join("\n") < other.join("\n") ? -1 : 1))) {
    let here = root
    for (const step of path) here = here[step] ??= {}
    if (insides.has(path.join("\n"))) here["."] = {}
  }
  return root
}

export function fromFieldsV1(fields: Json | undefined): FieldSet {
  const found: (readonly string[])[] = []
  const walk = (node: Json, path: readonly string[]) => {
    if (!isObject(node)) return
    const steps = Object.keys(node)
    if (path.length > 0 && (steps.length === 0 || steps.includes("."))) found.push(path)
    for (const step of steps) if (step !== ".") walk(node[step] ?? null, [...path, step])
  }
  walk(fields ?? null, [])
  return setOf(found)
}
