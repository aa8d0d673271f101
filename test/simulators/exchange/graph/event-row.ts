import { sevenDigits, timestamp } from "../store/clock.ts"
import { globalObjectId } from "../store/ids.ts"
import type { Entry } from "../store/item.ts"
import type { Filter, Row, Value } from "./filter.ts"
import { GraphError } from "./graph-error.ts"
import { canonicalPropertyId } from "./named-property.ts"

/** What $filter and $orderby may ask of an event. */

const readers: Readonly<Record<string, (entry: Entry) => Value>> = {
  subject: entry => entry.content.subject,
  "start/datetime": entry => sevenDigits(entry.content.time.startMs),
  "end/datetime": entry => sevenDigits(entry.content.time.endMs),
  icaluid: entry => globalObjectId(entry.item.uid, entry.date),
  isallday: entry => entry.content.time.allDay,
  iscancelled: entry => entry.item.cancelledByOrganizer ?? false,
  type: entry => entry.type,
  showas: entry => entry.content.showAs,
  sensitivity: entry => entry.content.sensitivity,
  importance: entry => entry.content.importance,
  createddatetime: entry => timestamp(entry.createdMs),
  lastmodifieddatetime: entry => timestamp(entry.modifiedMs),
  "location/displayname": entry => String(entry.content.locations[0]?.["displayName"] ?? ""),
  isreminderon: entry => entry.content.reminderOn,
  transactionid: entry => entry.item.transactionId ?? null,
  isonlinemeeting: entry => entry.content.isOnlineMeeting,
}

export function eventRow(entry: Entry): Row {
  return {
    value: path => {
      const reader = readers[path.toLowerCase()]
      if (!reader) throw unknownProperty(path)
      return reader(entry)
    },
    rows: path => rowsOf(entry, path),
  }
}

function rowsOf(entry: Entry, path: string): readonly Row[] {
  switch (path.toLowerCase()) {
    case "categories":
      return entry.content.categories.map(category => ({ ...leaf, value: () => category }))
    case "singlevalueextendedproperties":
      return [...entry.content.named].flatMap(([id, value]) =>
        typeof value === "string" && value !== "" ? [propertyRow(id, value)] : [],
      )
    case "multivalueextendedproperties":
      return [...entry.content.named].flatMap(([id, values]) =>
        typeof values === "string" ? [] : values.map(value => propertyRow(id, value)),
      )
    default:
      throw unknownProperty(path)
  }
}

const leaf = { rows: () => [] } as const

function propertyRow(id: string, value: string): Row {
  return {
    rows: () => [],
    value: path => {
      if (path.toLowerCase() === "id") return id
      if (path.toLowerCase() === "value") return value
      throw unknownProperty(path)
    },
  }
}

/** Ids of extended properties in their canonical form, which compares with the case of the name. */
export function withCanonicalIds(filter: Filter): Filter {
  switch (filter.kind) {
    case "and":
    case "or":
      return { ...filter, parts: filter.parts.map(withCanonicalIds) }
    case "not":
      return { ...filter, part: withCanonicalIds(filter.part) }
    case "any":
      return /ValueExtendedProperties$/i.test(filter.path) ? { ...filter, part: canonicalIn(filter.part) } : filter
    default:
      return filter
  }
}

function canonicalIn(filter: Filter): Filter {
  if (filter.kind === "and" || filter.kind === "or") return { ...filter, parts: filter.parts.map(canonicalIn) }
  if (filter.kind !== "compare" || !/(^|\/)id$/i.test(filter.path)) return filter
  if (filter.operator !== "eq" || typeof filter.value !== "string") throw unknownProperty(filter.path)
  return { ...filter, operator: "is", value: canonicalPropertyId(filter.value) }
}

function unknownProperty(path: string): GraphError {
  return new GraphError(400, "ErrorInvalidUrlQueryFilter", `The property '${path}' cannot be filtered or sorted by.`)
}

/** The property ids in `id eq 'a' or id eq 'b'`, in canonical form. */
export function idsInExpandFilter(text: string): ReadonlySet<string> {
  const ids = [...text.matchAll(/\bid\s+eq\s+'((?:[^']|'')*)'/gi)].map(match => (match[1] ?? "").replaceAll("''", "'"))
  if (ids.length === 0) throw new GraphError(400, "ErrorInvalidUrlQuery", "The $expand filter names no property id.")
  return new Set(ids.map(canonicalPropertyId))
}
