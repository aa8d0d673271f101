import { GraphError } from "./graph-error.ts"

/**
 * The part of OData's $filter that Outlook items understand: comparisons, and/or/not, contains, startswith, endswith,
 * and any() over categories and extended properties. Parsing gives a tree; `evaluate` runs it on a row. Text compares
 * without regard to case, except for the operator `is`, which no client can write.
 */

export type Value = string | number | boolean | null

export type Filter =
  | { readonly kind: "and" | "or"; readonly parts: readonly Filter[] }
  | { readonly kind: "not"; readonly part: Filter }
  | { readonly kind: "compare"; readonly operator: string; readonly path: string; readonly value: Value }
  | { readonly kind: "call"; readonly name: string; readonly path: string; readonly value: string }
  | { readonly kind: "any"; readonly path: string; readonly variable: string; readonly part: Filter }

type Token = { readonly kind: "word" | "string" | "symbol"; readonly text: string }

const TOKEN = /\s*(?:'((?:[^']|'')*)'|([(),])|([^\s(),']+))/y

export function parseFilter(text: string): Filter {
  const tokens = tokenize(text)
  const parser = new Parser(tokens)
  const filter = parser.or()
  if (!parser.done) throw syntaxError()
  return filter
}

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  const trimmed = text.trim()
  while (TOKEN.lastIndex < trimmed.length) {
    const match = TOKEN.exec(trimmed)
    if (!match) throw syntaxError()
    if (match[1] !== undefined) tokens.push({ kind: "string", text: match[1].replaceAll("''", "'") })
    else if (match[2] !== undefined) tokens.push({ kind: "symbol", text: match[2] })
    else tokens.push(...words(match[3] ?? ""))
  }
  return tokens
}

/** `ep:ep/id` is the variable of an any() and the first word after it. */
function words(text: string): readonly Token[] {
  const lambda = /^([A-Za-z_]\w*:)(.+)$/.exec(text)
  const parts = lambda?.[1] && lambda[2] ? [lambda[1], lambda[2]] : [text]
  return parts.map(part => ({ kind: "word", text: part }))
}

const operators = new Set(["eq", "ne", "gt", "ge", "lt", "le"])
const calls = new Set(["contains", "startswith", "endswith"])

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length
  }

  or(): Filter {
    const parts = [this.#and()]
    while (this.#takeWord("or")) parts.push(this.#and())
    return parts.length === 1 && parts[0] ? parts[0] : { kind: "or", parts }
  }

  #and(): Filter {
    const parts = [this.#unary()]
    while (this.#takeWord("and")) parts.push(this.#unary())
    return parts.length === 1 && parts[0] ? parts[0] : { kind: "and", parts }
  }

  #unary(): Filter {
    if (this.#takeWord("not")) return { kind: "not", part: this.#unary() }
    if (this.#takeSymbol("(")) {
      const inner = this.or()
      this.#expect(")")
      return inner
    }
    return this.#comparison()
  }

  #comparison(): Filter {
    const word = this.#word()
    if (calls.has(word.toLowerCase()) && this.#takeSymbol("(")) return this.#call(word.toLowerCase())
    if (/\/any$/i.test(word) && this.#takeSymbol("(")) return this.#any(word.replace(/\/any$/i, ""))
    const operator = this.#word().toLowerCase()
    if (!operators.has(operator)) throw syntaxError()
    return { kind: "compare", operator, path: word, value: this.#literal() }
  }

  #call(name: string): Filter {
    const path = this.#word()
    this.#expect(",")
    const value = String(this.#literal())
    this.#expect(")")
    return { kind: "call", name, path, value }
  }

  #any(path: string): Filter {
    const lead = this.#word()
    if (!lead.endsWith(":")) throw syntaxError()
    const part = this.or()
    this.#expect(")")
    return { kind: "any", path, variable: lead.slice(0, -1), part }
  }

  #literal(): Value {
    const token = this.#tokens[this.#at++]
    if (!token || token.kind === "symbol") throw syntaxError()
    if (token.kind === "string") return token.text
    if (token.text === "null") return null
    if (token.text === "true" || token.text === "false") return token.text === "true"
    return /^-?\d+(\.\d+)?$/.test(token.text) ? Number(token.text) : token.text
  }

  #word(): string {
    const token = this.#tokens[this.#at++]
    if (token?.kind !== "word") throw syntaxError()
    return token.text
  }

  #takeWord(text: string): boolean {
    const token = this.#tokens[this.#at]
    if (token?.kind !== "word" || token.text.toLowerCase() !== text) return false
    this.#at++
    return true
  }

  #takeSymbol(text: string): boolean {
    const token = this.#tokens[this.#at]
    if (token?.kind !== "symbol" || token.text !== text) return false
    this.#at++
    return true
  }

  #expect(symbol: string): void {
    if (!this.#takeSymbol(symbol)) throw syntaxError()
  }
}

