import type { EwsVersion } from "../../../core/exchange-settings.ts"
import type { ItemField } from "../event/write-event.ts"
import { type WriteResult, withVersion, writeInBatches } from "../wire/response.ts"
import { element } from "../wire/xml-write.ts"
import { askToWrite, type FolderRef, folderId, type ItemMailbox } from "./mailbox.ts"

/**
 * New items in a calendar, one result for each, in their order. Nobody is invited: `SendToNone`, and no attendees to send
 * to. EWS knows no transaction ids: after `Unknown`, look for the mark before creating again.
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/createitem-operation-calendar-item
 */
export async function createItems<Item>(
  mailbox: ItemMailbox,
  { folder, items, write }: NewItems<Item>,
  signal: AbortSignal,
): Promise<readonly WriteResult[]> {
  const results = await writeInBatches(items, mailbox.batchSize, batch => {
    const written = (version: EwsVersion) =>
      batch.map(item => element("t:CalendarItem", {}, ...write(item, version).map(({ value }) => value)))
    const request = (version: EwsVersion) =>
      element(
        "m:CreateItem",
        { SendMeetingInvitations: "SendToNone" },
        element("m:SavedItemFolderId", {}, folderId(folder, mailbox)),
        element("m:Items", {}, ...written(version)),
      )
    return askToWrite(mailbox, request, signal)
  })
  return results.map(withVersion)
}

/** Fields are written batch by batch: a calendar as XML is large. */
type NewItems<Item> = {
  readonly folder: FolderRef
  readonly items: readonly Item[]
  readonly write: (item: Item, version: EwsVersion) => readonly ItemField[]
}
