import { askToWrite, type FolderRef, folderId, type ItemMailbox } from "./mailbox.ts"
import { type WriteResult, writeInBatches } from "./response.ts"
import type { ItemField } from "./write-event.ts"
import { element } from "./xml-write.ts"

/**
 * New items in a calendar, one result for each, in their order. Nobody is invited: `SendToNone`, and no attendees to send
 * to. EWS knows no transaction ids: after `Unknown`, look for the mark before creating again.
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/createitem-operation-calendar-item
 */
export function createItems(
  mailbox: ItemMailbox,
  { folder, items }: { readonly folder: FolderRef; readonly items: readonly (readonly ItemField[])[] },
  signal: AbortSignal,
): Promise<readonly WriteResult[]> {
  return writeInBatches(items, mailbox.batchSize, batch => {
    const written = batch.map(fields => element("t:CalendarItem", {}, ...fields.map(({ value }) => value)))
    const request = element(
      "m:CreateItem",
      { SendMeetingInvitations: "SendToNone" },
      element("m:SavedItemFolderId", {}, folderId(folder, mailbox)),
      element("m:Items", {}, ...written),
    )
    return askToWrite(mailbox, request, signal)
  })
}
