/**
 * Two ways in which one event's recurrence is bad data. They cost that event only: whoever reads many events turns them
 * into an EventProblem. Messages name parts of rules, never texts of events.
 */

/** The rule is legal, but following it is beyond what calsync promises to do right or in time. */
export class RecurrenceTooComplexError extends Error {
  override readonly name = "RecurrenceTooComplexError"
  readonly reason = "RecurrenceTooComplex"
}

/** The text is no recurrence rule, however kindly it is read. */
export class UnreadableRuleError extends Error {
  override readonly name = "UnreadableRuleError"
  readonly reason = "UnreadableRule"
}
