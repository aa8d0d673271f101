import { childSchema, difference, type FieldSet, itemStep } from "./field-set.ts"
import { isList, isObject, type Json, type JsonObject } from "./json.ts"
import { asKubeObject, type KubeObject, withMetadata } from "./kube-object.ts"
import { fieldsAppliedByClient, withLastApplied } from "./last-applied.ts"
import { ownershipOf, recordApply, requireNoConflict, type Writer } from "./managed-fields.ts"
import type { Schema } from "./schema.ts"

export type ApplyRequest = {
  readonly applied: KubeObject
  readonly live: KubeObject | undefined
  readonly schema: Schema
  readonly writer: Writer
  readonly force: boolean
}

/**
 * Server-side apply: the configuration laid over the live object, without what this applier set before and sets no
 * longer. Throws 409 where it would change what others own. https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export function apply({ applied, live, schema, writer, force }: ApplyRequest): KubeObject {
  const { fields, previous, others } = ownershipOf(applied, live, schema, writer)
  const configuration = withMetadata(applied, { managedFields: undefined, resourceVersion: undefined })
  const laidOver = live === undefined ? configuration : merge(live, configuration, schema)
  const abandoned = withoutParentsOf(fields, difference(difference(previous, fields), others))
  const whole = without(laidOver, abandoned, schema)
  const merged = isObject(whole) ? asKubeObject(whole, applied) : applied
  if (live !== undefined && !force) {
    requireNoConflict(merged, live, schema, { writer, allowed: fieldsAppliedByClient(live, schema, writer.manager) })
  }
  return withLastApplied(recordApply(merged, live, schema, { writer, fields }), configuration, writer.manager)
}

/** Who sent an empty object before and fills it now goes on owning it: `difference` sees leaves only. */
function withoutParentsOf(fields: FieldSet, abandoned: FieldSet): FieldSet {
  const names = [...fields.keys()]
  return new Map([...abandoned].filter(([key]) => !names.some(name => name.startsWith(`${key}\n`))))
}

function merge(live: Json | undefined, applied: Json, schema: Schema | undefined): Json {
  if (isObject(applied) && isObject(live) && schema !== undefined && !schema.atomicMap) {
    const result: { [field: string]: Json } = { ...live }
    for (const [name, child] of Object.entries(applied))
      result[name] = merge(live[name], child, childSchema(schema, name))
    return result
  }
  if (isList(applied) && isList(live) && schema !== undefined && schema.listType !== "atomic") {
    return mergeLists(live, applied, schema)
  }
  return applied
}

/** Items keep their place; new ones come after. */
function mergeLists(live: readonly Json[], applied: readonly Json[], schema: Schema): readonly Json[] {
  const sent = new Map(applied.map(item => [itemStep(item, schema), item]))
  const known = live.map(item => {
    const change = sent.get(itemStep(item, schema))
    return change === undefined ? item : merge(item, change, schema.items)
  })
  const present = new Set(live.map(item => itemStep(item, schema)))
  return [...known, ...applied.filter(item => !present.has(itemStep(item, schema)))]
}

/** Takes the paths away, and the objects that are empty because of it. */
function without(value: Json, paths: FieldSet, schema: Schema): Json {
  return [...paths.values()].reduce<Json>((left, path) => removeAt(left, path, schema) ?? {}, value)
}

function removeAt(value: Json, path: readonly string[], schema: Schema | undefined): Json | undefined {
  const [step = "", ...rest] = path
  if (isList(value) && schema !== undefined) {
    const index = value.findIndex(item => itemStep(item, schema) === step)
    if (index < 0) return value
    const child = rest.length === 0 ? undefined : removeAt(value[index] ?? null, rest, schema.items)
    const list = child === undefined ? value.toSpliced(index, 1) : value.with(index, child)
    return list.length === 0 ? undefined : list
  }
  const name = step.slice(2)
  if (!isObject(value) || !Object.hasOwn(value, name)) return value
  const child = rest.length === 0 ? undefined : removeAt(value[name] ?? null, rest, childSchema(schema, name))
  const { [name]: _, ...others } = value
  const result: JsonObject = child === undefined ? others : { ...others, [name]: child }
  return Object.keys(result).length === 0 ? undefined : result
}
