import type { Entry } from "../store/item.ts"
import { entryOf, occurrencesIn, overlaps, type Span } from "../store/series.ts"
import { itemsOf, type Store } from "../store/store.ts"
import { type Call, ok, type Reply } from "./call.ts"
import { eventRow, withCanonicalIds } from "./event-row.ts"
import { evaluate, type Filter, parseFilter, pathsIn } from "./filter.ts"
import { GraphError } from "./graph-error.ts"
import { pageOf } from "./page.ts"
import { spanOf } from "./query.ts"
import { etagOf, isEventProperty, renderingFor } from "./render-event.ts"
import { renderShaped, shapeOf } from "./select.ts"
import { findEntry, type Target } from "./target.ts"

/**
 * Reading events: lists, single items, calendar views and instances.
 * https://learn.microsoft.com/graph/api/user-list-events, …/calendar-list-calendarview, …/event-list-instances
 */

const DAY_MS = 86_400_000
const MAXIMUM_VIEW_DAYS = 1825

/** Single events and masters, never expanded. */
export function listEvents(call: Call, target: Target): Reply {
  const entries = itemsOf(target.mailbox, target.folder).map(entryOf)
  return page(call, target, sorted(call, filtered(call, entries)))
}

export function getEvent(call: Call, target: Target, id: string): Reply {
  const entry = findEntry(call.store, target, id)
  const inherit = call.store.switches.occurrencesInheritProperties
  const rendering = renderingFor(call, target.mailbox)
  const body = renderShaped(entry, rendering, { ...shapeOf(call, { byId: true }), inherit })
  return {
    ...ok({ "@odata.context": `${call.origin}/v1.0/$metadata#${contextOf(target)}/$entity`, ...body }),
    headers: { etag: etagOf(entry) },
  }
}

/** Everything that overlaps the span, expanded. */
export function listView(call: Call, target: Target): Reply {
  const span = cappedSpan(call)
  refuseStamps(call)
  const filter = filterOf(call)
  if (filter && pathsIn(filter).some(path => /ValueExtendedProperties$/i.test(path)))
    throw new GraphError(500, "ErrorInternalServerError", "An internal server error occurred. The operation failed.")
  const entries = entriesIn(call.store, target, span)
  const ordered = call.query.has("orderby") ? sorted(call, filtered(call, entries)) : filtered(call, entries)
  return page(call, target, ordered)
}

/** By start, as the view lists them. */
export function entriesIn(store: Store, { mailbox, folder }: Pick<Target, "mailbox" | "folder">, span: Span): Entry[] {
  const inherit = store.switches.occurrencesInheritProperties
  const entries: Entry[] = []
  for (const item of mailbox.items.values()) {
    if (item.folder !== folder) continue
    if (item.series) entries.push(...occurrencesIn(item, span, inherit))
    else if (overlaps(item.content.time, span)) entries.push(entryOf(item))
  }
  return entries.sort((a, b) => a.content.time.startMs - b.content.time.startMs || a.item.number - b.item.number)
}

export function listInstances(call: Call, target: Target, id: string): Reply {
  const span = cappedSpan(call)
  const { item, type } = findEntry(call.store, target, id)
  if (type !== "seriesMaster")
    throw new GraphError(400, "ErrorInvalidRequest", "The event is not a recurring series master.")
  const entries = [...occurrencesIn(item, span, call.store.switches.occurrencesInheritProperties)]
  entries.sort((a, b) => a.content.time.startMs - b.content.time.startMs)
  return page(call, target, sorted(call, filtered(call, entries)))
}

export function cappedSpan(call: Call): Span {
  const span = spanOf(call.query)
  if (span.endMs - span.startMs > MAXIMUM_VIEW_DAYS * DAY_MS)
    throw new GraphError(
      400,
      "ErrorInvalidRequest",
      `Your request can't be completed. The range between the start and end dates is greater than the allowed range. Maximum number of days: ${MAXIMUM_VIEW_DAYS}`,
    )
  return span
}

function refuseStamps(call: Call): void {
  if (!call.store.switches.viewRefusesStamps) return
  const refused = /\b(createdDateTime|lastModifiedDateTime)\b/.exec(call.query.get("select") ?? "")
  if (refused)
    throw new GraphError(400, "ErrorInvalidProperty", `The property '${refused[1]}' does not support $select here.`)
}

function page(call: Call, target: Target, rows: readonly Entry[]): Reply {
  const shape = { ...shapeOf(call), inherit: call.store.switches.occurrencesInheritProperties }
  const rendering = renderingFor(call, target.mailbox)
  return pageOf(call, { rows, context: contextOf(target), render: entry => renderShaped(entry, rendering, shape) })
}

export function contextOf(target: Target): string {
  return `users('${target.mailbox.id}')/events`
}

function filterOf(call: Call): Filter | undefined {
  const text = call.query.get("filter")
  return text === undefined ? undefined : withCanonicalIds(parseFilter(text))
}

function filtered(call: Call, entries: readonly Entry[]): readonly Entry[] {
  const filter = filterOf(call)
  if (!filter) return entries
  // Even with nothing to filter, a property that does not exist is an error.
  for (const path of pathsIn(filter)) if (!isEventProperty(path.split("/")[0] ?? "")) eventRowRefuses(path)
  return entries.filter(entry => evaluate(filter, eventRow(entry)))
}

function eventRowRefuses(path: string): never {
  throw new GraphError(
    400,
    "RequestBroker--ParseUri",
    `Could not find a property named '${path}' on type 'microsoft.graph.event'.`,
  )
}

type Order = { readonly path: string; readonly descending: boolean }

function sorted(call: Call, entries: readonly Entry[]): readonly Entry[] {
  const text = call.query.get("orderby")
  if (text === undefined) return entries
  const orders = text.split(",").map(orderOf)
  refuseInefficient(call, orders)
  return [...entries].sort((a, b) => {
    for (const { path, descending } of orders) {
      const difference = order(eventRow(a).value(path), eventRow(b).value(path))
      if (difference !== 0) return descending ? -difference : difference
    }
    return 0
  })
}

function orderOf(text: string): Order {
  const [path = "", direction = "asc"] = text.trim().split(/\s+/)
  if (!isEventProperty(path.split("/")[0] ?? "")) eventRowRefuses(path)
  return { path, descending: direction.toLowerCase() === "desc" }
}

/** What is sorted by must come first in the filter, in the same order. */
function refuseInefficient(call: Call, orders: readonly Order[]): void {
  const filter = filterOf(call)
  if (!filter) return
  const paths = [...new Set(pathsIn(filter))]
  if (orders.some(({ path }, at) => paths[at] !== path))
    throw new GraphError(400, "InefficientFilter", "The restriction or sort order is too complex for this operation.")
}

function order(a: string | number | boolean | null, b: string | number | boolean | null): number {
  if (a === b) return 0
  if (a === null) return -1
  if (b === null) return 1
  return a < b ? -1 : 1
}
