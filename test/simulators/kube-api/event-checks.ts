import { type FieldError, invalid, required } from "./field-error.ts"
import { isEqual, textAt } from "./json.ts"
import { type KubeObject, namespaceOf } from "./kube-object.ts"

const eventTypes = ["Normal", "Warning"]

/** Stricter than core/v1 has ever been: an event of the new group must say who, what and when. */
export function checkNewEvent(event: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const errors = [...checkEventNamespace(event, "regarding")]
  if (old !== undefined) return [...errors, ...checkOnlySeriesChanged(event, old)]
  if (textAt(event, "eventTime") === undefined) errors.push(required(["eventTime"]))
  for (const field of ["reportingController", "reportingInstance", "action", "reason"]) {
    if ((textAt(event, field) ?? "") === "") errors.push(required([field]))
  }
  const reason = textAt(event, "reason") ?? ""
  if (reason.length > 128) errors.push(invalid(["reason"], reason, "can have at most 128 characters"))
  const note = textAt(event, "note") ?? ""
  if (note.length > 1024) errors.push(invalid(["note"], note, "can have at most 1024 characters"))
  const type = textAt(event, "type") ?? ""
  if (!eventTypes.includes(type)) errors.push(invalid(["type"], type, "has invalid value"))
  return errors
}

function checkOnlySeriesChanged(event: KubeObject, old: KubeObject): readonly FieldError[] {
  const fixed = [
    "regarding",
    "related",
    "action",
    "reason",
    "reportingController",
    "reportingInstance",
    "eventTime",
    "note",
    "type",
  ]
  return fixed
    .filter(field => !isEqual(event[field], old[field]))
    .map(field => invalid([field], event[field] ?? null, "field is immutable"))
}

export function checkCoreEvent(event: KubeObject): readonly FieldError[] {
  return checkEventNamespace(event, "involvedObject")
}

/** An event lives where its object lives; events of cluster-scoped objects live in `default`. */
function checkEventNamespace(event: KubeObject, field: string): readonly FieldError[] {
  const about = textAt(event, field, "namespace") ?? ""
  const place = namespaceOf(event)
  if (about === place || (about === "" && (place === "default" || place === "kube-system"))) return []
  return [invalid(["involvedObject", "namespace"], about, "does not match event.namespace")]
}
