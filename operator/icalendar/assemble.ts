import { setImmediate } from "node:timers/promises"
import type { CalendarEvent } from "../core/event.ts"
import { shortHash } from "../core/origin.ts"
import type { EventProblem } from "../core/ports.ts"
import { RecurrenceTooComplexError } from "../core/recurrence-errors.ts"
import { dateKey, instantKey, occurrenceKey } from "../core/time.ts"
import type { EventDraft } from "./event-draft.ts"
import type { Moment } from "./moments.ts"
import { eventOf, seriesOf } from "./series.ts"
import { splitSeries } from "./split-series.ts"
import { UnusableEventError } from "./unusable-event.ts"
import { zonedTime } from "./zones.ts"

/**
 * What an event's key is made of. UIDs are what the standard promises; feeds whose UIDs change with every answer need
 * the content, and feeds that give many events one UID need the start beside it.
 */
export type IdentityBy = "uid" | "uidAndStart" | "content"

/** 132 bits: never the same by chance. */
const hashLength = 22
/** Versions of one event written within one run of a generator are no versions but events that share a UID. */
const sameRunSeconds = 60
/** A step of some twenty milliseconds: leases are renewed and probes answered between two of them. */
const groupsPerTurn = 500

/**
 * VEVENTs that share a UID become events: a series with its changed occurrences, the latest of several versions, several
 * events where a feed gave them all one UID, and single events where changed occurrences came without their series.
 */
export async function assemble(
  drafts: readonly EventDraft[],
  identityBy: IdentityBy,
  signal: AbortSignal,
): Promise<{ events: CalendarEvent[]; problems: EventProblem[] }> {
  const events = new Map<string, CalendarEvent>()
  const problems: EventProblem[] = []
  let assembled = 0
  for (const [uid, group] of Map.groupBy(drafts, draft => draft.uid ?? contentHash(draft))) {
    if (++assembled % groupsPerTurn === 0) await setImmediate(undefined, { signal })
    try {
      for (const event of assembleGroup(uid, group, identityBy))
        if (!events.has(event.key)) events.set(event.key, event)
    } catch (error) {
      problems.push(...[...possibleKeys(uid, group)].map(key => problemOf(key, error)))
    }
    const unread = group.find(draft => draft.ruleProblem !== undefined)?.ruleProblem
    if (unread !== undefined)
      problems.push({ key: uid, reason: unread.reason, message: `a rule was left out: ${unread.message}` })
  }
  return { events: [...events.values()], problems }
}

/** All keys that events of an unusable group have had while it was usable: their copies are not to be taken for gone. */
function possibleKeys(uid: string, group: readonly EventDraft[]): ReadonlySet<string> {
  const hasSeries = group.some(draft => draft.replaces === undefined)
  const apart = group.filter(draft => draft.replaces !== undefined && (draft.replaces.andFuture || !hasSeries))
  return new Set([uid, ...apart.flatMap(draft => unlessUnusable(() => `${uid}/${ownOccurrence(draft)}`) ?? [])])
}

/** What it says, unless what the event says cannot be used. */
export function unlessUnusable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof UnusableEventError || error instanceof RangeError) return undefined
    throw error
  }
}

/** What one event's data did wrong; anything else is a bug and passes. */
export function problemOf(key: string, error: unknown): EventProblem {
  if (error instanceof UnusableEventError || error instanceof RecurrenceTooComplexError) {
    return { key, reason: error.reason, message: error.message }
  }
  if (error instanceof RangeError) return { key, reason: "UnreadableTime", message: "one of its times is out of range" }
  throw error
}

/** Two events that say the same at the same time are one. */
function contentHash({ content: { subject, location, time } }: EventDraft): string {
  const times = time.allDay
    ? [dateKey(time.start), dateKey(time.end)]
    : [instantKey(time.start.toInstant()), instantKey(time.end.toInstant())]
  return shortHash(["content", subject, location ?? "", ...times], hashLength)
}

function assembleGroup(uid: string, group: readonly EventDraft[], identityBy: IdentityBy): readonly CalendarEvent[] {
  const all = group.filter(draft => draft.replaces === undefined)
  const masters = [...Map.groupBy(all, draft => familyOf(draft, identityBy)).values()].flatMap(latestMasters)
  const overrides = group.filter(draft => draft.replaces !== undefined).toSorted(byVersion)
  const series = masters.find(isRecurring) ?? masters[0]
  if (series === undefined) return orphans(uid, overrides)
  const isShared = masters.length > 1 && identityBy !== "content"
  const keyFor = isShared ? sharedKeys(uid, masters) : (master: EventDraft) => keyOf(uid, master, identityBy)
  return masters
    .filter(master => !master.isCancelled)
    .flatMap(master => {
      const key = keyFor(master)
      return master === series ? withOverrides(key, master, overrides) : [eventOf(seriesOf(key, master, []))]
    })
}

/** Only what is one event can be several versions of it; within one UID the feed's identity says what is. */
function familyOf(draft: EventDraft, identityBy: IdentityBy): string {
  return identityBy === "uid" ? "" : keyOf("", draft, identityBy)
}

function keyOf(uid: string, draft: EventDraft, identityBy: IdentityBy): string {
  switch (identityBy) {
    case "uid":
      return uid
    case "uidAndStart":
      return `${uid}/${occurrenceKey(draft.content.time)}`
    case "content":
      return contentHash(draft)
    default:
      return identityBy satisfies never
  }
}

/** Events that share a UID are told apart by their start, and by all they say where they share that, too. */
function sharedKeys(uid: string, drafts: readonly EventDraft[]): (draft: EventDraft) => string {
  const startOf = ({ content }: EventDraft) => occurrenceKey(content.time)
  const byStart = Map.groupBy(drafts, startOf)
  return draft => {
    const start = startOf(draft)
    return `${uid}/${byStart.get(start)?.length === 1 ? start : contentHash(draft)}`
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

/** The original start of an occurrence, or the start of an event: what stands behind the UID in keys. */
export function ownOccurrence(draft: EventDraft): string {
  return draft.replaces === undefined ? occurrenceKey(draft.content.time) : momentKey(draft.replaces.moment, draft)
}

function momentKey(moment: Moment, { zone, zones }: EventDraft): string {
  return moment.kind === "date" ? dateKey(moment.date) : instantKey(zonedTime(moment, zones, zone).toInstant())
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
