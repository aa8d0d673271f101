import { type Copies, sortCopies } from "./copies.ts"
import type { Operation } from "./operation.ts"
import { type DesiredPlan, planDesired } from "./plan-desired.ts"
import { keepMoved, keepRekeyed } from "./plan-rekeyed.ts"
import type { PlanRequest } from "./plan-request.ts"
import { type KeptReason, planRest } from "./plan-rest.ts"
import type { SyncPolicy } from "./policy.ts"

/**
 * What a pass does, decided by comparing the desired item, the copy and the mark on it. "Same" is an equal fingerprint of
 * normalized events; the mark remembers what the source said when the copy was written, so one-way needs no other memory.
 *
 *   source            copy in the mailbox       what happens
 *   ----------------  ------------------------  ------------------------------------------------------------
 *   new               absent                    create
 *   absent            new, not ours             left alone
 *   new               not ours, same content    adopted, at the first sync only
 *   unchanged         unchanged                 nothing
 *   changed           unchanged                 update
 *   unchanged         changed                   restored, reported or left: `drift`
 *   changed           changed, same             nothing; where drift is tolerated the mark is brought up to date
 *   changed           changed, differs          update: the source wins
 *   gone              unchanged or changed      removed, inside what both listings vouch for
 *   under another key unchanged                 kept, with a new mark
 *   on its day again  any, of the same series   updated: the occurrence was moved
 *   unchanged         gone                      `onExchangeDelete`: created again, or respected
 *   changed           gone                      created again
 *   gone              gone                      forgotten
 *   left the window   any                       forgotten, not removed
 *   could not be read any                       left as it is
 *   desired           of an owner no more       adopted; not desired: reported as orphan
 *   any               of another installation   left alone, unless `takeOver` names it: then adopted
 *   any               duplicated by somebody    the duplicate loses its mark and is theirs
 *   desired           only such duplicates      word for word as written, many or nothing else: adopted
 *   any               twice by our own doing    the second is removed
 *
 * A copy another cluster wrote since our last good pass stops everything: two operators share one installation id. And
 * a mailbox that suddenly lists few of its copies is looked at again before anything is made anew (absence.ts).
 */

export type Plan = Omit<DesiredPlan, "operations"> & {
  /** What to do, deletions last. A second pass plans nothing. */
  readonly operations: readonly Operation[]
  /** What the policy's management mode forbids. */
  readonly withheld: readonly Operation[]
  /** Copies nobody desires that stay where they are. */
  readonly kept: Readonly<Record<KeptReason, number>>
  /** Copies of owners that are no more, desired by nobody here. */
  readonly orphans: number
  /** Our copies inside what both listings vouch for: what a share of deletions is a share of. */
  readonly ownCopies: number
  readonly conflict?: OwnershipConflict
}

/** Copies of ours that another cluster wrote since our last good pass. */
export type OwnershipConflict = {
  readonly clusters: readonly string[]
  readonly copies: number
  readonly latest: Temporal.Instant
}

/** Decides what a pass does. Pure: it reads nothing, writes nothing and asks no clock. */
export function planSync(request: PlanRequest): Plan {
  const copies = sortCopies(request.listing.events, request.ownership)
  const { operations, ...desired } = planDesired(request, copies)
  const rest = planRest(request, copies)
  const rekeyed = keepRekeyed({ wanted: operations, removals: rest.removals }, copies)
  const { wanted, removals } = keepMoved(rekeyed, copies)
  const adopted = new Set(wanted.flatMap(operation => (operation.kind === "adopt" ? [operation.copy.id] : [])))
  const strips = rest.strips.filter(strip => !("copy" in strip && adopted.has(strip.copy.id)))
  const planned = [...wanted, ...strips, ...removals]
  const conflict = findConflict(request, copies)
  return {
    ...desired,
    operations: planned.filter(operation => allows(request.policy.management, operation)),
    withheld: planned.filter(operation => !allows(request.policy.management, operation)),
    kept: rest.kept,
    orphans: countOrphans(copies, wanted),
    ownCopies: rest.ownCopies,
    ...(conflict ? { conflict } : {}),
  }
}

/** Management as a filter over operations, each mode allowing less than the one before. */
function allows(management: SyncPolicy["management"], { kind }: Operation): boolean {
  switch (management) {
    case "Full":
      return true
    case "UpsertOnly":
      return kind !== "remove"
    case "CreateOnly":
      return kind === "create" || kind === "adopt"
    case "ObserveOnly":
      return false
    default:
      return management satisfies never
  }
}

function findConflict({ ownership, lastGoodPassAt }: PlanRequest, copies: Copies): OwnershipConflict | undefined {
  if (!lastGoodPassAt) return undefined
  const theirs = [...copies.ours.values()]
    .flat()
    .map(({ mark }) => mark)
    .filter(mark => mark.installation === ownership.installation && mark.cluster !== ownership.cluster)
    .filter(mark => Temporal.Instant.compare(mark.writtenAt, lastGoodPassAt) > 0)
  if (theirs.length === 0) return undefined
  const times = theirs.map(mark => mark.writtenAt).toSorted(Temporal.Instant.compare)
  return {
    clusters: [...new Set(theirs.map(mark => mark.cluster))].sort(),
    copies: theirs.length,
    latest: times.at(-1) ?? lastGoodPassAt,
  }
}

function countOrphans(copies: Copies, operations: readonly Operation[]): number {
  const adopted = new Set(operations.flatMap(operation => (operation.kind === "adopt" ? [operation.copy.id] : [])))
  return [...copies.orphans.values()].flat().filter(copy => !adopted.has(copy.id)).length
}
