import { type FieldError, type FieldPath, invalid, notSupported } from "./field-error.ts"
import { at, isEqual, isObject, type JsonObject, listAt, textAt } from "./json.ts"
import type { KubeObject } from "./kube-object.ts"
import { checkSchema } from "./schema-checks.ts"

export function checkDefinition(definition: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const errors: FieldError[] = []
  const group = textAt(definition, "spec", "group") ?? ""
  const plural = textAt(definition, "spec", "names", "plural") ?? ""
  const scope = textAt(definition, "spec", "scope") ?? ""
  const wanted = `${plural}.${group}`
  if (definition.metadata.name !== wanted) {
    errors.push(invalid(["metadata", "name"], definition.metadata.name, `must be spec.names.plural+"."+spec.group`))
  }
  if (!["Namespaced", "Cluster"].includes(scope)) {
    errors.push(notSupported(["spec", "scope"], scope, ["Cluster", "Namespaced"]))
  }
  if (old !== undefined) {
    for (const path of [
      ["spec", "group"],
      ["spec", "scope"],
      ["spec", "names", "kind"],
      ["spec", "names", "plural"],
    ]) {
      const value = at(definition, ...path)
      if (!isEqual(at(old, ...path), value)) errors.push(invalid(path, value ?? null, "field is immutable"))
    }
  }
  return [...errors, ...checkVersions(definition)]
}

function checkVersions(definition: KubeObject): readonly FieldError[] {
  const versions = listAt(definition, "spec", "versions").filter(isObject)
  const storing = versions.filter(version => version["storage"] === true)
  const path: FieldPath = ["spec", "versions"]
  const errors = versions.flatMap((version, index) => checkVersion(version, [...path, index]))
  if (storing.length === 1) return errors
  return [
    ...errors,
    invalid(path, listAt(definition, "spec", "versions"), "must have exactly one version marked as storage version"),
  ]
}

const columnTypes = ["boolean", "date", "integer", "number", "string"]

function checkVersion(version: JsonObject, path: FieldPath): readonly FieldError[] {
  const columns = listAt(version, "additionalPrinterColumns").flatMap((column, index) => {
    const where = [...path, "additionalPrinterColumns", index]
    const type = textAt(column, "type") ?? ""
    const jsonPath = textAt(column, "jsonPath") ?? ""
    return [
      ...(columnTypes.includes(type) ? [] : [notSupported([...where, "type"], type, columnTypes)]),
      ...(jsonPath.startsWith(".")
        ? []
        : [invalid([...where, "jsonPath"], jsonPath, "must be a simple json path starting with .")]),
    ]
  })
  const selectable = listAt(version, "selectableFields").flatMap((field, index) => {
    const jsonPath = textAt(field, "jsonPath") ?? ""
    const where = [...path, "selectableFields", index, "jsonPath"]
    return /^(\.[A-Za-z_]\w*)+$/u.test(jsonPath) ? [] : [invalid(where, jsonPath, "is an invalid path")]
  })
  const schema = checkSchema(at(version, "schema", "openAPIV3Schema"), [...path, "schema", "openAPIV3Schema"])
  return [...columns, ...selectable, ...schema]
}
