import { isList, isObject, type Json, type JsonObject } from "./json.ts"
import type { Schema } from "./schema.ts"

export type Pruned = { readonly value: Json; readonly unknown: readonly string[] }

/** Drops the fields that a schema does not know and names them (`spec.list[0].typo`). */
export function prune(value: Json, schema: Schema, path = ""): Pruned {
  if (isList(value)) return schema.items === undefined ? kept(value) : pruneList(value, schema.items, path)
  if (!isObject(value)) return kept(value)
  return pruneObject(value, schema, path)
}

function pruneList(value: readonly Json[], items: Schema, path: string): Pruned {
  const pruned = value.map((item, index) => prune(item, items, `${path}[${index}]`))
  const changed = pruned.some(({ value: after }, index) => after !== value[index])
  return { value: changed ? pruned.map(item => item.value) : value, unknown: pruned.flatMap(item => item.unknown) }
}

function pruneObject(value: JsonObject, schema: Schema, path: string): Pruned {
  const result: { [field: string]: Json } = {}
  const unknown: string[] = []
  let changed = false
  for (const [name, child] of Object.entries(value)) {
    const childPath = path === "" ? name : `${path}.${name}`
    const childSchema = schema.properties.get(name) ?? schema.values
    if (childSchema === undefined) {
      if (isOpen(schema, name)) result[name] = child
      else unknown.push(childPath)
      continue
    }
    const pruned = prune(child, childSchema, childPath)
    unknown.push(...pruned.unknown)
    if (pruned.value !== child) changed = true
    result[name] = pruned.value
  }
  return { value: changed || unknown.length > 0 ? result : value, unknown }
}

function isOpen(schema: Schema, name: string): boolean {
  if (schema.preserveUnknown || (schema.type === undefined && schema.properties.size === 0)) return true
  return schema.embeddedResource && ["apiVersion", "kind", "metadata"].includes(name)
}

function kept(value: Json): Pruned {
  return { value, unknown: [] }
}
