import type { SourceReading } from "../core/ports.ts"
import { normalAddress } from "../core/scope.ts"
import { readConnection } from "../resources/exchange-connection.ts"
import { readBinding } from "../resources/mailbox-binding.ts"
import { keyOf } from "../runtime/objects.ts"
import type { ResolvedBinding } from "./binding-refs.ts"
import type { ControllerDeps } from "./deps.ts"
import { matchMailboxes, type Pair } from "./match-mailboxes.ts"
import { connectionKeyOf, type MailboxBindingObject } from "./objects.ts"

/**
 * Whether an older binding already keeps this identity of the same source in the same calendar of the same mailbox, through
 * whatever connection. Two that did would make every event twice; the older one goes on, whatever order they were seen in.
 */
export function claimsOfOlder(
  deps: ControllerDeps,
  binding: MailboxBindingObject,
  { sourceKey, reading }: Pick<ResolvedBinding, "sourceKey" | "reading">,
): (pair: Pair) => boolean {
  const older = deps.caches.bindings
    .byIndex("source", sourceKey)
    .filter(other => other.spec.calendar?.name === binding.spec.calendar?.name && ageOf(other) < ageOf(binding))
  const claimed = new Set(older.flatMap(other => pairsOf(deps, other, reading)).map(nameOf))
  return pair => claimed.has(nameOf(pair))
}

/**
 * What it has, and what it will have once it had its turn. Addresses from a table count only when they have become a
 * CalendarSync: the table is not at hand here.
 */
function pairsOf(
  deps: ControllerDeps,
  binding: MailboxBindingObject,
  reading: SourceReading | undefined,
): readonly Pair[] {
  const there = deps.caches.syncs.byIndex("binding", keyOf(binding.metadata)).map(({ spec }) => spec)
  const listed = (binding.spec.mailboxes ?? []).map(({ address, identity }) => ({ mailbox: address, identity }))
  return [...there, ...listed, ...matchedBy(deps, binding, reading)]
}

function matchedBy(
  deps: ControllerDeps,
  binding: MailboxBindingObject,
  reading: SourceReading | undefined,
): readonly Pair[] {
  const connection = deps.caches.connections.get(connectionKeyOf(binding))
  if (binding.spec.match === undefined || connection === undefined) return []
  try {
    const [plan, through] = [readBinding(binding.spec), readConnection(connection.spec)]
    return matchMailboxes({ plan, reading, connection: through, map: undefined }).pairs
  } catch {
    return [] // a spec that cannot be read claims nothing new
  }
}

function nameOf({ mailbox, identity }: Pair): string {
  return JSON.stringify([normalAddress(mailbox) ?? mailbox, identity])
}

/** Creation first; the uid decides between two that came in the same second. */
function ageOf({ metadata }: MailboxBindingObject): string {
  return `${metadata.creationTimestamp ?? ""} ${metadata.uid}`
}
