import { GraphError } from "./graph-error.ts"

/** The query options of a request, by their names without the `$`, lower case. */
export type Query = ReadonlyMap<string, string>

/** Whether a raw `+` means a space, as in a form, or is refused, differs between the layers of the real service. */
export function parseQuery(search: string, { plus }: { readonly plus: "space" | "refused" }): Query {
  const query = new Map<string, string>()
  for (const pair of search.replace(/^\?/, "").split("&")) {
    if (pair === "") continue
    if (plus === "refused" && pair.includes("+"))
      throw new GraphError(400, "BadRequest", "Encode '+' as %2B and a space as %20.")
    const [name = "", ...value] = pair.split("=")
    query.set(decode(name).replace(/^\$/, "").toLowerCase(), decode(value.join("=").replaceAll("+", " ")))
  }
  return query
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new GraphError(400, "BadRequest", "The query is not properly percent-encoded.")
  }
}

/** `a,b($select=c,d),e` cut at the commas that are outside of parentheses and quotes. */
export function splitOutside(text: string, separator: string): readonly string[] {
  const parts: string[] = []
  let depth = 0
  let quoted = false
  let part = ""
  for (const char of text) {
    if (char === "'") quoted = !quoted
    if (!quoted && char === "(") depth++
    if (!quoted && char === ")") depth--
    if (char === separator && depth === 0 && !quoted) {
      parts.push(part.trim())
      part = ""
    } else part += char
  }
  parts.push(part.trim())
  return parts.filter(entry => entry !== "")
}

const MAXIMUM_TOP = 1000

export function wholeNumber(query: Query, name: string): number | undefined {
  const text = query.get(name)
  if (text === undefined) return undefined
  if (!/^\d{1,9}$/.test(text))
    throw new GraphError(400, "ErrorInvalidUrlQuery", `Invalid value '${text}' for $${name} query option found.`)
  return Number(text)
}

export function topOf(query: Query): number | undefined {
  const top = wholeNumber(query, "top")
  if (top !== undefined && (top > MAXIMUM_TOP || top === 0))
    throw new GraphError(
      400,
      "ErrorInvalidUrlQuery",
      `The value of $top must be between 1 and ${MAXIMUM_TOP} inclusive.`,
    )
  return top
}

/** `startDateTime` and `endDateTime`: their own offset, UTC when none. */
export function spanOf(query: Query): { readonly startMs: number; readonly endMs: number } {
  const startMs = momentOf(query, "startDateTime")
  const endMs = momentOf(query, "endDateTime")
  if (endMs < startMs)
    throw new GraphError(400, "ErrorInvalidParameter", "The value of endDateTime lies before that of startDateTime.")
  return { startMs, endMs }
}

function momentOf(query: Query, name: string): number {
  const text = query.get(name.toLowerCase())
  if (text === undefined || text === "")
    throw new GraphError(
      400,
      "ErrorInvalidRequest",
      "This request requires a time window specified by the query string parameters StartDateTime and EndDateTime.",
    )
  const form = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?))?(Z|[+-]\d\d:?\d\d)?$/i.exec(text)
  try {
    if (form) return Temporal.Instant.from(`${form[1]}T${form[2] ?? "00:00"}${form[3] ?? "Z"}`).epochMilliseconds
  } catch {
    // falls through to the refusal
  }
  throw new GraphError(400, "ErrorInvalidParameter", `The value '${text}' of parameter '${name}' is invalid.`)
}
