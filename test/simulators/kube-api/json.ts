/** JSON as it travels: read-only, so that stored objects can be shared between lists, watches and answers. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export type JsonObject = { readonly [field: string]: Json }

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

/** Parses text that somebody sent; throws SyntaxError as JSON.parse does. */
export function parseJson(text: string): Json {
  return JSON.parse(text) as Json
}

/** The value under a path of field names and list positions, undefined where the path ends early. */
export function at(value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined {
  let here = value
  for (const step of path) {
    if (typeof step === "number") here = isList(here) ? here[step] : undefined
    else here = isObject(here) && Object.hasOwn(here, step) ? here[step] : undefined
  }
  return here
}

export function textAt(value: Json | undefined, ...path: readonly (string | number)[]): string | undefined {
  const found = at(value, ...path)
  return typeof found === "string" ? found : undefined
}

export function objectAt(value: Json | undefined, ...path: readonly (string | number)[]): JsonObject {
  const found = at(value, ...path)
  return isObject(found) ? found : {}
}

export function listAt(value: Json | undefined, ...path: readonly (string | number)[]): readonly Json[] {
  const found = at(value, ...path)
  return isList(found) ? found : []
}

/** A copy with the field set, or taken away when the value is undefined. */
export function withField(object: JsonObject, field: string, value: Json | undefined): JsonObject {
  if (value === undefined) {
    const { [field]: _, ...rest } = object
    return rest
  }
  return { ...object, [field]: value }
}

/** Deep equality; the order of fields does not matter, the order of list items does. */
export function isEqual(one: Json | undefined, other: Json | undefined): boolean {
  if (one === other) return true
  if (isList(one)) {
    return isList(other) && one.length === other.length && one.every((item, index) => isEqual(item, other[index]))
  }
  if (!isObject(one) || !isObject(other)) return false
  const fields = Object.keys(one)
  return (
    fields.length === Object.keys(other).length &&
    fields.every(field => Object.hasOwn(other, field) && isEqual(one[field], other[field]))
  )
}
