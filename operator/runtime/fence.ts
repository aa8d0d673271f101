/** This process may not write outside (any more): another replica leads, or may. */
export class NotLeaderError extends Error {
  override readonly name = "NotLeaderError"
  readonly reason = "NotLeader"

  constructor() {
    super("this replica does not hold a valid lease")
  }
}

/** Asked right before every write outside; throws NotLeaderError. */
export type Fence = () => void
