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
 * Whether another binding keeps this identity of the same source in the same calendar of the same mailbox, through whatever
 * connection. Two that did would make every event twice; the older one goes on, whatever order they were seen in, as soon
 * as the younger one has let go: until then the copies are the other's.
 */
export function claimsOfOthers(
  deps: ControllerDeps,
  binding: MailboxBindingObject,
  { sourceKey, reading }: Pick<ResolvedBinding, "sourceKey" | "reading">,
): (pair: Pair) => boolean {
  const rivals = deps.caches.bindings
    .byIndex("source", sourceKey)
    .filter(other => other.metadata.uid !== binding.metadata.uid)
    .filter(other => other.spec.calendar?.name === binding.spec.calendar?.name)
  const older = rivals.filter(other => ageOf(other) < ageOf(binding))
  const claimed = new Set(older.flatMap(other => pairsOf(deps, other, reading)).map(nameOf))
  const held = new Set(rivals.flatMap(other => syncedBy(deps, other)).map(nameOf))
  const own = new Set(syncedBy(deps, binding).map(nameOf))
  return pair => claimed.has(nameOf(pair)) || (held.has(nameOf(pair)) && !own.has(nameOf(pair)))
}

function syncedBy({ caches }: ControllerDeps, { metadata }: MailboxBindingObject): readonly Pair[] {
  return caches.syncs.byIndex("binding", keyOf(metadata)).map(({ spec }) => spec)
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
  const there = syncedBy(deps, binding)
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
