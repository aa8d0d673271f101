import { validateRules } from "./cel.ts"
import { withDefaults } from "./defaulting.ts"
import { badRequest, type Failure } from "./failure.ts"
import { type FieldError, invalid, invalidObject } from "./field-error.ts"
import { at, isEqual, isObject, type Json, type JsonObject, textAt } from "./json.ts"
import { asKubeObject, type KubeObject, uidOf } from "./kube-object.ts"
import { checkMetadata } from "./metadata-checks.ts"
import { prune } from "./pruning.ts"
import { apiVersionOf, type ResourceKind } from "./resource-kind.ts"
import { validate } from "./schema-validation.ts"
import type { WriteOptions } from "./write-options.ts"

/** Makes an object of this kind out of a request's body; throws 400 when it claims to be another. */
export function decode(kind: ResourceKind, body: JsonObject): KubeObject {
  const apiVersion = apiVersionOf(kind)
  const sentKind = textAt(body, "kind")
  const sentVersion = textAt(body, "apiVersion")
  if (!kind.builtIn && (sentKind === undefined || sentKind === "")) {
    throw badRequest(`Object 'Kind' is missing in '${JSON.stringify(body)}'`)
  }
  if (sentKind !== undefined && sentKind !== kind.kind) {
    throw badRequest(
      `${sentKind} in version "${sentVersion?.split("/").at(-1) ?? ""}" cannot be handled as a ${kind.kind}: converting (${sentKind}) to (${kind.kind}): unknown conversion`,
    )
  }
  if (sentVersion !== undefined && sentVersion !== apiVersion) {
    throw badRequest(
      `the API version in the data (${sentVersion}) does not match the expected API version (${apiVersion})`,
    )
  }
  return asKubeObject(body, { apiVersion, kind: kind.kind })
}

/** Drops unknown fields, and says so as the request wishes: with an error, a warning or not at all. */
export function pruneObject(
  kind: ResourceKind,
  object: KubeObject,
  { fieldValidation, warn }: WriteOptions,
  refuse: (problem: string) => Failure = problem =>
    badRequest(`${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${problem}`),
): KubeObject {
  const { value, unknown } = prune(object, kind.schema)
  if (unknown.length === 0 || !isObject(value)) return object
  const problems = unknown.map(path => `unknown field "${path}"`)
  if (fieldValidation === "Strict") throw refuse(`strict decoding error: ${problems.join(", ")}`)
  if (fieldValidation === "Warn") problems.forEach(warn)
  return asKubeObject(value, object)
}

/** Defaults, completion by the kind and every validation; throws 422 with all complaints. */
export function completeObject(kind: ResourceKind, object: KubeObject, old: KubeObject | undefined): KubeObject {
  const defaulted = withDefaults(object, kind.schema)
  const whole = isObject(defaulted) ? asKubeObject(defaulted, object) : object
  if (kind.builtIn) requireTypes(kind, whole)
  const prepared = kind.prepare?.(whole, old) ?? whole
  const errors = [
    ...checkMetadata(prepared, kind),
    ...(kind.check?.(prepared, old) ?? []),
    ...schemaErrors(kind, prepared, old),
  ]
  if (errors.length > 0) throw invalidObject(kind, prepared.metadata.name, errors)
  return prepared
}

/** Built-in kinds are decoded into Go structs: a wrong type is a bad request and not an invalid object. */
function requireTypes(kind: ResourceKind, object: KubeObject): void {
  const wrong = validate(object, kind.schema, []).find(error => error.reason === "FieldValueTypeInvalid")
  if (wrong === undefined) return
  const path = wrong.path.filter(step => typeof step === "string").join(".")
  const value = at(object, ...wrong.path) ?? null
  throw badRequest(
    `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ` +
      `json: cannot unmarshal ${goName(value)} into Go struct field ${kind.kind}.${path}`,
  )
}

/** What Go's JSON calls a value. */
function goName(value: Json): string {
  if (value === null) return "null"
  if (Array.isArray(value)) return "array"
  return typeof value === "boolean" ? "bool" : typeof value
}

/** An invalid value that was there before and has not changed is let through (CRDValidationRatcheting, stable since 1.33). */
function schemaErrors(kind: ResourceKind, object: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const errors = validate(object, kind.schema, []).filter(error => !isUnchanged(error, object, old))
  if (errors.some(isBlocking)) return kind.schema.hasRules ? [...errors, rulesNotChecked] : errors
  return [...errors, ...validateRules(object, old, kind.schema, [])]
}

function isUnchanged({ path, reason }: FieldError, object: KubeObject, old: KubeObject | undefined): boolean {
  if (old === undefined) return false
  const place = reason === "FieldValueRequired" || reason === "FieldValueDuplicate" ? path.slice(0, -1) : path
  return place.length > 0 && isEqual(at(object, ...place), at(old, ...place))
}

/** The server does not compute rules over objects that are broken in these ways. */
function isBlocking({ reason }: FieldError): boolean {
  return [
    "FieldValueNotSupported",
    "FieldValueTypeInvalid",
    "FieldValueRequired",
    "FieldValueTooLong",
    "FieldValueTooMany",
  ].includes(reason)
}

const rulesNotChecked = invalid(
  [],
  null,
  "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
)

/** Throws 409 when the request was about another life of the object. */
export function requireSameUid(
  sent: string | undefined,
  object: KubeObject,
  refuse: (problem: string) => Failure,
): void {
  if (sent === undefined || sent === "" || sent === uidOf(object)) return
  throw refuse(`Precondition failed: UID in precondition: ${sent}, UID in object meta: ${uidOf(object)}`)
}
