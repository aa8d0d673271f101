import type { OccurrenceKey } from "./event.ts"

/**
 * Where a copy came from, written on the copy itself. One named property, the same on Graph and EWS, so that a mailbox
 * may move between them. No mark, or another installation's: never updated, never deleted.
 */

/** The named MAPI property that holds the mark; the value stays under 255 characters because EWS cuts longer ones. */
export const markProperty = { setId: "6b2f2c4e-9d1a-4c57-8a55-1d0a7f3c9e21", name: "calsync" } as const

export type Mark = {
  /** The installation that owns the copy; survives rebuilding the cluster. */
  readonly installation: string
  /** The cluster that wrote the copy last. */
  readonly cluster: string
  /** Hash of names that live in Git: binding, identity, calendar. */
  readonly owner: string
  /** Hash of the event's key in its source. */
  readonly key: string
  /** Set on a single event that stands for one occurrence of a series. */
  readonly occurrence?: OccurrenceKey
  /** Fingerprint of the event as rendered when it was written. */
  readonly fingerprint: string
  /** When it was written, to the second. */
  readonly writtenAt: Temporal.Instant
  /** Hash of the idempotency key of the item this mark was made for; ties the mark to its own item. */
  readonly check: string
}
