import { type EwsItem, exceptionIds } from "./event/read-event.ts"
import { type Look, lookAtItems } from "./operations/get-item.ts"
import type { ItemMailbox, ItemTarget } from "./operations/mailbox.ts"
import { isItemGone, isServerTrouble, problemError } from "./wire/problem.ts"

/** One look for each target, and by their ids the changed occurrences of those that are series. */
export type WholeLooks = { readonly looks: readonly Look[]; readonly exceptions: ReadonlyMap<string, EwsItem> }

/** Items with the changed occurrences of series, in pieces as they come. What may not be read stops everything. */
export async function* readWhole(
  mailbox: ItemMailbox,
  targets: readonly ItemTarget[],
  signal: AbortSignal,
): AsyncGenerator<WholeLooks, void> {
  for await (const looks of lookAtItems(mailbox, { targets, shape: "Event" }, signal)) {
    for (const look of looks) refuseIfBarred(look)
    yield { looks, exceptions: await readExceptions(mailbox, looks, signal) }
  }
}

export function itemsIn(looks: readonly Look[]): readonly EwsItem[] {
  return looks.flatMap(look => (look.kind === "Found" ? [look.item] : []))
}

async function readExceptions(
  mailbox: ItemMailbox,
  looks: readonly Look[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, EwsItem>> {
  const ids = itemsIn(looks).flatMap(exceptionIds)
  const targets = ids.map((id): ItemTarget => ({ kind: "Item", id }))
  const exceptions = new Map<string, EwsItem>()
  for await (const found of lookAtItems(mailbox, { targets, shape: "Event" }, signal)) {
    for (const look of found) refuseIfBarred(look)
    for (const item of itemsIn(found)) exceptions.set(item.id, item)
  }
  return exceptions
}

/** What is gone, or in trouble of its own, is news about that item; a missing right is none, because it is no absence. */
function refuseIfBarred(look: Look): void {
  if (look.kind !== "Refused" || isItemGone(look.problem) || isServerTrouble(look.problem)) return
  if (brokenItemCodes.has(look.problem.code)) return
  throw problemError(look.problem)
}

/** The item is there, and damaged: it must not keep all others from being read. */
const brokenItemCodes = new Set([
  "ErrorContentConversionFailed",
  "ErrorCorruptData",
  "ErrorItemCorrupt",
  "ErrorItemPropertyRequestFailed",
  "ErrorPropertyRequestFailed",
])
