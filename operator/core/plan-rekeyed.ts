import { type Copies, type MarkedEvent, versionOf } from "./copies.ts"
import type { Operation } from "./operation.ts"

type Plans = {
  /** What the source wants done, creates among it. */
  readonly wanted: readonly Operation[]
  readonly removals: readonly Operation[]
}

/**
 * Some sources give their events new keys at every export. What would be created and stands word for word in a copy about
 * to be removed keeps that copy, and only its mark changes: otherwise a held deletion would leave everything there twice.
 */
export function keepRekeyed({ wanted, removals }: Plans, copies: Copies): Plans {
  const leaving = leavingByContent(removals, copies)
  const kept = new Set<string>()
  const operations = wanted.map((operation): Operation => {
    if (operation.kind !== "create") return operation
    // Copies of one content are all ours and all alike: any of them will do.
    const copy = leaving.get(operation.item.fingerprint)?.find(({ id }) => !kept.has(id))
    if (!copy) return operation
    kept.add(copy.id)
    return adoptionOf(operation, copy)
  })
  return { wanted: operations, removals: removals.filter(removal => !("copy" in removal && kept.has(removal.copy.id))) }
}

/** Only copies that stand as they were written: what somebody edited goes its ordinary way. */
function leavingByContent(removals: readonly Operation[], copies: Copies): ReadonlyMap<string, readonly MarkedEvent[]> {
  const gone = new Set(removals.flatMap(removal => (removal.reason === "SourceGone" ? [removal.copy.id] : [])))
  const leaving = [...copies.ours.values()]
    .flat()
    .filter(copy => gone.has(copy.id) && copy.fingerprint === copy.mark.fingerprint)
  return Map.groupBy(leaving, copy => copy.fingerprint)
}

function adoptionOf({ item, mark }: Extract<Operation, { kind: "create" }>, copy: MarkedEvent): Operation {
  return { kind: "adopt", reason: "KeyChanged", item, copy: versionOf(copy), mark: { ...mark, check: copy.mark.check } }
}
