import { isList, isObject, type Json } from "./json.ts"

/** All values that a simple Kubernetes JSONPath finds: fields, positions, `[*]` and `[?(@.field=="text")]`. */
export function findAll(root: Json, path: string): readonly Json[] {
  return steps(path).reduce<readonly Json[]>((found, step) => found.flatMap(value => follow(value, step)), [root])
}

/** The first value found. */
export function findFirst(root: Json, path: string): Json | undefined {
  return findAll(root, path)[0]
}

type Step =
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "position"; readonly index: number }
  | { readonly kind: "all" }
  | { readonly kind: "where"; readonly path: string; readonly equals: boolean; readonly text: string }

const stepPattern =
  /\.((?:[^.[\]\\]|\\.)+)|\['([^']*)'\]|\["([^"]*)"\]|\[(-?\d+)\]|(\[\*\]|\.\*)|\[\?\(@([^=!]+?)\s*(==|!=)\s*["']?([^"')]*)["']?\)\]/gu

const known = new Map<string, readonly Step[]>()

function steps(path: string): readonly Step[] {
  const cached = known.get(path)
  if (cached !== undefined) return cached
  const bare = path.replace(/^\{(.*)\}$/u, "$1").replace(/^\$/u, "")
  const parsed = [...(bare.startsWith(".") || bare.startsWith("[") ? bare : `.${bare}`).matchAll(stepPattern)].map(
    toStep,
  )
  known.set(path, parsed)
  return parsed
}

function toStep([, dotted, single, double, position, all, wherePath, operator, text]: RegExpMatchArray): Step {
  if (all !== undefined || dotted === "*") return { kind: "all" }
  if (position !== undefined) return { kind: "position", index: Number(position) }
  if (wherePath !== undefined) return { kind: "where", path: wherePath, equals: operator === "==", text: text ?? "" }
  return { kind: "field", name: (dotted ?? single ?? double ?? "").replace(/\\(.)/gu, "$1") }
}

function follow(value: Json, step: Step): readonly Json[] {
  switch (step.kind) {
    case "field": {
      const child = isObject(value) && Object.hasOwn(value, step.name) ? value[step.name] : undefined
      return child === undefined ? [] : [child]
    }
    case "position": {
      const item = isList(value) ? value.at(step.index) : undefined
      return item === undefined ? [] : [item]
    }
    case "all":
      return isList(value) ? value : isObject(value) ? Object.values(value) : []
    case "where":
      return isList(value)
        ? value.filter(item => (String(findFirst(item, step.path)) === step.text) === step.equals)
        : []
    default:
      return step satisfies never
  }
}
