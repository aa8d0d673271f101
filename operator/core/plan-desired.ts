import { bestCopy, type Copies, type MarkedEvent, versionOf } from "./copies.ts"
import { type DesiredItem, itemId } from "./desired.ts"
import { isOverBefore, matchExisting } from "./matching.ts"
import type { AdoptReason, CreateReason, Operation } from "./operation.ts"
import { checkOf, type Mark, shortHash } from "./origin.ts"
import type { PlanRequest } from "./plan-request.ts"
import type { RememberedPair, StoredEvent } from "./ports.ts"
import { liesIn } from "./span.ts"

/** Why a desired item has no copy and gets none (`NotListed`: see absence.ts), or has one that is left as it is. */
type SkipReason = "TooOld" | "DeletedInExchange" | "MailboxIncomplete" | "NotListed" | "EventUnreadable"

type Pair = { readonly item: DesiredItem; readonly copy: StoredEvent }

/** What becomes of everything the source wants in the window. */
export type DesiredPlan = {
  readonly operations: readonly Operation[]
  readonly inStep: readonly Pair[]
  /** Copies changed in Exchange that are told about and let be. */
  readonly tolerated: readonly Pair[]
  readonly skipped: readonly { readonly item: DesiredItem; readonly reason: SkipReason }[]
  /** First-sync candidates in doubt. */
  readonly ambiguous: number
}
type Decision =
  | { readonly kind: "operation"; readonly operation: Operation }
  | { readonly kind: "inStep" | "tolerated"; readonly item: DesiredItem; readonly copy: StoredEvent }
  | { readonly kind: "skipped"; readonly item: DesiredItem; readonly reason: SkipReason }

/** The rows of the decision table in which the source wants an item. */
export function planDesired(request: PlanRequest, copies: Copies): DesiredPlan {
  const heirs = heirsOf(request.desired, copies)
  const missing = request.desired.items.filter(item => !findCopy(copies, item) && !heirs.has(itemId(item)))
  const matches = matchFirstSync(request, missing, copies)
  const remembered = new Map(request.memory?.map(pair => [pairId(pair), pair]))
  const decisions = request.desired.items.map((item): Decision => {
    const copy = findCopy(copies, item)
    if (copy) return compare(request, item, copy)
    const heir = bestCopy(heirs.get(itemId(item)), item)
    if (heir) return adopt(request, item, heir, "OriginalGone")
    const match = matches.found.get(itemId(item))
    if (match) return adopt(request, item, match, "FirstSyncMatch")
    return createOrSkip(request, item, remembered.get(itemId(item)))
  })
  return {
    operations: decisions.flatMap(decision => (decision.kind === "operation" ? [decision.operation] : [])),
    inStep: decisions.flatMap(decision => (decision.kind === "inStep" ? [decision] : [])),
    tolerated: decisions.flatMap(decision => (decision.kind === "tolerated" ? [decision] : [])),
    skipped: decisions.flatMap(decision => (decision.kind === "skipped" ? [decision] : [])),
    ambiguous: matches.ambiguous,
  }
}

/** The copy of an item: ours, or an orphan to adopt. */
function findCopy(copies: Copies, item: DesiredItem): MarkedEvent | undefined {
  const id = itemId(item)
  return bestCopy(copies.ours.get(id), item) ?? bestCopy(copies.orphans.get(id), item)
}

/** So many duplicates without their originals, beside copies of ours, are somebody tidying up; more are a mailbox under new ids. */
const everydayHeirs = 3

/**
 * Duplicates that are as their originals were written, where those are gone, by item. A mailbox restored from a backup, or
 * moved elsewhere, holds nothing else: to make every copy again would double the calendar.
 */
function heirsOf({ items }: PlanRequest["desired"], copies: Copies): ReadonlyMap<string, readonly MarkedEvent[]> {
  const left = new Set(items.filter(item => !findCopy(copies, item)).map(itemId))
  const exact = Map.groupBy(
    copies.duplicated.filter(({ fingerprint, mark, hasOriginal }) => !hasOriginal && fingerprint === mark.fingerprint),
    ({ mark }) => itemId({ keyHash: mark.key, occurrence: mark.occurrence }),
  )
  const heirs = new Map([...exact].filter(([id]) => left.has(id)))
  return heirs.size > everydayHeirs || copies.ours.size === 0 ? heirs : new Map()
}

