import { type DesiredItem, itemId } from "../core/desired.ts"
import type { Plan } from "../core/plan.ts"
import type { RememberedPair } from "../core/ports.ts"
import type { AppliedOperation } from "./apply-plan.ts"

type PassToRemember = {
  /** The plan of the last round, made from the last listing. */
  readonly plan: Plan
  readonly results: readonly AppliedOperation[]
  readonly before: readonly RememberedPair[]
}

/**
 * The pairs to know next time: everything that has a copy now, and what was respected as deleted. Pairs gone on both sides
 * or outside the window are forgotten.
 */
export function rememberPass({ plan, results, before }: PassToRemember): readonly RememberedPair[] {
  const known = new Map(before.map(pair => [itemId({ keyHash: pair.key, occurrence: pair.occurrence }), pair]))
  const there = [...plan.inStep, ...plan.tolerated].map(({ item, copy }) => pairOf(item, copy.id, copy.fingerprint))
  const written = results.flatMap(({ operation, outcome }) =>
    outcome.ok && "item" in operation ? [pairOf(operation.item, outcome.id, operation.item.fingerprint)] : [],
  )
  const stillWanted = [
    ...plan.skipped.map(({ item }) => item),
    ...[...plan.operations, ...plan.withheld].flatMap(operation => ("item" in operation ? [operation.item] : [])),
  ]
  const unchanged = stillWanted.flatMap(item => known.get(itemId(item)) ?? [])
  const next = [...unchanged, ...there, ...written].map(pair => [`${pair.key}/${pair.occurrence ?? ""}`, pair] as const)
  return [...new Map(next).values()]
}

function pairOf(item: DesiredItem, copyId: string, copyFingerprint: string): RememberedPair {
  const pair = { key: item.keyHash, sourceFingerprint: item.fingerprint, copyId, copyFingerprint }
  return item.occurrence === undefined ? pair : { ...pair, occurrence: item.occurrence }
}
