import { globalObjectId } from "../store/ids.ts"
import type { Entry } from "../store/item.ts"
import type { Zone } from "../store/time-zones.ts"
import { momentAt, momentOf } from "./event-times.ts"
import { EwsError } from "./ews-error.ts"
import { extendedField, valueUnder } from "./extended-field.ts"
import { computedOfItem } from "./mapi-properties.ts"
import { childOf, type XmlElement } from "./xml.ts"

/** Search filters. https://learn.microsoft.com/exchange/client-developer/web-service-reference/restriction */

/** Of several values it takes one that fits. */
type Value = string | number | boolean | readonly string[] | undefined
export type Reader<T> = (row: T) => Value
type Matches<T> = (row: T) => boolean

const pathNames = ["FieldURI", "ExtendedFieldURI", "IndexedFieldURI"]

/** What a restriction depends on: the zone its times are in, and how a path is read from a row. */
type Given<T> = { readonly zone: Zone; readonly readerFor: (path: XmlElement) => Reader<T> | undefined }

export function parseRestriction<T>(element: XmlElement | undefined, given: Given<T>): Matches<T> | undefined {
  const filter = element?.children[0]
  return filter && parseFilter(filter, given)
}

function parseFilter<T>(filter: XmlElement, given: Given<T>): Matches<T> {
  const parts = () => filter.children.map(child => parseFilter(child, given))
  switch (filter.name) {
    case "And": {
      const all = parts()
      return row => all.every(part => part(row))
    }
    case "Or": {
      const some = parts()
      return row => some.some(part => part(row))
    }
    case "Not": {
      const none = parts()
      return row => !none.some(part => part(row))
    }
    case "Exists": {
      const read = readerOf(filter, given)
      return row => read(row) !== undefined
    }
    case "Contains":
      return parseContains(filter, given)
    default:
      return parseComparison(filter, given)
  }
}

const comparisons: Readonly<Record<string, (a: string | number, b: string | number) => boolean>> = {
  IsEqualTo: (a, b) => a === b,
  IsNotEqualTo: (a, b) => a !== b,
  IsGreaterThan: (a, b) => a > b,
  IsGreaterThanOrEqualTo: (a, b) => a >= b,
  IsLessThan: (a, b) => a < b,
  IsLessThanOrEqualTo: (a, b) => a <= b,
}

function parseComparison<T>(filter: XmlElement, given: Given<T>): Matches<T> {
  const compare = comparisons[filter.name]
  if (!compare) throw new EwsError("ErrorUnsupportedQueryFilter", "The restriction is not supported.")
  const read = readerOf(filter, given)
  const constant = childOf(childOf(filter, "FieldURIOrConstant"), "Constant")?.attributes["Value"] ?? ""
  return row => {
    const value = read(row)
    if (value === undefined) return filter.name === "IsNotEqualTo"
    if (typeof value === "number") return compare(value, numberOf(constant, given.zone))
    return textsOf(value).some(text => compare(text, constant))
  }
}

/** Numbers are written as such; a date and time counts as the instant it is. */
function numberOf(constant: string, zone: Zone): number {
  return /^-?\d+$/.test(constant) ? Number(constant) : (momentOf(constant, zone) ?? 0)
}

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/contains */
const containments: Readonly<Record<string, (text: string, constant: string) => boolean>> = {
  FullString: (text, constant) => text === constant,
  Prefixed: (text, constant) => text.startsWith(constant),
  Substring: (text, constant) => text.includes(constant),
  PrefixOnWords: (text, constant) => ` ${text}`.includes(` ${constant}`),
  ExactPhrase: (text, constant) => ` ${text} `.includes(` ${constant} `),
}

function parseContains<T>(filter: XmlElement, given: Given<T>): Matches<T> {
  const read = readerOf(filter, given)
  const { ContainmentMode = "FullString", ContainmentComparison = "Exact" } = filter.attributes
  const fold = (text: string) => (/IgnoreCase|Loose/.test(ContainmentComparison) ? text.toLowerCase() : text)
  const constant = fold(childOf(filter, "Constant")?.attributes["Value"] ?? "")
  const holds = containments[ContainmentMode]
  if (!holds) throw new EwsError("ErrorUnsupportedQueryFilter", "The containment mode is not supported.")
  return row => {
    const value = read(row)
    if (value === undefined) return false
    return textsOf(value).some(text => holds(fold(text), constant))
  }
}

function textsOf(value: string | number | boolean | readonly string[]): readonly string[] {
  return typeof value === "object" ? value : [String(value)]
}

/** How the path of a filter or a sort order is read from a row. */
export function readerOf<T>(filter: XmlElement, { readerFor }: Pick<Given<T>, "readerFor">): Reader<T> {
  const path = filter.children.find(({ name }) => pathNames.includes(name))
  const read = path && readerFor(path)
  if (!read)
    throw new EwsError("ErrorUnsupportedPathForQuery", "The property can not be used with this type of restriction.")
  return read
}

/** Instants as milliseconds, everything else as text. A UID is not among them: Exchange cannot search it. */
const fields: Readonly<Record<string, Reader<Entry>>> = {
  "item:Subject": ({ content }) => content.subject ?? undefined,
  "item:LastModifiedTime": ({ modifiedMs }) => modifiedMs,
  "item:DateTimeCreated": ({ createdMs }) => createdMs,
  "item:ItemClass": () => "IPM.Appointment",
  "item:Importance": ({ content }) => content.importance,
  "item:Categories": ({ content }) => (content.categories.length === 0 ? undefined : content.categories),
  "calendar:Start": ({ content }) => momentAt(content.time, "start"),
  "calendar:End": ({ content }) => momentAt(content.time, "end"),
  "calendar:Location": ({ content }) => content.locations[0] && String(content.locations[0]["displayName"] ?? ""),
  "calendar:IsAllDayEvent": ({ content }) => content.time.allDay,
}

export function itemReader(path: XmlElement): Reader<Entry> | undefined {
  if (path.name !== "ExtendedFieldURI") return fields[path.attributes["FieldURI"] ?? ""]
  const { id } = extendedField(path)
  return entry => {
    const { content, item, date } = entry
    return valueUnder(id, content, () => globalObjectId(item.uid, date)) ?? computedOfItem(id, entry)
  }
}
