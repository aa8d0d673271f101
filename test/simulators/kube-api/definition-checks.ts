import { type FieldError, invalid, notSupported } from "./field-error.ts"
import { at, isEqual, textAt } from "./json.ts"
import type { KubeObject } from "./kube-object.ts"

export function checkDefinition(definition: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const errors: FieldError[] = []
  const group = textAt(definition, "spec", "group") ?? ""
  const plural = textAt(definition, "spec", "names", "plural") ?? ""
  const scope = textAt(definition, "spec", "scope") ?? ""
  const wanted = `${plural}.${group}`
  if (definition.metadata.name !== wanted) {
    errors.push(invalid(["metadata", "name"], definition.metadata.name, `must be spec.names.plural+"."+spec.group`))
  }
  if (!["Namespaced", "Cluster"].includes(scope)) {
    errors.push(notSupported(["spec", "scope"], scope, ["Cluster", "Namespaced"]))
  }
  if (old !== undefined) {
    for (const path of [
      ["spec", "group"],
      ["spec", "scope"],
      ["spec", "names", "kind"],
      ["spec", "names", "plural"],
    ]) {
      const value = at(definition, ...path)
      if (!isEqual(at(old, ...path), value)) errors.push(invalid(path, value ?? null, "field is immutable"))
    }
  }
  return errors
}
