import type { CalendarEvent, EventContent, OccurrenceKey } from "../../core/event.ts"
import { fingerprint } from "../../core/fingerprint.ts"
import { parseOccurrenceKey } from "../../core/time.ts"
import { normalForm, occurrenceTime } from "../normal-form.ts"
import { inMovingOrder } from "../series-exceptions.ts"
import { recordsAt, textAt } from "./json.ts"
import { type GraphItem, originalKey, readEvent } from "./read-event.ts"
import { type Reader, readAll } from "./read-items.ts"

/** What must be done to the occurrences of a stored series so that it becomes the wanted one. */
export type OccurrenceChanges = {
  readonly cancel: readonly OccurrenceKey[]
  readonly write: readonly { readonly occurrence: OccurrenceKey; readonly content: EventContent }[]
  /** Cancelled ones that should take place: Exchange has no way back for a single one. */
  readonly isBeyondRepair: boolean
}

/** Compares both in normal form; texts to be written are the wanted event's own. */
export function occurrenceChanges(wanted: CalendarEvent, stored: CalendarEvent | undefined): OccurrenceChanges {
  const to = changesOf(wanted)
  const from = changesOf(stored)
  const original = new Map(wanted.recurrence?.overrides.map(override => [override.occurrence, override.content]))
  const changed = [...to.overrides].filter(([key, hash]) => from.overrides.get(key) !== hash).map(([key]) => key)
  const reverted = [...from.overrides.keys()].filter(key => !to.overrides.has(key) && !to.excluded.has(key))
  const moves = [
    ...changed.flatMap(occurrence => {
      const content = original.get(occurrence)
      return content ? [{ occurrence, content }] : []
    }),
    ...reverted.map(occurrence => ({ occurrence, content: plainContent(wanted, occurrence) })),
  ]
  const before = new Map(stored?.recurrence?.overrides.map(({ occurrence, content }) => [occurrence, content.time]))
  return {
    cancel: [...to.excluded].filter(key => !from.excluded.has(key)),
    write: inMovingOrder(moves, key => before.get(key) ?? occurrenceTime(key, wanted.time)),
    isBeyondRepair: [...from.excluded].some(key => !to.excluded.has(key)),
  }
}

/** Whether a new series of this event is written in steps: its master, and then its occurrences. */
export function takesSteps(wanted: CalendarEvent): boolean {
  return !isNothing(occurrenceChanges(wanted, undefined))
}

export function isNothing({ cancel, write, isBeyondRepair }: OccurrenceChanges): boolean {
  return cancel.length === 0 && write.length === 0 && !isBeyondRepair
}

type Changes = { readonly excluded: ReadonlySet<string>; readonly overrides: ReadonlyMap<string, string> }

function changesOf(event: CalendarEvent | undefined): Changes {
  const recurrence = event && normalForm(event, "graph").recurrence
  const overrides = recurrence?.overrides ?? []
  return {
    excluded: new Set(recurrence?.excluded),
    overrides: new Map(overrides.map(({ occurrence, content }) => [occurrence, fingerprint({ key: "", ...content })])),
  }
}

/** What the occurrence would be had nobody touched it. */
function plainContent(series: CalendarEvent, occurrence: OccurrenceKey): EventContent {
  const { key: _key, recurrence: _recurrence, ...content } = series
  return { ...content, time: occurrenceTime(occurrence, series.time) ?? series.time }
}

/** Whether both recur alike, whatever was done to single occurrences; sending a pattern again may undo all of that. */
export function isSamePattern(one: CalendarEvent, other: CalendarEvent): boolean {
  return patternPrint(one) === patternPrint(other)
}

function patternPrint(event: CalendarEvent): string {
  const { time, recurrence } = normalForm(event, "graph")
  const rules = recurrence?.rules ?? []
  return fingerprint({ key: "", subject: "", time, recurrence: { rules, extraTimes: [], excluded: [], overrides: [] } })
}

/** The stored series, or undefined when nobody can read it. */
export function readableEvent(item: GraphItem): CalendarEvent | undefined {
  try {
    return readEvent(item)
  } catch {
    return undefined
  }
}

/** The ids of the occurrences changed before, wherever they were moved to. */
export function exceptionIds({ fields }: GraphItem, { time }: CalendarEvent): ReadonlyMap<OccurrenceKey, string> {
  const exceptions = recordsAt(fields, "exceptionOccurrences")
  return new Map(
    exceptions.flatMap((exception): [string, string][] => {
      const [key, id] = [originalKey(exception, time), textAt(exception, "id")]
      return key === undefined || id === undefined ? [] : [[key, id]]
    }),
  )
}

/** The ids by which Graph knows these occurrences. One that is not found does not exist any more. */
export async function findInstances(
  reader: Reader,
  {
    masterId,
    series,
    keys,
  }: { readonly masterId: string; readonly series: CalendarEvent; readonly keys: readonly OccurrenceKey[] },
  signal: AbortSignal,
): Promise<ReadonlyMap<OccurrenceKey, string>> {
  const range = rangeOf(keys)
  if (!range) return new Map()
  const query = new URLSearchParams({ startDateTime: range.start.toString(), endDateTime: range.end.toString() })
  const fields = "$select=id,type,start,end,isAllDay,originalStart,seriesMasterId"
  const path = `${reader.user}/events/${encodeURIComponent(masterId)}/instances?${query}&${fields}&$top=${instancesPerPage}`
  const { items } = await readAll(reader, path, "instances", signal)
  return new Map(items.flatMap(item => instanceKey(item, series).map((key): [string, string] => [key, item.id])))
}

const instancesPerPage = 500
/** Overrides may have moved their occurrences; all-day ones are matched as days in UTC. */
const reachDays = 40

function rangeOf(
  keys: readonly OccurrenceKey[],
): { readonly start: Temporal.Instant; readonly end: Temporal.Instant } | undefined {
  const instants = keys.flatMap(key => {
    const at = parseOccurrenceKey(key)
    if (at === undefined) return []
    return [at instanceof Temporal.PlainDate ? at.toZonedDateTime("UTC").toInstant() : at]
  })
  const sorted = instants.toSorted(Temporal.Instant.compare)
  const [first, last] = [sorted[0], sorted.at(-1)]
  const reach = { hours: reachDays * 24 }
  return first && last && { start: first.subtract(reach), end: last.add(reach) }
}

/** A plain occurrence is where it always was; an exception says where that had been. */
function instanceKey(item: GraphItem, { time }: CalendarEvent): readonly string[] {
  const { fields } = item
  const original = originalKey(fields, time)
  if (original !== undefined) return [original]
  const start = fields["start"]
  const dateTime = start !== null && typeof start === "object" && "dateTime" in start ? start.dateTime : undefined
  if (textAt(fields, "type") === "exception" || typeof dateTime !== "string") return []
  return [originalKey({ originalStart: dateTime }, time) ?? ""]
}
