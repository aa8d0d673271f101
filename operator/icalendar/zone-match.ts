import { windowsZone } from "../core/time-zones.ts"
import { type CustomZone, lastYear } from "./custom-zone.ts"
import { onsetsBetween } from "./custom-zone-onsets.ts"

/**
 * Finds the IANA zone that behaves as a VTIMEZONE says. Exchange and policies know zones by name, and a series needs
 * one: a moment is not enough, because its next occurrences follow the clock.
 */

/** The rules of zones change seldom; a VTIMEZONE without an end is compared where today's rules of all zones are at home. */
const presentYear = 2025
const yearsCompared = 2
/** Before and after the present: rules further away are nobody's, and every span costs a look at all zones. */
const yearsReachable = 40
/** Outlook writes some changes a second or a minute early. */
const toleranceSeconds = 900

/** Of zones that behave alike, the one that most people mean. The rest follows by name. */
const preferred = [
  ...["UTC", "Europe/London", "Europe/Berlin", "Europe/Kyiv", "Europe/Kiev", "Europe/Istanbul", "Europe/Moscow"],
  ...["America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Halifax"],
  ...["America/Phoenix", "America/Sao_Paulo", "Asia/Dubai", "Asia/Kolkata", "Asia/Bangkok", "Asia/Shanghai"],
  ...["Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland", "Africa/Lagos", "Africa/Johannesburg"],
]

/** Undefined when no zone on earth behaves like this. */
export function zoneLike(custom: CustomZone): string | undefined {
  const { from, to } = comparedYears(custom)
  if (Math.abs(from - presentYear) > yearsReachable) return undefined
  return zonesByBehaviour(from, to).get(customBehaviour(custom, from, to))
}

function comparedYears(custom: CustomZone): { from: number; to: number } {
  const started = Math.max(...custom.observances.map(observance => observance.start.year))
  const last = lastYear(custom)
  const isConstant = custom.observances.every(
    ({ offsetFromSeconds, offsetToSeconds }) => offsetFromSeconds === offsetToSeconds,
  )
  if (last === undefined || isConstant) {
    const from = Math.max(presentYear, started + 1)
    return { from, to: from + yearsCompared }
  }
  const first = Math.min(last, ...onsetYears(custom, last))
  return { from: first, to: last + 1 }
}

/** Zones that list single dates are compared in the years they list. */
function onsetYears(custom: CustomZone, last: number): readonly number[] {
  return onsetsBetween(custom, last + 1 - yearsCompared, last + 1).map(onset => onset.wall.year)
}

function customBehaviour(custom: CustomZone, from: number, to: number): string {
  const changes = onsetsBetween(custom, from, to).filter(onset => onset.offsetFromSeconds !== onset.offsetToSeconds)
  const before = changes[0]?.offsetFromSeconds ?? steadyOffset(custom)
  const parts = changes.map(({ wall, offsetFromSeconds, offsetToSeconds }) =>
    change(wall.toZonedDateTime("UTC").epochMilliseconds / 1000 - offsetFromSeconds, offsetToSeconds),
  )
  return [before, ...parts].join(" ")
}

function steadyOffset({ observances }: CustomZone): number {
  const latest = observances.toSorted((a, b) => Temporal.PlainDateTime.compare(a.start, b.start)).at(-1)
  return latest?.offsetToSeconds ?? 0
}

function change(epochSeconds: number, offsetSeconds: number): string {
  return `${Math.round(epochSeconds / toleranceSeconds)}:${offsetSeconds}`
}

/** Every span ever asked for; there are few, because few years can be reached. */
const behaviours = new Map<number, ReadonlyMap<string, string>>()

function zonesByBehaviour(from: number, to: number): ReadonlyMap<string, string> {
  const span = from * 10 + (to - from)
  const known = behaviours.get(span)
  if (known !== undefined) return known
  const zones = new Map<string, string>()
  for (const zone of candidates()) {
    const behaviour = zoneBehaviour(zone, from, to)
    if (!zones.has(behaviour)) zones.set(behaviour, zone)
  }
  behaviours.set(span, zones)
  return zones
}

/** Zones that Windows knows come first: Exchange can store those. */
function candidates(): readonly string[] {
  const all = Intl.supportedValuesOf("timeZone")
  const known = all.filter(zone => windowsZone(zone) !== undefined)
  return [...preferred.filter(zone => zone === "UTC" || all.includes(zone)), ...known, ...all]
}

function zoneBehaviour(zone: string, from: number, to: number): string {
  const start = Temporal.ZonedDateTime.from({ timeZone: "UTC", year: from, month: 1, day: 1 }).withTimeZone(zone)
  const end = start
    .withTimeZone("UTC")
    .add({ years: to - from })
    .toInstant()
  const parts: (string | number)[] = [start.offsetNanoseconds / 1e9]
  for (let next = start.getTimeZoneTransition("next"); next !== null; next = next.getTimeZoneTransition("next")) {
    if (Temporal.Instant.compare(next.toInstant(), end) >= 0) break
    parts.push(change(next.epochMilliseconds / 1000, next.offsetNanoseconds / 1e9))
  }
  return parts.join(" ")
}
