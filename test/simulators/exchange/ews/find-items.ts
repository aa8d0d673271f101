import type { Entry } from "../store/item.ts"
import { entryOf, occurrencesIn, overlaps, type Span } from "../store/series.ts"
import { itemsOf, type Store } from "../store/store.ts"
import { responses } from "./envelope.ts"
import { momentAt, momentOf } from "./event-times.ts"
import { EwsError } from "./ews-error.ts"
import { type Folder, findFolder } from "./folder-tree.ts"
import { parseShape } from "./item-shape.ts"
import { el, type Markup } from "./markup.ts"
import { pageOf } from "./paging.ts"
import { calendarItemElement } from "./render-calendar-item.ts"
import { itemReader, parseRestriction, readerOf } from "./restriction.ts"
import type { Session } from "./session.ts"
import { childOf, childrenOf, type XmlElement } from "./xml.ts"

/** https://learn.microsoft.com/exchange/client-developer/web-service-reference/finditem-operation */

const PAGE = 1000
/** With a restriction a page is smaller. */
const RESTRICTED_PAGE = 250
const MAXIMUM_VIEW = { years: 2 }

export function findItems(session: Session, request: XmlElement): Markup {
  const folders = childOf(request, "ParentFolderIds")?.children ?? []
  return responses("FindItem", folders, id => {
    const folder = findFolder(session, id)
    const view = childOf(request, "CalendarView")
    const found = view ? viewed(session, request, { folder, view }) : listed(session, request, folder)
    const rendering = {
      session,
      mailbox: folder.mailbox,
      shape: parseShape(childOf(request, "ItemShape")),
      listing: true,
    }
    const items = found.entries.map(entry => calendarItemElement(entry, rendering))
    return [el("m:RootFolder", found.attributes, el("t:Items", {}, items))]
  })
}

type Found = {
  readonly entries: readonly Entry[]
  readonly attributes: Readonly<Record<string, number | boolean | undefined>>
}

/** Everything in the span, expanded; what ends when it begins, or begins when it ends, is out. */
function viewed(
  session: Session,
  request: XmlElement,
  { folder, view }: { readonly folder: Folder; readonly view: XmlElement },
): Found {
  if (childOf(request, "Restriction") || childOf(request, "SortOrder"))
    throw new EwsError(
      "ErrorInvalidRestriction",
      "A calendar view cannot be combined with a restriction or sort order.",
    )
  const at = (name: string) => momentOf(view.attributes[name] ?? "", session.zone) ?? 0
  const span = { startMs: at("StartDate"), endMs: at("EndDate") }
  if (span.endMs < span.startMs)
    throw new EwsError("ErrorCalendarEndDateIsEarlierThanStartDate", "EndDate is earlier than StartDate")
  const latest = Temporal.Instant.fromEpochMilliseconds(span.startMs).toZonedDateTimeISO("UTC").add(MAXIMUM_VIEW)
  if (span.endMs > latest.epochMilliseconds)
    throw new EwsError(
      "ErrorCalendarViewRangeTooBig",
      "The specified view range exceeds the maximum range of two years.",
    )
  const all = entriesIn(session.store, folder, span)
  const maximum = view.attributes["MaxEntriesReturned"]
  if (maximum === undefined) refuseTooMany(session, all.length)
  const entries = all.slice(0, Math.min(Number(maximum ?? PAGE), PAGE))
  return {
    entries,
    attributes: { TotalItemsInView: all.length, IncludesLastItemInRange: entries.length === all.length },
  }
}

/** Who asks for pages gets pages; who asks for everything gets everything or nothing (EWSFindCountLimit). */
function refuseTooMany({ store }: Session, count: number): void {
  if (count <= store.switches.findCountLimit) return
  throw new EwsError(
    "ErrorExceededFindCountLimit",
    "You have exceeded the maximum number of objects that can be returned for the find operation. Use paging to reduce the result size and try your request again.",
  )
}

/** What overlaps a span of real time, a whole day from midnight to midnight of its own zone, by start. */
export function entriesIn(store: Store, { mailbox, number }: Folder, span: Span): readonly Entry[] {
  const inherit = store.switches.occurrencesInheritProperties
  // A whole day is kept as the midnights of UTC, and lies up to 14 hours away from them.
  const wide = { startMs: span.startMs - DAY_MS, endMs: span.endMs + DAY_MS }
  const near = itemsOf(mailbox, number).flatMap(item =>
    item.series ? [...occurrencesIn(item, wide, inherit)] : [entryOf(item)],
  )
  return near.filter(entry => overlaps(realSpan(entry), span)).sort((a, b) => realSpan(a).startMs - realSpan(b).startMs)
}

const DAY_MS = 86_400_000

export function realSpan({ content }: Entry): Span {
  return { startMs: momentAt(content.time, "start"), endMs: momentAt(content.time, "end") }
}

/** Single items and masters. */
function listed(session: Session, request: XmlElement, folder: Folder): Found {
  const matches = parseRestriction(childOf(request, "Restriction"), { zone: session.zone, readerFor: itemReader })
  const all = itemsOf(folder.mailbox, folder.number).map(entryOf)
  const wanted = sorted(matches ? all.filter(matches) : all, childOf(request, "SortOrder"))
  const view = childOf(request, "IndexedPageItemView")
  if (!view) refuseTooMany(session, wanted.length)
  const page = pageOf(wanted, view, matches ? RESTRICTED_PAGE : PAGE)
  return { entries: page.rows, attributes: page.attributes }
}

function sorted(rows: readonly Entry[], order: XmlElement | undefined): readonly Entry[] {
  const keys = childrenOf(order, "FieldOrder").map(field => ({
    read: readerOf(field, { readerFor: itemReader }),
    sign: field.attributes["Order"] === "Descending" ? -1 : 1,
  }))
  if (keys.length === 0) return rows
  return [...rows].sort((a, b) => {
    for (const { read, sign } of keys) {
      const [left, right] = [read(a) ?? "", read(b) ?? ""]
      if (left !== right) return left < right ? -sign : sign
    }
    return 0
  })
}
