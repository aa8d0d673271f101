import type { CustomZone, Observance, YearlyRule } from "./custom-zone.ts"

/**
 * When a VTIMEZONE changes its offset, worked out around the year asked for: real ones begin in 1601 or in the year 1,
 * and nothing is counted up from there.
 */

export type Onset = {
  readonly wall: Temporal.PlainDateTime
  readonly offsetFromSeconds: number
  readonly offsetToSeconds: number
}

/** The moment a wall clock in this zone shows: after a gap as far as it was inside, in an overlap the first. */
export function customInstant(zone: CustomZone, wall: Temporal.PlainDateTime): Temporal.Instant {
  const onset = lastOnset(zone, wall)
  const offset = onset === undefined ? firstOffset(zone) : offsetAfter(onset, wall)
  return wall.toZonedDateTime("UTC").subtract({ seconds: offset }).toInstant()
}

/** Inside the gap or the overlap right after a change the offset before it still counts (RFC 5545 §3.3.5). */
function offsetAfter(onset: Onset, wall: Temporal.PlainDateTime): number {
  const shift = Math.abs(onset.offsetToSeconds - onset.offsetFromSeconds)
  const isGap = onset.offsetToSeconds > onset.offsetFromSeconds
  const isInside = isGap && Temporal.PlainDateTime.compare(wall, onset.wall.add({ seconds: shift })) < 0
  return isInside ? onset.offsetFromSeconds : onset.offsetToSeconds
}

function firstOffset({ observances }: CustomZone): number {
  const [first] = observances.toSorted((a, b) => Temporal.PlainDateTime.compare(a.start, b.start))
  return first?.offsetFromSeconds ?? 0
}

function lastOnset(zone: CustomZone, wall: Temporal.PlainDateTime): Onset | undefined {
  return onsetsFor(zone, wall.year).findLast(onset => Temporal.PlainDateTime.compare(onset.wall, wall) <= 0)
}

/** Feeds speak about few years and ask often; what is kept of more would be a trap. */
const maxYearsKept = 50
const onsetsByYear = new WeakMap<CustomZone, Map<number, readonly Onset[]>>()

/** All onsets among which the last one before any time of the year is, by time. */
function onsetsFor(zone: CustomZone, year: number): readonly Onset[] {
  const kept = onsetsByYear.get(zone) ?? new Map<number, readonly Onset[]>()
  onsetsByYear.set(zone, kept)
  const known = kept.get(year)
  if (known !== undefined) return known
  const onsets = zone.observances
    .flatMap(observance => onsetsUpTo(observance, year))
    .toSorted((a, b) => Temporal.PlainDateTime.compare(a.wall, b.wall))
  if (kept.size >= maxYearsKept) kept.clear()
  kept.set(year, onsets)
  return onsets
}

/** The last onsets of every rule, and of the dates, in a year or before. */
function onsetsUpTo(observance: Observance, year: number): Onset[] {
  const { start, rules, dates } = observance
  const walls = [start, ...dates, ...rules.flatMap(rule => onsetsOfRule(rule, start, yearsUpTo(rule, start, year)))]
  const past = walls.filter(wall => wall.year <= year && Temporal.PlainDateTime.compare(start, wall) <= 0)
  return past.map(wall => onsetOf(observance, wall))
}

/** The two years of the rule, last first, that can hold its last onset. */
function yearsUpTo(
  { interval, untilYear }: YearlyRule,
  start: Temporal.PlainDateTime,
  year: number,
): readonly number[] {
  const last = Math.min(year, untilYear ?? year)
  const aligned = last - ((last - start.year) % interval)
  return last < start.year ? [] : [aligned, aligned - interval]
}

function onsetOf({ offsetFromSeconds, offsetToSeconds }: Observance, wall: Temporal.PlainDateTime): Onset {
  return { wall, offsetFromSeconds, offsetToSeconds }
}

/** All changes of the years [from, to), by time. */
export function onsetsBetween(zone: CustomZone, from: number, to: number): readonly Onset[] {
  const years = Array.from({ length: to - from }, (_, index) => from + index)
  return zone.observances
    .flatMap(observance => years.flatMap(year => onsetsOfYear(observance, year)))
    .toSorted((a, b) => Temporal.PlainDateTime.compare(a.wall, b.wall))
}

function onsetsOfYear(observance: Observance, year: number): Onset[] {
  const { start, rules, dates } = observance
  const walls = [start, ...dates, ...rules.flatMap(rule => onsetsOfRule(rule, start, [year]))]
  const ofYear = walls.filter(wall => wall.year === year && Temporal.PlainDateTime.compare(wall, start) >= 0)
  return ofYear.map(wall => onsetOf(observance, wall))
}

function onsetsOfRule(rule: YearlyRule, start: Temporal.PlainDateTime, years: readonly number[]) {
  const { interval, untilYear } = rule
  const isOn = (year: number) =>
    year >= start.year && year <= (untilYear ?? year) && (year - start.year) % interval === 0
  return years.filter(isOn).flatMap(year => rule.months.flatMap(month => onsetsOfMonth(rule, start, year, month)))
}

function onsetsOfMonth(rule: YearlyRule, start: Temporal.PlainDateTime, year: number, month: number) {
  if (month < 1 || month > 12) return []
  const first = Temporal.PlainDate.from({ year, month, day: 1 })
  return daysOf(rule, first, start.day).map(day => start.with({ year, month, day }))
}

/** Days of the month as numbers: a flood of rules must not make a flood of dates. */
function daysOf({ weekday, ordinal, monthDays }: YearlyRule, first: Temporal.PlainDate, startDay: number): number[] {
  const { daysInMonth, dayOfWeek } = first
  const all = Array.from({ length: daysInMonth }, (_, index) => index + 1)
  const days = all.filter(
    day =>
      (weekday === undefined || ((dayOfWeek + day - 2) % 7) + 1 === weekday) &&
      (monthDays.length === 0 || monthDays.includes(day) || monthDays.includes(day - daysInMonth - 1)),
  )
  if (ordinal !== undefined) return days.slice(ordinal > 0 ? ordinal - 1 : ordinal).slice(0, 1)
  return weekday === undefined && monthDays.length === 0 ? days.filter(day => day === startDay) : days
}
