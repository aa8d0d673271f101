import { parseAllDocuments } from "yaml"
import { create } from "./create.ts"
import { isObject, type Json, textAt } from "./json.ts"
import { type KubeObject, namespaceOf } from "./kube-object.ts"
import { patch } from "./patch.ts"
import type { ResourceKind } from "./resource-kind.ts"
import type { World } from "./world.ts"
import type { WriteOptions } from "./write-options.ts"

const options: WriteOptions = {
  dryRun: false,
  fieldManager: "simulator-load",
  fieldValidation: "Strict",
  force: true,
  warn: () => undefined,
}

/** Applies manifests (YAML, one or many documents) as server-side apply would; throws what the server would answer. */
export function load(world: World, manifests: string): readonly KubeObject[] {
  return parseAllDocuments(manifests)
    .map(document => document.toJSON() as Json)
    .filter(isObject)
    .map(body => {
      const kind = world.registry.findByKind(textAt(body, "apiVersion") ?? "", textAt(body, "kind") ?? "")
      if (kind === undefined) throw new Error(`no such kind: ${textAt(body, "apiVersion")} ${textAt(body, "kind")}`)
      const namespace = kind.namespaced ? (textAt(body, "metadata", "namespace") ?? "default") : ""
      const name = textAt(body, "metadata", "name")
      if (name === undefined) return create(world, kind, { namespace, body, options })
      const request = { contentType: "application/apply-patch+yaml", body: JSON.stringify(body), options }
      return patch(world, { kind, namespace, name, subresource: "" }, request).object
    })
}

/** What is stored now of a resource (`secrets`, `widgets.example.org`), in all namespaces or one. */
export function stored({ store, registry }: World, resource: string, namespace = ""): readonly KubeObject[] {
  const kind = kindNamed(registry.all(), resource)
  return store.list(kind.storage, namespace).filter(object => namespace === "" || namespaceOf(object) === namespace)
}

function kindNamed(kinds: readonly ResourceKind[], resource: string): ResourceKind {
  const kind = kinds.find(({ plural, group }) => resource === (group === "" ? plural : `${plural}.${group}`))
  if (kind === undefined) throw new Error(`no such resource: ${resource}`)
  return kind
}
