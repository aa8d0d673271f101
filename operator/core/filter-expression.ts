import { type ASTNode, Environment } from "@marcbachmann/cel-js"
import { NeedsAttentionError } from "./errors.ts"

/** Lists of an event are cut here, which with two nested macros bounds an answer to 10,000 steps of the expression. */
export const maxListLength = 100
const maxNestedMacros = 2
/** An expression is asked about every event of every pass: what it may cost is settled when it is read. */
const limits = { maxAstNodes: 300, maxDepth: 24, maxListElements: 100, maxMapEntries: 20, maxCallArguments: 8 }

/** `matches` is missing on purpose: here it would be a backtracking regular expression over texts of strangers. */
const functions = new Set(["size", "has", "timestamp", "duration", "string", "int", "double", "bool"])
const macros = new Set(["exists", "all", "exists_one", "filter"])
const methods = new Set([
  ...["size", "contains", "startsWith", "endsWith", "lowerAscii", "upperAscii", "trim"],
  ...["getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getHours", "getMinutes"],
  ...macros,
])

type Variables = Readonly<Record<string, unknown>>

/**
 * A condition in CEL over `event` with these fields. It answers undefined where the expression fails. Throws
 * NeedsAttentionError (InvalidSpec) when it does not fit the fields or could cost too much.
 */
export function parseExpression(
  expression: string,
  fields: Readonly<Record<string, string>>,
): (event: Variables) => boolean | undefined {
  const environment = new Environment({ limits }).registerVariable({ name: "event", schema: fields })
  const program = parse(environment, expression)
  refuseCostly(program.ast, fields, 0)
  const { valid, type, error } = program.check()
  if (!valid) throw invalid("does not fit together: a field, a function or a type is wrong", error)
  if (type !== "bool") throw invalid("must be true or false")
  return event => evaluate(() => program({ event }))
}

function parse(environment: Environment, expression: string): ReturnType<Environment["parse"]> {
  try {
    return environment.parse(expression)
  } catch (cause) {
    throw invalid("is not a CEL expression", cause)
  }
}

/** What the library throws quotes values of the event, so not even the cause is kept. */
function evaluate(program: () => unknown): boolean | undefined {
  try {
    const answer = program()
    return typeof answer === "boolean" ? answer : undefined
  } catch {
    return undefined
  }
}

function refuseCostly(node: ASTNode, fields: Readonly<Record<string, string>>, outerMacros: number): void {
  refuseUnknownName(node, fields)
  const nested = outerMacros + (node.op === "rcall" && macros.has(node.args[0]) ? 1 : 0)
  if (nested > maxNestedMacros) throw invalid("nests more than two of exists, all, exists_one and filter")
  for (const part of partsOf(node)) refuseCostly(part, fields, nested)
}

function refuseUnknownName(node: ASTNode, fields: Readonly<Record<string, string>>): void {
  if (node.op === "call" && !functions.has(node.args[0])) throw invalid(`cannot use ${node.args[0]}()`)
  if (node.op === "rcall" && !methods.has(node.args[0])) throw invalid(`cannot use .${node.args[0]}()`)
  // The library takes any name on a variable with a schema, and would fail on every event.
  const isField = node.op === "." && node.args[0].op === "id" && node.args[0].args === "event"
  if (isField && !Object.hasOwn(fields, node.args[1])) throw invalid(`cannot read event.${node.args[1]}`)
}

function partsOf(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case "value":
    case "id":
      return []
    case ".":
    case ".?":
      return [node.args[0]]
    case "call":
      return node.args[1]
    case "rcall":
      return [node.args[1], ...node.args[2]]
    case "map":
      return node.args.flat()
    case "!_":
    case "-_":
      return [node.args]
    default:
      return node.args
  }
}

function invalid(problem: string, cause?: unknown): NeedsAttentionError {
  return new NeedsAttentionError(`include.when ${problem}`, { reason: "InvalidSpec", cause })
}
