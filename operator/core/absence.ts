import { sortCopies } from "./copies.ts"
import type { Plan } from "./plan.ts"
import type { PlanRequest } from "./plan-request.ts"

/*
 * A mailbox that suddenly lists few of the copies that were in it. Somebody may have deleted them; more often an index is
 * being built, or a restore is under way, and whoever believes it makes the whole calendar a second time.
 *
 *   copies that were there    now listed              what happens
 *   ------------------------  ----------------------  ----------------------------------------------------------
 *   a handful, or unknown     any                     as planned
 *   more than a handful       none                    nothing is created or removed before another look
 *   more than twenty          less than half          the same
 *   of either                 as many, or more, at a  as planned: what is not there is made again
 *                             fresh look minutes on
 *
 * Where nothing would be made again, there is nothing to wait for.
 */

/** Copies that were there and are not listed. */
export type Absence = {
  /** When it was seen first. */
  readonly since: Temporal.Instant
  /** How many copies were there, and how many of them are not listed. */
  readonly expected: number
  readonly missing: number
}

/** Of fewer it is no wonder if all are gone: somebody tidied up. */
const handful = 5
/** From here on a share means something. */
const largeCalendar = 20
const largeShare = 0.5
/** Indexes are built and mailboxes moved within minutes; whoever deleted everything to have it anew can wait so long. */
const lookAgainAfter = Temporal.Duration.from({ minutes: 10 })

type AbsenceRequest = Pick<PlanRequest, "listing" | "ownership" | "firstSyncDone" | "now"> & {
  readonly plan: Plan
  /** How many copies the status of the last pass told of, the unseen among them. */
  readonly expectedCopies?: number | undefined
  /** What the pass before found missing, if it did. */
  readonly absence?: Absence | undefined
  /** This listing trusts nothing that was known before it. */
  readonly isFresh: boolean
}

/** When it is worth a fresh look whether the copies are back. */
export function secondLookAt({ since }: Absence): Temporal.Instant {
  return since.add(lookAgainAfter)
}

/** Whether that time has come. */
export function isSecondLookDue(absence: Absence | undefined, now: Temporal.Instant): boolean {
  return absence !== undefined && Temporal.Instant.compare(secondLookAt(absence), now) <= 0
}

/** The copies that are suddenly not listed, unless a second look has made sure that they are gone. Pure. */
export function findAbsence(request: AbsenceRequest): Absence | undefined {
  const { plan, listing, expectedCopies: expected = 0, absence: before, firstSyncDone, isFresh, now } = request
  if (!listing.complete) return before
  if (!firstSyncDone || !plan.operations.some(({ kind }) => kind === "create")) return undefined
  const seen = countSeen(request)
  const missing = Math.max(0, expected - seen)
  const isAll = seen === 0 && expected > handful
  const isLargePart = expected > largeCalendar && missing > expected * largeShare
  if (!isAll && !isLargePart) return undefined
  const isSeenAgain = before !== undefined && missing <= before.missing
  if (isSeenAgain && isFresh && isSecondLookDue(before, now)) return undefined
  return { since: isSeenAgain ? before.since : now, expected, missing }
}

/** Every copy of this owner, wanted or not, and what becomes one without being made. */
function countSeen({ plan, listing, ownership }: AbsenceRequest): number {
  const { ours } = sortCopies(listing.events, ownership)
  const isOurs = new Set([...ours.values()].flat().map(({ id }) => id))
  const adopted = plan.operations.filter(
    operation => operation.kind === "adopt" && !isOurs.has(operation.copy.id),
  ).length
  return isOurs.size + adopted
}

/** The plan for a mailbox that is looked at again: what is seen is kept right, nothing is made and nothing taken away. */
export function planUnderAbsence(plan: Plan): Plan {
  const waiting = plan.operations.flatMap(operation =>
    operation.kind === "create" ? [{ item: operation.item, reason: "NotListed" as const }] : [],
  )
  const removals = plan.operations.filter(({ kind }) => kind === "remove").length
  return {
    ...plan,
    operations: plan.operations.filter(({ kind }) => kind !== "create" && kind !== "remove"),
    skipped: [...plan.skipped, ...waiting],
    kept: { ...plan.kept, MailboxIncomplete: plan.kept.MailboxIncomplete + removals },
  }
}
