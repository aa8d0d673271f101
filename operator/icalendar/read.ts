import { setImmediate } from "node:timers/promises"
import type { CalendarEvent } from "../core/event.ts"
import { shortHash } from "../core/origin.ts"
import type { EventProblem } from "../core/ports.ts"
import { dateKey, instantKey } from "../core/time.ts"
import { assemble, problemOf } from "./assemble.ts"
import { type Component, readComponents } from "./components.ts"
import { type EventDraft, readEventDraft, uidOf } from "./event-draft.ts"
import { type IdentityBy, ownOccurrence, unlessUnusable } from "./event-keys.ts"
import { readDuration, readMoment } from "./moments.ts"
import { Zones, zonedTime } from "./zones.ts"

/**
 * iCalendar (RFC 5545) as it is really written. Every event stands for itself: what cannot be used of one is a problem
 * with its key, and the others are read.
 */

export type ReadOptions = {
  /** The zone of times without one, where the calendar itself names none. */
  readonly timeZone?: string | undefined
  readonly identityBy?: IdentityBy | undefined
}

export type CalendarReading = {
  readonly events: readonly CalendarEvent[]
  readonly problems: readonly EventProblem[]
  /** How often the calendar asks to be read. */
  readonly refreshHintMs?: number
}

/** A second's reading in steps of some twenty milliseconds: leases are renewed and probes answered between them. */
const eventsPerTurn = 500

/**
 * The events of a calendar's text. Throws NeedsAttentionError when it is not a whole calendar (`Implausible`,
 * `ParseError`): that is never an empty one.
 */
export async function readCalendar(
  text: string,
  { timeZone, identityBy = "uid" }: ReadOptions,
  signal: AbortSignal,
): Promise<CalendarReading> {
  const calendars = readComponents(text)
  const { drafts, problems } = await readDrafts(calendars, timeZone, signal)
  const assembled = await assemble(drafts, identityBy, signal)
  const refreshHintMs = Math.min(...calendars.slice(0, maxHints).flatMap(calendar => refreshHint(calendar) ?? []))
  return {
    events: assembled.events,
    problems: [...problems, ...assembled.problems],
    ...(Number.isFinite(refreshHintMs) ? { refreshHintMs } : {}),
  }
}

/** One text is one calendar; few are several. */
const maxHints = 100

type Drafts = { readonly drafts: readonly EventDraft[]; readonly problems: readonly EventProblem[] }

async function readDrafts(
  calendars: readonly Component[],
  timeZone: string | undefined,
  signal: AbortSignal,
): Promise<Drafts> {
  const reader = new DraftReader()
  let read = 0
  for (const calendar of calendars) {
    const zones = new Zones(calendar, timeZone)
    for (const component of calendar.components) {
      if (component.name === "VEVENT") reader.take(component, zones)
      if (++read % eventsPerTurn === 0) await setImmediate(undefined, { signal })
    }
  }
  return reader.finish()
}

type Unread = { readonly component: Component; readonly zones: Zones; readonly problem: EventProblem }

class DraftReader {
  readonly #drafts: EventDraft[] = []
  readonly #unread: Unread[] = []

  take(component: Component, zones: Zones): void {
    try {
      this.#drafts.push(readEventDraft(component, zones))
    } catch (error) {
      this.#unread.push({ component, zones, problem: problemOf(keyOfUnread(component), error) })
    }
  }

  finish(): Drafts {
    const unreadSeries = new Set(
      this.#unread.flatMap(({ component }) => (isOverride(component) ? [] : [uidOf(component)])),
    )
    return { drafts: withoutRemains(this.#drafts, unreadSeries), problems: withOtherKeys(this.#unread, this.#drafts) }
  }
}

/**
 * An event that cannot be read may have had its start in its key, because others share its UID; and a series whose future
 * was changed goes on under keys of its own.
 */
function withOtherKeys(unread: readonly Unread[], drafts: readonly EventDraft[]): readonly EventProblem[] {
  const changed = unread.length === 0 ? [] : drafts.filter(draft => draft.replaces !== undefined)
  const changedByUid = Map.groupBy(changed, draft => draft.uid)
  return unread.map(({ component, zones, problem }) => {
    const uid = uidOf(component)
    if (uid === undefined || isOverride(component)) return problem
    const own = [uid, ...startKeys(component, zones).map(start => `${uid}/${start}`)]
    const later = changedByUid.get(uid)?.flatMap(draft => unlessUnusable(() => ownOccurrence(draft)) ?? []) ?? []
    changedByUid.delete(uid) // said once
    const keys = own.flatMap(key => [key, ...later.map(occurrence => `${key}/${occurrence}`)])
    return { ...problem, otherKeys: keys.filter(key => key !== problem.key) }
  })
}

/** Both ways its start can stand in a key: midnights may mean whole days. */
function startKeys(component: Component, zones: Zones): readonly string[] {
  const line = component.properties.find(({ name }) => name === "DTSTART")
  const start = line && readMoment(line)
  if (start === undefined) return []
  if (start.kind === "date") return [dateKey(start.date)]
  const time = unlessUnusable(() => zonedTime(start, zones))
  return time === undefined ? [] : [instantKey(time.toInstant()), dateKey(time.toPlainDate())]
}

function keyOfUnread(component: Component): string {
  const uid = uidOf(component)
  if (uid !== undefined) return uid
  const said = component.properties.filter(line => line.name === "DTSTART" || line.name === "SUMMARY")
  return shortHash(["unread", ...said.map(line => line.value)], 22)
}

function isOverride({ properties }: Component): boolean {
  return properties.some(line => line.name === "RECURRENCE-ID")
}

/** Changed occurrences of a series that could not be read would look like single events. */
function withoutRemains(
  drafts: readonly EventDraft[],
  unreadSeries: ReadonlySet<string | undefined>,
): readonly EventDraft[] {
  if (unreadSeries.size === 0) return drafts
  const readSeries = new Set(drafts.filter(draft => draft.replaces === undefined).map(draft => draft.uid))
  return drafts.filter(({ uid }) => uid === undefined || !unreadSeries.has(uid) || readSeries.has(uid))
}

/** REFRESH-INTERVAL (RFC 7986 §5.7), or what Outlook wrote before there was one. */
function refreshHint({ properties }: Component): number | undefined {
  const line =
    properties.find(({ name }) => name === "REFRESH-INTERVAL") ??
    properties.find(({ name }) => name === "X-PUBLISHED-TTL")
  const duration = line && readDuration(line.value)
  if (duration === undefined || duration.sign <= 0) return undefined
  return (
    ((duration.weeks * 7 + duration.days) * 86_400 + duration.hours * 3600 + duration.minutes * 60 + duration.seconds) *
    1000
  )
}
