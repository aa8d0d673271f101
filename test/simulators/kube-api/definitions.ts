import { kindsOf } from "./custom-kinds.ts"
import { deleteObject } from "./delete.ts"
import { isEqual, isObject, type Json, listAt, objectAt, textAt } from "./json.ts"
import { finalizersOf, isBeingDeleted, type KubeObject, namespaceOf, withMetadata } from "./kube-object.ts"
import type { Change } from "./store.ts"
import type { Watches } from "./watches.ts"
import type { World } from "./world.ts"

const definitionStorage = "apiextensions.k8s.io/customresourcedefinitions"
const cleanup = "customresourcecleanup.apiextensions.k8s.io"

/** Serves what is defined: a definition is established at once, and takes its objects along when it goes. */
export function serveDefinitions(world: World, watches: Watches): () => void {
  return world.store.subscribe(change => {
    if (change.storage !== definitionStorage) removeIfEmpty(world, change)
    else if (change.type === "DELETED") withdraw(world, watches, change.object)
    else if (isBeingDeleted(change.object)) cleanUp(world, change.object)
    else serve(world, watches, change.object)
  })
}

function serve({ store, registry, clock }: World, watches: Watches, definition: KubeObject): void {
  const { group, plural } = namesOf(definition)
  const before = registry.all().filter(kind => kind.group === group && kind.plural === plural)
  const kinds = kindsOf(definition)
  registry.replace(group, plural, kinds)
  if (before.some(({ version }) => !kinds.some(kind => kind.version === version))) watches.closeKind({ group, plural })
  const status = statusOf(definition, clock.timestamp())
  const finalizers = [...new Set([...finalizersOf(definition), cleanup])]
  if (isEqual(status, definition["status"]) && finalizersOf(definition).includes(cleanup)) return
  store.put(definitionStorage, { ...withMetadata(definition, { finalizers }), status })
}

function statusOf(definition: KubeObject, now: string): Json {
  const versions = listAt(definition, "spec", "versions").filter(isObject)
  const stored = versions.filter(version => version["storage"] === true).map(version => version["name"] ?? "")
  const known = listAt(definition, "status", "conditions")
  const condition = (type: string, reason: string, message: string) =>
    known.find(each => textAt(each, "type") === type) ?? {
      type,
      status: "True",
      lastTransitionTime: now,
      reason,
      message,
    }
  return {
    conditions: [
      condition("NamesAccepted", "NoConflicts", "no conflicts found"),
      condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
    ],
    acceptedNames: objectAt(definition, "spec", "names"),
    storedVersions: [...new Set([...listAt(definition, "status", "storedVersions"), ...stored])],
  }
}

/** Deletes the custom objects; those with finalizers keep their definition waiting. */
function cleanUp(world: World, definition: KubeObject): void {
  if (!finalizersOf(definition).includes(cleanup)) return
  const { group, plural } = namesOf(definition)
  const [kind] = world.registry.all().filter(each => each.group === group && each.plural === plural)
  for (const object of kind === undefined ? [] : world.store.list(kind.storage, "")) {
    if (kind === undefined || isBeingDeleted(object)) continue
    const target = { kind, namespace: namespaceOf(object), name: object.metadata.name, subresource: "" }
    deleteObject(world, target, { body: {}, query: new URLSearchParams() })
  }
  finishIfEmpty(world, definition)
}

/** The last object of a definition on its way out has gone. */
function removeIfEmpty(world: World, { type, storage }: Change): void {
  if (type !== "DELETED") return
  const [group = "", plural = ""] = storage.split("/")
  const definition = world.store.get(definitionStorage, "", `${plural}.${group}`)
  if (definition !== undefined && isBeingDeleted(definition)) finishIfEmpty(world, definition)
}

function finishIfEmpty({ store }: World, definition: KubeObject): void {
  const { group, plural } = namesOf(definition)
  if (store.count(`${group}/${plural}`) > 0) return
  const left = finalizersOf(definition).filter(name => name !== cleanup)
  if (left.length === 0) store.remove(definitionStorage, definition)
  else if (finalizersOf(definition).includes(cleanup)) {
    store.put(definitionStorage, withMetadata(definition, { finalizers: left }))
  }
}

function withdraw({ registry }: World, watches: Watches, definition: KubeObject): void {
  const { group, plural } = namesOf(definition)
  registry.replace(group, plural, [])
  watches.closeKind({ group, plural })
}

function namesOf(definition: KubeObject): { readonly group: string; readonly plural: string } {
  return {
    group: textAt(definition, "spec", "group") ?? "",
    plural: textAt(definition, "spec", "names", "plural") ?? "",
  }
}
