import { createHash } from "node:crypto"
import { type Json, type JsonObject, objectAt } from "./json.ts"
import { objectMeta } from "./object-meta.ts"
import type { Registry } from "./registry.ts"
import type { ResourceKind } from "./resource-kind.ts"

/** /openapi/v3: the documents there are, each with a hash that changes with its content. */
export function openApiIndex(registry: Registry): JsonObject {
  const paths = [...new Set(registry.all().map(documentPath))].sort().map((path): [string, Json] => {
    const hash = createHash("sha256")
      .update(JSON.stringify(openApiDocument(registry, path)))
      .digest("hex")
      .toUpperCase()
    return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }]
  })
  return { paths: Object.fromEntries(paths) }
}

/** The document of `api/v1` or `apis/GROUP/VERSION`; undefined when nothing is served there. */
export function openApiDocument(registry: Registry, path: string): JsonObject | undefined {
  const kinds = registry.all().filter(kind => documentPath(kind) === path)
  if (kinds.length === 0) return undefined
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "v1.35.2" },
    paths: Object.fromEntries(kinds.flatMap(pathsOf)),
    components: {
      schemas: {
        [metaName]: objectMeta,
        ...Object.fromEntries(kinds.flatMap(schemasOf)),
      },
    },
  }
}

const metaName = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"

function documentPath({ group, version }: ResourceKind): string {
  return group === "" ? `api/${version}` : `apis/${group}/${version}`
}

function gvk({ group, version, kind }: ResourceKind): JsonObject {
  return { group, version, kind }
}

function pathsOf(kind: ResourceKind): readonly [string, Json][] {
  const collection = `/${documentPath(kind)}${kind.namespaced ? "/namespaces/{namespace}" : ""}/${kind.plural}`
  const single = `${collection}/{name}`
  return [
    [
      collection,
      { get: operation(kind, "list"), post: operation(kind, "post"), delete: operation(kind, "deletecollection") },
    ],
    [
      single,
      {
        get: operation(kind, "get"),
        put: operation(kind, "put"),
        patch: operation(kind, "patch"),
        delete: operation(kind, "delete"),
      },
    ],
    ...(kind.hasStatus ? [statusPath(kind, single)] : []),
  ]
}

function statusPath(kind: ResourceKind, single: string): [string, Json] {
  return [
    `${single}/status`,
    { get: operation(kind, "get"), put: operation(kind, "put"), patch: operation(kind, "patch") },
  ]
}

/** kubectl looks for the kind and for `fieldValidation` among the parameters of PATCH, and for little else. */
function operation(kind: ResourceKind, action: string): JsonObject {
  const writes = ["post", "put", "patch"].includes(action)
  const content = { "application/json": { schema: { $ref: `#/components/schemas/${schemaName(kind)}` } } }
  return {
    operationId: `${action}${kind.group.replaceAll(".", "")}${kind.version}${kind.kind}`,
    parameters: writes ? ["dryRun", "fieldManager", "fieldValidation"].map(queryParameter) : [],
    responses: { "200": { description: "OK", content } },
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": gvk(kind),
  }
}

function queryParameter(name: string): JsonObject {
  return { name, in: "query", schema: { type: "string", uniqueItems: true } }
}

function schemasOf(kind: ResourceKind): readonly [string, Json][] {
  const { metadata: _, ...properties } = objectAt(kind.schema.source, "properties")
  const reference = {
    allOf: [{ $ref: `#/components/schemas/${metaName}` }],
    description: "Standard object metadata.",
    default: {},
  }
  const whole = { ...kind.schema.source, properties: { ...properties, metadata: reference } }
  const list: Json = {
    type: "object",
    required: ["items"],
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      items: { type: "array", items: { $ref: `#/components/schemas/${schemaName(kind)}` } },
    },
    "x-kubernetes-group-version-kind": [{ ...gvk(kind), kind: `${kind.kind}List` }],
  }
  const published = { ...whole, "x-kubernetes-group-version-kind": [gvk(kind)] }
  return [
    [schemaName(kind), published],
    [`${schemaName(kind)}List`, list],
  ]
}

/** Custom kinds are named by their group backwards, the server's own by their Go package. */
function schemaName(kind: ResourceKind): string {
  const { group, version } = kind
  if (!kind.builtIn) return `${group.split(".").reverse().join(".")}.${version}.${kind.kind}`
  const area = group === "" ? "core" : (group.split(".")[0] ?? group)
  return `io.k8s.api.${area}.${version}.${kind.kind}`
}
