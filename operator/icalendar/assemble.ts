import { setImmediate } from "node:timers/promises"
import type { CalendarEvent } from "../core/event.ts"
import type { EventProblem } from "../core/ports.ts"
import { RecurrenceTooComplexError } from "../core/recurrence-errors.ts"
import { occurrenceKey } from "../core/time.ts"
import type { EventDraft } from "./event-draft.ts"
import { contentHash, familyOf, type IdentityBy, keyOf, ownOccurrence, possibleKeys, sharedKeys } from "./event-keys.ts"
import { eventOf, seriesOf, whyOverridesLeftOut } from "./series.ts"
import { splitSeries } from "./split-series.ts"
import { UnusableEventError } from "./unusable-event.ts"

/** Versions of one event written within one run of a generator are no versions but events that share a UID. */
const sameRunSeconds = 60
/** A step of some twenty milliseconds: leases are renewed and probes answered between two of them. */
const groupsPerTurn = 500
/** More than this under one key is no history but a flood: to order it would take the time of all the others. */
const maxVersions = 20_000

type Assembled = { readonly events: readonly CalendarEvent[]; readonly problems: readonly EventProblem[] }

/**
 * VEVENTs that share a UID become events: a series with its changed occurrences, the latest of several versions, several
 * events where a feed gave them all one UID, and single events where changed occurrences came without their series.
 */
export async function assemble(
  drafts: readonly EventDraft[],
  identityBy: IdentityBy,
  signal: AbortSignal,
): Promise<Assembled> {
  const events = new Map<string, CalendarEvent>()
  const problems: EventProblem[] = []
  let assembled = 0
  for (const [uid, group] of Map.groupBy(drafts, draft => draft.uid ?? contentHash(draft))) {
    if (++assembled % groupsPerTurn === 0) await setImmediate(undefined, { signal })
    try {
      refuseFlood(group, identityBy)
      const made = assembleGroup(uid, group, identityBy)
      for (const event of made.events) if (!events.has(event.key)) events.set(event.key, event)
      problems.push(...made.problems)
    } catch (error) {
      problems.push(withOtherKeys(problemOf(uid, error), await allKeys(uid, group, identityBy, signal)))
    }
  }
  return { events: [...events.values()], problems }
}

function refuseFlood(group: readonly EventDraft[], identityBy: IdentityBy): void {
  if (group.length <= maxVersions) return
  const families = Map.groupBy(group, draft => (draft.replaces ? "" : familyOf(draft, identityBy)))
  if ([...families.values()].every(({ length }) => length <= maxVersions)) return
  throw new UnusableEventError("TooManyVersions", `more than ${maxVersions} events have its key`)
}

/** All keys that events of an unusable group have had while it was usable: their copies are not to be taken for gone. */
async function allKeys(
  uid: string,
  group: readonly EventDraft[],
  identityBy: IdentityBy,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const keys = new Set<string>()
  for (const [index, draft] of group.entries()) {
    for (const key of possibleKeys(uid, draft, identityBy)) keys.add(key)
    if (index % groupsPerTurn === groupsPerTurn - 1) await setImmediate(undefined, { signal })
  }
  return keys
}

function withOtherKeys(problem: EventProblem, keys: Iterable<string>): EventProblem {
  const otherKeys = [...keys].filter(key => key !== problem.key)
  return otherKeys.length === 0 ? problem : { ...problem, otherKeys }
}

/** What one event's data did wrong; anything else is a bug and passes. */
export function problemOf(key: string, error: unknown): EventProblem {
  if (error instanceof UnusableEventError || error instanceof RecurrenceTooComplexError) {
    return { key, reason: error.reason, message: error.message }
  }
  if (error instanceof RangeError) return { key, reason: "UnreadableTime", message: "one of its times is out of range" }
  throw error
}

