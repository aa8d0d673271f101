import { ChangedMeanwhileError, TemporaryError } from "../../core/errors.ts"
import type { RemoveItem, WriteOutcome } from "../../core/ports.ts"
import { guestsInvited } from "../guests-invited.ts"
import type { EwsItem } from "./event/read-event.ts"
import type { Look } from "./operations/get-item.ts"
import type { ItemTarget } from "./operations/mailbox.ts"
import { isItemGone, problemError } from "./wire/problem.ts"
import type { WriteResult } from "./wire/response.ts"

/** Why an item changed: it is not there any more. */
const itemGone = "gone"

export function isGone(error: Error): boolean {
  return error.cause === itemGone
}

/** The item as it is now, or why it may not be written: gone, changed since it was seen, or with guests. */
export function storedIn(
  look: Look | undefined,
  { id, version }: { readonly id: string; readonly version?: string },
): EwsItem | Error {
  if (look?.kind === "Refused")
    return isItemGone(look.problem)
      ? new ChangedMeanwhileError(id, { cause: itemGone })
      : problemError(look.problem, id)
  if (look?.kind !== "Found") return new TemporaryError("an item that cannot be read", { reason: "Unreachable" })
  if (look.item.isMeeting) return guestsInvited()
  return version !== undefined && version !== look.item.version ? new ChangedMeanwhileError(id) : look.item
}

export function targetOf({ id, version }: RemoveItem): ItemTarget {
  return { kind: "Item", id, version }
}

/** `id` is empty where the item was to be made. */
export function outcomeOf(result: WriteResult | undefined, id: string): WriteOutcome {
  if (result?.kind === "Done") return { ok: true, id: result.id, version: result.version }
  if (result?.kind === "Refused") return { ok: false, error: problemError(result.problem, id === "" ? undefined : id) }
  return { ok: false, error: result?.error ?? new ChangedMeanwhileError(id) }
}
