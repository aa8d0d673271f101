import {
  duplicate,
  type FieldError,
  type FieldPath,
  invalid,
  notSupported,
  pathText,
  required,
  tooLong,
  tooMany,
  typeInvalid,
} from "./field-error.ts"
import { hasFormat } from "./formats.ts"
import { at, isEqual, isList, isObject, type Json, type JsonObject } from "./json.ts"
import type { Schema } from "./schema.ts"

/** All complaints of a schema about a value, worded as the real server words them; rules in CEL are not looked at. */
export function validate(value: Json, schema: Schema, path: FieldPath): readonly FieldError[] {
  if (value === null) return schema.nullable || schema.type === undefined ? [] : [wrongType(value, schema, path)]
  if (!hasType(value, schema)) return [wrongType(value, schema, path)]
  return [
    ...validateEnum(value, schema, path),
    ...(typeof value === "string" ? validateText(value, schema, path) : []),
    ...(typeof value === "number" ? validateNumber(value, schema, path) : []),
    ...(isList(value) ? validateList(value, schema, path) : []),
    ...(isObject(value) ? validateObject(value, schema, path) : []),
    ...validateCombinations(value, schema, path),
  ]
}

function hasType(value: Json, { type, intOrString }: Schema): boolean {
  if (intOrString) return typeof value === "string" || Number.isInteger(value)
  switch (type) {
    case "integer":
      return Number.isInteger(value)
    case "number":
      return typeof value === "number"
    case "array":
      return isList(value)
    case "object":
      return isObject(value)
    case undefined:
      return true
    default:
      return typeof value === type
  }
}

function wrongType(value: Json, schema: Schema, path: FieldPath): FieldError {
  const wanted = schema.intOrString ? "integer,string" : (schema.type ?? "")
  const actual = typeName(value)
  return typeInvalid(path, actual, `${pathText(path)} in body must be of type ${wanted}: "${actual}"`)
}

function typeName(value: Json): string {
  if (value === null) return "null"
  if (isList(value)) return "array"
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number"
  return typeof value
}

function validateEnum(value: Json, schema: Schema, path: FieldPath): readonly FieldError[] {
  if (schema.enum === undefined || schema.enum.some(item => isEqual(item, value))) return []
  return [notSupported(path, value, schema.enum)]
}

function validateText(value: string, schema: Schema, path: FieldPath): readonly FieldError[] {
  const errors: FieldError[] = []
  const say = (problem: string) => errors.push(invalid(path, value, `${pathText(path)} in body ${problem}`))
  const { maxLength, minLength, pattern } = schema.source
  const length = [...value].length
  if (typeof maxLength === "number" && length > maxLength) errors.push(tooLong(path, maxLength))
  if (typeof minLength === "number" && length < minLength) say(`should be at least ${minLength} chars long`)
  if (schema.pattern?.test(value) === false) say(`should match '${String(pattern)}'`)
  if (schema.format !== undefined && !hasFormat(value, schema.format)) {
    const problem = `must be of type ${schema.format}: ${JSON.stringify(value)}`
    errors.push(typeInvalid(path, value, `${pathText(path)} in body ${problem}`))
  }
  return errors
}

function validateNumber(value: number, schema: Schema, path: FieldPath): readonly FieldError[] {
  const errors: FieldError[] = []
  const say = (problem: string) => errors.push(invalid(path, value, `${pathText(path)} in body should be ${problem}`))
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema.source
  if (typeof minimum === "number" && (exclusiveMinimum === true ? value <= minimum : value < minimum)) {
    say(exclusiveMinimum === true ? `greater than ${minimum}` : `greater than or equal to ${minimum}`)
  }
  if (typeof maximum === "number" && (exclusiveMaximum === true ? value >= maximum : value > maximum)) {
    say(exclusiveMaximum === true ? `less than ${maximum}` : `less than or equal to ${maximum}`)
  }
  if (typeof multipleOf === "number" && value % multipleOf !== 0) say(`a multiple of ${multipleOf}`)
  const range = schema.format === "int32" ? 2 ** 31 : Number.MAX_SAFE_INTEGER
  if (schema.type === "integer" && Math.abs(value) > range) say(`of type ${schema.format ?? "integer"}`)
  return errors
}

function validateList(value: readonly Json[], schema: Schema, path: FieldPath): readonly FieldError[] {
  const errors: FieldError[] = []
  const { minItems, maxItems } = schema.source
  if (typeof maxItems === "number" && value.length > maxItems) errors.push(tooMany(path, value.length, maxItems))
  if (typeof minItems === "number" && value.length < minItems) {
    errors.push(invalid(path, value.length, `${pathText(path)} in body should have at least ${minItems} items`))
  }
  const items = schema.items
  if (items !== undefined) value.forEach((item, index) => void errors.push(...validate(item, items, [...path, index])))
  return [...errors, ...validateUnique(value, schema, path)]
}

/** The promise of list types `set` (values) and `map` (keys): nothing twice; only the second of the same is named. */
function validateUnique(value: readonly Json[], schema: Schema, path: FieldPath): readonly FieldError[] {
  if (schema.listType === "atomic") return []
  const seen = new Map<string, number>()
  return value.flatMap((item, index) => {
    const identity = schema.listType === "set" ? item : keysOf(item, schema)
    const text = JSON.stringify(identity)
    const times = (seen.get(text) ?? 0) + 1
    seen.set(text, times)
    return times === 2 ? [duplicate([...path, index], identity)] : []
  })
}

/** What identifies an item of a list of type `map`; a key that is absent counts with its default. */
export function keysOf(item: Json, schema: Schema): JsonObject {
  const keys: { [key: string]: Json } = {}
  for (const key of [...schema.listKeys].sort()) {
    const value = at(item, key) ?? schema.items?.properties.get(key)?.default
    if (value !== undefined) keys[key] = value
  }
  return keys
}

function validateObject(value: JsonObject, schema: Schema, path: FieldPath): readonly FieldError[] {
  const errors: FieldError[] = []
  const { minProperties, maxProperties } = schema.source
  const fields = Object.entries(value)
  if (typeof maxProperties === "number" && fields.length > maxProperties) {
    errors.push(tooMany(path, fields.length, maxProperties))
  }
  if (typeof minProperties === "number" && fields.length < minProperties) {
    errors.push(invalid(path, value, `${pathText(path)} in body should have at least ${minProperties} properties`))
  }
  for (const name of schema.required) if (value[name] === undefined) errors.push(required([...path, name]))
  for (const [name, child] of fields) {
    const childSchema = schema.properties.get(name) ?? schema.values
    if (childSchema !== undefined) errors.push(...validate(child, childSchema, [...path, name]))
  }
  return errors
}

function validateCombinations(value: Json, schema: Schema, path: FieldPath): readonly FieldError[] {
  const errors = schema.allOf.flatMap(each => validate(value, each, path))
  const passing = (options: readonly Schema[]) =>
    options.filter(option => validate(value, option, path).length === 0).length
  const say = (problem: string) => errors.push(invalid(path, value, `"${pathText(path)}" must ${problem}`))
  if (schema.anyOf.length > 0 && passing(schema.anyOf) === 0) say("validate at least one schema (anyOf)")
  if (schema.oneOf.length > 0) {
    const count = passing(schema.oneOf)
    if (count !== 1) {
      say(
        `validate one and only one schema (oneOf). Found ${count === 0 ? "none valid" : `${count} valid alternatives`}`,
      )
    }
  }
  if (schema.not !== undefined && passing([schema.not]) === 1) say("not validate the schema (not)")
  return errors
}
