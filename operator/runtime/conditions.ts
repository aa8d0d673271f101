/** metav1.Condition, exactly. */
export type Condition = {
  readonly type: string
  readonly status: "True" | "False" | "Unknown"
  readonly reason: string
  readonly message: string
  readonly observedGeneration?: number
  /** When `status` last flipped, RFC 3339 to the second. */
  readonly lastTransitionTime: string
}

export type NextCondition = Omit<Condition, "lastTransitionTime">

// The API refuses longer messages.
const longestMessage = 32_768

/** The conditions with this one in them. `lastTransitionTime` becomes `now` only when the status flips. */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  next: NextCondition,
  now: Temporal.Instant,
): readonly Condition[] {
  const before = conditions?.find(({ type }) => type === next.type)
  const lastTransitionTime =
    before?.status === next.status ? before.lastTransitionTime : now.toString({ smallestUnit: "second" })
  const condition = { ...next, message: next.message.slice(0, longestMessage), lastTransitionTime }
  if (before === undefined) return [...(conditions ?? []), condition]
  return (conditions ?? []).map(one => (one.type === next.type ? condition : one))
}

/** The conditions without this type, for those present only while True. */
export function removeCondition(conditions: readonly Condition[] | undefined, type: string): readonly Condition[] {
  return (conditions ?? []).filter(condition => condition.type !== type)
}

export function findCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find(condition => condition.type === type)
}
