import { notAcceptable } from "./failure.ts"

/** In which shape a client wants objects, and whether discovery may be aggregated. */
export type Media =
  | { readonly kind: "plain" }
  | { readonly kind: "table" }
  | { readonly kind: "partial" }
  | { readonly kind: "discovery"; readonly version: "v2" | "v2beta1" }

const offered = ["application/json", "application/yaml"]

/** The first of the accepted types that this server can speak, which is JSON; throws 406 when there is none. */
export function mediaOf(accept: string | undefined): Media {
  for (const type of (accept ?? "*/*").split(",")) {
    const [name = "", ...parameters] = type.split(";").map(part => part.trim())
    if (!["application/json", "*/*", "application/*"].includes(name)) continue
    const given = new Map(parameters.map(parameter => [parameter.split("=")[0] ?? "", parameter.split("=")[1] ?? ""]))
    const media = shapeOf(given.get("as"), given.get("v"))
    if (media !== undefined) return media
  }
  throw notAcceptable(offered)
}

function shapeOf(as: string | undefined, version: string | undefined): Media | undefined {
  switch (as) {
    case undefined:
      return { kind: "plain" }
    case "Table":
      return version === "v1" ? { kind: "table" } : undefined
    case "PartialObjectMetadata":
    case "PartialObjectMetadataList":
      return version === "v1" ? { kind: "partial" } : undefined
    case "APIGroupDiscoveryList":
      return version === "v2" || version === "v2beta1" ? { kind: "discovery", version } : undefined
    default:
      return undefined
  }
}