function matchFirstSync(
  request: PlanRequest,
  missing: readonly DesiredItem[],
  copies: Copies,
): ReturnType<typeof matchExisting> {
  if (request.firstSyncDone || !request.policy.firstSync.matchExisting) return { found: new Map(), ambiguous: 0 }
  return matchExisting(missing, copies.foreign, oldestToCreate(request))
}

function oldestToCreate({ now, policy }: PlanRequest): Temporal.Instant {
  return now.subtract({ milliseconds: Math.round(policy.firstSync.skipOlderThan.total("milliseconds")) })
}

function compare(request: PlanRequest, item: DesiredItem, copy: MarkedEvent): Decision {
  const { mark } = copy
  if (mark.installation !== request.ownership.installation) return adopt(request, item, copy, "TakenOver")
  if (mark.owner !== request.ownership.owner) return adopt(request, item, copy, "OwnerGone")
  const sourceChanged = mark.fingerprint !== item.fingerprint
  const isRight = copy.fingerprint === item.fingerprint
  // What could only be read in part (a rule nobody understands) must not cut down what was written when all was well.
  if (!isRight && request.desired.unsure.has(item.keyHash)) return { kind: "skipped", item, reason: "EventUnreadable" }
  if (isRight && (!sourceChanged || request.policy.drift === "Correct")) return { kind: "inStep", item, copy }
  const write = { item, copy: versionOf(copy), mark: newMark(request, item, mark.check) }
  if (isRight) return operation({ kind: "update", reason: "BothChanged", ...write })
  if (sourceChanged) return operation({ kind: "update", reason: "SourceChanged", ...write })
  if (request.policy.drift === "Correct") return operation({ kind: "restore", reason: "ChangedInExchange", ...write })
  return { kind: request.policy.drift === "Warn" ? "tolerated" : "inStep", item, copy }
}

function adopt(request: PlanRequest, item: DesiredItem, copy: StoredEvent, reason: AdoptReason): Decision {
  const isTied = copy.mark && !copy.isCopyOfAnother
  const mark = newMark(request, item, (isTied && copy.mark?.check) || checkOf(copy.id))
  return operation({ kind: "adopt", reason, item, copy: versionOf(copy), mark })
}

function createOrSkip(request: PlanRequest, item: DesiredItem, pair: RememberedPair | undefined): Decision {
  const { listing, policy } = request
  const isVouchedFor = listing.complete && liesIn({ event: item.event }, listing.window) === true
  // Its copy may be there, only not seen.
  if (!isVouchedFor) return { kind: "skipped", item, reason: "MailboxIncomplete" }
  if (isOverBefore(item.event, oldestToCreate(request))) return { kind: "skipped", item, reason: "TooOld" }
  const sameAsDeleted = pair !== undefined && pair.sourceFingerprint === item.fingerprint
  if (policy.onExchangeDelete === "Respect" && sameAsDeleted)
    return { kind: "skipped", item, reason: "DeletedInExchange" }
  return create(request, item, pair ? "DeletedInExchange" : "New")
}

function create(request: PlanRequest, item: DesiredItem, reason: CreateReason): Decision {
  const idempotencyKey = idempotencyKeyOf(request, item)
  return operation({
    kind: "create",
    reason,
    item,
    idempotencyKey,
    mark: newMark(request, item, checkOf(idempotencyKey)),
  })
}

/**
 * The same until a pass went well, so that a create whose answer was lost is repeated under its own name and not made
 * twice; another one after that, so that a copy somebody deleted can be made again.
 */
function idempotencyKeyOf({ ownership, lastGoodPassAt }: PlanRequest, item: DesiredItem): string {
  const { installation, cluster, owner } = ownership
  const since = lastGoodPassAt?.toString() ?? "first"
  return shortHash(["create", installation, cluster, owner, itemId(item), since], 32)
}

function newMark({ ownership, now }: PlanRequest, item: DesiredItem, check: string): Mark {
  const { installation, cluster, owner } = ownership
  const mark = { installation, cluster, owner, key: item.keyHash, fingerprint: item.fingerprint, writtenAt: now, check }
  return item.occurrence === undefined ? mark : { ...mark, occurrence: item.occurrence }
}

function operation(of: Operation): Decision {
  return { kind: "operation", operation: of }
}

function pairId(pair: RememberedPair): string {
  return itemId({ keyHash: pair.key, occurrence: pair.occurrence })
}
