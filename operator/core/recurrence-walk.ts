import { walkByLibrary } from "./recurrence-library.ts"
import {
  isBefore,
  isSame,
  later,
  refuseMoreThan,
  type Walk,
  type WallSeries,
  type WallSpan,
} from "./recurrence-wall.ts"
import { walkByWeekNumber } from "./recurrence-weeks.ts"

/**
 * Following one rule. The start always counts, as the first of COUNT, whether or not the rule would find it (RFC 5545
 * 3.8.2.4), unless the rule ended before it.
 */

/** The times in the span, in order. */
export function wallTimesBetween(series: WallSeries, span: WallSpan): readonly Temporal.PlainDateTime[] {
  const { rule, start } = series
  const from = later(span.from, start)
  const to = rule.until && isBefore(rule.until, span.to) ? rule.until : span.to
  if (isBefore(to, from)) return []
  const found = openWalk(series)?.between({ ...span, from, to }) ?? []
  const isStartMissing = isSame(from, start) && !(found[0] && isSame(found[0], start))
  const times = isStartMissing ? [start, ...found] : found
  refuseMoreThan(span.limit, times)
  return times
}

/** The first time at or after `from`; undefined when the rule is over. */
export function nextWallTime(series: WallSeries, from: Temporal.PlainDateTime): Temporal.PlainDateTime | undefined {
  const { rule, start } = series
  const next = isBefore(start, from) ? openWalk(series)?.next(from) : start
  return next && rule.until && isBefore(rule.until, next) ? undefined : next
}

/** The last time of a rule with an end; undefined when it has none, or ended before it began. */
export function lastWallTime(series: WallSeries): Temporal.PlainDateTime | undefined {
  const { rule, start } = series
  if (rule.until === undefined && rule.count === undefined) return undefined
  if (rule.until !== undefined && isBefore(rule.until, start)) return undefined
  return openWalk(series)?.last() ?? start
}

/** Undefined when the start, which the rule does not find, is all its COUNT allows. */
function openWalk({ rule, start }: WallSeries): Walk | undefined {
  const { count, ...uncounted } = rule
  const walk = rule.byWeekNo === undefined ? walkByLibrary : walkByWeekNumber
  if (count === undefined) return walk({ rule, start })
  const first = walk({ rule: uncounted, start }).next(start)
  const left = first && isSame(first, start) ? count : count - 1
  return left === 0 ? undefined : walk({ rule: { ...rule, count: left }, start })
}
