import { type Copies, type MarkedEvent, versionOf } from "./copies.ts"
import type { OccurrenceKey } from "./event.ts"
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

/**
 * The occurrences of a series written as single events are known by their starts: moved by an hour, or made whole days, all
 * of them have new keys. What is to be created on the day on which another of the same series is removed is that one, moved.
 */
export function keepMoved({ wanted, removals }: Plans, copies: Copies): Plans {
  const checks = new Map([...copies.ours.values()].flat().map(({ id, mark }) => [id, mark.check]))
  const leaving = Map.groupBy(removals.filter(isOccurrenceGone), removal => dayOf(removal.key, removal.occurrence))
  const kept = new Set<Operation>()
  const operations = wanted.map((operation): Operation => {
    if (operation.kind !== "create" || operation.item.occurrence === undefined) return operation
    const day = dayOf(operation.item.keyHash, operation.item.occurrence)
    const removal = leaving.get(day)?.find(one => !kept.has(one))
    const check = removal && checks.get(removal.copy.id)
    if (!removal || check === undefined) return operation
    kept.add(removal)
    const { item, mark } = operation
    return { kind: "update", reason: "SourceChanged", item, copy: removal.copy, mark: { ...mark, check } }
  })
  return { wanted: operations, removals: removals.filter(removal => !kept.has(removal)) }
}

type OccurrenceGone = Extract<Operation, { kind: "remove" }> & { readonly occurrence: OccurrenceKey }

function isOccurrenceGone(operation: Operation): operation is OccurrenceGone {
  return operation.kind === "remove" && operation.reason === "SourceGone" && operation.occurrence !== undefined
}

/** Keys begin with the day, of timed and of whole-day occurrences alike. */
function dayOf(key: string, occurrence: OccurrenceKey): string {
  return `${key}/${occurrence.slice(0, "YYYYMMDD".length)}`
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
