import { isList, isObject, type Json } from "./json.ts"
import type { Schema } from "./schema.ts"

/** The value with the schema's defaults where fields are absent, or null where null is not allowed. */
export function withDefaults(value: Json, schema: Schema): Json {
  if (!schema.hasDefaults) return value
  if (isList(value)) {
    const items = schema.items
    return items === undefined ? value : value.map(item => withDefaults(item, items))
  }
  if (!isObject(value)) return value
  const result: { [field: string]: Json } = { ...value }
  for (const [name, child] of schema.properties) {
    if (child.default === undefined) continue
    const absent = result[name] === undefined || (result[name] === null && !child.nullable)
    if (absent) result[name] = child.default
  }
  for (const [name, child] of Object.entries(result)) {
    const childSchema = schema.properties.get(name) ?? schema.values
    if (childSchema !== undefined) result[name] = withDefaults(child, childSchema)
  }
  return result
}
