import type { DesiredItem } from "./desired.ts"
import type { Mark } from "./origin.ts"

/** An item of the mailbox, at the version it was seen in. */
export type ItemVersion = { readonly id: string; readonly version: string }

type Write = { readonly item: DesiredItem; readonly mark: Mark }
/** `key` and `occurrence` are those of the mark: what the item was a copy of. */
type OfMark = { readonly copy: ItemVersion; readonly key: string; readonly occurrence?: string }

/** One thing to do, and why. */
export type Operation =
  | (Write & { readonly kind: "create"; readonly reason: CreateReason; readonly idempotencyKey: string })
  | (Write & { readonly kind: "update"; readonly reason: UpdateReason; readonly copy: ItemVersion })
  | (Write & { readonly kind: "restore"; readonly reason: "ChangedInExchange"; readonly copy: ItemVersion })
  | (Write & { readonly kind: "adopt"; readonly reason: AdoptReason; readonly copy: ItemVersion })
  | (OfMark & { readonly kind: "strip"; readonly reason: "DuplicatedByUser" })
  | (OfMark & { readonly kind: "remove"; readonly reason: RemoveReason })

/** `DeletedInExchange` is known only where a memory is kept. */
export type CreateReason = "New" | "DeletedInExchange"
/** `SourceChanged`: the copy is behind the source. `BothChanged`: copy and source say the same, only the mark is behind. */
type UpdateReason = "SourceChanged" | "BothChanged"
/**
 * An unmarked event found at the first sync; a copy of a binding that is no more; a copy of an installation taken over; a
 * copy whose event is now under another key; one of many duplicates of copies that are gone, as a mailbox restored from a
 * backup has them.
 */
export type AdoptReason = "FirstSyncMatch" | "OwnerGone" | "TakenOver" | "KeyChanged" | "OriginalGone"
/** `Reshaped`: what was single events is now in one series, or the other way round. */
export type RemoveReason = "SourceGone" | "Duplicate" | "Reshaped"
