import type { Schema } from "./crd.ts"

/** One way an object may look: what it must have, what it must not have, and what its discriminator says. */
export type Alternative = {
  readonly required: readonly string[]
  readonly absent: readonly string[]
  readonly values: Readonly<Record<string, readonly string[]>>
}

/**
 * Reads three forms of CEL rules as alternatives; every other rule is checked by the API server only.
 *
 *   (has(self.a) ? 1 : 0) + (has(self.b) ? 1 : 0) == 1     exactly one of a, b
 *   has(self.a) == has(self.c)                             c goes with a
 *   (self.kind == 'A') == has(self.a)                      a goes with kind A
 */
export function alternativesOf(schema: Schema): readonly Alternative[] {
  const rules = (schema["x-kubernetes-validations"] ?? []).map(({ rule }) => rule)
  const exclusive = rules.map(exclusiveNames).find(names => names.length > 0)
  return exclusive ? exactlyOne(exclusive, companions(rules)) : byDiscriminator(schema, rules)
}

function exactlyOne(
  names: readonly string[],
  companionsOf: ReadonlyMap<string, readonly string[]>,
): readonly Alternative[] {
  const withCompanions = (name: string) => [name, ...(companionsOf.get(name) ?? [])]
  return names.map(name => ({
    required: withCompanions(name),
    absent: names.filter(other => other !== name).flatMap(withCompanions),
    values: {},
  }))
}

function byDiscriminator(schema: Schema, rules: readonly string[]): readonly Alternative[] {
  const matches = rules.flatMap(rule => [/^\(self\.(\w+) == '(\w+)'\) == has\(self\.(\w+)\)$/.exec(rule) ?? []])
  const found = matches.flatMap(([, field, value, companion]) =>
    field && value && companion ? [{ field, value, companion }] : [],
  )
  const field = found[0]?.field
  if (field === undefined) return []
  const companion = new Map(found.map(rule => [rule.value, rule.companion]))
  const values = schema.properties?.[field]?.enum ?? []
  const plain = values.filter(value => !companion.has(value))
  return [
    ...(plain.length > 0 ? [{ required: [], absent: [...companion.values()], values: { [field]: plain } }] : []),
    ...[...companion].map(([value, name]) => ({
      required: [name],
      absent: [...companion.values()].filter(other => other !== name),
      values: { [field]: [value] },
    })),
  ]
}

function exclusiveNames(rule: string): readonly string[] {
  if (!/^\(has\(self\.\w+\) \? 1 : 0\)( \+ \(has\(self\.\w+\) \? 1 : 0\))* == 1$/.test(rule)) return []
  return [...rule.matchAll(/self\.(\w+)/g)].flatMap(([, name]) => (name === undefined ? [] : [name]))
}

function companions(rules: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const pairs = rules.flatMap(rule => {
    const [, name, companion] = /^has\(self\.(\w+)\) == has\(self\.(\w+)\)$/.exec(rule) ?? []
    return name !== undefined && companion !== undefined ? [{ name, companion }] : []
  })
  return new Map(
    Map.groupBy(pairs, ({ name }) => name)
      .entries()
      .map(([name, all]) => [name, all.map(({ companion }) => companion)]),
  )
}
