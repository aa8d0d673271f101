import { Failure, type Subject } from "./failure.ts"
import type { Json } from "./json.ts"

/** One complaint about one field, worded as `k8s.io/apimachinery/pkg/util/validation/field` words it. */
export type FieldError = { readonly reason: string; readonly path: FieldPath; readonly body: string }

export type FieldPath = readonly (string | number)[]

export function required(path: FieldPath, detail = ""): FieldError {
  return complaint("FieldValueRequired", path, "Required value", detail)
}

export function invalid(path: FieldPath, value: Json | undefined, detail: string): FieldError {
  return complaint("FieldValueInvalid", path, withValue("Invalid value", value), detail)
}

export function typeInvalid(path: FieldPath, value: Json, detail: string): FieldError {
  return complaint("FieldValueTypeInvalid", path, `Invalid value: ${shown(value)}`, detail)
}

export function notSupported(path: FieldPath, value: Json, allowed: readonly Json[]): FieldError {
  const detail = `supported values: ${allowed.map(quoted).join(", ")}`
  return complaint("FieldValueNotSupported", path, `Unsupported value: ${shown(value)}`, detail)
}

export function duplicate(path: FieldPath, value: Json | undefined): FieldError {
  return complaint("FieldValueDuplicate", path, withValue("Duplicate value", value), "")
}

export function forbiddenField(path: FieldPath, detail: string): FieldError {
  return complaint("FieldValueForbidden", path, "Forbidden", detail)
}

export function tooLong(path: FieldPath, max: number): FieldError {
  return complaint("FieldValueTooLong", path, "Too long", `may not be more than ${max} ${max === 1 ? "byte" : "bytes"}`)
}

export function tooMany(path: FieldPath, actual: number, max: number): FieldError {
  return complaint(
    "FieldValueTooMany",
    path,
    `Too many: ${actual}`,
    `must have at most ${max} ${max === 1 ? "item" : "items"}`,
  )
}

/** `spec.list[2].name`; map keys that are no identifiers still appear after a dot, as on the real server. */
export function pathText(path: FieldPath): string {
  let text = ""
  for (const step of path) text += typeof step === "number" ? `[${step}]` : text === "" ? step : `.${step}`
  return text === "" ? "<nil>" : text
}

/** All complaints about one object as the 422 that answers the request. */
export function invalidObject(subject: Subject, name: string, errors: readonly FieldError[]): Failure {
  const kind = subject.group === "" ? subject.kind : `${subject.kind}.${subject.group}`
  const texts = [...new Set(errors.map(error => `${pathText(error.path)}: ${error.body}`))]
  const all = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`
  return new Failure(422, "Invalid", `${kind} "${name}" is invalid: ${all}`, {
    name,
    ...(subject.group === "" ? {} : { group: subject.group }),
    kind: subject.kind,
    causes: errors.map(({ reason, path, body }) => ({ reason, message: body, field: pathText(path) })),
  })
}

function complaint(reason: string, path: FieldPath, head: string, detail: string): FieldError {
  return { reason, path, body: detail === "" ? head : `${head}: ${detail}` }
}

/** Objects and lists that a rule refuses are not repeated in the answer: their value is undefined here. */
function withValue(head: string, value: Json | undefined): string {
  return value === undefined ? head : `${head}: ${shown(value)}`
}

function shown(value: Json): string {
  return JSON.stringify(value)
}

function quoted(value: Json): string {
  return JSON.stringify(typeof value === "string" ? value : JSON.stringify(value))
}
