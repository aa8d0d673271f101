import { type Crd, type Schema, schemaOf } from "./crd.ts"
import { type Alternative, alternativesOf } from "./schema-alternatives.ts"

/**
 * One kind's TypeScript types from its CRD. What the rules promise (exactly one of, this with that) becomes a union, so
 * that the compiler knows what the API server has checked.
 */
export function kindTypes(crd: Crd): string {
  const { kind } = crd.spec.names
  return [
    "// Made from crds/ by scripts/generate.ts. Edit the CRD, then `npm run generate`.",
    ...(["spec", "status"] as const).map(part => {
      const schema = schemaOf(crd, part)
      const name = `${kind}${part === "spec" ? "Spec" : "Status"}`
      return `${doc(`${kind}.${part}. ${schema.description ?? ""}`, "")}export type ${name} = ${typeOf(schema, "")}`
    }),
    "",
  ].join("\n\n")
}

function typeOf(schema: Schema, indent: string): string {
  switch (schema.type) {
    case "object":
      return objectType(schema, indent)
    case "array":
      return listType(schema, indent)
    case "string":
      return schema.enum === undefined ? "string" : schema.enum.map(value => JSON.stringify(value)).join(" | ")
    case "integer":
      return "number"
    case "boolean":
      return "boolean"
    default:
      throw new Error(`a CRD has a type nobody expected: ${schema.type satisfies never}`)
  }
}

function listType({ items }: Schema, indent: string): string {
  if (items === undefined) throw new Error("a list in a CRD does not say what it holds")
  const item = typeOf(items, indent)
  return /[|&]/.test(item) && !item.startsWith("{") ? `readonly (${item})[]` : `readonly ${item}[]`
}

function objectType(schema: Schema, indent: string): string {
  if (schema.additionalProperties !== undefined) {
    return `Readonly<Record<string, ${typeOf(schema.additionalProperties, indent)}>>`
  }
  const alternatives = alternativesOf(schema)
  if (alternatives.length === 0) return braces(schema, Object.keys(schema.properties ?? {}), {}, indent)
  const decided = new Set(
    alternatives.flatMap(({ required, absent, values }) => [...required, ...absent, ...Object.keys(values)]),
  )
  const shared = Object.keys(schema.properties ?? {}).filter(name => !decided.has(name))
  const branches = alternatives.map(alternative => branch(schema, alternative, indent))
  const union =
    branches.length === 1 ? branches.join() : `(\n${branches.map(text => `${indent}  | ${text}\n`).join("")}${indent})`
  return shared.length === 0 ? union : `${braces(schema, shared, {}, indent)} & ${union}`
}

function branch(schema: Schema, { required, absent, values }: Alternative, indent: string): string {
  const names = [...Object.keys(values), ...required, ...absent]
  const overrides = Object.fromEntries([
    ...Object.entries(values).map(([name, allowed]) => [name, allowed.map(value => JSON.stringify(value)).join(" | ")]),
    ...absent.map(name => [name, "never"]),
  ])
  return braces(
    { ...schema, required: names.filter(name => !absent.includes(name)) },
    names,
    overrides,
    `${indent}    `,
  )
}

function braces(
  schema: Schema,
  names: readonly string[],
  overrides: Readonly<Record<string, string>>,
  indent: string,
): string {
  const inner = `${indent}  `
  const fields = names.map(name => {
    const property = schema.properties?.[name]
    if (property === undefined) throw new Error(`a rule in a CRD speaks of ${name}, which does not exist`)
    const optional = schema.required?.includes(name) ? "" : "?"
    const override = overrides[name]
    const comment = override === "never" ? "" : doc(property.description ?? "", inner)
    return `${comment}${inner}readonly ${name}${optional}: ${override ?? typeOf(property, inner)}\n`
  })
  return fields.length === 0 ? "Readonly<Record<never, never>>" : `{\n${fields.join("")}${indent}}`
}

function doc(text: string, indent: string): string {
  return text === "" ? "" : `${indent}/** ${text.replaceAll(/\s+/g, " ").replaceAll("*/", "*\\/").trim()} */\n`
}
