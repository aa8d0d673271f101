import type { DesiredItem } from "./desired.ts"
import type { Mark } from "./origin.ts"

/** Who writes: the names that go on every mark, and whose marks count as ours. */
export type Ownership = {
  readonly installation: string
  readonly cluster: string
  /** `ownerOf` this sync. */
  readonly owner: string
  /** Other installations whose copies are ours to take. */
  readonly takeOver: readonly string[]
  /** Owners of all syncs of this installation. Without it copies of other owners are left to them. */
  readonly knownOwners?: ReadonlySet<string>
}

/** An item of the mailbox, as an operation names it. */
export type ItemVersion = { readonly id: string; readonly version: string }

type Write = { readonly item: DesiredItem; readonly mark: Mark }

/** One thing to do, and why. Deletions come last in a plan. */
export type Operation =
  | (Write & { readonly kind: "create"; readonly reason: CreateReason; readonly idempotencyKey: string })
  | (Write & { readonly kind: "update"; readonly reason: UpdateReason; readonly copy: ItemVersion })
  | (Write & { readonly kind: "restore"; readonly reason: "ChangedInExchange"; readonly copy: ItemVersion })
  | (Write & { readonly kind: "adopt"; readonly reason: AdoptReason; readonly copy: ItemVersion })
  | { readonly kind: "strip"; readonly reason: "DuplicatedByUser"; readonly copy: ItemVersion; readonly key: string }
  | { readonly kind: "remove"; readonly reason: RemoveReason; readonly copy: ItemVersion; readonly key: string }

export type CreateReason = "New" | "DeletedInExchange"
/** `SourceChanged`: the source is ahead of the copy. `BothChanged`: both moved to the same content, the mark is behind. */
export type UpdateReason = "SourceChanged" | "BothChanged"
/** An unmarked event found at the first sync; a copy of a binding that is no more; a copy of an installation taken over. */
export type AdoptReason = "FirstSyncMatch" | "OwnerGone" | "TakenOver"
/** `Reshaped`: the same event is now kept as a series where it was single events, or the other way round. */
export type RemoveReason = "SourceGone" | "Duplicate" | "Reshaped"

export type Plan = {
  readonly operations: readonly Operation[]
}
