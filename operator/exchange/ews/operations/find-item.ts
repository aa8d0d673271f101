import { TemporaryError } from "../../../core/errors.ts"
import { fieldUri, listShape, markUri } from "../event/item-fields.ts"
import { type EwsItem, readItem } from "../event/read-event.ts"
import { onlyMessage } from "../wire/response.ts"
import { childOf, type XmlElement } from "../wire/xml-read.ts"
import { element, type XmlNode } from "../wire/xml-write.ts"
import { askToRead, type EwsMailbox, type FolderRef, folderId } from "./mailbox.ts"

/**
 * Items found by our mark, without going through a calendar of other people's:
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/finditem-operation
 */

/** With a restriction, servers since 2013 give no more at once. */
const pageSize = 250
/** A calendar that changes while it is listed is listed anew, so often. */
const listings = 3

type FindRequest = {
  readonly folder: FolderRef
  /** Only items whose mark has this in it; otherwise all that have one. */
  readonly markText?: string
}

/**
 * Single events and masters with our property, as far as lists tell (`listShape`). Pages are cut by number, so that an
 * item deleted meanwhile would hide another: then the listing begins anew. Throws a TemporaryError when it never rests.
 */
export async function findMarked(
  mailbox: EwsMailbox,
  request: FindRequest,
  signal: AbortSignal,
): Promise<readonly EwsItem[]> {
  for (let tries = 0; tries < listings; tries += 1) {
    const items = await listOnce(mailbox, request, signal)
    if (items) return items
  }
  throw new TemporaryError("the calendar keeps changing while it is listed", { reason: "Unreachable" })
}

/** Undefined when the number of items changed between two pages. */
async function listOnce(
  mailbox: EwsMailbox,
  find: FindRequest,
  signal: AbortSignal,
): Promise<readonly EwsItem[] | undefined> {
  const found = new Map<string, EwsItem>()
  let total: number | undefined
  for (let offset = 0; ; ) {
    const page = await askForPage(mailbox, writeFind(mailbox, find, offset), signal)
    total ??= page.total
    if (page.total !== total) return undefined
    for (const item of page.items) found.set(item.id, item)
    if (page.isLast) return [...found.values()]
    // Not the other way round: what is no number is no way on.
    if (!(page.nextOffset > offset))
      throw new TemporaryError("Exchange's pages lead nowhere", { reason: "Unreachable" })
    offset = page.nextOffset
  }
}

async function askForPage(mailbox: EwsMailbox, request: XmlNode, signal: AbortSignal): Promise<Page> {
  return readPage(onlyMessage(await askToRead(mailbox, { request, operation: "list" }, signal)))
}

function writeFind(mailbox: EwsMailbox, { folder, markText }: FindRequest, offset: number): XmlNode {
  const view = { MaxEntriesReturned: String(pageSize), Offset: String(offset), BasePoint: "Beginning" }
  // In an order that new items do not disturb.
  const order = element("t:FieldOrder", { Order: "Ascending" }, fieldUri("item:DateTimeCreated"))
  return element(
    "m:FindItem",
    { Traversal: "Shallow" },
    listShape(),
    element("m:IndexedPageItemView", view),
    element("m:Restriction", {}, markText === undefined ? element("t:Exists", {}, markUri()) : contains(markText)),
    element("m:SortOrder", {}, order),
    element("m:ParentFolderIds", {}, folderId(folder, mailbox)),
  )
}

function contains(text: string): XmlNode {
  const how = { ContainmentMode: "Substring", ContainmentComparison: "Exact" }
  return element("t:Contains", how, markUri(), element("t:Constant", { Value: text }))
}

export type Page = {
  readonly items: readonly EwsItem[]
  readonly total: number
  readonly isLast: boolean
  readonly nextOffset: number
}

/** What one call found. Throws a TemporaryError when it is no page. */
export function readPage(message: XmlElement | undefined): Page {
  const root = childOf(message, "m:RootFolder")
  if (!root) throw new TemporaryError("Exchange's page has no folder", { reason: "Unreachable" })
  const { TotalItemsInView, IncludesLastItemInRange, IndexedPagingOffset } = root.attributes
  return {
    items: (childOf(root, "t:Items")?.children ?? []).flatMap(item => readItem(item) ?? []),
    total: Number(TotalItemsInView ?? 0),
    isLast: IncludesLastItemInRange === "true",
    nextOffset: Number(IndexedPagingOffset ?? 0),
  }
}
