import type { Item } from "../store/item.ts"
import type { Mailbox } from "../store/mailbox.ts"
import type { Change } from "../store/store.ts"
import { utc } from "../store/time-zones.ts"
import { dateTime } from "./event-times.ts"
import { folderIdElement, itemIdElement } from "./ews-ids.ts"
import { parentOf } from "./folder-tree.ts"
import { el, type Markup } from "./markup.ts"

/** What subscribers hear of a change in a mailbox. https://learn.microsoft.com/exchange/client-developer/web-service-reference/notification-ex15websvcsotherref */
export type StoreEvent = {
  readonly type: string
  /** The folders it is heard in. */
  readonly folders: readonly number[]
  readonly element: (watermark: string | undefined) => Markup
}

/** `noise` adds what a real server says of the folder itself. */
export function eventsOf(change: Change, given: { readonly nowMs: number; readonly noise: boolean }): StoreEvent[] {
  const { mailbox, movedTo } = change
  const [item, movedFrom] = movedTo ? [movedTo, change.item] : [change.item, change.movedFrom]
  const { nowMs, noise } = given
  const folders = [item.folder, ...(movedFrom ? [movedFrom.folder] : [])]
  const about = (name: string, rest: readonly Markup[] = []): StoreEvent => ({
    type: name,
    folders,
    element: watermark => eventElement(name, { watermark, nowMs, what: itemParts(mailbox, item), rest }),
  })
  const folderChanged: StoreEvent = {
    type: "ModifiedEvent",
    folders,
    element: watermark =>
      eventElement("ModifiedEvent", { watermark, nowMs, what: folderParts(mailbox, item.folder), rest: [] }),
  }
  return [
    movedFrom ? about("MovedEvent", oldParts(mailbox, movedFrom)) : about(typeOfKind[change.kind]),
    about("FreeBusyChangedEvent"),
    ...(noise && change.kind !== "updated" ? [folderChanged] : []),
  ]
}

const typeOfKind = { created: "CreatedEvent", updated: "ModifiedEvent", deleted: "DeletedEvent" } as const

type Parts = {
  readonly watermark: string | undefined
  readonly nowMs: number
  readonly what: readonly (Markup | undefined)[]
  readonly rest: readonly Markup[]
}

function eventElement(name: string, { watermark, nowMs, what, rest }: Parts): Markup {
  const mark = watermark === undefined ? undefined : el("t:Watermark", {}, watermark)
  return el(`t:${name}`, {}, mark, el("t:TimeStamp", {}, dateTime(nowMs, utc)), what, rest)
}

function itemParts(mailbox: Mailbox, item: Item): readonly Markup[] {
  return [
    itemIdElement(mailbox, { item, version: item.version }),
    folderIdElement("t:ParentFolderId", mailbox, item.folder),
  ]
}

function folderParts(mailbox: Mailbox, folder: number): readonly (Markup | undefined)[] {
  const parent = parentOf({ mailbox, number: folder })
  return [
    folderIdElement("t:FolderId", mailbox, folder),
    parent && folderIdElement("t:ParentFolderId", mailbox, parent.number),
  ]
}

function oldParts(mailbox: Mailbox, before: Item): readonly Markup[] {
  const { markup } = itemIdElement(mailbox, { item: before, version: before.version })
  return [
    { markup: markup.replace("<t:ItemId", "<t:OldItemId") },
    folderIdElement("t:OldParentFolderId", mailbox, before.folder),
  ]
}
