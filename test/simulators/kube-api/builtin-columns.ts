import { listAt, objectAt, textAt } from "./json.ts"
import type { KubeObject } from "./kube-object.ts"
import type { Column } from "./resource-kind.ts"

export const nameColumn: Column = {
  name: "Name",
  type: "string",
  format: "name",
  description: "Name must be unique within a namespace.",
  cell: object => object.metadata.name,
}

export const ageColumn: Column = {
  name: "Age",
  type: "string",
  description: "CreationTimestamp is the server time when this object was created.",
  cell: (object, age) => ageAt(age, textAt(object.metadata, "creationTimestamp")),
}

export const namespaceColumns: readonly Column[] = [
  nameColumn,
  textColumn("Status", object => textAt(object, "status", "phase") ?? ""),
  ageColumn,
]

export const secretColumns: readonly Column[] = [
  nameColumn,
  textColumn("Type", object => textAt(object, "type") ?? ""),
  { ...textColumn("Data", dataCount), type: "string" },
  ageColumn,
]

export const configMapColumns: readonly Column[] = [nameColumn, textColumn("Data", dataCount), ageColumn]

export const serviceAccountColumns: readonly Column[] = [
  nameColumn,
  textColumn("Secrets", object => String(listAt(object, "secrets").length)),
  ageColumn,
]

export const leaseColumns: readonly Column[] = [
  nameColumn,
  textColumn("Holder", object => textAt(object, "spec", "holderIdentity") ?? ""),
  ageColumn,
]

export const definitionColumns: readonly Column[] = [
  nameColumn,
  { ...textColumn("Created At", object => textAt(object.metadata, "creationTimestamp") ?? ""), type: "date" },
]

/** Events are printed alike in both groups; they are stored in the core form. */
export const eventColumns: readonly Column[] = [
  { ...textColumn("Last Seen", () => ""), cell: (event, age) => ageAt(age, lastSeen(event)) },
  textColumn("Type", event => textAt(event, "type") ?? ""),
  textColumn("Reason", event => textAt(event, "reason") ?? ""),
  textColumn("Object", event => {
    return `${(textAt(event, "involvedObject", "kind") ?? "").toLowerCase()}/${textAt(event, "involvedObject", "name") ?? ""}`
  }),
  wide(textColumn("Subobject", event => textAt(event, "involvedObject", "fieldPath") ?? "")),
  wide(textColumn("Source", source)),
  textColumn("Message", event => (textAt(event, "message") ?? "").trim()),
  wide({ ...textColumn("First Seen", () => ""), cell: (event, age) => ageAt(age, firstSeen(event)) }),
  wide(textColumn("Count", event => String(eventCount(event)))),
  wide(nameColumn),
]

function textColumn(name: string, cell: (object: KubeObject) => string): Column {
  return { name, type: "string", cell: object => cell(object) }
}

function wide(column: Column): Column {
  return { ...column, priority: 1 }
}

function ageAt(age: (timestamp: string) => string, timestamp: string | undefined): string {
  return timestamp === undefined ? "<unknown>" : age(timestamp)
}

function dataCount(object: KubeObject): string {
  return String(Object.keys({ ...objectAt(object, "data"), ...objectAt(object, "binaryData") }).length)
}

function firstSeen(event: KubeObject): string | undefined {
  return textAt(event, "firstTimestamp") ?? textAt(event, "eventTime")
}

function lastSeen(event: KubeObject): string | undefined {
  return textAt(event, "series", "lastObservedTime") ?? textAt(event, "lastTimestamp") ?? firstSeen(event)
}

function eventCount(event: KubeObject): number {
  const count = objectAt(event, "series")["count"] ?? event["count"]
  return typeof count === "number" && count > 0 ? count : 1
}

function source(event: KubeObject): string {
  const component = textAt(event, "source", "component") ?? textAt(event, "reportingComponent") ?? ""
  const host = textAt(event, "source", "host") ?? textAt(event, "reportingInstance") ?? ""
  return host === "" ? component : `${component}, ${host}`
}
