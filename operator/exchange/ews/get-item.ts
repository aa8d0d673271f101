import { eventShape } from "./item-fields.ts"
import { askToRead, type EwsMailbox, type ItemTarget, itemId } from "./mailbox.ts"
import { type EwsProblem, readMessageProblem } from "./problem.ts"
import { type EwsItem, readItem } from "./read-event.ts"
import { batchesOf, messagesIn } from "./response.ts"
import { childOf, type XmlElement } from "./xml-read.ts"
import { element } from "./xml-write.ts"

/** What reading one item came to. `Unreadable`: it is there, but is no calendar item. */
export type Look =
  | { readonly kind: "Found"; readonly item: EwsItem }
  | { readonly kind: "Refused"; readonly problem: EwsProblem }
  | { readonly kind: "Unreadable" }

/** Bodies make answers large and Microsoft advises few at a time; they are read one call after the other. */
const itemsPerCall = 25

/**
 * Whole items, one look for each asked, in their order. Throws a core error when a call as a whole fails.
 * https://learn.microsoft.com/exchange/client-developer/web-service-reference/getitem-operation
 */
export async function getItems(
  mailbox: EwsMailbox,
  targets: readonly ItemTarget[],
  signal: AbortSignal,
): Promise<readonly Look[]> {
  const looks: Look[] = []
  for (const batch of batchesOf(targets, itemsPerCall)) {
    const request = element("m:GetItem", {}, eventShape(), element("m:ItemIds", {}, ...batch.map(itemId)))
    const messages = messagesIn(await askToRead(mailbox, { request, operation: "read" }, signal))
    looks.push(...batch.map((_, index) => lookOf(messages[index])))
  }
  return looks
}

function lookOf(message: XmlElement | undefined): Look {
  const problem = message && readMessageProblem(message)
  if (problem) return { kind: "Refused", problem }
  const [element] = childOf(message, "m:Items")?.children ?? []
  const item = element && readItem(element)
  return item ? { kind: "Found", item } : { kind: "Unreadable" }
}
