import type { Operation } from "./operation.ts"
import { shortHash } from "./origin.ts"
import type { OwnershipConflict, Plan } from "./plan.ts"
import type { SyncPolicy } from "./policy.ts"

/*
 * A look at the whole plan before anything is written. Each check gives the reason and the words of the condition; the
 * first that speaks holds. A hold is lifted by the token it names, which stands for exactly what is held: another plan,
 * another token.
 *
 *   OwnershipConflict   another cluster wrote our copies since our last good pass        holds everything
 *   ApprovalRequired    the first sync, where the policy wants a person to see it        holds everything
 *   DeletionGuard       more deletions than the policy allows, or all at once            holds deletions only
 *
 * The deletion guard speaks when a plan removes more than `maxCount` copies, OR more than `maxPercent` of those in the
 * window (of a handful, everyday work is a large part: the percentage asks only beyond ten). Whatever the limits, a
 * calendar that would be emptied, or nearly, is held: that is how a broken source looks. Copies that only change their
 * shape are not counted. What was lost within a day counts together, because a source can also break little by little.
 */

/** What holds (part of) a plan back until a person approves exactly this plan by its token. */
export type Hold = {
  readonly by: "OwnershipConflict" | "ApprovalRequired" | "DeletionGuard"
  readonly token: string
  /** Fit for a condition: what is held, and why. */
  readonly message: string
}

export type GuardedPlan = {
  readonly operations: readonly Operation[]
  readonly held: readonly Operation[]
  readonly hold?: Hold
  /** A person let deletions through that would have been held. */
  readonly areDeletionsApproved?: boolean
}

type GuardRequest = {
  readonly plan: Plan
  readonly policy: Pick<SyncPolicy, "deletion" | "firstSync">
  readonly firstSyncDone: boolean
  readonly approvedToken?: string | undefined
  /** How many copies the passes of the last day have removed without making others. */
  readonly recentlyLost?: number | undefined
}

/** Splits a plan into what may be done now and what waits for a person. Pure. */
export function guardPlan(request: GuardRequest): GuardedPlan {
  const { plan, approvedToken } = request
  let areDeletionsApproved = false
  for (const check of [checkOwnership, checkFirstSync, checkDeletions]) {
    const found = check(request)
    if (!found) continue
    if (found.hold.token === approvedToken) {
      areDeletionsApproved = found.hold.by === "DeletionGuard"
      continue
    }
    const held = new Set(found.held)
    return { operations: plan.operations.filter(operation => !held.has(operation)), held: found.held, hold: found.hold }
  }
  return { operations: plan.operations, held: [], ...(areDeletionsApproved ? { areDeletionsApproved } : {}) }
}

type Finding = { readonly hold: Hold; readonly held: readonly Operation[] }

function checkOwnership({ plan }: GuardRequest): Finding | undefined {
  if (!plan.conflict) return undefined
  const { clusters, copies } = plan.conflict
  const token = conflictToken(plan.conflict)
  const message =
    `${copies} copies were written by another cluster (${clusters.slice(0, 3).join(", ")}) with this installation id ` +
    `since the last good pass; stop the other operator or give it its own id, then approve ${token}`
  return { hold: { by: "OwnershipConflict", token, message }, held: plan.operations }
}

function conflictToken({ clusters, latest }: OwnershipConflict): string {
  return tokenOf(["conflict", ...clusters, latest.toString()])
}

function checkFirstSync({ plan, policy, firstSyncDone }: GuardRequest): Finding | undefined {
  if (!policy.firstSync.requireApproval || firstSyncDone || plan.operations.length === 0) return undefined
  const count = (kind: Operation["kind"]) => plan.operations.filter(operation => operation.kind === kind).length
  const token = tokenOf(["first", ...plan.operations.map(nameOf).sort()])
  const message =
    `the first sync would create ${count("create")}, adopt ${count("adopt")}, update ${count("update")} and ` +
    `delete ${count("remove")} events; approve ${token}`
  return { hold: { by: "ApprovalRequired", token, message }, held: plan.operations }
}

/** Fewer than this may go with the last of them: a calendar of three events is emptied by everyday work. */
const everydayCount = 3
/** Shares mean something from here on. */
const handful = 10
/** "Nearly" all of more than a handful. */
const nearlyAllShare = 0.9

function checkDeletions({ plan, policy, recentlyLost = 0 }: GuardRequest): Finding | undefined {
  const held = plan.operations.filter(({ kind }) => kind === "remove")
  const counted = held.filter(({ reason }) => reason !== "Reshaped").length
  const why =
    whyTooMany(counted, plan, policy.deletion.guard) ?? whyTooManyInADay(counted, recentlyLost, { plan, policy })
  if (!why) return undefined
  const token = tokenOf(["deletions", ...held.map(nameOf).sort()])
  const message = `${counted} of ${plan.ownCopies} copies would be deleted: ${why}; approve ${token}`
  return { hold: { by: "DeletionGuard", token, message }, held }
}

type Limits = SyncPolicy["deletion"]["guard"]

function whyTooMany(count: number, plan: Plan, { maxCount, maxPercent }: Limits): string | undefined {
  const wanted = countWanted(plan)
  if (count > everydayCount && wanted === 0) return "the source is suddenly empty"
  if (count > handful && wanted < plan.ownCopies * (1 - nearlyAllShare)) return "the source is suddenly nearly empty"
  const isLargePart = count > handful && count * 100 > plan.ownCopies * maxPercent
  return count > maxCount || isLargePart ? `the policy allows ${maxPercent} %, and ${maxCount} at most` : undefined
}

/** Many small steps, each within the limits, would empty a calendar as well. */
function whyTooManyInADay(
  count: number,
  lost: number,
  { plan, policy }: Pick<GuardRequest, "plan" | "policy">,
): string | undefined {
  if (count === 0 || lost === 0 || count + lost <= handful) return undefined
  const before = { ...plan, ownCopies: plan.ownCopies + lost }
  const why = whyTooMany(count + lost, before, policy.deletion.guard)
  return why && `with ${lost} lost within a day before, ${why}`
}

/** How many items the source still wants, done or to be done. */
function countWanted({ inStep, tolerated, skipped, operations }: Plan): number {
  return inStep.length + tolerated.length + skipped.length + operations.filter(operation => "item" in operation).length
}

/** What an operation does to which item; a token stands for these. */
function nameOf(operation: Operation): string {
  return "item" in operation
    ? [operation.kind, operation.mark.key, operation.mark.occurrence ?? "", operation.item.fingerprint].join("/")
    : [operation.kind, operation.copy.id].join("/")
}

/** Short enough to be typed, long enough that no other plan has it. */
const tokenLength = 12

function tokenOf(parts: readonly string[]): string {
  return shortHash(parts, tokenLength)
}
