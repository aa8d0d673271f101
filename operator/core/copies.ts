import { type DesiredItem, itemId } from "./desired.ts"
import type { ItemVersion } from "./operation.ts"
import type { Mark } from "./origin.ts"
import type { StoredEvent } from "./ports.ts"

/** Who writes: the names that go on every mark, and whose marks count as ours. */
export type Ownership = {
  readonly installation: string
  readonly cluster: string
  /** `ownerOf` this sync. */
  readonly owner: string
  /** Other installations whose copies are ours to take. */
  readonly takeOver: readonly string[]
  /** Owners of all syncs of this installation. Without it, copies of other owners are left to them. */
  readonly knownOwners?: ReadonlySet<string> | undefined
}

export type MarkedEvent = StoredEvent & { readonly mark: Mark }

/** A mailbox seen with the eyes of one sync. What is in none of these is not ours: never updated, never deleted. */
export type Copies = {
  /** Our copies by item; more than one where something went wrong. */
  readonly ours: ReadonlyMap<string, readonly MarkedEvent[]>
  /** Copies whose owner is no more, by item: adopted by the sync that desires them. */
  readonly orphans: ReadonlyMap<string, readonly MarkedEvent[]>
  /** Duplicates somebody made of our copies: theirs, but for the mark. */
  readonly duplicated: readonly MarkedEvent[]
  /** Without a mark. */
  readonly foreign: readonly StoredEvent[]
}

/** Sorts a listing by whose things are in it. */
export function sortCopies(events: readonly StoredEvent[], ownership: Ownership): Copies {
  const marked = events.filter(isMarked)
  const of = (kind: Belonging) => marked.filter(event => belonging(event, ownership) === kind)
  return {
    ours: byItem(of("Ours")),
    orphans: byItem(of("Orphan")),
    duplicated: of("Duplicated"),
    foreign: events.filter(event => !event.mark),
  }
}

type Belonging = "Ours" | "Orphan" | "Duplicated" | "Foreign"

function belonging({ mark, isCopyOfAnother }: MarkedEvent, ownership: Ownership): Belonging {
  const isOfUs = mark.installation === ownership.installation || ownership.takeOver.includes(mark.installation)
  if (!isOfUs) return "Foreign"
  const isMine = mark.owner === ownership.owner
  if (isCopyOfAnother) return isMine ? "Duplicated" : "Foreign"
  if (isMine) return "Ours"
  const isOrphan = ownership.knownOwners !== undefined && !ownership.knownOwners.has(mark.owner)
  return isOrphan ? "Orphan" : "Foreign"
}

function byItem(events: readonly MarkedEvent[]): ReadonlyMap<string, readonly MarkedEvent[]> {
  return Map.groupBy(events, ({ mark }) => itemId({ keyHash: mark.key, occurrence: mark.occurrence }))
}

function isMarked(event: StoredEvent): event is MarkedEvent {
  return event.mark !== undefined
}

/** Of several copies of one item the one that is right, then the oldest, then any, but always the same. */
export function bestCopy(
  copies: readonly MarkedEvent[] | undefined,
  item: DesiredItem | undefined,
): MarkedEvent | undefined {
  if (copies === undefined || copies.length < 2) return copies?.[0]
  return copies.toSorted(
    (a, b) =>
      Number(b.fingerprint === item?.fingerprint) - Number(a.fingerprint === item?.fingerprint) ||
      Temporal.Instant.compare(a.mark.writtenAt, b.mark.writtenAt) ||
      (a.id < b.id ? -1 : 1),
  )[0]
}

/** The item as it was seen. */
export function versionOf({ id, version }: ItemVersion): ItemVersion {
  return { id, version }
}
