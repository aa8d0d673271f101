import { type FieldError, invalid, required } from "./field-error.ts"
import { objectAt } from "./json.ts"
import { finalizersOf, type KubeObject } from "./kube-object.ts"

const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?$/u
const qualifiedName = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$/u
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/u

/** All annotations of one object together; the limit of the real server. */
const ANNOTATION_BYTES = 256 * 1024

/** What every object must keep to, whatever its kind. */
export function checkMetadata(object: KubeObject, { group }: { readonly group: string }): readonly FieldError[] {
  return [...checkName(object, group), ...checkLabels(object), ...checkAnnotations(object), ...checkFinalizers(object)]
}

function checkName(object: KubeObject, group: string): readonly FieldError[] {
  const path = ["metadata", "name"]
  const name = object.metadata.name
  if (name === "") return [required(path, "name or generateName is required")]
  if (group === "rbac.authorization.k8s.io") return [] // `system:node` and the like
  if (name.length <= 253 && subdomain.test(name)) return []
  return [invalid(path, name, nameAdvice)]
}

const nameAdvice =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end " +
  "with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

function checkLabels(object: KubeObject): readonly FieldError[] {
  const path = ["metadata", "labels"]
  return Object.entries(objectAt(object.metadata, "labels")).flatMap(([key, value]) => {
    if (!qualifiedName.test(key)) return [invalid(path, key, `name part ${nameRule}`)]
    return labelValue.test(String(value))
      ? []
      : [invalid(path, value, `a valid label must be an empty string or consist of ${characters}`)]
  })
}

const characters = "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
const nameRule = `must consist of ${characters}`

function checkAnnotations(object: KubeObject): readonly FieldError[] {
  const path = ["metadata", "annotations"]
  const annotations = Object.entries(objectAt(object.metadata, "annotations"))
  const bytes = annotations.reduce((sum, [key, value]) => sum + key.length + String(value).length, 0)
  const errors = annotations
    .filter(([key]) => !qualifiedName.test(key))
    .map(([key]) => invalid(path, key, `name part ${nameRule}`))
  if (bytes <= ANNOTATION_BYTES) return errors
  return [
    ...errors,
    { reason: "FieldValueTooLong", path, body: `Too long: may not be more than ${ANNOTATION_BYTES} bytes` },
  ]
}

function checkFinalizers(object: KubeObject): readonly FieldError[] {
  return finalizersOf(object)
    .filter(name => !qualifiedName.test(name))
    .map(name => invalid(["metadata", "finalizers"], name, `name part ${nameRule}`))
}
