import { nameColumn } from "./builtin-columns.ts"
import { at, isObject, type Json, type JsonObject, listAt, objectAt, textAt } from "./json.ts"
import { findFirst } from "./jsonpath.ts"
import type { KubeObject } from "./kube-object.ts"
import { topFields } from "./object-meta.ts"
import type { Column, ResourceKind } from "./resource-kind.ts"
import { readSchema } from "./schema.ts"

/** The kinds that a definition brings: one for each served version. */
export function kindsOf(definition: KubeObject): readonly ResourceKind[] {
  const versions = listAt(definition, "spec", "versions").filter(isObject)
  return versions.filter(version => version["served"] === true).map(version => kindOf(definition, version))
}

function kindOf(definition: KubeObject, version: JsonObject): ResourceKind {
  const group = textAt(definition, "spec", "group") ?? ""
  const names = objectAt(definition, "spec", "names")
  const plural = textAt(names, "plural") ?? ""
  const kind = textAt(names, "kind") ?? ""
  return {
    group,
    version: textAt(version, "name") ?? "",
    kind,
    plural,
    singular: textAt(names, "singular") ?? kind.toLowerCase(),
    shortNames: texts(names, "shortNames"),
    categories: texts(names, "categories"),
    namespaced: textAt(definition, "spec", "scope") === "Namespaced",
    schema: readSchema(wholeSchema(objectAt(version, "schema", "openAPIV3Schema"))),
    hasStatus: isObject(at(version, "subresources", "status")),
    hasGeneration: true,
    columns: columnsOf(version),
    selectableFields: selectableFieldsOf(version),
    storage: `${group}/${plural}`,
    builtIn: false,
  }
}

/** apiVersion, kind and metadata are the server's business, whatever the definition says of them. */
function wholeSchema(schema: JsonObject): JsonObject {
  return { ...schema, type: "object", properties: { ...objectAt(schema, "properties"), ...topFields } }
}

const defaultAge: JsonObject = {
  name: "Age",
  type: "date",
  description:
    "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations.",
  jsonPath: ".metadata.creationTimestamp",
}

function columnsOf(version: JsonObject): readonly Column[] {
  const written = listAt(version, "additionalPrinterColumns").filter(isObject)
  return [nameColumn, ...(written.length === 0 ? [defaultAge] : written).map(columnOf)]
}

function columnOf(source: JsonObject): Column {
  const type = textAt(source, "type") ?? "string"
  const path = textAt(source, "jsonPath") ?? ""
  const { format, description, priority } = source
  return {
    name: textAt(source, "name") ?? "",
    type,
    ...(typeof format === "string" ? { format } : {}),
    description:
      typeof description === "string" ? description : `Custom resource definition column (in JSONPath format): ${path}`,
    ...(typeof priority === "number" ? { priority } : {}),
    cell: (object, age) => cellOf(findFirst(object, path), type, age),
  }
}

/** A value that does not fit its column's type leaves the cell empty. */
function cellOf(value: Json | undefined, type: string, age: (timestamp: string) => string): Json {
  if (value === undefined || value === null) return null
  switch (type) {
    case "integer":
      return typeof value === "number" ? Math.trunc(value) : null
    case "number":
      return typeof value === "number" ? value : null
    case "boolean":
      return typeof value === "boolean" ? value : null
    case "date":
      return typeof value === "string" ? ageOrProblem(value, age) : null
    default:
      return typeof value === "object" ? JSON.stringify(value) : String(value)
  }
}

function ageOrProblem(timestamp: string, age: (timestamp: string) => string): string {
  try {
    return age(timestamp)
  } catch {
    return "<invalid>"
  }
}

function selectableFieldsOf(version: JsonObject): Readonly<Record<string, readonly string[]>> {
  const paths = listAt(version, "selectableFields").map(field => textAt(field, "jsonPath") ?? "")
  return Object.fromEntries(paths.map(path => [path.replace(/^\./u, ""), path.split(".").slice(1)]))
}

function texts(object: JsonObject, field: string): readonly string[] {
  return listAt(object, field).filter(item => typeof item === "string")
}
