import { GraphError } from "./graph-error.ts"

/**
 * Ids of extended properties: `{type} {guid} Name {name}`, `{type} {guid} Id {number}` or `{type} {tag}`.
 * https://learn.microsoft.com/graph/api/resources/extended-properties-overview
 */

const types = [
  "Boolean",
  "Integer",
  "Long",
  "Short",
  "Double",
  "Float",
  "Currency",
  "ApplicationTime",
  "SystemTime",
  "CLSID",
  "Binary",
  "String",
  "Null",
  "Object",
].flatMap(type => [type, `${type}Array`])

const GUID = "\\{?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\\}?"
const byName = new RegExp(`^(\\w+) ${GUID} Name (.+)$`, "i")
const byNumber = new RegExp(`^(\\w+) ${GUID} Id (0x[0-9a-fA-F]{1,8}|\\d+)$`, "i")
const byTag = /^(\w+) (0x[0-9a-fA-F]{1,8})$/i

const canonicalIds = new Map<string, string>()

/** The one form a property is kept and echoed under. The name counts its case; type and GUID do not. */
export function canonicalPropertyId(id: string): string {
  const known = canonicalIds.get(id)
  if (known) return known
  const canonical = parsePropertyId(id)
  canonicalIds.set(id, canonical)
  return canonical
}

function parsePropertyId(id: string): string {
  const name = byName.exec(id)
  if (name) return `${typeOf(name[1], id)} {${name[2]?.toLowerCase()}} Name ${name[3]}`
  const number = byNumber.exec(id)
  if (number) return `${typeOf(number[1], id)} {${number[2]?.toLowerCase()}} Id ${hex(number[3])}`
  const tag = byTag.exec(id)
  if (tag) return `${typeOf(tag[1], id)} ${hex(tag[2])}`
  throw invalidId(id)
}

function typeOf(text: string | undefined, id: string): string {
  const type = types.find(entry => entry.toLowerCase() === text?.toLowerCase())
  if (!type) throw invalidId(id)
  return type
}

function hex(text: string | undefined): string {
  return `0x${Number(text).toString(16)}`
}

function invalidId(id: string): GraphError {
  return new GraphError(400, "ErrorInvalidProperty", `Property Id '${id}' has an invalid format.`)
}
