import { shortHash } from "../core/origin.ts"
import { annotations } from "../resources/api-group.ts"
import type { ResolvedBinding } from "./binding-refs.ts"
import type { CalendarSyncObject, MailboxBindingObject } from "./objects.ts"

export type UnbindingHold = {
  /** Stay as they are until a person says otherwise. */
  readonly held: ReadonlySet<CalendarSyncObject>
  /** Fit for a condition: how many, why, and the token that lets exactly these go. */
  readonly message: string
}

/** Short enough to be typed, as the tokens of plans are. */
const tokenLength = 12

/**
 * With `onUnbind: Purge` a mailbox that leaves its binding is emptied. Of a list kept by hand a person took it off. Where
 * mailboxes are matched, a source or a table that lacks a name looks the same for half an export as for a year's leavers.
 */
export function holdUnbinding(
  binding: MailboxBindingObject,
  { plan, policy }: Pick<ResolvedBinding, "plan" | "policy">,
  leaving: readonly CalendarSyncObject[],
): UnbindingHold | undefined {
  if (plan.match === undefined || policy.sync.deletion.onUnbind !== "Purge") return undefined
  const held = leaving.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  if (held.length === 0) return undefined
  const token = shortHash(["unbind", ...held.map(({ metadata }) => metadata.uid).sort()], tokenLength)
  if (binding.metadata.annotations?.[annotations.approve] === token) return undefined
  const message = `${held.length} mailboxes are no longer matched, and onUnbind: Purge would empty them; approve ${token}`
  return { held: new Set(held), message }
}
