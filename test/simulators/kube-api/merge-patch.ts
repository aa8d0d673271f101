import { isObject, type Json, type JsonObject } from "./json.ts"

/** RFC 7386: null takes a field away, an object is merged, anything else replaces. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch
  const result: { [field: string]: Json } = { ...(isObject(target) ? target : {}) }
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete result[field]
    else result[field] = mergePatch(result[field], value)
  }
  return result satisfies JsonObject
}
