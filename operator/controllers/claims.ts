import { normalAddress } from "../core/scope.ts"
import { keyOf } from "../runtime/objects.ts"
import type { ResolvedBinding } from "./binding-refs.ts"
import type { ControllerDeps } from "./deps.ts"
import type { Pair } from "./match-mailboxes.ts"
import { connectionKeyOf, type MailboxBindingObject } from "./objects.ts"

/**
 * Whether an older binding already keeps this identity of the same source in the same calendar of the same mailbox. Two
 * that did would make every event twice; the older one goes on, whatever order the operator saw them in.
 */
export function isClaimedElsewhere(
  deps: ControllerDeps,
  binding: MailboxBindingObject,
  { sourceKey, connectionKey }: Pick<ResolvedBinding, "sourceKey" | "connectionKey">,
  pair: Pair,
): boolean {
  return deps.caches.bindings
    .byIndex("source", sourceKey)
    .some(
      other =>
        other.metadata.uid !== binding.metadata.uid &&
        connectionKeyOf(other) === connectionKey &&
        other.spec.calendar?.name === binding.spec.calendar?.name &&
        isOlder(other, binding) &&
        isKeptBy(deps, other, pair),
    )
}

/** By hand, or because it was matched: then there is a CalendarSync. */
function isKeptBy(deps: ControllerDeps, binding: MailboxBindingObject, { mailbox, identity }: Pair): boolean {
  const isSame = (one: { readonly mailbox: string; readonly identity: string }) =>
    one.identity === identity && addressOf(one.mailbox) === addressOf(mailbox)
  return (
    (binding.spec.mailboxes ?? []).some(one => isSame({ mailbox: one.address, identity: one.identity })) ||
    deps.caches.syncs.byIndex("binding", keyOf(binding.metadata)).some(({ spec }) => isSame(spec))
  )
}

function addressOf(mailbox: string): string {
  return normalAddress(mailbox) ?? mailbox
}

function isOlder(a: MailboxBindingObject, b: MailboxBindingObject): boolean {
  return ageOf(a) < ageOf(b)
}

/** Creation first; the uid decides between two that came in the same second. */
function ageOf({ metadata }: MailboxBindingObject): string {
  return `${metadata.creationTimestamp ?? ""} ${metadata.uid}`
}
