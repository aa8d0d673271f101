import type { JsonObject } from "./json.ts"
import { topFields } from "./object-meta.ts"
import { anything, flag, integer, listBy, listOf, mapOf, object, setOf, text, time } from "./schema-words.ts"

/** Kinds of the server itself, as far as their fields matter to anybody here; descriptions are shortened. */
function kindSchema(description: string, fields: JsonObject, required: readonly string[] = []): JsonObject {
  return { ...object({ ...topFields, ...fields }, required), description }
}

export const openKind = (description: string): JsonObject => ({
  ...kindSchema(description, {}),
  "x-kubernetes-preserve-unknown-fields": true,
})

const objectReference = object({
  kind: text("Kind of the referent."),
  namespace: text("Namespace of the referent."),
  name: text("Name of the referent."),
  uid: text("UID of the referent."),
  apiVersion: text("API version of the referent."),
  resourceVersion: text("Specific resourceVersion to which this reference is made."),
  fieldPath: text("Which part of the object is meant."),
})

const condition = object(
  {
    type: text(),
    status: text(),
    observedGeneration: integer("int64"),
    lastTransitionTime: time(),
    reason: text(),
    message: text(),
  },
  ["type", "status"],
)

export const namespaceSchema = kindSchema("Namespace provides a scope for Names.", {
  spec: object({ finalizers: listOf(text()) }),
  status: object({ phase: text(), conditions: listBy("type", condition) }),
})

export const secretSchema = kindSchema("Secret holds secret data of a certain type.", {
  data: mapOf({ type: "string", format: "byte" }),
  stringData: mapOf(text()),
  type: text("Used to facilitate programmatic handling of secret data."),
  immutable: flag(),
})

export const configMapSchema = kindSchema("ConfigMap holds configuration data for pods to consume.", {
  data: mapOf(text()),
  binaryData: mapOf({ type: "string", format: "byte" }),
  immutable: flag(),
})

export const serviceAccountSchema = kindSchema("ServiceAccount binds together a name and a principal.", {
  secrets: listBy("name", objectReference),
  imagePullSecrets: listBy("name", object({ name: text() })),
  automountServiceAccountToken: flag(),
})

const series = { ...object({ count: integer("int32"), lastObservedTime: time() }), nullable: true }

export const coreEventSchema = kindSchema(
  "Event is a report of an event somewhere in the cluster.",
  {
    involvedObject: objectReference,
    reason: text(),
    message: text(),
    source: object({ component: text(), host: text() }),
    firstTimestamp: time(),
    lastTimestamp: time(),
    count: integer("int32"),
    type: text(),
    eventTime: time(),
    series,
    action: text(),
    related: { ...objectReference, nullable: true },
    reportingComponent: text(),
    reportingInstance: text(),
  },
  ["involvedObject"],
)

export const newEventSchema = kindSchema("Event is a report of an event somewhere in the cluster.", {
  regarding: objectReference,
  reason: text(),
  note: text(),
  deprecatedSource: object({ component: text(), host: text() }),
  deprecatedFirstTimestamp: time(),
  deprecatedLastTimestamp: time(),
  deprecatedCount: integer("int32"),
  type: text(),
  eventTime: time(),
  series,
  action: text(),
  related: { ...objectReference, nullable: true },
  reportingController: text(),
  reportingInstance: text(),
})

export const leaseSchema = kindSchema("Lease defines a lease concept.", {
  spec: object({
    holderIdentity: text(),
    leaseDurationSeconds: integer("int32"),
    acquireTime: time(),
    renewTime: time(),
    leaseTransitions: integer("int32"),
    strategy: text(),
    preferredHolder: text(),
  }),
})

const names = object(
  {
    plural: text(),
    singular: text(),
    shortNames: listOf(text()),
    kind: text(),
    listKind: text(),
    categories: listOf(text()),
  },
  ["plural", "kind"],
)

const definitionVersion = object(
  {
    name: text(),
    served: flag(),
    storage: flag(),
    deprecated: flag(),
    deprecationWarning: text(),
    schema: object({ openAPIV3Schema: anything() }),
    subresources: object({
      status: { ...object({}), nullable: true },
      scale: object({ specReplicasPath: text(), statusReplicasPath: text(), labelSelectorPath: text() }),
    }),
    additionalPrinterColumns: listOf(
      object(
        {
          name: text(),
          type: text(),
          format: text(),
          description: text(),
          priority: integer("int32"),
          jsonPath: text(),
        },
        ["name", "type", "jsonPath"],
      ),
    ),
    selectableFields: listOf(object({ jsonPath: text() }, ["jsonPath"])),
  },
  ["name", "served", "storage"],
)

export const definitionSchema = kindSchema(
  "CustomResourceDefinition represents a resource that should be exposed on the API server.",
  {
    spec: object(
      {
        group: text(),
        names,
        scope: text(),
        versions: listOf(definitionVersion),
        conversion: object({ strategy: text(), webhook: anything() }),
        preserveUnknownFields: flag(),
      },
      ["group", "names", "scope", "versions"],
    ),
    status: object({
      conditions: listBy("type", condition),
      acceptedNames: names,
      storedVersions: setOf(text()),
      observedGeneration: integer("int64"),
    }),
  },
  ["spec"],
)