function syntaxError(): GraphError {
  return new GraphError(400, "ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes.")
}

/** The properties a filter speaks of, in order, without the variables of any(). */
export function pathsIn(filter: Filter): readonly string[] {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.parts.flatMap(pathsIn)
    case "not":
      return pathsIn(filter.part)
    default:
      return [filter.path]
  }
}

/** What a filter reads: single values by path, and rows of collections. Throws for a property it does not know. */
export type Row = {
  readonly value: (path: string) => Value
  readonly rows: (path: string) => readonly Row[]
}

export function evaluate(filter: Filter, row: Row): boolean {
  switch (filter.kind) {
    case "and":
      return filter.parts.every(part => evaluate(part, row))
    case "or":
      return filter.parts.some(part => evaluate(part, row))
    case "not":
      return !evaluate(filter.part, row)
    case "compare":
      return compare(filter.operator, row.value(filter.path), filter.value)
    case "call":
      return call(filter.name, row.value(filter.path), filter.value)
    case "any": {
      const strip = withoutVariable(filter.part, filter.variable)
      return row.rows(filter.path).some(inner => evaluate(strip, inner))
    }
    default:
      return filter satisfies never
  }
}

function withoutVariable(filter: Filter, variable: string): Filter {
  const bare = (path: string) =>
    path === variable ? "" : path.startsWith(`${variable}/`) ? path.slice(variable.length + 1) : path
  switch (filter.kind) {
    case "and":
    case "or":
      return { ...filter, parts: filter.parts.map(part => withoutVariable(part, variable)) }
    case "not":
      return { ...filter, part: withoutVariable(filter.part, variable) }
    case "any":
      return filter
    default:
      return { ...filter, path: bare(filter.path) }
  }
}

const MOMENT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/

function compare(operator: string, found: Value, wanted: Value): boolean {
  if (operator === "is") return found === wanted
  const [left, right] = comparable(found, wanted)
  if (operator === "eq") return left === right
  if (operator === "ne") return left !== right
  if (left === null || right === null || typeof left !== typeof right) return false
  if (operator === "gt") return left > right
  if (operator === "ge") return left >= right
  if (operator === "lt") return left < right
  return left <= right
}

/** Times compare as instants however they are written, text without regard to case. */
function comparable(found: Value, wanted: Value): readonly [Value, Value] {
  if (typeof found === "string" && typeof wanted === "string") {
    if (MOMENT.test(found) && MOMENT.test(wanted)) return [momentOf(found), momentOf(wanted)]
    return [found.toLowerCase(), wanted.toLowerCase()]
  }
  if (typeof found === "string" && typeof wanted === "number") return [Number(found), wanted]
  return [found, wanted]
}

function momentOf(text: string): number {
  const full = text.includes("T") ? text : `${text}T00:00`
  return Temporal.Instant.from(/(Z|[+-]\d\d:\d\d)$/.test(full) ? full : `${full}Z`).epochMilliseconds
}

function call(name: string, found: Value, wanted: string): boolean {
  const text = typeof found === "string" ? found.toLowerCase() : ""
  const part = wanted.toLowerCase()
  if (name === "contains") return text.includes(part)
  return name === "startswith" ? text.startsWith(part) : text.endsWith(part)
}
