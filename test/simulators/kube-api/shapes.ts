import type { Json, JsonObject } from "./json.ts"
import type { KubeObject } from "./kube-object.ts"
import { type Listed, listBody } from "./list.ts"
import type { Media } from "./media.ts"
import { apiVersionOf, present, type ResourceKind } from "./resource-kind.ts"
import { type IncludeObject, partialOf, tableOf } from "./table.ts"

/** What is asked for: the kind, the accepted shape, and how much of the object goes with a table's row. */
export type Wish = {
  readonly kind: ResourceKind
  readonly media: Media
  readonly query: URLSearchParams
  readonly now: () => Temporal.Instant
}

/** One object, as the kind shows it, in the shape that was asked for. */
export function shapeOf(object: KubeObject, wish: Wish): JsonObject {
  switch (wish.media.kind) {
    case "table":
      return tableOfOne(wish.kind.toStorage?.(object) ?? object, wish, true)
    case "partial":
      return partialOf(object)
    default:
      return object
  }
}

/** A list of stored objects. */
export function shapeOfList(listed: Listed, { kind, media, query, now }: Wish): JsonObject {
  const { objects, metadata } = listed
  switch (media.kind) {
    case "table":
      return tableOf({ kind, objects, listMetadata: metadata, include: includeOf(query), now: now() })
    case "partial":
      return {
        kind: "PartialObjectMetadataList",
        apiVersion: "meta.k8s.io/v1",
        metadata,
        items: objects.map(object => partialOf(present(kind, object))),
      }
    default:
      return listBody(kind, apiVersionOf(kind), listed)
  }
}

/** A stored object inside a watch event; only the first table of a watch names its columns. */
export function shapeOfEvent(object: KubeObject, wish: Wish, isFirst: boolean): Json {
  switch (wish.media.kind) {
    case "table":
      return tableOfOne(object, wish, isFirst)
    case "partial":
      return partialOf(present(wish.kind, object))
    default:
      return present(wish.kind, object)
  }
}

function tableOfOne(stored: KubeObject, { kind, query, now }: Wish, withColumns: boolean): JsonObject {
  const listMetadata = { resourceVersion: stored.metadata["resourceVersion"] ?? "" }
  return tableOf({ kind, objects: [stored], listMetadata, include: includeOf(query), now: now(), withColumns })
}

function includeOf(query: URLSearchParams): IncludeObject {
  const asked = query.get("includeObject")
  return asked === "None" || asked === "Object" ? asked : "Metadata"
}
