import { create } from "./create.ts"
import { deleteObject } from "./delete.ts"
import type { Access, Denials } from "./denials.ts"
import { methodNotAllowed, noSuchPath } from "./failure.ts"
import type { JsonObject } from "./json.ts"
import { type KubeObject, namespaceOf } from "./kube-object.ts"
import type { Lister } from "./list.ts"
import { requireWatchOptions } from "./list-options.ts"
import type { Media } from "./media.ts"
import { patch } from "./patch.ts"
import { readObject, readOptions } from "./request-body.ts"
import type { ResourceKind } from "./resource-kind.ts"
import type { ResourcePath } from "./route.ts"
import { selectorOf } from "./selectors.ts"
import { shapeOf, shapeOfEvent, shapeOfList, type Wish } from "./shapes.ts"
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
      return isWatch(query)
        ? openWatch(kind, request, world)
        : bodyAnswer(shapeOfList(lister.list(kind, path.namespace, query), wishOf(world, kind, request)))
    case "POST": {
      if (kind.namespaced && path.namespace === "") throw methodNotAllowed()
      const warnings: string[] = []
      const options = writeOptions(query, request.userAgent, text => warnings.push(text))
      const object = create(world, kind, { namespace: path.namespace, body: readObject(request), options })
      return bodyAnswer(shapeOf(object, wishOf(world, kind, request)), 201, warnings)
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
  const answer = (object: KubeObject, code = 200) =>
    bodyAnswer(shapeOf(object, wishOf(world, kind, request)), code, warnings)
  switch (method) {
    case "GET":
      if (isWatch(query)) return openWatch(kind, watchingOne(request), world)
      return answer(read(world, target))
    case "PUT":
      return answer(update(world, target, readObject(request), options))
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
      return bodyAnswer(deleteObject(world, target, { body: readOptions(request), query }))
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

function openWatch(kind: ResourceKind, request: ResourceRequest, world: World): Answer {
  const { path, query } = request
  requireWatchOptions(query)
  const wish = wishOf(world, kind, request)
  const show = (object: KubeObject, isFirst: boolean) => shapeOfEvent(object, wish, isFirst)
  return { kind: "watch", request: { kind, namespace: path.namespace, matches: selectorOf(kind, query), show, query } }
}

function deleteAll({ world, lister }: Server, kind: ResourceKind, request: ResourceRequest): Answer {
  const found = lister.list(kind, request.path.namespace, request.query)
  for (const object of found.objects) {
    const target = { kind, namespace: namespaceOf(object), name: object.metadata.name, subresource: "" }
    deleteObject(world, target, { body: readOptions(request), query: request.query })
  }
  return bodyAnswer(shapeOfList(found, wishOf(world, kind, request)))
}

function wishOf({ clock }: World, kind: ResourceKind, { media, query }: ResourceRequest): Wish {
  return { kind, media, query, now: () => clock.now() }
}

function bodyAnswer(body: JsonObject, code = 200, warnings: readonly string[] = []): Answer {
  return { kind: "body", code, body, warnings }
}
