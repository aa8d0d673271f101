import { badRequest } from "./failure.ts"
import { at, objectAt } from "./json.ts"
import { type KubeObject, namespaceOf } from "./kube-object.ts"
import type { ResourceKind } from "./resource-kind.ts"

export type Matcher = (stored: KubeObject) => boolean

/** Reads `labelSelector` and `fieldSelector`; the matcher is given stored objects. Throws 400 for what it cannot read. */
export function selectorOf(kind: ResourceKind, query: URLSearchParams): Matcher {
  const labels = labelRequirements(query.get("labelSelector") ?? "")
  const fields = fieldRequirements(query.get("fieldSelector") ?? "", kind)
  if (labels.length === 0 && fields.length === 0) return () => true
  return object =>
    fields.every(matches => matches(object)) && labels.every(matches => matches(objectAt(object.metadata, "labels")))
}

export function isSelecting(query: URLSearchParams): boolean {
  return (query.get("labelSelector") ?? "") !== "" || (query.get("fieldSelector") ?? "") !== ""
}

type LabelRequirement = (labels: Readonly<Record<string, unknown>>) => boolean

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors */
function labelRequirements(selector: string): readonly LabelRequirement[] {
  return splitOutsideBrackets(selector).map(text => {
    const set = /^(\S+?)\s+(in|notin)\s*\(([^)]*)\)$/u.exec(text)
    if (set !== null) {
      const [, key = "", operator, list = ""] = set
      const values = list.split(",").map(value => value.trim())
      return labels => values.includes(String(labels[key] ?? "\0")) === (operator === "in")
    }
    const equality = /^([^=!\s]+)\s*(==|=|!=)\s*(\S*)$/u.exec(text)
    if (equality !== null) {
      const [, key = "", operator, value] = equality
      return labels => (labels[key] === value) === (operator !== "!=")
    }
    const existence = /^(!?)\s*([A-Za-z0-9][\w./-]*)$/u.exec(text)
    if (existence === null) throw badRequest(`unable to parse requirement: found '${text}', expected: identifier`)
    const [, not, key = ""] = existence
    return labels => Object.hasOwn(labels, key) === (not === "")
  })
}

function splitOutsideBrackets(selector: string): readonly string[] {
  return selector
    .split(/,(?![^(]*\))/u)
    .map(text => text.trim())
    .filter(text => text !== "")
}

function fieldRequirements(selector: string, kind: ResourceKind): readonly Matcher[] {
  return selector
    .split(",")
    .filter(text => text.trim() !== "")
    .map(text => {
      const parsed = /^([^=!]+)(==|=|!=)(.*)$/u.exec(text.trim())
      if (parsed === null) throw badRequest(`invalid selector: '${selector}'; can't understand '${text}'`)
      const [, field = "", operator, value] = parsed
      const read = fieldReader(field, kind)
      return object => (read(object) === value) === (operator !== "!=")
    })
}

function fieldReader(field: string, kind: ResourceKind): (object: KubeObject) => string {
  if (field === "metadata.name") return object => object.metadata.name
  if (field === "metadata.namespace" && kind.namespaced) return namespaceOf
  const path = kind.selectableFields[field]
  if (path === undefined) throw badRequest(`field label not supported: ${field}`)
  return object => String(at(object, ...path) ?? "")
}
