import type { CalendarEvent, EventTime, OccurrenceOverride, Recurrence } from "../../../core/event.ts"
import { occurrenceKeyOn, occurrenceTime } from "../../normal-form.ts"
import { fromExchangeSeries } from "../../series.ts"
import { UnreadableItemError } from "../../unreadable-item.ts"
import { childOf, childrenOf, textIn, type XmlElement } from "../wire/xml-read.ts"
import { markTextOf } from "./item-fields.ts"
import { instantIn, readContent, zoneOf } from "./read-content.ts"
import { readRecurrence } from "./recurrence.ts"

type ItemKind = "Single" | "Occurrence" | "Exception" | "RecurringMaster"

/** What is read of an item before anything is understood of its content. */
export type EwsItem = {
  readonly id: string
  /** The change key. */
  readonly version: string
  readonly kind: ItemKind
  readonly markText?: string
  readonly uid?: string
  /** When the mailbox got it, in milliseconds since 1970. */
  readonly createdMs?: number
  /** People are invited: any write to it might mail them. */
  readonly isMeeting: boolean
  /** Everything else, to be read by `readEvent`. */
  readonly fields: XmlElement
}

/** What lists tell of an item, small enough to be kept. */
export type ItemHead = Omit<EwsItem, "fields">

/** Without the page it came from: texts cut out of an answer would keep all of it. */
export function headOf({ fields: _fields, ...head }: EwsItem): ItemHead {
  return structuredClone(head)
}

/** Undefined where it is not said, or said in no way we know: nothing depends on it but the benefit of the doubt. */
function instantMs(text: string | undefined): number | undefined {
  try {
    return text === undefined ? undefined : Temporal.Instant.from(text).epochMilliseconds
  } catch {
    return undefined
  }
}

/** Undefined for what is no calendar item with an id. */
export function readItem(item: XmlElement): EwsItem | undefined {
  const { Id: id, ChangeKey: version } = childOf(item, "t:ItemId")?.attributes ?? {}
  if (item.name !== "t:CalendarItem" || !id || !version) return undefined
  const markText = markTextOf(item)
  const uid = textIn(item, "t:UID")
  const created = instantMs(textIn(item, "t:DateTimeCreated"))
  return {
    id,
    version,
    kind: readKind(item),
    isMeeting: textIn(item, "t:IsMeeting") === "true" || guestLists.some(name => childOf(item, name)?.children.length),
    fields: item,
    ...(markText !== undefined && { markText }),
    ...(uid !== undefined && { uid }),
    ...(created !== undefined && { createdMs: created }),
  }
}

const guestLists = ["t:RequiredAttendees", "t:OptionalAttendees", "t:Resources"]

const kinds = ["Single", "Occurrence", "Exception", "RecurringMaster"] as const satisfies readonly ItemKind[]

function readKind(item: XmlElement): ItemKind {
  const said = textIn(item, "t:CalendarItemType")
  return kinds.find(kind => kind === said) ?? (childOf(item, "t:Recurrence") ? "RecurringMaster" : "Single")
}

/** What a master says of its changed occurrences: their own ids, to be read one by one. None where they are too many. */
export function exceptionIds({ fields }: EwsItem): readonly string[] {
  const changed = changedOccurrences(fields)
  return changed.length > mostExceptions ? [] : changed.flatMap(one => childOf(one, "t:ItemId")?.attributes["Id"] ?? [])
}

export type ReadOptions = {
  /** IANA name: where the days of the mailbox's owner begin, if anybody knows. */
  readonly mailboxZone: string | undefined
  /** The items of `exceptionIds`, by id. */
  readonly exceptions?: ReadonlyMap<string, EwsItem>
}

/** The event of an item that was read whole. Throws UnreadableItemError. */
export function readEvent({ id, uid, fields }: EwsItem, options: ReadOptions): CalendarEvent {
  const key = uid ?? id
  const content = readContent(fields, options)
  const recurrence = childOf(fields, "t:Recurrence")
  if (!recurrence) return { key, ...content }
  return { key, ...content, recurrence: readSeries(recurrence, content.time, { fields, options }) }
}

type MasterParts = { readonly fields: XmlElement; readonly options: ReadOptions }

function readSeries(recurrence: XmlElement, time: EventTime, { fields, options }: MasterParts): Recurrence {
  const series = readRecurrence(recurrence, time.allDay ? undefined : time.start.timeZoneId)
  if (!series) throw new UnreadableItemError("a recurrence of an unknown kind")
  const zone = time.allDay ? zoneOf(fields, options) : time.start.timeZoneId
  const keyAt = (at: Temporal.Instant) => nearestKey(at, time, zone)
  const [deleted, changed] = [deletedOccurrences(fields), changedOccurrences(fields)]
  if (Math.max(deleted.length, changed.length) > mostExceptions)
    throw new UnreadableItemError(`a series with more than ${mostExceptions} exceptions`)
  return {
    rules: [fromExchangeSeries(series)],
    extraTimes: [],
    excluded: deleted.map(one => keyAt(instantIn(one, "t:Start"))),
    overrides: changed.map(one => readOverride(one, { keyAt, options })),
  }
}

/** Every working day of twenty years; each takes time to understand, and changed ones a question of their own. */
const mostExceptions = 5_000

function deletedOccurrences(fields: XmlElement): readonly XmlElement[] {
  return childrenOf(childOf(fields, "t:DeletedOccurrences"), "t:DeletedOccurrence")
}

function changedOccurrences(fields: XmlElement): readonly XmlElement[] {
  return childrenOf(childOf(fields, "t:ModifiedOccurrences"), "t:Occurrence")
}

function readOverride(
  occurrence: XmlElement,
  { keyAt, options }: { readonly keyAt: (at: Temporal.Instant) => string; readonly options: ReadOptions },
): OccurrenceOverride {
  const item = options.exceptions?.get(childOf(occurrence, "t:ItemId")?.attributes["Id"] ?? "")
  if (!item) throw new UnreadableItemError("a changed occurrence that could not be read")
  return { occurrence: keyAt(instantIn(occurrence, "t:OriginalStart")), content: readContent(item.fields, options) }
}

/** Original starts are known to come an hour off where clocks changed: the occurrence nearest to it is meant. */
function nearestKey(at: Temporal.Instant, time: EventTime, zone: string): string {
  const day = at.toZonedDateTimeISO(zone).toPlainDate()
  const candidates = [-1, 0, 1].map(days => {
    const key = occurrenceKeyOn(day.add({ days }), time)
    return { key, distance: Math.abs(startOf(key, time, zone) - at.epochMilliseconds) }
  })
  return candidates.toSorted((a, b) => a.distance - b.distance)[0]?.key ?? occurrenceKeyOn(day, time)
}

function startOf(key: string, time: EventTime, zone: string): number {
  const occurrence = occurrenceTime(key, time)
  if (!occurrence) return Number.POSITIVE_INFINITY
  return (occurrence.allDay ? occurrence.start.toZonedDateTime(zone) : occurrence.start).epochMilliseconds
}
