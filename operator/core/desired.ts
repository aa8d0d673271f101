import { type Appearance, longestStretch, makesAllDay, render, renderedTime } from "./appearance.ts"
import { NeedsAttentionError } from "./errors.ts"
import type { Body, CalendarEvent, EventContent, OccurrenceKey } from "./event.ts"
import { EventFilterError } from "./filter.ts"
import { fingerprint } from "./fingerprint.ts"
import { keyHash } from "./origin.ts"
import type { SyncPolicy } from "./policy.ts"
import type { Calendar, EventProblem, SourceCalendar, Window } from "./ports.ts"
import { expand, type Occurrence } from "./recurrence.ts"
import { RecurrenceTooComplexError } from "./recurrence-errors.ts"
import { overlaps, widened } from "./time.ts"

/** One event as it should stand in the mailbox: filtered, expanded or kept as a series, rendered, and normalized but for its body. */
export type DesiredItem = {
  /** The event's key in its source, and what stands for it on marks. */
  readonly key: string
  readonly keyHash: string
  /** Set when the item stands for one occurrence of a series. */
  readonly occurrence?: OccurrenceKey
  readonly event: CalendarEvent
  /** Of the event as the calendar would give it back. */
  readonly fingerprint: string
}

export type DesiredSet = {
  readonly items: readonly DesiredItem[]
  /** Events left out because they could not be prepared, those the source could not read among them. */
  readonly problems: readonly EventProblem[]
  /** Key hashes of those in doubt: their copies stay as they are. */
  readonly unsure: ReadonlySet<string>
  /** What the source vouches for; absent means everything there is. */
  readonly vouched: { readonly window?: Window; readonly complete: boolean }
}

/** How calsync lays all-day events on the line of instants, on both sides alike: as days in UTC. */
export const floatingZone = "UTC"

/** More single events than this for one series are a mistake in its rule; hourly for three months still fits. */
export const maxOccurrences = 2_000

type DesiredRequest = {
  readonly source: SourceCalendar
  readonly policy: Pick<SyncPolicy, "filter" | "appearance" | "series">
  readonly calendar: Pick<Calendar, "normalize" | "canStoreSeries">
  readonly window: Window
}

/** What the mailbox should hold of this source in the window. One event that fails costs only itself. */
export function desiredSet(request: DesiredRequest): DesiredSet {
  const { source } = request
  const items = new Map<string, DesiredItem>()
  const problems = [...source.problems]
  for (const event of source.events) {
    for (const prepared of prepare(event, request)) {
      if ("reason" in prepared) problems.push(prepared)
      else if (items.has(itemId(prepared))) problems.push(duplicateKey(prepared.key))
      else items.set(itemId(prepared), prepared)
    }
  }
  return {
    items: [...items.values()],
    problems,
    unsure: new Set(problems.filter(isDoubt).flatMap(({ key, otherKeys = [] }) => [key, ...otherKeys].map(keyHash))),
    vouched: { complete: source.complete, ...(source.window ? { window: source.window } : {}) },
  }
}

/** Names an item on both sides: the hash of its source key and its occurrence. */
export function itemId(of: { readonly keyHash: string; readonly occurrence?: OccurrenceKey | undefined }): string {
  return `${of.keyHash}/${of.occurrence ?? ""}`
}

function prepare(event: CalendarEvent, request: DesiredRequest): readonly (DesiredItem | EventProblem)[] {
  try {
    return request.policy.filter(event) ? itemsOf(event, request) : []
  } catch (error) {
    return [problemOf(event.key, error)]
  }
}

function itemsOf(event: CalendarEvent, { policy, calendar, window }: DesiredRequest): readonly DesiredItem[] {
  const isSingle = event.recurrence === undefined
  if (isSingle && !overlaps(renderedTime(event, policy.appearance), window, floatingZone)) return []
  const hash = keyHash(event.key)
  const itemFor = (rendered: CalendarEvent, occurrence?: OccurrenceKey): DesiredItem => {
    const normal = calendar.normalize(rendered)
    const written = withBodies(normal, rendered)
    const item = { key: event.key, keyHash: hash, event: written, fingerprint: fingerprint(normal) }
    return occurrence === undefined ? item : { ...item, occurrence }
  }
  if (isSingle) return [itemFor(render(event, policy.appearance))]
  const occurrences = occurrencesIn(window, event, policy.appearance)
  if (occurrences.length === 0) return []
  const series = seriesToStore(event, policy, calendar, window)
  if (series) return [itemFor(series)]
  return occurrences.map(occurrence =>
    itemFor(renderOccurrence(event.key, occurrence, policy.appearance), occurrence.key),
  )
}

/** Counted where they will be seen: at the edges of the window the copy decides, not what it was made from. */
function occurrencesIn(window: Window, event: CalendarEvent, appearance: Appearance): readonly Occurrence[] {
  const reach = widened(window, longestStretch(appearance))
  return expand(event, reach, { zone: floatingZone, limit: maxOccurrences }).filter(({ time, content }) =>
    overlaps(renderedTime({ ...content, time }, appearance), window, floatingZone),
  )
}

/** Bodies are compared as plain text, and written as they are: markup, links and blank lines are what people see. */
function withBodies(normal: CalendarEvent, rendered: CalendarEvent): CalendarEvent {
  const event = withBody(normal, rendered.body)
  if (!normal.recurrence || !rendered.recurrence) return event
  const bodies = new Map(rendered.recurrence.overrides.map(({ occurrence, content }) => [occurrence, content.body]))
  const overrides = normal.recurrence.overrides.map(({ occurrence, content }) => ({
    occurrence,
    content: withBody(content, bodies.get(occurrence)),
  }))
  return { ...event, recurrence: { ...normal.recurrence, overrides } }
}

/** A calendar that keeps no body, or none of this one, is given none. */
function withBody<T extends EventContent>(normal: T, body: Body | undefined): T {
  return normal.body && body ? { ...normal, body } : normal
}

/** The rendered series, when it is to be one series in the mailbox. Throws when it must be one and cannot. */
function seriesToStore(
  event: CalendarEvent,
  { series, appearance }: DesiredRequest["policy"],
  calendar: DesiredRequest["calendar"],
  window: Window,
): CalendarEvent | undefined {
  if (series === "Expand") return undefined
  const rendered = render(event, appearance)
  if (!makesAllDay(event, appearance) && calendar.canStoreSeries(rendered, window)) return rendered
  if (series === "Auto") return undefined
  throw new NeedsAttentionError("Exchange cannot express this series; series: Auto writes it as single events", {
    reason: "RecurrenceTooComplex",
  })
}

function renderOccurrence(key: string, { time, content }: Occurrence, appearance: Appearance): CalendarEvent {
  return render({ ...content, time, key }, appearance)
}

/** Of two events with one key the first is used, without a doubt. */
function isDoubt({ reason }: EventProblem): boolean {
  return reason !== duplicateReason
}

const duplicateReason = "DuplicateKey"

function duplicateKey(key: string): EventProblem {
  return { key, reason: duplicateReason, message: "the source has another event with this key; the first one is used" }
}

/** Messages of unknown errors could carry texts of the event. */
function problemOf(key: string, error: unknown): EventProblem {
  const isKnown =
    error instanceof NeedsAttentionError ||
    error instanceof EventFilterError ||
    error instanceof RecurrenceTooComplexError
  if (isKnown) return { key, reason: error.reason, message: error.message }
  return { key, reason: "InternalError", message: "the event could not be prepared" }
}
