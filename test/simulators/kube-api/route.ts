/** What a path of the API means. */
export type Route =
  | { readonly kind: "discovery"; readonly area: "api" | "apis" }
  | { readonly kind: "group"; readonly group: string }
  | { readonly kind: "version"; readonly group: string; readonly version: string }
  | { readonly kind: "openapi"; readonly document: string }
  | { readonly kind: "health" }
  | { readonly kind: "serverVersion" }
  | ({ readonly kind: "resource" } & ResourcePath)
  | { readonly kind: "unknown" }

export type ResourcePath = {
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly namespace: string
  readonly name: string
  readonly subresource: string
}

export function routeOf(path: string): Route {
  const parts = path
    .split("/")
    .filter(part => part !== "")
    .map(decodeURIComponent)
  const [first, ...rest] = parts
  switch (first) {
    case "version":
      return { kind: "serverVersion" }
    case "healthz":
    case "livez":
    case "readyz":
      return { kind: "health" }
    case "openapi":
      return rest[0] === "v3" ? { kind: "openapi", document: rest.slice(1).join("/") } : { kind: "unknown" }
    case "api":
      return apiRoute("", rest)
    case "apis":
      return groupRoute(rest)
    default:
      return { kind: "unknown" }
  }
}

function groupRoute([group, ...rest]: readonly string[]): Route {
  if (group === undefined) return { kind: "discovery", area: "apis" }
  return rest.length === 0 ? { kind: "group", group } : apiRoute(group, rest)
}

function apiRoute(group: string, [version, ...rest]: readonly string[]): Route {
  if (version === undefined) return { kind: "discovery", area: "api" }
  if (rest.length === 0) return { kind: "version", group, version }
  const [first = "", second = "", third] = rest
  // `namespaces/x/status` is a namespace's status, `namespaces/x/secrets` what is in it.
  const isInside = first === "namespaces" && third !== undefined && !["status", "finalize"].includes(third)
  const [plural = "", name = "", subresource = ""] = isInside ? rest.slice(2) : rest
  return { kind: "resource", group, version, plural, namespace: isInside ? second : "", name, subresource }
}
