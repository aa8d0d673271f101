import { at, isEqual, isList, isObject, type Json, type JsonObject } from "./json.ts"
import type { Schema } from "./schema.ts"

/**
 * Strategic merge for built-in kinds: lists of type `map` merge by their key, sets unite, other lists are replaced,
 * and the `$` directives are obeyed.
 * https://github.com/kubernetes/community/blob/main/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */
export function strategicMergePatch(target: Json | undefined, patch: Json, schema: Schema | undefined): Json {
  if (isList(patch)) return mergeLists(isList(target) ? target : [], patch, schema)
  if (!isObject(patch)) return patch
  if (patch["$patch"] === "replace") return withoutDirectives(patch)
  return mergeObjects(isObject(target) ? target : {}, patch, schema)
}

function mergeObjects(target: JsonObject, patch: JsonObject, schema: Schema | undefined): JsonObject {
  const result: { [field: string]: Json } = retained(target, patch)
  for (const [field, value] of Object.entries(patch)) {
    if (field.startsWith("$deleteFromPrimitiveList/")) {
      const name = field.slice("$deleteFromPrimitiveList/".length)
      const list = result[name]
      if (isList(list) && isList(value)) result[name] = list.filter(item => !value.some(gone => isEqual(gone, item)))
    }
    if (field.startsWith("$")) continue
    if (value === null) delete result[field]
    else result[field] = strategicMergePatch(result[field], value, schema?.properties.get(field) ?? schema?.values)
  }
  return result
}

/** `$retainKeys` drops everything it does not name. */
function retained(target: JsonObject, patch: JsonObject): { [field: string]: Json } {
  const keep = patch["$retainKeys"]
  if (!isList(keep)) return { ...target }
  return Object.fromEntries(Object.entries(target).filter(([field]) => keep.includes(field)))
}

function mergeLists(target: readonly Json[], patch: readonly Json[], schema: Schema | undefined): readonly Json[] {
  if (schema?.listType === "set") return [...target, ...patch.filter(item => !target.some(each => isEqual(each, item)))]
  const [key] = schema?.listKeys ?? []
  if (key === undefined || patch.some(item => at(item, "$patch") === "replace")) {
    return patch.filter(item => at(item, "$patch") === undefined)
  }
  const result = [...target]
  for (const item of patch) {
    const index = result.findIndex(each => isEqual(at(each, key), at(item, key)))
    const isDeletion = at(item, "$patch") === "delete"
    if (isDeletion && index >= 0) result.splice(index, 1)
    else if (!isDeletion)
      result.splice(index < 0 ? result.length : index, 1, strategicMergePatch(result[index], item, schema?.items))
  }
  return result
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(patch).filter(([field]) => !field.startsWith("$")))
}
