import type { ASTNode } from "@marcbachmann/cel-js"
import { escapedName } from "./cel-names.ts"
import type { Schema } from "./schema.ts"

/** What is known of a value: its schema, or nothing. */
type Known = Schema | undefined

type Scope = ReadonlyMap<string, Known>

/**
 * Names of fields that an expression reads and its schema does not declare. The real server compiles rules with the
 * types of the schema; this finds the mistake that is made most.
 */
export function undeclaredFields(expression: ASTNode, self: Schema): readonly string[] {
  const found: string[] = []
  visit(
    expression,
    new Map<string, Known>([
      ["self", self],
      ["oldSelf", self],
    ]),
    found,
  )
  return found
}

/** Visits a node and says what is known of its value. */
function visit(node: ASTNode, scope: Scope, found: string[]): Known {
  switch (node.op) {
    case "id":
      return scope.get(node.args)
    case ".":
    case ".?":
      return select(visit(node.args[0], scope, found), node.args[1], found)
    case "[]":
    case "[?]": {
      const [container, index] = node.args
      visit(index, scope, found)
      return elementOf(visit(container, scope, found))
    }
    case "rcall": {
      const [name, receiver, args] = node.args
      return visitMethod(name, { receiver: visit(receiver, scope, found), args }, scope, found)
    }
    case "?:": {
      const [condition, yes, no] = node.args
      visit(condition, scope, found)
      const known = visit(yes, scope, found)
      visit(no, scope, found)
      return known
    }
    default:
      for (const child of childrenOf(node.args)) visit(child, scope, found)
      return undefined
  }
}

type Method = { readonly receiver: Known; readonly args: readonly ASTNode[] }

const macros = new Set(["all", "exists", "exists_one", "filter", "map"])

/** Macros bind a name to the items of a list, or to the keys of a map. */
function visitMethod(name: string, { receiver, args }: Method, scope: Scope, found: string[]): Known {
  const [variable, ...bodies] = args
  if (!macros.has(name) || variable?.op !== "id") {
    for (const child of args) visit(child, scope, found)
    return name === "value" || name === "orValue" ? receiver : undefined
  }
  const item = receiver?.items
  const inner = new Map([...scope, [variable.args, item] as const])
  for (const body of bodies) visit(body, inner, found)
  return name === "filter" ? receiver : undefined
}

function select(owner: Known, name: string, found: string[]): Known {
  if (owner === undefined) return undefined
  if (owner.values !== undefined) return owner.values
  if (owner.preserveUnknown || owner.type !== "object") return undefined
  const [, property] = [...owner.properties].find(([each]) => escapedName(each) === name) ?? []
  if (property === undefined) found.push(name)
  return property
}

function elementOf(container: Known): Known {
  return container?.items ?? container?.values
}

function childrenOf(args: ASTNode["args"]): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flat(2).filter(isNode)
  return isNode(args) ? [args] : []
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === "object" && value !== null && "op" in value && "args" in value
}
