import { Failure } from "./failure.ts"
import {
  difference,
  type FieldSet,
  fieldsOf,
  fromFieldsV1,
  intersection,
  pathText,
  setOf,
  toFieldsV1,
  union,
  valueAt,
} from "./field-set.ts"
import { isEqual, isObject, type Json, listAt, textAt } from "./json.ts"
import { type KubeObject, withMetadata } from "./kube-object.ts"
import type { Schema } from "./schema.ts"

/** Who wrote, how, through which version, and where (`""` for the object, `"status"`). */
export type Writer = {
  readonly manager: string
  readonly operation: "Apply" | "Update"
  readonly apiVersion: string
  readonly subresource: string
  readonly time: string
}

type Entry = Writer & { readonly fields: FieldSet }

/**
 * The object with its managedFields brought up to date after an ordinary write: the writer owns what it changed,
 * whoever owned that before does not any more, and what is gone belongs to nobody.
 */
export function recordUpdate(
  object: KubeObject,
  old: KubeObject | undefined,
  schema: Schema,
  writer: Writer,
): KubeObject {
  const before = readEntries(
    hasReset(object) ? undefined : (object.metadata["managedFields"] ?? old?.metadata["managedFields"]),
  )
  const fields = fieldsOf(object, schema)
  const changed = new Map(
    [...fields].filter(([, path]) => !isEqual(valueAt(object, schema, path), valueAt(old, schema, path))),
  )
  const others = before.map(entry => {
    const still = present(entry.fields, object, schema)
    return isSame(entry, writer) ? { ...entry, fields: still } : { ...entry, fields: difference(still, changed) }
  })
  if (changed.size === 0) return withEntries(object, others)
  const mine = others.find(entry => isSame(entry, writer))
  const entry = { ...writer, fields: union(mine?.fields ?? setOf([]), changed) }
  return withEntries(object, [...others.filter(each => each !== mine), entry])
}

/** Sending `[]` or `[{}]` asks the server to forget all owners. */
function hasReset(object: KubeObject): boolean {
  const sent = object.metadata["managedFields"]
  if (sent === undefined) return false
  const list = listAt(object.metadata, "managedFields")
  return list.length === 0 || (list.length === 1 && isEqual(list[0], {}))
}

export type Applied = { readonly fields: FieldSet; readonly previous: FieldSet; readonly others: FieldSet }

/** What an applier sets now, what it had set before, and what everybody else owns. */
export function ownershipOf(
  applied: KubeObject,
  live: KubeObject | undefined,
  schema: Schema,
  writer: Writer,
): Applied {
  const entries = readEntries(live?.metadata["managedFields"])
  return {
    fields: fieldsOf(applied, schema),
    previous: entries.find(entry => isSame(entry, writer))?.fields ?? setOf([]),
    others: entries.filter(entry => !isSame(entry, writer)).reduce((all, { fields }) => union(all, fields), setOf([])),
  }
}

/** Throws 409 when the merge would change what others own, but for what is allowed. */
export function requireNoConflict(
  merged: KubeObject,
  live: KubeObject,
  schema: Schema,
  { writer, allowed }: { readonly writer: Writer; readonly allowed: FieldSet },
): void {
  const changed = difference(changedFields(merged, live, schema), allowed)
  const conflicts = readEntries(live.metadata["managedFields"])
    .filter(entry => !isSame(entry, writer))
    .flatMap(entry =>
      [...intersection(changed, entry.fields).values()].map(path => ({ who: nameOf(entry), path: pathText(path) })),
    )
    .toSorted((left, right) => (left.path < right.path ? -1 : 1))
  if (conflicts.length === 0) return
  const causes = conflicts.map(({ who, path }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${who}`,
    field: path,
  }))
  throw new Failure(409, "Conflict", conflictMessage(conflicts), { causes })
}

function conflictMessage(conflicts: readonly { readonly who: string; readonly path: string }[]): string {
  const [first] = conflicts
  if (conflicts.length === 1) return `Apply failed with 1 conflict: conflict with ${first?.who}: ${first?.path}`
  const managers = [...new Set(conflicts.map(({ who }) => who))].sort()
  const lines = managers.flatMap(manager => [
    `conflicts with ${manager}:`,
    ...conflicts.filter(({ who }) => who === manager).map(({ path }) => `- ${path}`),
  ])
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join("\n")}`
}

function nameOf({ manager, operation, subresource, apiVersion }: Writer): string {
  const where = subresource === "" ? "" : ` with subresource "${subresource}"`
  return `"${manager}"${where}${operation === "Update" ? ` using ${apiVersion}` : ""}`
}

/** The merged object with the applier as owner of its configuration, and of nothing else any more. */
export function recordApply(
  merged: KubeObject,
  live: KubeObject | undefined,
  schema: Schema,
  { writer, fields }: { readonly writer: Writer; readonly fields: FieldSet },
): KubeObject {
  const changed = live === undefined ? setOf([]) : changedFields(merged, live, schema)
  const before = readEntries(live?.metadata["managedFields"])
  const others = before
    .filter(entry => !isSame(entry, writer))
    .map(entry => ({ ...entry, fields: difference(present(entry.fields, merged, schema), changed) }))
  const mine = before.find(entry => isSame(entry, writer))
  const isUnchanged = mine !== undefined && changed.size === 0 && isEqual(toFieldsV1(mine.fields), toFieldsV1(fields))
  return withEntries(merged, [...others, { ...writer, fields, ...(isUnchanged ? { time: mine.time } : {}) }])
}

function changedFields(after: KubeObject, before: KubeObject, schema: Schema): FieldSet {
  const all = union(fieldsOf(after, schema), fieldsOf(before, schema))
  return new Map([...all].filter(([, path]) => !isEqual(valueAt(after, schema, path), valueAt(before, schema, path))))
}

function present(fields: FieldSet, object: KubeObject, schema: Schema): FieldSet {
  return new Map([...fields].filter(([, path]) => valueAt(object, schema, path) !== undefined))
}

/** Appliers are one whatever version they speak; updates are told apart by it. */
function isSame(one: Writer, other: Writer): boolean {
  return (
    one.manager === other.manager &&
    one.operation === other.operation &&
    one.subresource === other.subresource &&
    (one.operation === "Apply" || one.apiVersion === other.apiVersion)
  )
}

function withEntries(object: KubeObject, entries: readonly Entry[]): KubeObject {
  const kept = entries.filter(entry => entry.fields.size > 0)
  return withMetadata(object, { managedFields: kept.length === 0 ? undefined : kept.map(toJson) })
}

function toJson({ manager, operation, apiVersion, subresource, time, fields }: Entry): Json {
  return {
    manager,
    operation,
    apiVersion,
    time,
    fieldsType: "FieldsV1",
    fieldsV1: toFieldsV1(fields),
    ...(subresource === "" ? {} : { subresource }),
  }
}

function readEntries(managedFields: Json | undefined): readonly Entry[] {
  return listAt({ managedFields: managedFields ?? null }, "managedFields")
    .filter(isObject)
    .map(entry => ({
      manager: textAt(entry, "manager") ?? "unknown",
      operation: entry["operation"] === "Apply" ? "Apply" : "Update",
      apiVersion: textAt(entry, "apiVersion") ?? "",
      subresource: textAt(entry, "subresource") ?? "",
      time: textAt(entry, "time") ?? "",
      fields: fromFieldsV1(entry["fieldsV1"]),
    }))
}
