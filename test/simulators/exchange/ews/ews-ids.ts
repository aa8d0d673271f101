import { changeKey, folderId, itemId, parseFolderId, parseItemId } from "../store/ids.ts"
import type { Entry, Item } from "../store/item.ts"
import type { Mailbox } from "../store/mailbox.ts"
import { el, type Markup } from "./markup.ts"

/** Ids as EWS writes them: those of Graph with `/` for `-` and `+` for `_`. */

export function ewsId(graphId: string): string {
  return graphId.replaceAll("-", "/").replaceAll("_", "+")
}

function graphId(id: string): string {
  return id.replaceAll("/", "-").replaceAll("+", "_")
}

/** What an item id names; undefined for anything else, ids in Graph's spelling included. */
export function parseEwsItemId(id: string): ReturnType<typeof parseItemId> {
  return /[-_]/.test(id) ? undefined : parseItemId(graphId(id))
}

export function parseEwsFolderId(id: string): ReturnType<typeof parseFolderId> {
  return /[-_]/.test(id) ? undefined : parseFolderId(graphId(id))
}

export function itemIdOf(mailbox: Mailbox, { item, date }: Pick<Entry, "item" | "date">): string {
  const { number, folder } = item
  return ewsId(itemId({ mailbox: mailbox.id, number, folder, ...(date === undefined ? {} : { date }) }, "classic"))
}

export function itemIdElement(mailbox: Mailbox, entry: Pick<Entry, "item" | "date" | "version">): Markup {
  return el("t:ItemId", { Id: itemIdOf(mailbox, entry), ChangeKey: changeKey(entry.version) })
}

export function removedIdElement(mailbox: Mailbox, item: Item): Markup {
  return el("t:ItemId", { Id: itemIdOf(mailbox, { item }), ChangeKey: changeKey(item.version) })
}

export function folderIdOf(mailbox: Mailbox, folder: number): string {
  return ewsId(folderId(mailbox.id, folder))
}

export function folderIdElement(name: string, mailbox: Mailbox, folder: number): Markup {
  return el(name, { Id: folderIdOf(mailbox, folder), ChangeKey: changeKey(folder) })
}
