import { KubeApiError } from "./kube-error.ts"
import { apiVersionOf, type KubeResource, type ResourceKind } from "./objects.ts"

/**
 * Foreign data becomes ours here. The server validates objects against their schema; we check what the runtime itself
 * stands on and trust the server for the rest, so the type asked for is the caller's promise about the kind.
 */

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

type Json = Readonly<Record<string, unknown>>

/** One page of a list. */
export type Page<T extends KubeResource> = {
  readonly items: readonly T[]
  readonly resourceVersion: string
  /** Where the next page begins. */
  readonly continueFrom?: string
}

export type WatchEvent<T extends KubeResource> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string }
  | { readonly type: "ERROR"; readonly error: KubeApiError }

export function parseJson(text: string): Json {
  const value = jsonIn(text)
  if (!isJson(value)) throw invalid("not an object")
  return value
}

/** What the parser throws quotes the text, which may be a Secret: not even the cause is kept. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid("not JSON")
  }
}

/**
 * The object as we keep it: of the kind asked for (items of lists say nothing, metadata-only answers say
 * PartialObjectMetadata), without `managedFields` and last-applied, which are large and never ours to read.
 */
export function readObject<T extends KubeResource>(raw: unknown, kind: ResourceKind): T {
  const metadata = isJson(raw) ? raw["metadata"] : undefined
  if (!isJson(raw) || !isJson(metadata) || typeof metadata["name"] !== "string") throw invalid("an object without name")
  const resource = { ...raw, apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: lighten(metadata) }
  // The rest of the shape is the server's word: it validated the object against its schema before it stored it.
  return resource as unknown as T
}

export function readPage<T extends KubeResource>(text: string, kind: ResourceKind): Page<T> {
  const { items, metadata } = parseJson(text)
  if (!Array.isArray(items) && items !== null && items !== undefined) throw invalid("a list without items")
  if (!isJson(metadata) || typeof metadata["resourceVersion"] !== "string") throw invalid("a list without version")
  const next = metadata["continue"]
  return {
    items: (items ?? []).map((item: unknown) => readObject<T>(item, kind)),
    resourceVersion: metadata["resourceVersion"],
    ...(typeof next === "string" && next !== "" ? { continueFrom: next } : {}),
  }
}

export function readWatchEvent<T extends KubeResource>(line: string, kind: ResourceKind): WatchEvent<T> {
  const { type, object } = parseJson(line)
  switch (type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
      return { type, object: readObject<T>(object, kind) }
    case "BOOKMARK":
      return { type, resourceVersion: versionOf(object) }
    case "ERROR":
      return { type, error: readStatus(object, 500) }
    default:
      throw invalid("a watch event of unknown type")
  }
}

/** The server's Status object as an error. */
export function readStatus(raw: unknown, code: number, retryAfterMs?: number): KubeApiError {
  const status = isJson(raw) ? raw : {}
  const said = typeof status["code"] === "number" ? status["code"] : code
  const reason = typeof status["reason"] === "string" && status["reason"] !== "" ? status["reason"] : `Status${said}`
  const message = typeof status["message"] === "string" ? status["message"] : `the API server answered ${said}`
  return new KubeApiError(message, { code: said, reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })
}

function lighten({ managedFields: _, annotations, ...metadata }: Json): Json {
  if (!isJson(annotations)) return metadata
  return {
    ...metadata,
    annotations: Object.fromEntries(Object.entries(annotations).filter(([name]) => name !== lastApplied)),
  }
}

function versionOf(object: unknown): string {
  const metadata = isJson(object) ? object["metadata"] : undefined
  const version = isJson(metadata) ? metadata["resourceVersion"] : undefined
  if (typeof version !== "string") throw invalid("a bookmark without version")
  return version
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function invalid(what: string): KubeApiError {
  return new KubeApiError(`the API server sent ${what}`, { code: 0, reason: "InvalidAnswer" })
}
