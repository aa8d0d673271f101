import type { Json, JsonObject } from "./json.ts"
import type { Registry } from "./registry.ts"
import { apiVersionOf, type ResourceKind } from "./resource-kind.ts"

const verbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"]
const statusVerbs = ["get", "patch", "update"]

/** `APIGroupDiscoveryList` for /api (core) or /apis: everything a client needs in two calls. */
export function aggregatedDiscovery(registry: Registry, version: "v2" | "v2beta1", area: "api" | "apis"): JsonObject {
  const groups = area === "api" ? [""] : registry.groups()
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(group => ({
      metadata: group === "" ? { creationTimestamp: null } : { name: group, creationTimestamp: null },
      versions: registry.versions(group).map(each => ({
        version: each,
        resources: registry.of(group, each).map(discoveredResource),
        freshness: "Current",
      })),
    })),
  }
}

function discoveredResource(kind: ResourceKind): Json {
  const responseKind = { group: kind.group, version: kind.version, kind: kind.kind }
  return {
    resource: kind.plural,
    responseKind,
    scope: kind.namespaced ? "Namespaced" : "Cluster",
    singularResource: kind.singular,
    verbs,
    ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
    ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
    ...(kind.hasStatus ? { subresources: [{ subresource: "status", responseKind, verbs: statusVerbs }] } : {}),
  }
}

/** /api for clients that do not know aggregated discovery. */
export function coreVersions(address: string): JsonObject {
  return {
    kind: "APIVersions",
    versions: ["v1"],
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: address }],
  }
}

/** /apis for clients that do not know aggregated discovery. */
export function groupList(registry: Registry): JsonObject {
  return { kind: "APIGroupList", apiVersion: "v1", groups: registry.groups().map(group => groupBody(registry, group)) }
}

/** /apis/GROUP */
export function groupOf(registry: Registry, group: string): JsonObject {
  return { kind: "APIGroup", apiVersion: "v1", ...groupBody(registry, group) }
}

function groupBody(registry: Registry, group: string): JsonObject {
  const versions = registry.versions(group).map(version => ({ groupVersion: `${group}/${version}`, version }))
  return { name: group, versions, preferredVersion: versions[0] ?? null }
}

/** /api/v1 and /apis/GROUP/VERSION */
export function resourceList(kinds: readonly ResourceKind[]): JsonObject {
  const [first] = kinds
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: first === undefined ? "" : apiVersionOf(first),
    resources: kinds.flatMap(listedResources),
  }
}

function listedResources(kind: ResourceKind): readonly Json[] {
  const resource = {
    name: kind.plural,
    singularName: kind.singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs,
    ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
    ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
  }
  const { name, namespaced } = resource
  const status = { name: `${name}/status`, singularName: "", namespaced, kind: kind.kind, verbs: statusVerbs }
  return kind.hasStatus ? [resource, status] : [resource]
}

/** What /version says; the level of the API that is simulated. */
export const serverVersion: JsonObject = {
  major: "1",
  minor: "35",
  emulationMajor: "1",
  emulationMinor: "35",
  minCompatibilityMajor: "1",
  minCompatibilityMinor: "34",
  gitVersion: "v1.35.2",
  gitCommit: "0000000000000000000000000000000000000000",
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "none",
  compiler: "none",
  platform: "linux/amd64",
}
