import type { Ownership } from "./copies.ts"
import type { DesiredSet } from "./desired.ts"
import type { SyncPolicy } from "./policy.ts"
import type { Listing, RememberedPair, Window } from "./ports.ts"

/** All that a plan is made from. */
export type PlanRequest = {
  readonly desired: DesiredSet
  readonly listing: Listing
  readonly ownership: Ownership
  readonly policy: Pick<SyncPolicy, "management" | "drift" | "onExchangeDelete" | "firstSync">
  /** The window of the policy. */
  readonly window: Window
  readonly firstSyncDone: boolean
  readonly lastGoodPassAt?: Temporal.Instant | undefined
  /** What was in step last time, by which a deleted copy can be told from a new event. */
  readonly memory?: readonly RememberedPair[] | undefined
  readonly now: Temporal.Instant
}
