import { conditionsOf } from "../operator/resources/reasons.ts"
import { type Crd, type CrdVersion, type Rule, type Schema, schemaOf } from "./crd.ts"

/** The text of docs/kinds.md: every kind, field, bound and rule, as the CRDs have them. */
export function kindReference(crds: readonly Crd[]): string {
  return [
    "# The kinds",
    "Made from `crds/` by `npm run generate`; `kubectl explain` tells the same. Durations are a whole number and one of " +
      "d, h, m, s, such as `30m`; a day is 24 hours. References name objects of the same namespace unless they take a " +
      "`namespace`. What conditions and reasons mean is in [reasons.md](reasons.md).",
    crds.map(crd => `- [${crd.spec.names.kind}](#${crd.spec.names.kind.toLowerCase()})`).join("\n"),
    ...crds.flatMap(kindSection),
    "",
  ].join("\n\n")
}

function kindSection(crd: Crd): readonly string[] {
  const { kind, plural, shortNames, categories } = crd.spec.names
  const [version] = crd.spec.versions
  return [
    `## ${kind}`,
    oneLine(version.schema.openAPIV3Schema.description ?? ""),
    `\`kubectl get ${plural}\`, short \`${shortNames.join("`, `")}\`, also in \`kubectl get ${categories.join(",")}\`. ` +
      `Version \`${crd.spec.group}/${version.name}\`.`,
    "### Spec",
    fieldTable(schemaOf(crd, "spec")),
    "### Rules",
    ruleList(version.schema.openAPIV3Schema),
    "### Status",
    fieldTable(withoutConditions(schemaOf(crd, "status"))),
    `Conditions: ${conditionNames(kind)}.`,
    "### Columns",
    columnTable(version),
    ...selectorLine(version),
  ]
}

type Row = { readonly path: string; readonly schema: Schema; readonly isRequired: boolean }

function fieldTable(schema: Schema): string {
  const rows = rowsOf("", schema).map(({ path, schema, isRequired }) =>
    tableRow([
      `\`${path}\`${isRequired ? " *" : ""}`,
      typeName(schema),
      "default" in schema ? `\`${JSON.stringify(schema.default).replaceAll('"', "")}\`` : "",
      bounds(schema),
      oneLine(schema.description ?? ""),
    ]),
  )
  return [
    tableRow(["field", "type", "default", "bounds", "meaning"]),
    tableRow(["---", "---", "---", "---", "---"]),
    ...rows,
  ].join("\n")
}

/** Every field below, depth first, in the order of the CRD. `*` marks what must be given where its parent is. */
function rowsOf(prefix: string, schema: Schema): readonly Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const path = prefix === "" ? name : `${prefix}.${name}`
    const row = { path, schema: property, isRequired: schema.required?.includes(name) ?? false }
    return [row, ...rowsOf(path, property), ...elementRows(path, property)]
  })
}

function elementRows(path: string, { items, additionalProperties }: Schema): readonly Row[] {
  if (items !== undefined) return rowsOf(`${path}[]`, items)
  return additionalProperties === undefined ? [] : rowsOf(`${path}.<name>`, additionalProperties)
}

function typeName(schema: Schema): string {
  if (schema.items !== undefined) return `list of ${typeName(schema.items)}`
  if (schema.additionalProperties !== undefined) return `map of ${typeName(schema.additionalProperties)}`
  if (schema.format === "date-time") return "time"
  return schema.enum === undefined ? schema.type : "enum"
}

function bounds(schema: Schema): string {
  const inner = schema.items ?? schema.additionalProperties
  return [
    schema.enum?.map(value => `\`${value}\``).join(", "),
    range(schema.minimum, schema.maximum, ""),
    range(schema.minItems, schema.maxItems, " entries"),
    range(schema.minProperties, schema.maxProperties, " entries"),
    schema.format === "date-time" ? undefined : range(schema.minLength, schema.maxLength, " characters"),
    schema.pattern === undefined ? undefined : `\`${schema.pattern}\``,
    inner === undefined || bounds(inner) === "" ? undefined : `each ${bounds(inner)}`,
  ]
    .filter(part => part !== undefined)
    .join("; ")
}

function range(least: number | undefined, most: number | undefined, unit: string): string | undefined {
  if (most === undefined) return least === undefined ? undefined : `at least ${least}${unit}`
  return least === undefined ? `at most ${most}${unit}` : least === most ? `${most}${unit}` : `${least}–${most}${unit}`
}

/** A rule together with the field it is written at. */
export type PlacedRule = Rule & { readonly path: string }

/** All CEL rules of a schema, with the path of the field each belongs to. */
export function rulesOf(path: string, schema: Schema): readonly PlacedRule[] {
  const own = (schema["x-kubernetes-validations"] ?? []).map(rule => ({ ...rule, path }))
  const children = Object.entries(schema.properties ?? {}).map(
    ([name, property]) => [path === "" ? name : `${path}.${name}`, property] as const,
  )
  const elements = [
    ...(schema.items === undefined ? [] : [[`${path}[]`, schema.items] as const]),
    ...(schema.additionalProperties === undefined ? [] : [[`${path}.<name>`, schema.additionalProperties] as const]),
  ]
  return [...own, ...[...children, ...elements].flatMap(([below, property]) => rulesOf(below, property))]
}

function ruleList(schema: Schema): string {
  const rules = rulesOf("", schema)
  return rules.length === 0 ? "None." : rules.map(({ path, message }) => `- \`${path}\`: ${message}`).join("\n")
}

function columnTable({ additionalPrinterColumns }: CrdVersion): string {
  const rows = additionalPrinterColumns.map(({ name, jsonPath, priority }) =>
    tableRow([name.toUpperCase(), `\`${jsonPath}\``, priority === undefined || priority === 0 ? "" : "with `-o wide`"]),
  )
  return [tableRow(["column", "from", ""]), tableRow(["---", "---", "---"]), ...rows].join("\n")
}

function selectorLine({ selectableFields }: CrdVersion): readonly string[] {
  if (selectableFields === undefined) return []
  const fields = selectableFields.map(({ jsonPath }) => `\`${jsonPath.slice(1)}\``)
  return [`With \`--field-selector\`: ${fields.join(", ")}.`]
}

function conditionNames(kind: string): string {
  const known: Readonly<Record<string, readonly string[]>> = conditionsOf
  return (known[kind] ?? []).map(type => `\`${type}\``).join(", ")
}

/** They are the same for every kind, and reasons.md tells them. */
function withoutConditions(schema: Schema): Schema {
  const { conditions: _conditions, ...properties } = schema.properties ?? {}
  return { ...schema, properties }
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.map(cell => cell.replaceAll("|", "\\|")).join(" | ")} |`
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim()
}
