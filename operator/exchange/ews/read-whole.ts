import { getItems } from "./get-item.ts"
import type { EwsMailbox, ItemTarget } from "./mailbox.ts"
import { isItemGone, problemError } from "./problem.ts"
import { type EwsItem, exceptionIds } from "./read-event.ts"

/** Items, and by their ids the changed occurrences of those that are series. */
export type WholeItems = { readonly items: readonly EwsItem[]; readonly exceptions: ReadonlyMap<string, EwsItem> }

/** Without what is gone by now. What may not be read stops everything, because it is no absence. */
export async function readWhole(
  mailbox: EwsMailbox,
  targets: readonly ItemTarget[],
  signal: AbortSignal,
): Promise<WholeItems> {
  const items = await look(mailbox, targets, signal)
  const ids = items.flatMap(exceptionIds)
  const changed = await look(
    mailbox,
    ids.map(id => ({ kind: "Item", id })),
    signal,
  )
  return { items, exceptions: new Map(changed.map(item => [item.id, item])) }
}

async function look(
  mailbox: EwsMailbox,
  targets: readonly ItemTarget[],
  signal: AbortSignal,
): Promise<readonly EwsItem[]> {
  const looks = await getItems(mailbox, targets, signal)
  return looks.flatMap(one => {
    if (one.kind === "Refused" && !isItemGone(one.problem)) throw problemError(one.problem)
    return one.kind === "Found" ? [one.item] : []
  })
}