function assembleGroup(uid: string, group: readonly EventDraft[], identityBy: IdentityBy): Assembled {
  const all = group.filter(draft => draft.replaces === undefined)
  const masters = [...Map.groupBy(all, draft => familyOf(draft, identityBy)).values()].flatMap(latestMasters)
  const overrides = group.filter(draft => draft.replaces !== undefined).toSorted(byVersion)
  const series = masters.find(isRecurring) ?? masters[0]
  if (series === undefined) return { events: orphans(uid, overrides), problems: [] }
  const isShared = masters.length > 1 && identityBy !== "content"
  const keyFor = isShared ? sharedKeys(uid, masters) : (master: EventDraft) => keyOf(uid, master, identityBy)
  const made = masters
    .filter(master => !master.isCancelled)
    .map(master => assembleEvent(keyFor(master), master, master === series ? overrides : []))
  return { events: made.flatMap(({ events }) => events), problems: made.flatMap(({ problems }) => problems) }
}

/** An event with what happened to it; what had to be left out of it is a problem of all that it became. */
function assembleEvent(key: string, master: EventDraft, overrides: readonly EventDraft[]): Assembled {
  const events = withOverrides(key, master, overrides)
  const leftOut =
    [master, ...overrides].flatMap(draft => draft.leftOut ?? [])[0] ??
    (isRecurring(master) ? whyOverridesLeftOut(overrides) : undefined)
  if (leftOut === undefined) return { events, problems: [] }
  return {
    events,
    problems: [
      withOtherKeys(
        { key, ...leftOut },
        events.map(event => event.key),
      ),
    ],
  }
}

function isRecurring({ rules, extras }: EventDraft): boolean {
  return rules.length > 0 || extras.length > 0
}

/** A single event has no occurrences but itself: what replaces another one stands alone. */
function withOverrides(key: string, master: EventDraft, overrides: readonly EventDraft[]): readonly CalendarEvent[] {
  if (isRecurring(master)) return splitSeries(seriesOf(key, master, overrides)).map(eventOf)
  if (overrides.length === 0) return [eventOf(seriesOf(key, master, []))]
  const own = occurrenceKey(master.content.time)
  const mine = overrides.filter(draft => ownOccurrence(draft) === own)
  const others = overrides.filter(draft => ownOccurrence(draft) !== own)
  const isCancelled = mine.at(-1)?.isCancelled ?? false
  return [...(isCancelled ? [] : [eventOf(seriesOf(key, master, mine))]), ...orphans(key, others)]
}

/** Changed occurrences without their series are single events. */
function orphans(key: string, overrides: readonly EventDraft[]): readonly CalendarEvent[] {
  const latest = new Map(overrides.map(draft => [ownOccurrence(draft), draft]))
  return [...latest]
    .filter(([, draft]) => !draft.isCancelled)
    .map(([occurrence, draft]) => ({ key: `${key}/${occurrence}`, ...draft.content }))
}

/** The later version last; where nothing tells, the later in the file. */
function byVersion(a: EventDraft, b: EventDraft): number {
  return a.sequence - b.sequence || (a.stamp < b.stamp ? -1 : a.stamp > b.stamp ? 1 : 0)
}

/**
 * The highest SEQUENCE wins, then the latest DTSTAMP. Feeds that leave a template's UID in every event stamp them all
 * alike: those are different events as long as they say different things.
 */
function latestMasters(masters: readonly EventDraft[]): readonly EventDraft[] {
  if (masters.length < 2) return masters
  const sorted = masters.toSorted(byVersion)
  const latest = sorted.at(-1)
  if (latest === undefined) return []
  const same = sorted.filter(draft => draft.sequence === latest.sequence && isSameRun(draft.stamp, latest.stamp))
  return [...new Map(same.map(draft => [contentHash(draft), draft])).values()]
}

function isSameRun(a: string, b: string): boolean {
  if (a === b) return true
  const [first, second] = [a, b].map(stampTime)
  return first !== undefined && second !== undefined && Math.abs(first.until(second).total("seconds")) <= sameRunSeconds
}

function stampTime(stamp: string): Temporal.PlainDateTime | undefined {
  try {
    return Temporal.PlainDateTime.from(stamp.replace(/Z$/, ""))
  } catch {
    return undefined
  }
}
