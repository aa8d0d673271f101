import { apply } from "./apply.ts"
import { completeObject, decode, pruneObject } from "./completion.ts"
import { freshObject, inNamespace, insert, requireRoom } from "./create.ts"
import { badRequest, Failure, unsupportedMediaType } from "./failure.ts"
import { invalid, invalidObject } from "./field-error.ts"
import { isObject, type Json, parseJson, textAt, withField } from "./json.ts"
import { jsonPatch } from "./json-patch.ts"
import { asKubeObject, type KubeObject } from "./kube-object.ts"
import type { Writer } from "./managed-fields.ts"
import { mergePatch } from "./merge-patch.ts"
import { prune } from "./pruning.ts"
import { readYaml } from "./request-body.ts"
import { apiVersionOf, present, type ResourceKind } from "./resource-kind.ts"
import { strategicMergePatch } from "./strategic-merge-patch.ts"
import {
  read,
  replace,
  requirePreconditions,
  type Target,
  withGeneration,
  withServerFields,
  withStatusOf,
  write,
} from "./update.ts"
import type { World } from "./world.ts"
import type { WriteOptions } from "./write-options.ts"

export type PatchRequest = {
  readonly contentType: string
  readonly body: string
  readonly options: WriteOptions
}

const jsonType = "application/json-patch+json"
const mergeType = "application/merge-patch+json"
const strategicType = "application/strategic-merge-patch+json"
const applyType = "application/apply-patch+yaml"

/** PATCH with any of the four types; `created` tells 201 from 200. */
export function patch(
  world: World,
  target: Target,
  request: PatchRequest,
): { readonly object: KubeObject; readonly created: boolean } {
  const accepted = target.kind.builtIn
    ? [jsonType, mergeType, strategicType, applyType]
    : [jsonType, mergeType, applyType]
  if (!accepted.includes(request.contentType)) throw unsupportedMediaType(accepted)
  if (request.contentType === applyType) return applyPatch(world, target, request)
  return { object: modify(world, target, request), created: false }
}

function modify(world: World, target: Target, { contentType, body, options }: PatchRequest): KubeObject {
  const { kind } = target
  const old = read(world, target)
  const patched = patchedWith(contentType, old, readPatch(body), kind)
  if (!isObject(patched)) throw badRequest("the patch does not leave an object")
  const refuse = (problem: string): Failure =>
    invalidObject({ ...kind, group: "", kind: "" }, "", [invalid(["patch"], JSON.stringify(patched), problem)])
  const sent = pruneObject(kind, decode(kind, patched), options, refuse)
  if (sent.metadata.name !== target.name) {
    throw badRequest(
      `the name of the object (${sent.metadata.name}) does not match the name on the URL (${target.name})`,
    )
  }
  return replace(world, target, { old, sent, options })
}

function patchedWith(contentType: string, old: KubeObject, change: Json, kind: ResourceKind): Json {
  switch (contentType) {
    case jsonType:
      return jsonPatch(old, change)
    case strategicType:
      return strategicMergePatch(old, change, kind.schema)
    default:
      return mergePatch(old, change)
  }
}

function readPatch(body: string): Json {
  try {
    return parseJson(body)
  } catch {
    throw badRequest("error decoding patch: invalid character in the body")
  }
}

function applyPatch(world: World, target: Target, { body, options }: PatchRequest): ReturnType<typeof patch> {
  const { kind, name, namespace, subresource } = target
  const applied = readConfiguration(target, body)
  const writer: Writer = {
    manager: options.fieldManager,
    operation: "Apply",
    apiVersion: apiVersionOf(kind),
    subresource,
    time: world.clock.timestamp(),
  }
  const stored = world.store.get(kind.storage, namespace, name)
  if (stored === undefined) {
    if (subresource !== "") read(world, target)
    const fresh = freshObject(
      world,
      kind,
      apply({ applied, live: undefined, schema: kind.schema, writer, force: true }),
    )
    requireRoom(world, kind, fresh)
    return { object: insert(world, kind, completeObject(kind, fresh, undefined), options), created: true }
  }
  const old = present(kind, stored)
  requirePreconditions(kind, name, applied, old)
  const merged = apply({ applied, live: old, schema: kind.schema, writer, force: options.force })
  const kept = subresource === "status" ? withStatusOf(old, merged) : withServerFields(kind, old, merged)
  const next = withGeneration(kind, completeObject(kind, kept, old), old)
  return { object: write(world, target, { old, next, options }), created: false }
}

/** The part of the configuration that this resource may set; throws for what no schema declares. */
function readConfiguration({ kind, name, namespace, subresource }: Target, body: string): KubeObject {
  const parsed = readYaml(body)
  if (!isObject(parsed)) throw badRequest("error decoding YAML: the patch is no object")
  if (parsed["apiVersion"] === undefined || parsed["kind"] === undefined) {
    throw badRequest("apiVersion and kind must be set in an apply patch")
  }
  const applied = decode(kind, parsed)
  const sentName = textAt(parsed, "metadata", "name")
  if (sentName !== undefined && sentName !== name) {
    throw badRequest(`the name of the object (${sentName}) does not match the name on the URL (${name})`)
  }
  if (applied.metadata["managedFields"] !== undefined) throw badRequest("metadata.managedFields must be nil")
  requireDeclared(kind, applied, namespace, name)
  const placed = inNamespace(kind, { ...applied, metadata: { ...applied.metadata, name } }, namespace)
  if (subresource === "status") {
    const { status } = placed
    const { apiVersion, metadata } = placed
    const identity = { apiVersion, kind: kind.kind, metadata: { name: metadata.name } }
    return status === undefined ? identity : { ...identity, status }
  }
  return kind.hasStatus ? asKubeObject(withField(placed, "status", undefined), placed) : placed
}

function requireDeclared(kind: ResourceKind, applied: KubeObject, namespace: string, name: string): void {
  const { unknown } = prune(applied, kind.schema)
  if (unknown.length === 0) return
  const errors = unknown.map(path => `.${path}: field not declared in schema`)
  const list = errors.length === 1 ? errors[0] : `errors:\n${errors.map(error => `  ${error}`).join("\n")}`
  const version = kind.group === "" ? `/${kind.version}` : `${kind.group}/${kind.version}`
  const about = `${namespace}/${name}; ${version}, Kind=${kind.kind}`
  throw new Failure(500, "", `failed to create typed patch object (${about}): ${list}`)
}
