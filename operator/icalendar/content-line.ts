/**
 * One content line of RFC 5545 §3.1: `NAME;PARAM=value;PARAM="value":value`. Parameters stay text until somebody asks
 * for one, since few lines have any that matter.
 */

export type ContentLine = {
  /** Upper case. */
  readonly name: string
  /** As written, without the leading semicolon. */
  readonly params: string
  readonly value: string
}

const dateProperties = new Set(["DTSTART", "DTEND", "EXDATE", "RDATE", "RECURRENCE-ID"])

/** Undefined when the line is none: no name, or nothing that separates it from a value. */
export function parseContentLine(line: string): ContentLine | undefined {
  const nameEnd = line.search(/[:;]/)
  if (nameEnd <= 0) return undefined
  const name = line.slice(0, nameEnd).trim().toUpperCase()
  if (!/^[A-Z0-9-]+$/.test(name)) return undefined
  if (line[nameEnd] === ":") return { name, params: "", value: line.slice(nameEnd + 1) }
  const rest = line.slice(nameEnd + 1)
  const split = splitOutsideQuotes(name, rest)
  const isMisread = dateProperties.has(name) && !/^\s*\d{8}|^\s*\d{4}-/.test(split?.value ?? "")
  return isMisread ? (splitBeforeDate(name, rest) ?? split) : split
}

/** Zones are written with colons and without quotes (`TZID=(UTC+01:00) Berlin:20260101T080000`). */
function splitBeforeDate(name: string, rest: string): ContentLine | undefined {
  const match = /:\s{0,3}\d{4}-?\d{2}-?\d{2}/.exec(rest)
  return match === null ? undefined : { name, params: rest.slice(0, match.index), value: rest.slice(match.index + 1) }
}

function splitOutsideQuotes(name: string, rest: string): ContentLine | undefined {
  let quoted = false
  for (let index = 0; index < rest.length; index++) {
    if (rest[index] === '"') quoted = !quoted
    else if (rest[index] === ":" && !quoted) return { name, params: rest.slice(0, index), value: rest.slice(index + 1) }
  }
  const colon = rest.indexOf(":")
  return colon < 0 ? undefined : { name, params: rest.slice(0, colon), value: rest.slice(colon + 1) }
}

/** The parameter's value without quotes, its escapes resolved (RFC 6868); undefined when absent or empty. */
export function param(line: ContentLine, wanted: string): string | undefined {
  if (line.params === "") return undefined
  for (const part of line.params.match(/(?:"[^"]*"?|[^;"])+/g) ?? []) {
    const equals = part.indexOf("=")
    if (equals > 0 && part.slice(0, equals).trim().toUpperCase() === wanted) {
      return unquote(part.slice(equals + 1)) || undefined
    }
  }
  return undefined
}

const circumflexEscapes: Readonly<Record<string, string>> = { "^n": "\n", "^^": "^", "^'": '"' }

function unquote(value: string): string {
  return value
    .replaceAll('"', "")
    .replaceAll(/\^[n^']/g, sequence => circumflexEscapes[sequence] ?? sequence)
    .trim()
}
