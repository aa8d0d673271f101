import { expressionProblem } from "./cel.ts"
import { type FieldError, type FieldPath, forbiddenField, invalid, notSupported, required } from "./field-error.ts"
import { isObject, type Json, type JsonObject, listAt, objectAt, textAt } from "./json.ts"
import { prune } from "./pruning.ts"
import { readSchema } from "./schema.ts"
import { validate } from "./schema-validation.ts"

/** What the real server would not take of a schema: it must be structural, and its rules must compile. */
export function checkSchema(schema: Json | undefined, path: FieldPath): readonly FieldError[] {
  if (!isObject(schema)) return [required(path, "schemas are required")]
  return checkNode(schema, path, { isCorrelatable: true, isRoot: true })
}

type Place = { readonly isCorrelatable: boolean; readonly isRoot?: boolean }

function checkNode(schema: JsonObject, path: FieldPath, place: Place): readonly FieldError[] {
  return [
    ...checkType(schema, path, place),
    ...checkList(schema, path),
    ...checkDefault(schema, path),
    ...checkRules(schema, path, place),
    ...checkChildren(schema, path, place),
  ]
}

const types = ["array", "boolean", "integer", "number", "object", "string"]

function checkType(schema: JsonObject, path: FieldPath, { isRoot = false }: Place): readonly FieldError[] {
  const { type } = schema
  const isOpen =
    schema["x-kubernetes-int-or-string"] === true || schema["x-kubernetes-preserve-unknown-fields"] === true
  const errors: FieldError[] = []
  if (type === undefined) {
    if (!isOpen || isRoot) errors.push(required([...path, "type"], "must not be empty for specified object fields"))
  } else if (typeof type !== "string" || !types.includes(type))
    errors.push(notSupported([...path, "type"], type, types))
  if (schema["uniqueItems"] === true) {
    errors.push(
      forbiddenField(
        [...path, "uniqueItems"],
        "uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
      ),
    )
  }
  if (isObject(schema["additionalProperties"]) && schema["properties"] !== undefined) {
    errors.push(
      forbiddenField([...path, "additionalProperties"], "additionalProperties and properties are mutual exclusive"),
    )
  }
  return [...errors, ...checkPattern(schema, path)]
}

function checkPattern(schema: JsonObject, path: FieldPath): readonly FieldError[] {
  const pattern = textAt(schema, "pattern")
  if (pattern === undefined) return []
  // Go's RE2 has neither looking around nor references back.
  const isForeign = /\(\?[=!<]|\\[1-9]/u.test(pattern)
  return isForeign
    ? [invalid([...path, "pattern"], pattern, "must be a valid regular expression, but isn't: error parsing regexp")]
    : []
}

function checkList(schema: JsonObject, path: FieldPath): readonly FieldError[] {
  if (schema["type"] !== "array") return []
  const items = schema["items"]
  if (!isObject(items)) return [required([...path, "items"], "must be specified")]
  if (schema["x-kubernetes-list-type"] !== "map") return []
  const keys = listAt(schema, "x-kubernetes-list-map-keys").filter(key => typeof key === "string")
  if (keys.length === 0)
    return [required([...path, "x-kubernetes-list-map-keys"], "must not be empty if x-kubernetes-list-type is map")]
  const needed = listAt(items, "required")
  return keys
    .filter(key => !needed.includes(key) && objectAt(items, "properties", key)["default"] === undefined)
    .map(key =>
      required(
        [...path, "items", `properties[${key}]`, "default"],
        "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
      ),
    )
}

function checkDefault(schema: JsonObject, path: FieldPath): readonly FieldError[] {
  const value = schema["default"]
  if (value === undefined) return []
  const own = readSchema(schema)
  const { unknown } = prune(value, own)
  if (unknown.length > 0) return [invalid([...path, "default"], value, "must be pruned")]
  return validate(value, own, [...path, "default"])
}

function checkRules(schema: JsonObject, path: FieldPath, { isCorrelatable }: Place): readonly FieldError[] {
  const rules = listAt(schema, "x-kubernetes-validations")
  if (rules.length === 0) return []
  const self = readSchema(schema)
  return rules.flatMap((each, index) => {
    const where = [...path, "x-kubernetes-validations", index, "rule"]
    const rule = textAt(each, "rule") ?? ""
    const problem = expressionProblem(rule, self)
    if (problem !== undefined) return [invalid(where, rule, `compilation failed: ERROR: <input>: ${problem}`)]
    if (isCorrelatable || !/\boldSelf\b/u.test(rule)) return []
    return [invalid(where, rule, "oldSelf cannot be used on the uncorrelatable portion of the schema")]
  })
}

function checkChildren(schema: JsonObject, path: FieldPath, { isCorrelatable }: Place): readonly FieldError[] {
  const { items, additionalProperties } = schema
  const inList = { isCorrelatable: isCorrelatable && schema["x-kubernetes-list-type"] === "map" }
  return [
    ...Object.entries(objectAt(schema, "properties")).flatMap(([name, child]) =>
      isObject(child) ? checkNode(child, [...path, `properties[${name}]`], { isCorrelatable }) : [],
    ),
    ...(isObject(items) ? checkNode(items, [...path, "items"], inList) : []),
    ...(isObject(additionalProperties)
      ? checkNode(additionalProperties, [...path, "additionalProperties"], { isCorrelatable })
      : []),
  ]
}
