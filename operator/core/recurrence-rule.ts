import type { RecurrenceRule } from "./event.ts"

/** Where the series lives: `zone` is its wall clock, in which UNTIL is kept. */
export type RuleContext = { readonly zone: string; readonly allDay: boolean }

/** Reads the value of an RRULE, forgiving what real feeds get wrong. Throws UnreadableRuleError when it is hopeless. */
export function parseRule(_text: string, _context: RuleContext): RecurrenceRule {
  throw new Error("not yet")
}

/** The rule as the value of an RRULE; UNTIL becomes UTC for timed series and a date for all-day ones. */
export function formatRule(_rule: RecurrenceRule, _context: RuleContext): string {
  throw new Error("not yet")
}
