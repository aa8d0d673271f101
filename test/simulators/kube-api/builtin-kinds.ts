import {
  checkImmutable,
  checkLease,
  checkSecret,
  prepareLease,
  prepareSecret,
  requireMicroTime,
} from "./builtin-checks.ts"
import {
  ageColumn,
  configMapColumns,
  definitionColumns,
  eventColumns,
  leaseColumns,
  nameColumn,
  namespaceColumns,
  secretColumns,
  serviceAccountColumns,
} from "./builtin-columns.ts"
import {
  configMapSchema,
  coreEventSchema,
  definitionSchema,
  leaseSchema,
  namespaceSchema,
  newEventSchema,
  openKind,
  secretSchema,
  serviceAccountSchema,
} from "./builtin-schemas.ts"
import { checkDefinition } from "./definition-checks.ts"
import { checkCoreEvent, checkNewEvent } from "./event-checks.ts"
import { completeCoreEvent, toCoreEvent, toNewEvent } from "./event-forms.ts"
import type { JsonObject } from "./json.ts"
import type { ResourceKind } from "./resource-kind.ts"
import { readSchema } from "./schema.ts"

type Names = Pick<ResourceKind, "group" | "version" | "kind" | "plural" | "columns"> & { readonly schema: JsonObject }

const eventFields = {
  "involvedObject.kind": ["involvedObject", "kind"],
  "involvedObject.namespace": ["involvedObject", "namespace"],
  "involvedObject.name": ["involvedObject", "name"],
  "involvedObject.uid": ["involvedObject", "uid"],
  "involvedObject.apiVersion": ["involvedObject", "apiVersion"],
  "involvedObject.resourceVersion": ["involvedObject", "resourceVersion"],
  "involvedObject.fieldPath": ["involvedObject", "fieldPath"],
  "regarding.kind": ["involvedObject", "kind"],
  "regarding.namespace": ["involvedObject", "namespace"],
  "regarding.name": ["involvedObject", "name"],
  "regarding.uid": ["involvedObject", "uid"],
  reportingComponent: ["reportingComponent"],
  reportingController: ["reportingComponent"],
  source: ["source", "component"],
  reason: ["reason"],
  type: ["type"],
}

const serverKinds: readonly ResourceKind[] = [
  {
    ...builtIn({
      group: "",
      version: "v1",
      kind: "Namespace",
      plural: "namespaces",
      schema: namespaceSchema,
      columns: namespaceColumns,
    }),
    shortNames: ["ns"],
    namespaced: false,
    hasStatus: true,
    selectableFields: { "status.phase": ["status", "phase"] },
  },
  {
    ...builtIn({
      group: "",
      version: "v1",
      kind: "Secret",
      plural: "secrets",
      schema: secretSchema,
      columns: secretColumns,
    }),
    selectableFields: { type: ["type"] },
    prepare: prepareSecret,
    check: checkSecret,
  },
  {
    ...builtIn({
      group: "",
      version: "v1",
      kind: "ConfigMap",
      plural: "configmaps",
      schema: configMapSchema,
      columns: configMapColumns,
    }),
    shortNames: ["cm"],
    check: checkImmutable,
  },
  {
    ...builtIn({
      group: "",
      version: "v1",
      kind: "ServiceAccount",
      plural: "serviceaccounts",
      schema: serviceAccountSchema,
      columns: serviceAccountColumns,
    }),
    shortNames: ["sa"],
  },
  {
    ...builtIn({
      group: "",
      version: "v1",
      kind: "Event",
      plural: "events",
      schema: coreEventSchema,
      columns: eventColumns,
    }),
    shortNames: ["ev"],
    storage: "events",
    selectableFields: eventFields,
    prepare: event => {
      requireMicroTime(event, ["eventTime"], ["series", "lastObservedTime"])
      return completeCoreEvent(event)
    },
    check: checkCoreEvent,
  },
  {
    ...builtIn({
      group: "events.k8s.io",
      version: "v1",
      kind: "Event",
      plural: "events",
      schema: newEventSchema,
      columns: eventColumns,
    }),
    shortNames: ["ev"],
    storage: "events",
    selectableFields: eventFields,
    prepare: event => {
      requireMicroTime(event, ["eventTime"], ["series", "lastObservedTime"])
      return event
    },
    check: checkNewEvent,
    toStorage: toCoreEvent,
    fromStorage: toNewEvent,
  },
  {
    ...builtIn({
      group: "coordination.k8s.io",
      version: "v1",
      kind: "Lease",
      plural: "leases",
      schema: leaseSchema,
      columns: leaseColumns,
    }),
    prepare: prepareLease,
    check: checkLease,
  },
  {
    ...builtIn({
      group: "apiextensions.k8s.io",
      version: "v1",
      kind: "CustomResourceDefinition",
      plural: "customresourcedefinitions",
      schema: definitionSchema,
      columns: definitionColumns,
    }),
    shortNames: ["crd", "crds"],
    categories: ["api-extensions"],
    namespaced: false,
    hasStatus: true,
    hasGeneration: true,
    check: checkDefinition,
  },
]

/** Kinds that are stored and shown and nothing more: enough for the manifests of a chart to be applied. */
const inertKinds: readonly ResourceKind[] = [
  { ...inert("", "Service", "services"), shortNames: ["svc"], categories: ["all"] },
  { ...inert("", "Pod", "pods"), shortNames: ["po"], categories: ["all"] },
  { ...inert("apps", "Deployment", "deployments"), shortNames: ["deploy"], categories: ["all"] },
  inert("rbac.authorization.k8s.io", "Role", "roles"),
  inert("rbac.authorization.k8s.io", "RoleBinding", "rolebindings"),
  { ...inert("rbac.authorization.k8s.io", "ClusterRole", "clusterroles"), namespaced: false, hasStatus: false },
  { ...inert("rbac.authorization.k8s.io", "ClusterRoleBinding", "clusterrolebindings"), namespaced: false },
  { ...inert("policy", "PodDisruptionBudget", "poddisruptionbudgets"), shortNames: ["pdb"] },
  { ...inert("networking.k8s.io", "NetworkPolicy", "networkpolicies"), shortNames: ["netpol"] },
]

/** Every kind the server has before any definition is made. */
export const builtInKinds: readonly ResourceKind[] = [...serverKinds, ...inertKinds]

function builtIn({ schema, ...names }: Names): ResourceKind {
  return {
    ...names,
    schema: readSchema(schema),
    singular: names.kind.toLowerCase(),
    shortNames: [],
    categories: [],
    namespaced: true,
    hasStatus: false,
    hasGeneration: false,
    selectableFields: {},
    storage: `${names.group}/${names.plural}`,
    builtIn: true,
  }
}

function inert(group: string, kind: string, plural: string): ResourceKind {
  return {
    ...builtIn({
      group,
      version: "v1",
      kind,
      plural,
      schema: openKind(`${kind}, stored and shown only.`),
      columns: [nameColumn, ageColumn],
    }),
    hasStatus: group === "apps" || group === "",
    hasGeneration: true,
  }
}
