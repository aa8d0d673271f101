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
 * With `onUnbind: Purge` a mailbox that leaves its binding is emptied. When a person changed the manifest, they said so.
 * When only the source stopped naming the identity, nobody did: half an export looks the same as a year's leavers.
 */
export function holdUnbinding(
  binding: MailboxBindingObject,
  { plan, policy, reading }: Pick<ResolvedBinding, "plan" | "policy" | "reading">,
  leaving: readonly CalendarSyncObject[],
): UnbindingHold | undefined {
  if (plan.match === undefined || policy.sync.deletion.onUnbind !== "Purge") return undefined
  const named = new Set(reading?.identities.map(({ id }) => id))
  const held = leaving.filter(
    ({ spec, metadata }) => metadata.deletionTimestamp === undefined && !named.has(spec.identity),
  )
  if (held.length === 0) return undefined
  const token = shortHash(["unbind", ...held.map(({ metadata }) => metadata.uid).sort()], tokenLength)
  if (binding.metadata.annotations?.[annotations.approve] === token) return undefined
  const message = `the source no longer names the identities of ${held.length} mailboxes, and onUnbind: Purge would empty them; approve ${token}`
  return { held: new Set(held), message }
}
