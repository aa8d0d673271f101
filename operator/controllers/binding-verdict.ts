import type { MailboxMap } from "../resources/mailbox-address.ts"
import type { BindingPlan } from "../resources/mailbox-binding.ts"
import { findCondition } from "../runtime/conditions.ts"
import type { ObjectKey } from "../runtime/objects.ts"
import type { ControllerDeps } from "./deps.ts"
import type { UnbindingHold } from "./hold-unbinding.ts"
import type { Matching, Pair, Unmatched } from "./match-mailboxes.ts"
import { failed, progressing, succeeded, suspended, type Verdict } from "./verdict.ts"

/** What a look at a binding came to, for its status. */
export type BindingOutcome = {
  readonly verdict: Verdict
  readonly matched?: {
    readonly status: "True" | "False" | "Unknown"
    readonly reason: string
    readonly message: string
  }
  readonly unmatched?: readonly Unmatched[]
}

/** What the matching, and the state of the mailboxes, mean for the binding. */
export function judgeBinding(
  deps: ControllerDeps,
  key: ObjectKey,
  plan: BindingPlan,
  { pairs, unmatched }: Matching,
): BindingOutcome {
  const matched = matchedOf(pairs, unmatched)
  if (plan.suspended) {
    return {
      verdict: suspended("spec.suspend is true: no mailbox of this binding is read or written"),
      matched,
      unmatched,
    }
  }
  if (matched.status === "False") return { verdict: failed(matched.reason, matched.message), matched, unmatched }
  const { failing, ready } = countsOf(deps, key)
  if (failing > 0) {
    const message = `${failing} of ${pairs.length} mailboxes are not ready; see their CalendarSyncs`
    return { verdict: failed("PartiallyApplied", message), matched, unmatched }
  }
  return ready < pairs.length
    ? { verdict: progressing(`${ready} of ${pairs.length} mailboxes are ready`), matched, unmatched }
    : { verdict: succeeded(`all ${pairs.length} mailboxes are ready`), matched, unmatched }
}

function matchedOf(pairs: readonly Pair[], unmatched: readonly Unmatched[]): NonNullable<BindingOutcome["matched"]> {
  if (pairs.length === 0 && unmatched.length === 0) {
    const message = "no identity of the source matches: look at spec.mailboxes, spec.match and the source's identities"
    return { status: "False", reason: "NothingMatched", message }
  }
  for (const reason of ["AddressConflict", "AmbiguousAddress"] as const) {
    const count = unmatched.filter(one => one.reason === reason).length
    if (count > 0) return { status: "False", reason, message: conflictMessage(reason, count) }
  }
  if (pairs.length === 0) {
    const message = `none of ${unmatched.length} identities has a mailbox that may be used; status.unmatched says why`
    return { status: "False", reason: "NothingMatched", message }
  }
  const message = `${pairs.length} matched, ${unmatched.length} without a mailbox`
  return { status: "True", reason: "Matched", message }
}

/** Nobody but a person lets it go; until then this is what must be seen first. */
export function withHold(outcome: BindingOutcome, hold: UnbindingHold | undefined): BindingOutcome {
  return hold === undefined ? outcome : { ...outcome, verdict: failed("DeletionGuard", hold.message) }
}

/** Lines of a table are told by number only: they hold names of people. */
export function withBadLines(outcome: BindingOutcome, map: MailboxMap | undefined): BindingOutcome {
  if (map === undefined || map.badLines.length === 0 || outcome.matched === undefined) return outcome
  const told = `${map.badLines.length} lines of the table cannot be used, the first is line ${map.badLines[0]}`
  return { ...outcome, matched: { ...outcome.matched, message: `${outcome.matched.message}; ${told}` } }
}

function conflictMessage(reason: "AddressConflict" | "AmbiguousAddress", count: number): string {
  return reason === "AddressConflict"
    ? `${count} identities are claimed for the same mailbox by an older binding and stay with it: remove them here or there`
    : `${count} identities share their address with another one and are left out: name their mailboxes in spec.mailboxes`
}

/** How the mailboxes of a binding fare, by the Ready of their CalendarSyncs. */
export function countsOf(deps: ControllerDeps, key: ObjectKey) {
  const ready = deps.caches.syncs
    .byIndex("binding", key)
    .map(({ status }) => findCondition(status?.conditions, "Ready")?.status)
  return {
    ready: ready.filter(status => status === "True").length,
    failing: ready.filter(status => status === "False").length,
  }
}
