import { type WriteResult, writeInBatches } from "../wire/response.ts"
import { element } from "../wire/xml-write.ts"
import { askToWrite, type ItemMailbox, type ItemTarget, itemId } from "./mailbox.ts"

/**
 * Items and occurrences, moved to the deleted ones so that people can take them back; one result for each, in their order,
 * with empty ids. Nobody is told. The server does not compare versions here: look before deleting.
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/deleteitem-operation
 */
export function deleteItems(
  mailbox: ItemMailbox,
  targets: readonly ItemTarget[],
  signal: AbortSignal,
): Promise<readonly WriteResult[]> {
  return writeInBatches(targets, mailbox.batchSize, batch => {
    const attributes = { DeleteType: "MoveToDeletedItems", SendMeetingCancellations: "SendToNone" }
    const request = element("m:DeleteItem", attributes, element("m:ItemIds", {}, ...batch.map(itemId)))
    return askToWrite(mailbox, request, signal)
  })
}
