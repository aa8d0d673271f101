import type { JsonObject } from "./json.ts"
import { anything, described, flag, integer, listBy, listOf, mapOf, object, setOf, text, time } from "./schema-words.ts"

const ownerReference = object(
  {
    apiVersion: text("API version of the referent."),
    kind: text("Kind of the referent."),
    name: text("Name of the referent."),
    uid: text("UID of the referent."),
    controller: described(flag(), "If true, this reference points to the managing controller."),
    blockOwnerDeletion: described(flag(), "If true, foreground deletion of the owner waits for this object."),
  },
  ["apiVersion", "kind", "name", "uid"],
)

/** Standard object metadata, as every kind has it (io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta). */
export const objectMeta: JsonObject = described(
  object({
    name: text("Name must be unique within a namespace."),
    generateName: text("A prefix used by the server to generate a unique name if the name field is empty."),
    namespace: text("Namespace defines the space within which each name must be unique."),
    uid: text("The unique in time and space value for this object."),
    resourceVersion: text("An opaque value that represents the internal version of this object."),
    generation: described(integer("int64"), "A sequence number of the desired state."),
    creationTimestamp: described(time(), "The server time when this object was created."),
    deletionTimestamp: described(time(), "The time at which this resource will be deleted."),
    deletionGracePeriodSeconds: described(integer("int64"), "Seconds allowed to terminate gracefully."),
    labels: described(mapOf(text()), "Map of string keys and values to organize and categorize objects."),
    annotations: described(mapOf(text()), "Unstructured key value map stored with the object by external tools."),
    ownerReferences: described(listBy("uid", ownerReference), "Objects that this object depends on."),
    finalizers: described(setOf(text()), "Must be empty before the object is deleted from the registry."),
    managedFields: described(listOf(anything()), "Which manager owns which fields."),
    selfLink: text("Deprecated: a legacy read-only field that is no longer populated by the system."),
  }),
  "ObjectMeta is metadata that all persisted resources must have.",
)

/** The three fields that stand at the top of every object. */
export const topFields: JsonObject = {
  apiVersion: text("APIVersion defines the versioned schema of this representation of an object."),
  kind: text("Kind is a string value representing the REST resource this object represents."),
  metadata: objectMeta,
}
