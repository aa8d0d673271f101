import { age } from "./age.ts"
import type { Json, JsonObject } from "./json.ts"
import type { KubeObject } from "./kube-object.ts"
import { present, type ResourceKind } from "./resource-kind.ts"

export type IncludeObject = "None" | "Metadata" | "Object"

export type TableRequest = {
  readonly kind: ResourceKind
  readonly objects: readonly KubeObject[]
  readonly listMetadata: JsonObject
  readonly include: IncludeObject
  readonly now: Temporal.Instant
  /** Only the first table of a watch names its columns. */
  readonly withColumns?: boolean
}

/** What kubectl prints: cells computed by the server, each row with its object's metadata. */
export function tableOf({ kind, objects, listMetadata, include, now, withColumns = true }: TableRequest): JsonObject {
  const ageOf = (timestamp: string) => age(timestamp, now)
  const rows = objects.map(object => ({
    cells: kind.columns.map(column => column.cell(object, ageOf)),
    ...included(present(kind, object), include),
  }))
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: listMetadata,
    columnDefinitions: withColumns ? columnDefinitions(kind) : null,
    rows,
  }
}

/** The object reduced to its metadata. */
export function partialOf(object: KubeObject): JsonObject {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata }
}

function columnDefinitions(kind: ResourceKind): readonly Json[] {
  return kind.columns.map(({ name, type, format, description, priority }) => ({
    name,
    type,
    format: format ?? "",
    description: description ?? "",
    priority: priority ?? 0,
  }))
}

function included(object: KubeObject, include: IncludeObject): JsonObject {
  switch (include) {
    case "None":
      return {}
    case "Metadata":
      return { object: partialOf(object) }
    case "Object":
      return { object }
    default:
      return include satisfies never
  }
}
