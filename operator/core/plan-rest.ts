import { bestCopy, type Copies, type MarkedEvent, versionOf } from "./copies.ts"
import { type DesiredItem, floatingZone, itemId, maxOccurrences } from "./desired.ts"
import type { OccurrenceKey } from "./event.ts"
import type { Operation, RemoveReason } from "./operation.ts"
import type { PlanRequest } from "./plan-request.ts"
import type { Window } from "./ports.ts"
import { expand } from "./recurrence.ts"
import { intersection, liesIn } from "./span.ts"

/** Why a copy nobody desires was left where it is. */
export type KeptReason = "OutsideWindow" | "SourceIncomplete" | "MailboxIncomplete" | "EventUnreadable"

/** What becomes of copies that nobody desires, or that are there twice. */
export type RestPlan = {
  readonly strips: readonly Operation[]
  readonly removals: readonly Operation[]
  readonly kept: Readonly<Record<KeptReason, number>>
  readonly ownCopies: number
}

/** The rows of the decision table in which a copy is one too many. */
export function planRest(request: PlanRequest, copies: Copies): RestPlan {
  const vouched = vouchedWindow(request)
  const ours = [...copies.ours.values()].flat()
  const surplus = surplusOf(request, copies)
  const removable = surplus.filter(({ reason }) => reason !== "DuplicatedByUser")
  const judged = removable.map(one => ({ ...one, obstacle: obstacleTo(request, one.copy, vouched) }))
  const duplicated = surplus.filter(({ reason }) => reason === "DuplicatedByUser").map(({ copy }) => copy)
  return {
    strips: [...copies.duplicated, ...duplicated].map(stripOf),
    removals: judged.flatMap(({ copy, reason, obstacle }) =>
      obstacle || reason === "DuplicatedByUser" ? [] : [{ kind: "remove", reason, ...ofMark(copy) }],
    ),
    kept: countKept(judged.flatMap(({ obstacle }) => obstacle ?? [])),
    ownCopies: ours.filter(copy => vouched && liesIn(copy, vouched) === true).length,
  }
}

/** Two items with one check cannot both be ours: one is somebody's duplicate, which the mailbox could not tell. */
type Surplus = { readonly copy: MarkedEvent; readonly reason: RemoveReason | "DuplicatedByUser" }

function surplusOf(request: PlanRequest, copies: Copies): readonly Surplus[] {
  const items = new Map(request.desired.items.map(item => [itemId(item), item]))
  const isReshaped = reshapedTest(request, items)
  return [...copies.ours].flatMap(([id, group]) => {
    const item = items.get(id)
    const keeper = bestCopy(group, item)
    return group.flatMap((copy): readonly Surplus[] => {
      if (copy !== keeper && copy.mark.check === keeper?.mark.check) return [{ copy, reason: "DuplicatedByUser" }]
      if (!item) return [{ copy, reason: isReshaped(copy) ? "Reshaped" : "SourceGone" }]
      return copy === keeper ? [] : [{ copy, reason: "Duplicate" }]
    })
  })
}

/**
 * Whether the event is still there in the other shape: occurrences for this series, a series that has this occurrence. One
 * that the new shape leaves out is gone like any other, and the guard counts it.
 */
function reshapedTest(
  { desired, window }: PlanRequest,
  items: ReadonlyMap<string, DesiredItem>,
): (copy: MarkedEvent) => boolean {
  const keys = new Set(desired.items.map(item => item.keyHash))
  const expanded = new Map<string, ReadonlySet<OccurrenceKey>>()
  return ({ mark: { key, occurrence } }) => {
    if (occurrence === undefined) return keys.has(key)
    const series = items.get(itemId({ keyHash: key }))
    const occurrences = expanded.get(key) ?? occurrenceKeys(series, window)
    expanded.set(key, occurrences)
    return occurrences.has(occurrence)
  }
}

/** None where they cannot be told: then every one that goes is counted. */
function occurrenceKeys(item: DesiredItem | undefined, window: Window): ReadonlySet<OccurrenceKey> {
  try {
    const occurrences = item ? expand(item.event, window, { zone: floatingZone, limit: maxOccurrences }) : []
    return new Set(occurrences.map(({ key }) => key))
  } catch {
    return new Set()
  }
}

/** Deletion is decided only where the policy, the source and the mailbox all speak. */
function vouchedWindow({ window, desired, listing }: PlanRequest): Window | undefined {
  const source = desired.vouched.window
  return intersection([window, listing.window, ...(source ? [source] : [])])
}

function obstacleTo(request: PlanRequest, copy: MarkedEvent, vouched: Window | undefined): KeptReason | undefined {
  if (request.desired.unsure.has(copy.mark.key)) return "EventUnreadable"
  if (!request.desired.vouched.complete) return "SourceIncomplete"
  if (!request.listing.complete) return "MailboxIncomplete"
  return vouched && liesIn(copy, vouched) === true ? undefined : "OutsideWindow"
}

function stripOf(copy: MarkedEvent): Operation {
  return { kind: "strip", reason: "DuplicatedByUser", ...ofMark(copy) }
}

function ofMark({ mark, ...copy }: MarkedEvent): {
  copy: { id: string; version: string }
  key: string
  occurrence?: string
} {
  const of = { copy: versionOf(copy), key: mark.key }
  return mark.occurrence === undefined ? of : { ...of, occurrence: mark.occurrence }
}

function countKept(reasons: readonly KeptReason[]): Readonly<Record<KeptReason, number>> {
  const kept = { OutsideWindow: 0, SourceIncomplete: 0, MailboxIncomplete: 0, EventUnreadable: 0 }
  for (const reason of reasons) kept[reason] += 1
  return kept
}
