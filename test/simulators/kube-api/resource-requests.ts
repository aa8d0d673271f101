import { parse as parseYaml } from "yaml"
import { create } from "./create.ts"
import { deleteObject } from "./delete.ts"
import type { Access, Denials } from "./denials.ts"
import { badRequest, Failure, methodNotAllowed, noSuchPath, unsupportedMediaType } from "./failure.ts"
import { isObject, type Json, type JsonObject, parseJson } from "./json.ts"
import { type KubeObject, namespaceOf } from "./kube-object.ts"
import { type Lister, listBody } from "./list.ts"
import type { Media } from "./media.ts"
import { patch } from "./patch.ts"
import { apiVersionOf, present, type ResourceKind } from "./resource-kind.ts"
import type { ResourcePath } from "./route.ts"
import { selectorOf } from "./selectors.ts"
import { type IncludeObject, partialOf, tableOf } from "./table.ts"
import { read, type Target, update } from "./update.ts"
import type { WatchRequest } from "./watch.ts"
import type { World } from "./world.ts"
import { writeOptions } from "./write-options.ts"

export type ResourceRequest = {
  readonly method: string
  readonly path: ResourcePath
  readonly query: URLSearchParams
  readonly media: Media
  readonly contentType: string
  readonly body: string
  readonly userAgent: string | undefined
  readonly user: string
}

export type Answer =
  | { readonly kind: "body"; readonly code: number; readonly body: JsonObject; readonly warnings: readonly string[] }
  | { readonly kind: "watch"; readonly request: Omit<WatchRequest, "stream"> }

type Server = { readonly world: World; readonly lister: Lister; readonly denials: Denials }

/** Everything under `/api/v1/…` and `/apis/GROUP/VERSION/…` that is about objects. */
export function answerResource(server: Server, request: ResourceRequest): Answer {
  const { path, user } = request
  const kind = server.world.registry.find(path.group, path.version, path.plural)
  const access = accessOf(request)
  server.denials.require({ ...access, user })
  if (kind === undefined || !isServed(kind, path)) throw noSuchPath()
  return path.name === "" ? answerCollection(server, kind, request) : answerSingle(server, kind, request)
}

function accessOf({ method, path, query, user }: ResourceRequest): Access {
  const { group, plural, namespace, name, subresource } = path
  const resource = subresource === "" ? plural : `${plural}/${subresource}`
  return { user, verb: verbOf(method, name, isWatch(query)), group, resource, namespace, name }
}

function verbOf(method: string, name: string, watches: boolean): string {
  switch (method) {
    case "GET":
      return name === "" ? (watches ? "watch" : "list") : "get"
    case "POST":
      return "create"
    case "PUT":
      return "update"
    case "PATCH":
      return "patch"
    case "DELETE":
      return name === "" ? "deletecollection" : "delete"
    default:
      return method.toLowerCase()
  }
}

function isWatch(query: URLSearchParams): boolean {
  return ["true", "1"].includes(query.get("watch") ?? "")
}

function isServed(kind: ResourceKind, { namespace, name, subresource }: ResourcePath): boolean {
  if (!kind.namespaced && namespace !== "") return false
  if (kind.namespaced && namespace === "" && name !== "") return false
  return subresource === "" || (subresource === "status" && kind.hasStatus)
}

function answerCollection(server: Server, kind: ResourceKind, request: ResourceRequest): Answer {
  const { world, lister } = server
  const { method, path, query } = request
  switch (method) {
    case "GET":
      return isWatch(query) ? openWatch(world, kind, request) : listed(world, lister, kind, request)
    case "POST": {
      if (kind.namespaced && path.namespace === "") throw methodNotAllowed()
      const warnings: string[] = []
      const options = writeOptions(query, request.userAgent, text => warnings.push(text))
      const object = create(world, kind, { namespace: path.namespace, body: readBody(request), options })
      return { kind: "body", code: 201, body: shape(world, kind, object, request), warnings }
    }
    case "DELETE":
      return deleteAll(server, kind, request)
    default:
      throw methodNotAllowed()
  }
}

function answerSingle({ world }: Server, kind: ResourceKind, request: ResourceRequest): Answer {
  const { method, path, query } = request
  const target: Target = { kind, namespace: path.namespace, name: path.name, subresource: path.subresource }
  const warnings: string[] = []
  const options = writeOptions(query, request.userAgent, text => warnings.push(text))
  const answer = (object: KubeObject, code = 200): Answer => {
    return { kind: "body", code, body: shape(world, kind, object, request), warnings }
  }
  switch (method) {
    case "GET":
      if (isWatch(query)) return openWatch(world, kind, watchingOne(request))
      return answer(read(world, target))
    case "PUT":
      return answer(update(world, target, readBody(request), options))
    case "PATCH": {
      const { object, created } = patch(world, target, {
        contentType: request.contentType,
        body: request.body,
        options,
      })
      return answer(object, created ? 201 : 200)
    }
    case "DELETE": {
      if (path.subresource !== "") throw methodNotAllowed()
      return {
        kind: "body",
        code: 200,
        body: deleteObject(world, target, { body: readOptions(request), query }),
        warnings,
      }
    }
    default:
      throw methodNotAllowed()
  }
}

