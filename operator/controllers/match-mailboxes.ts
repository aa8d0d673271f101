import type { Identity, SourceReading } from "../core/ports.ts"
import { decideScope, normalAddress } from "../core/scope.ts"
import type { Connection } from "../resources/exchange-connection.ts"
import { addressFromPattern, type MailboxMap } from "../resources/mailbox-address.ts"
import type { BindingPlan } from "../resources/mailbox-binding.ts"
import type { UnmatchedReason } from "../resources/reasons.ts"

/** One mailbox and the identity whose calendar belongs in it. */
export type Pair = { readonly mailbox: string; readonly identity: string }
export type Unmatched = { readonly identity: string; readonly reason: UnmatchedReason }
export type Matching = { readonly pairs: readonly Pair[]; readonly unmatched: readonly Unmatched[] }

/**
 * Which identity belongs in which mailbox. Refuses rather than guesses: two identities that come to the same address are
 * both left out, and what a person listed by hand is taken as it stands.
 */
export function matchMailboxes({
  plan,
  reading,
  connection,
  map,
}: {
  readonly plan: BindingPlan
  readonly reading: SourceReading | undefined
  readonly connection: Connection
  /** For addresses that come from a table. */
  readonly map: MailboxMap | undefined
}): Matching {
  const listed = plan.listed.map(({ address, identity }) => ({ mailbox: normalAddress(address) ?? address, identity }))
  if (plan.match === undefined || reading === undefined) return { pairs: unique(listed), unmatched: [] }
  const byHand = new Set(listed.map(({ identity }) => identity))
  const { kinds, address: origin } = plan.match
  const candidates = reading.identities
    .filter(identity => !byHand.has(identity.id) && isOfKind(identity, kinds))
    .map(identity => ({ identity: identity.id, mailbox: addressOf(identity, origin, map) }))
  const shared = repeated(candidates.map(({ mailbox }) => mailbox))
  const pairs: Pair[] = [...listed]
  const unmatched: Unmatched[] = []
  for (const { identity, mailbox } of candidates) {
    const reason = refusal(mailbox, shared, connection)
    if (mailbox !== undefined && reason === undefined) pairs.push({ mailbox, identity })
    else unmatched.push({ identity, reason: reason ?? "NoAddress" })
  }
  return { pairs: unique(pairs), unmatched }
}

type Origin = NonNullable<BindingPlan["match"]>["address"]

function addressOf(identity: Identity, origin: Origin, map: MailboxMap | undefined): string | undefined {
  switch (origin.kind) {
    case "FromSource":
      return identity.address === undefined ? undefined : normalAddress(identity.address)
    case "Pattern":
      return addressFromPattern(origin.pattern, identity)
    case "Map":
      return map?.addresses.get(identity.id)
    default:
      return origin satisfies never
  }
}

function isOfKind({ kind, id }: Identity, kinds: readonly string[] | undefined): boolean {
  if (kinds === undefined || kinds.length === 0) return true
  const own = (kind ?? id.split("/")[0] ?? "").toLowerCase()
  return kinds.some(wanted => wanted.toLowerCase() === own)
}

function refusal(
  mailbox: string | undefined,
  shared: ReadonlySet<string>,
  { accessPolicy }: Connection,
): UnmatchedReason | undefined {
  if (mailbox === undefined) return "NoAddress"
  if (shared.has(mailbox)) return "AmbiguousAddress"
  return decideScope(accessPolicy, mailbox).allowed ? undefined : "OutOfScope"
}

function repeated(mailboxes: readonly (string | undefined)[]): ReadonlySet<string> {
  const seen = new Set<string>()
  const again = new Set<string>()
  for (const mailbox of mailboxes) {
    if (mailbox === undefined) continue
    if (seen.has(mailbox)) again.add(mailbox)
    seen.add(mailbox)
  }
  return again
}

function unique(pairs: readonly Pair[]): readonly Pair[] {
  return [...new Map(pairs.map(pair => [JSON.stringify([pair.mailbox, pair.identity]), pair])).values()]
}
