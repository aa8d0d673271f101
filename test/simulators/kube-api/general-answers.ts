import { aggregatedDiscovery, coreVersions, groupList, groupOf, resourceList, serverVersion } from "./discovery.ts"
import { noSuchPath } from "./failure.ts"
import type { JsonObject } from "./json.ts"
import { mediaOf } from "./media.ts"
import { openApiDocument, openApiIndex } from "./openapi.ts"
import type { Registry } from "./registry.ts"
import type { Route } from "./route.ts"

export type GeneralRequest = {
  readonly route: Exclude<Route, { kind: "resource" }>
  readonly accept: string | undefined
  readonly host: string
}

export type GeneralAnswer = { readonly body: JsonObject | string; readonly type?: string }

/** Everything that is not about objects: health, version, discovery and OpenAPI. Throws 404 for the rest. */
export function answerGeneral(registry: Registry, { route, accept, host }: GeneralRequest): GeneralAnswer {
  switch (route.kind) {
    case "health":
      return { body: "ok", type: "text/plain; charset=utf-8" }
    case "serverVersion":
      return { body: serverVersion }
    case "discovery":
      return discovery(registry, route.area, { accept, host })
    case "group":
      if (!registry.groups().includes(route.group)) throw noSuchPath()
      return { body: groupOf(registry, route.group) }
    case "version": {
      const kinds = registry.of(route.group, route.version)
      if (kinds.length === 0) throw noSuchPath()
      return { body: resourceList(kinds) }
    }
    case "openapi": {
      const body = route.document === "" ? openApiIndex(registry) : openApiDocument(registry, route.document)
      if (body === undefined) throw noSuchPath()
      return { body }
    }
    case "unknown":
      throw noSuchPath()
    default:
      return route satisfies never
  }
}

function discovery(
  registry: Registry,
  area: "api" | "apis",
  { accept, host }: Pick<GeneralRequest, "accept" | "host">,
): GeneralAnswer {
  const media = mediaOf(accept)
  if (media.kind !== "discovery") return { body: area === "api" ? coreVersions(host) : groupList(registry) }
  return {
    body: aggregatedDiscovery(registry, media.version, area),
    type: `application/json;g=apidiscovery.k8s.io;v=${media.version};as=APIGroupDiscoveryList`,
  }
}
