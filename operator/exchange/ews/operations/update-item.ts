import type { EwsVersion } from "../../../core/exchange-settings.ts"
import type { ItemField } from "../event/write-event.ts"
import { type WriteResult, withVersion, writeInBatches } from "../wire/response.ts"
import { element, type XmlNode } from "../wire/xml-write.ts"
import { askToWrite, type ItemMailbox, type ItemTarget, itemId } from "./mailbox.ts"

/** Fields without a value are taken off the item; those not named stay. Written batch by batch. */
export type ItemChange = {
  readonly target: ItemTarget
  readonly write: (version: EwsVersion) => readonly ItemField[]
}

/**
 * Changes to items that are still as they were seen (their version), one result for each, in their order. Nobody is told.
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/updateitem-operation
 */
export async function updateItems(
  mailbox: ItemMailbox,
  changes: readonly ItemChange[],
  signal: AbortSignal,
): Promise<readonly WriteResult[]> {
  const results = await writeInBatches(changes, mailbox.batchSize, batch => {
    const attributes = { ConflictResolution: "NeverOverwrite", SendMeetingInvitationsOrCancellations: "SendToNone" }
    const request = (version: EwsVersion) =>
      element("m:UpdateItem", attributes, element("m:ItemChanges", {}, ...batch.map(one => writeChange(one, version))))
    return askToWrite(mailbox, request, signal)
  })
  return results.map(withVersion)
}

function writeChange({ target, write }: ItemChange, version: EwsVersion): XmlNode {
  return element("t:ItemChange", {}, itemId(target), element("t:Updates", {}, ...write(version).map(writeField)))
}

/** One property each: the server refuses more (ErrorIncorrectUpdatePropertyCount). */
function writeField({ path, value }: ItemField): XmlNode {
  if (value === undefined) return element("t:DeleteItemField", {}, path)
  return element("t:SetItemField", {}, path, element("t:CalendarItem", {}, value))
}
