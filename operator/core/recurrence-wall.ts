import type { RecurrenceRule } from "./event.ts"
import { RecurrenceTooComplexError } from "./recurrence-errors.ts"

/** One rule on the wall clock: where it leads from its start, before exclusions and before any zone. */
export type WallSeries = { readonly rule: RecurrenceRule; readonly start: Temporal.PlainDateTime }

/** Where to look. Both ends are included; more than `limit` times are a RecurrenceTooComplexError. */
export type WallSpan = {
  readonly from: Temporal.PlainDateTime
  readonly to: Temporal.PlainDateTime
  readonly limit: number
}

/** A way of following one rule: its own times only, so the start is among them when the rule finds it. */
export type Walk = {
  between(span: WallSpan): readonly Temporal.PlainDateTime[]
  next(from: Temporal.PlainDateTime): Temporal.PlainDateTime | undefined
  /** Asked only of rules that end. */
  last(): Temporal.PlainDateTime | undefined
}

export function isBefore(one: Temporal.PlainDateTime, other: Temporal.PlainDateTime): boolean {
  return Temporal.PlainDateTime.compare(one, other) < 0
}

export function isSame(one: Temporal.PlainDateTime, other: Temporal.PlainDateTime): boolean {
  return Temporal.PlainDateTime.compare(one, other) === 0
}

export function later(one: Temporal.PlainDateTime, other: Temporal.PlainDateTime): Temporal.PlainDateTime {
  return isBefore(one, other) ? other : one
}

export function earlier(one: Temporal.PlainDateTime, other: Temporal.PlainDateTime): Temporal.PlainDateTime {
  return isBefore(one, other) ? one : other
}

export function refuseMoreThan(limit: number, times: readonly unknown[]): void {
  if (times.length > limit) throw new RecurrenceTooComplexError(`more than ${limit} occurrences`)
}
