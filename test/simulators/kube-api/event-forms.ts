import { isObject, type Json, type JsonObject } from "./json.ts"
import type { KubeObject } from "./kube-object.ts"

/** Names of events.k8s.io/v1 and what the same fields are called in core/v1, which is how events are stored. */
const coreNames: Readonly<Record<string, string>> = {
  regarding: "involvedObject",
  note: "message",
  deprecatedSource: "source",
  deprecatedFirstTimestamp: "firstTimestamp",
  deprecatedLastTimestamp: "lastTimestamp",
  deprecatedCount: "count",
  reportingController: "reportingComponent",
}

const newNames = Object.fromEntries(Object.entries(coreNames).map(([name, core]) => [core, name]))

/** The stored (core/v1) form of an events.k8s.io/v1 event. */
export function toCoreEvent(event: KubeObject): KubeObject {
  const renamed = rename(event, coreNames)
  return { ...completed(renamed), metadata: event.metadata, apiVersion: "v1", kind: "Event" }
}

/** The events.k8s.io/v1 form of a stored event. */
export function toNewEvent(event: KubeObject): KubeObject {
  return { ...rename(event, newNames), metadata: event.metadata, apiVersion: "events.k8s.io/v1", kind: "Event" }
}

/** The server always shows these, even when they are empty. */
function completed(event: JsonObject): JsonObject {
  return {
    source: {},
    firstTimestamp: null,
    lastTimestamp: null,
    eventTime: null,
    reportingComponent: "",
    reportingInstance: "",
    ...event,
    involvedObject: isObject(event["involvedObject"]) ? event["involvedObject"] : {},
  }
}

export function completeCoreEvent(event: KubeObject): KubeObject {
  return { ...completed(event), metadata: event.metadata, apiVersion: event.apiVersion, kind: event.kind }
}

function rename(event: JsonObject, names: Readonly<Record<string, string>>): JsonObject {
  const entries = Object.entries(event).map(([name, value]): [string, Json] => [names[name] ?? name, value])
  return Object.fromEntries(entries)
}
