import { globalObjectId } from "../store/ids.ts"
import type { Entry } from "../store/item.ts"
import type { Zone } from "../store/time-zones.ts"
import { momentAt, momentOf } from "./event-times.ts"
import { EwsError } from "./ews-error.ts"
import { extendedField, valueUnder } from "./extended-field.ts"
import { childOf, type XmlElement } from "./xml.ts"

/** Search filters. https://learn.microsoft.com/exchange/client-developer/web-service-reference/restriction */

type Value = string | number | boolean | undefined
export type Matches = (entry: Entry) => boolean

const pathNames = ["FieldURI", "ExtendedFieldURI", "IndexedFieldURI"]

export function parseRestriction(element: XmlElement | undefined, zone: Zone): Matches | undefined {
  const filter = element?.children[0]
  return filter && parseFilter(filter, zone)
}

function parseFilter(filter: XmlElement, zone: Zone): Matches {
  const parts = () => filter.children.map(child => parseFilter(child, zone))
  switch (filter.name) {
    case "And": {
      const all = parts()
      return entry => all.every(part => part(entry))
    }
    case "Or": {
      const some = parts()
      return entry => some.some(part => part(entry))
    }
    case "Not": {
      const none = parts()
      return entry => !none.some(part => part(entry))
    }
    case "Exists": {
      const read = readerOf(filter)
      return entry => read(entry) !== undefined
    }
    case "Contains":
      return parseContains(filter)
    default:
      return parseComparison(filter, zone)
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

function parseComparison(filter: XmlElement, zone: Zone): Matches {
  const compare = comparisons[filter.name]
  if (!compare) throw new EwsError("ErrorUnsupportedQueryFilter", "The restriction is not supported.")
  const read = readerOf(filter)
  const constant = childOf(childOf(filter, "FieldURIOrConstant"), "Constant")?.attributes["Value"] ?? ""
  return entry => {
    const value = read(entry)
    if (value === undefined) return filter.name === "IsNotEqualTo"
    if (typeof value === "number") return compare(value, momentOf(constant, zone) ?? 0)
    return compare(String(value), constant)
  }
}

function parseContains(filter: XmlElement): Matches {
  const read = readerOf(filter)
  const { ContainmentMode = "FullString", ContainmentComparison = "Exact" } = filter.attributes
  const fold = (text: string) => (/IgnoreCase|Loose/.test(ContainmentComparison) ? text.toLowerCase() : text)
  const constant = fold(childOf(filter, "Constant")?.attributes["Value"] ?? "")
  return entry => {
    const value = read(entry)
    if (value === undefined) return false
    const text = fold(String(value))
    if (ContainmentMode === "FullString") return text === constant
    return /^Prefix/.test(ContainmentMode) ? text.startsWith(constant) : text.includes(constant)
  }
}

/** Instants as milliseconds, everything else as text. */
const fields: Readonly<Record<string, (entry: Entry) => Value>> = {
  "item:Subject": ({ content }) => content.subject ?? undefined,
  "item:LastModifiedTime": ({ modifiedMs }) => modifiedMs,
  "item:DateTimeCreated": ({ createdMs }) => createdMs,
  "item:ItemClass": () => "IPM.Appointment",
  "item:Importance": ({ content }) => content.importance,
  "calendar:Start": ({ content }) => momentAt(content.time, "start"),
  "calendar:End": ({ content }) => momentAt(content.time, "end"),
  "calendar:Location": ({ content }) => content.locations[0] && String(content.locations[0]["displayName"] ?? ""),
  "calendar:IsAllDayEvent": ({ content }) => content.time.allDay,
}

/** How the path of a filter or a sort order is read from an entry. */
export function readerOf(filter: XmlElement): (entry: Entry) => Value {
  const path = filter.children.find(({ name }) => pathNames.includes(name))
  if (path?.name === "ExtendedFieldURI") {
    const { id } = extendedField(path)
    return ({ content, item, date }) => {
      const value = valueUnder(id, content, () => globalObjectId(item.uid, date))
      return typeof value === "object" ? value.join(";") : value
    }
  }
  const read = fields[path?.attributes["FieldURI"] ?? ""]
  if (!read)
    throw new EwsError("ErrorUnsupportedPathForQuery", "The property can not be used with this type of restriction.")
  return read
}