/** `watch=true` on a single object is an old way to watch a list of one. */
function watchingOne(request: ResourceRequest): ResourceRequest {
  const query = new URLSearchParams(request.query)
  query.set("fieldSelector", `metadata.name=${request.path.name}`)
  return { ...request, query }
}

function listed(world: World, lister: Lister, kind: ResourceKind, { path, query, media }: ResourceRequest): Answer {
  const found = lister.list(kind, path.namespace, query)
  const answer = (body: JsonObject): Answer => ({ kind: "body", code: 200, body, warnings: [] })
  switch (media.kind) {
    case "table":
      return answer(
        tableOf({
          kind,
          objects: found.objects,
          listMetadata: found.metadata,
          include: includeOf(query),
          now: world.clock.now(),
        }),
      )
    case "partial":
      return answer({
        kind: "PartialObjectMetadataList",
        apiVersion: "meta.k8s.io/v1",
        metadata: found.metadata,
        items: found.objects.map(partialOf),
      })
    default:
      return answer(listBody(kind, apiVersionOf(kind), found))
  }
}

function openWatch(world: World, kind: ResourceKind, { path, query, media }: ResourceRequest): Answer {
  const initial = query.get("sendInitialEvents")
  if (initial !== null && query.get("resourceVersionMatch") !== "NotOlderThan") {
    const problem =
      "resourceVersionMatch: Forbidden: resourceVersionMatch must be set to NotOlderThan if sendInitialEvents is set"
    throw new Failure(422, "Invalid", `ListOptions.meta.k8s.io "" is invalid: ${problem}`)
  }
  const show = (object: KubeObject, isFirst: boolean): Json => {
    if (media.kind === "partial") return partialOf(present(kind, object))
    if (media.kind !== "table") return present(kind, object)
    const listMetadata = { resourceVersion: object.metadata["resourceVersion"] ?? "" }
    const now = world.clock.now()
    return tableOf({ kind, objects: [object], listMetadata, include: includeOf(query), now, withColumns: isFirst })
  }
  return { kind: "watch", request: { kind, namespace: path.namespace, matches: selectorOf(kind, query), show, query } }
}

/** An object that is being answered, in the shape that was asked for. */
function shape(world: World, kind: ResourceKind, object: KubeObject, { media, query }: ResourceRequest): JsonObject {
  switch (media.kind) {
    case "table": {
      const stored = kind.toStorage?.(object) ?? object
      const listMetadata = { resourceVersion: object.metadata["resourceVersion"] ?? "" }
      return tableOf({ kind, objects: [stored], listMetadata, include: includeOf(query), now: world.clock.now() })
    }
    case "partial":
      return partialOf(object)
    default:
      return object
  }
}

function includeOf(query: URLSearchParams): IncludeObject {
  const asked = query.get("includeObject")
  return asked === "None" || asked === "Object" ? asked : "Metadata"
}

function deleteAll({ world, lister }: Server, kind: ResourceKind, request: ResourceRequest): Answer {
  const found = lister.list(kind, request.path.namespace, request.query)
  for (const object of found.objects) {
    const target = { kind, namespace: namespaceOf(object), name: object.metadata.name, subresource: "" }
    deleteObject(world, target, { body: readOptions(request), query: request.query })
  }
  return { kind: "body", code: 200, body: listBody(kind, apiVersionOf(kind), found), warnings: [] }
}

function readBody({ contentType, body }: ResourceRequest): JsonObject {
  if (!["application/json", "application/yaml", ""].includes(contentType)) {
    throw unsupportedMediaType(["application/json", "application/yaml"])
  }
  const parsed = parsedBody(contentType, body)
  if (!isObject(parsed)) throw badRequest("the request's body is no object")
  return parsed
}

function parsedBody(contentType: string, body: string): Json {
  try {
    return contentType === "application/yaml" ? (parseYaml(body) as Json) : parseJson(body)
  } catch {
    throw badRequest(
      "the object provided is unrecognized (must be of type JSON or YAML): couldn't get version/kind; json parse error",
    )
  }
}

/** DeleteOptions are optional. */
function readOptions(request: ResourceRequest): JsonObject {
  return request.body.trim() === "" ? {} : readBody(request)
}
