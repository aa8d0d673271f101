import type { EventTime, OccurrenceKey, Recurrence, RecurrenceRule } from "./event.ts"
import { seriesTimes } from "./recurrence.ts"
import { RecurrenceTooComplexError } from "./recurrence-errors.ts"
import { normalRule } from "./recurrence-normal-rule.ts"
import { wallStart } from "./recurrence-times.ts"
import { lastWallTime } from "./recurrence-walk.ts"
import { occurrenceKey, parseOccurrenceKey } from "./time.ts"

/**
 * The form in which recurrences are compared: what says the same in different words becomes the same data. A rule's end
 * becomes its last occurrence, whether it was counted, dated or rounded up to the end of a day; an exclusion that hits
 * nothing says nothing. `time` is the series' own time, from which rules take what they leave out. Undefined when
 * nothing recurs. For comparing only: store what was given, not this.
 */
export function normalRecurrence(recurrence: Recurrence | undefined, time: EventTime): Recurrence | undefined {
  if (recurrence === undefined) return undefined
  const rules = recurrence.rules.map(rule => normalRule(withNormalEnd(rule, time), time))
  const excluded = new Set(recurrence.excluded)
  const overrides = new Map(recurrence.overrides.map(override => [override.occurrence, override]))
  const extra = new Map(recurrence.extraTimes.map(found => [occurrenceKey(found), found]))
  const byRule = keysHit({ ...recurrence, extraTimes: [] }, time, [...extra.keys()])
  const hit = keysHit(recurrence, time, [...excluded])
  const normal: Recurrence = {
    rules: byText(rules),
    extraTimes: byKey(extra).filter(found => !byRule.has(occurrenceKey(found))),
    excluded: [...excluded].filter(key => hit.has(key)).sort(),
    overrides: byKey(overrides).filter(override => !excluded.has(override.occurrence)),
  }
  return Object.values(normal).every(list => list.length === 0) ? undefined : normal
}

function byKey<T>(found: ReadonlyMap<OccurrenceKey, T>): readonly T[] {
  return [...found].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, value]) => value)
}

/** Each rule once. Their text orders them, so equal rules must name their parts in one order. */
function byText(rules: readonly RecurrenceRule[]): readonly RecurrenceRule[] {
  return byKey(new Map(rules.map(inOrder).map(rule => [JSON.stringify(rule), rule])))
}

function inOrder({ frequency, interval, count, until, weekStart, ...days }: RecurrenceRule): RecurrenceRule {
  const { byMonth, byWeekNo, byYearDay, byMonthDay, byDay, byHour, byMinute, bySecond, bySetPos } = days
  return {
    frequency,
    interval,
    ...(count !== undefined && { count }),
    ...(until && { until }),
    weekStart,
    ...(byMonth && { byMonth }),
    ...(byWeekNo && { byWeekNo }),
    ...(byYearDay && { byYearDay }),
    ...(byMonthDay && { byMonthDay }),
    ...(byDay && { byDay }),
    ...(byHour && { byHour }),
    ...(byMinute && { byMinute }),
    ...(bySecond && { bySecond }),
    ...(bySetPos && { bySetPos }),
  }
}

function withNormalEnd({ count, ...rule }: RecurrenceRule, time: EventTime): RecurrenceRule {
  const counted = count === undefined ? rule : { ...rule, count }
  const until = unlessTooComplex(() => lastWallTime({ rule: counted, start: wallStart(time) }))
  return until === undefined ? counted : { ...rule, until }
}

/** More exclusions than this over a span are not checked one by one, and all are kept. */
const mostTimesLookedAt = 20_000

function keysHit(recurrence: Recurrence, time: EventTime, keys: readonly OccurrenceKey[]): ReadonlySet<OccurrenceKey> {
  const instants = keys.flatMap(key => keyInstant(key) ?? []).sort(Temporal.Instant.compare)
  const [first] = instants
  const last = instants.at(-1)
  if (first === undefined || last === undefined) return new Set()
  const window = { start: first, end: last.add({ seconds: 1 }) }
  const times = unlessTooComplex(() =>
    seriesTimes({ time, recurrence }, window, { zone: "UTC", limit: mostTimesLookedAt }),
  )
  return new Set(times?.keys() ?? keys)
}

/** Dates are looked up as days of UTC, as the lookup above has it. */
function keyInstant(key: OccurrenceKey): Temporal.Instant | undefined {
  const meaning = parseOccurrenceKey(key)
  return meaning instanceof Temporal.PlainDate ? meaning.toZonedDateTime("UTC").toInstant() : meaning
}

function unlessTooComplex<T>(ask: () => T): T | undefined {
  try {
    return ask()
  } catch (error) {
    if (error instanceof RecurrenceTooComplexError) return undefined
    throw error
  }
}
