import { type Context, Optional } from "@marcbachmann/cel-js"
import { undeclaredFields } from "./cel-fields.ts"
import { kubernetesEnvironment } from "./cel-functions.ts"
import { escapedName } from "./cel-names.ts"
import { duplicate, type FieldError, type FieldPath, forbiddenField, invalid, required } from "./field-error.ts"
import { at, isEqual, isList, isObject, type Json } from "./json.ts"
import type { Rule, Schema } from "./schema.ts"
import { keysOf } from "./schema-validation.ts"

const environment = kubernetesEnvironment()
const compiled = new Map<string, (context: Context) => unknown>()

/** What is wrong with an expression over values of a schema, undefined when it compiles. */
export function expressionProblem(expression: string, self?: Schema): string | undefined {
  const { valid, error } = environment.check(expression)
  if (!valid) return error?.message.split("\n")[0] ?? "does not compile"
  if (self === undefined) return undefined
  const [undeclared] = undeclaredFields(environment.parse(expression).ast, self)
  return undeclared === undefined ? undefined : `undefined field '${undeclared}'`
}

/**
 * Complaints of all rules below a schema. Rules that speak of `oldSelf` run only where there is an old value to
 * compare with, and list items are matched by their keys (transition rules).
 */
export function validateRules(
  value: Json,
  old: Json | undefined,
  schema: Schema,
  path: FieldPath,
): readonly FieldError[] {
  if (!schema.hasRules || value === null) return []
  return [
    ...schema.rules.flatMap(rule => runRule(rule, { value, old, schema, path })),
    ...validateChildren(value, old, schema, path),
  ]
}

function validateChildren(value: Json, old: Json | undefined, schema: Schema, path: FieldPath): readonly FieldError[] {
  const { items } = schema
  if (isList(value) && items !== undefined) {
    return value.flatMap((item, index) => validateRules(item, correlated(item, old, schema), items, [...path, index]))
  }
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([name, child]) => {
    const childSchema = schema.properties.get(name) ?? schema.values
    return childSchema === undefined ? [] : validateRules(child, at(old, name), childSchema, [...path, name])
  })
}

/** Only lists of type `map` have items that can be recognised after a change. */
function correlated(item: Json, old: Json | undefined, schema: Schema): Json | undefined {
  if (schema.listType !== "map" || !isList(old)) return undefined
  const keys = keysOf(item, schema)
  return old.find(each => isEqual(keysOf(each, schema), keys))
}

type Place = {
  readonly value: Json
  readonly old: Json | undefined
  readonly schema: Schema
  readonly path: FieldPath
}

function runRule(rule: Rule, place: Place): readonly FieldError[] {
  const { value, old, schema } = place
  const isTransition = /\boldSelf\b/u.test(rule.rule)
  if (isTransition && old === undefined && !rule.optionalOldSelf) return []
  // An unchanged value may go on breaking a rule that came later (validation ratcheting).
  if (!isTransition && old !== undefined && isEqual(value, old)) return []
  const oldSelf = old === undefined ? undefined : toCel(old, schema)
  const context = {
    self: toCel(value, schema),
    oldSelf: rule.optionalOldSelf ? (oldSelf === undefined ? Optional.none() : Optional.of(oldSelf)) : oldSelf,
  }
  try {
    return run(rule.rule, context) === true ? [] : [complaintOf(rule, place, context)]
  } catch (error) {
    const problem = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)
    return [invalid(place.path, typeOf(schema), `${problem} evaluating rule: ${rule.message ?? rule.rule}`)]
  }
}

function complaintOf(rule: Rule, { value, path }: Place, context: Context): FieldError {
  const shown = isObject(value) || isList(value) ? undefined : value
  const message = messageOf(rule, context)
  const where = [...path, ...pathSteps(rule.fieldPath)]
  switch (rule.reason) {
    case "FieldValueRequired":
      return required(where, message)
    case "FieldValueForbidden":
      return forbiddenField(where, message)
    case "FieldValueDuplicate":
      return duplicate(where, shown)
    default:
      return invalid(where, shown, message)
  }
}

function messageOf({ rule, message, messageExpression }: Rule, context: Context): string {
  if (messageExpression !== undefined) {
    try {
      const text = run(messageExpression, context)
      if (typeof text === "string" && text.trim() !== "") return text.trim()
    } catch {
      // A message that cannot be computed falls back to the written one, as on the real server.
    }
  }
  return message?.trim() ?? `failed rule: ${rule.trim()}`
}

/** `.spec['some-name'].other` as steps; the definition check has seen that it is one of these. */
function pathSteps(fieldPath: string | undefined): readonly string[] {
  const steps = fieldPath?.matchAll(/\.([A-Za-z_][\w-]*)|\['((?:[^'\\]|\\.)*)'\]/gu) ?? []
  return [...steps].map(([, name, quoted]) => name ?? quoted ?? "")
}

function run(expression: string, context: Context): unknown {
  const known = compiled.get(expression)
  if (known !== undefined) return known(context)
  const fresh = environment.parse(expression)
  compiled.set(expression, fresh)
  return fresh(context)
}

function typeOf({ type, intOrString }: Schema): string {
  return type ?? (intOrString ? "int-or-string" : "object")
}

/** The CEL value of a JSON value: whole numbers are integers unless the schema says number, times are times. */
function toCel(value: Json, schema: Schema | undefined): unknown {
  if (typeof value === "number") return schema?.type === "number" || !Number.isInteger(value) ? value : BigInt(value)
  if (typeof value === "string") return textToCel(value, schema?.format)
  if (isList(value)) return value.map(item => toCel(item, schema?.items))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, child]) => {
      const property = schema?.properties.get(name)
      return [property === undefined ? name : escapedName(name), toCel(child, property ?? schema?.values)]
    }),
  )
}

function textToCel(value: string, format: string | undefined): unknown {
  if (format === "date-time" || format === "date") return new Date(value)
  if (format === "duration") return environment.evaluate("duration(self)", { self: value })
  return value
}
