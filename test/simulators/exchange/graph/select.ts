import type { Entry } from "../store/item.ts"
import type { Json } from "../store/json.ts"
import { occurrenceOn } from "../store/series.ts"
import type { Call } from "./call.ts"
import { idsInExpandFilter } from "./event-row.ts"
import { GraphError } from "./graph-error.ts"
import { splitOutside } from "./query.ts"
import { isEventProperty, type Rendering, renderEvent, renderNamed } from "./render-event.ts"

/** `$select` and `$expand` of a request, checked, and the rendering they ask for. */
export type Shape = {
  readonly select: readonly string[] | undefined
  readonly propertyIds: ReadonlySet<string>
  readonly exceptions: boolean
  /** A GET by id; lists leave out what only that gives. */
  readonly byId: boolean
}

export function shapeOf(call: Call, { byId }: { readonly byId: boolean } = { byId: false }): Shape {
  const select = selectOf(call.query.get("select"))
  let propertyIds: ReadonlySet<string> = new Set()
  let exceptions = false
  for (const part of splitOutside(call.query.get("expand") ?? "", ",")) {
    const { name, options } = expansion(part)
    // Without its inner filter this expansion brings nothing.
    if (/^(single|multi)ValueExtendedProperties$/i.test(name)) {
      const filter = options.find(option => /^\$filter=/i.test(option))
      if (filter) propertyIds = new Set([...propertyIds, ...idsInExpandFilter(filter)])
    } else if (name === "exceptionOccurrences") {
      exceptions = select?.includes("exceptionOccurrences") ?? false
    } else if (!["attachments", "extensions", "calendar", "instances"].includes(name)) throw unknownProperty(name)
  }
  return { select, propertyIds, exceptions: exceptions && byId, byId }
}

function expansion(part: string): { readonly name: string; readonly options: readonly string[] } {
  const open = part.indexOf("(")
  if (open < 0) return { name: part, options: [] }
  return { name: part.slice(0, open), options: splitOutside(part.slice(open + 1, part.lastIndexOf(")")), ";") }
}

function selectOf(text: string | undefined): readonly string[] | undefined {
  if (text === undefined || text.trim() === "" || text.trim() === "*") return undefined
  const names = splitOutside(text, ",")
  for (const name of names) if (!isEventProperty(name)) throw unknownProperty(name)
  return names
}

function unknownProperty(name: string): GraphError {
  return new GraphError(
    400,
    "RequestBroker--ParseUri",
    `Could not find a property named '${name}' on type 'microsoft.graph.event'.`,
  )
}

export function renderShaped(entry: Entry, rendering: Rendering, shape: Shape & { readonly inherit: boolean }): Json {
  const select = shape.byId ? shape.select : shape.select?.filter(name => name !== "cancelledOccurrences")
  const event = renderEvent(entry, rendering, select)
  if (shape.propertyIds.size > 0 && rendering.seesContent) {
    const { single, multi } = renderNamed(entry, shape.propertyIds)
    if (single.length > 0) event["singleValueExtendedProperties"] = single
    if (multi.length > 0) event["multiValueExtendedProperties"] = multi
  }
  if (shape.exceptions && entry.type === "seriesMaster")
    event["exceptionOccurrences"] = exceptionsOf(entry, shape.inherit).map(exception =>
      renderShaped(exception, rendering, { ...shape, select: undefined, exceptions: false }),
    )
  return event
}

function exceptionsOf({ item }: Entry, inherit: boolean): readonly Entry[] {
  return [...(item.series?.exceptions.keys() ?? [])].flatMap(date => occurrenceOn(item, date, inherit) ?? [])
}
