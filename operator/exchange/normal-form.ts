import type { CalendarEvent, EventContent, EventTime, Recurrence } from "../core/event.ts"
import type { Window } from "../core/ports.ts"
import { occurrenceTimes } from "../core/recurrence-times.ts"
import { dateKey, instantKey, parseOccurrenceKey } from "../core/time.ts"
import { ianaZone, windowsZone } from "../core/time-zones.ts"
import { bodyText } from "./body-text.ts"
import type { ExchangeSeries } from "./pattern.ts"
import { daysSince, exchangeDays } from "./pattern-expansion.ts"
import { fromExchangeSeries, type SeriesDialect, toExchangeSeries } from "./series.ts"

/** Exchange cuts a subject and a location here. */
const longestSubject = 255
const longestLocation = 255

/**
 * The event as Exchange gives it back: what it has no field for is gone, what it fills in is filled in, texts are in the
 * form of comparison, times are to the second (those of series to the minute). Applying it twice changes nothing.
 */
export function normalForm(event: CalendarEvent, dialect: SeriesDialect): CalendarEvent {
  const { key, recurrence } = event
  if (!recurrence) return { key, ...normalContent(event) }
  const series = seriesOf(event, dialect)
  const content = normalContent({ ...event, time: seriesTime(event.time) })
  if (!series) return { key, ...content, time: seriesTime(event.time), recurrence }
  const time = seriesTime(event.time)
  return { key, ...content, time, recurrence: normalSeries({ series, time, recurrence, content }) }
}

/** The series an event is written as; undefined when it recurs in a way Exchange does not know. */
export function seriesOf(event: CalendarEvent, dialect: SeriesDialect): ExchangeSeries | undefined {
  // One day is enough to ask for the pattern; whether it may be used was decided over the window by `canStoreSeries`.
  return event.recurrence && toExchangeSeries(event, firstDay(event.time), dialect)
}

/** Whether Exchange makes the same occurrences of it, on its own clock, and can hold every change made to them. */
export function canStoreSeries(event: CalendarEvent, window: Window, dialect: SeriesDialect): boolean {
  const { time, recurrence } = event
  if (!recurrence || !isOnExchangeClock(time, window)) return false
  const series = toExchangeSeries(event, window, dialect)
  if (!series) return false
  const changed = recurrence.overrides.map(override => override.occurrence)
  const isOccurrence = occurrenceTest(series, time, changed)
  return recurrence.overrides.every(
    ({ occurrence, content }) => isOccurrence(occurrence) && content.time.allDay === time.allDay,
  )
}

/** Exchange keeps series to the minute and in zones of its own, which must tick as ours does. */
function isOnExchangeClock(time: EventTime, window: Window): boolean {
  if (time.allDay) return true
  const { start, end } = time
  const zone = exchangeZone(start.timeZoneId)
  const isWholeMinute = [start, end].every(at => at.second === 0 && at.millisecond === 0)
  return zone !== undefined && isWholeMinute && isSameClock(start.timeZoneId, zone, window)
}

/** The content of one event or occurrence. Its zone stays: it says nothing about when, and Outlook shows it. */
export function normalContent(content: EventContent): EventContent {
  const location = cut(oneLine(content.location ?? ""), longestLocation)
  const body = content.body ? bodyText(content.body) : ""
  return {
    subject: cut(oneLine(content.subject), longestSubject),
    time: normalTime(content.time),
    ...(location && { location }),
    ...(body && { body: { contentType: "text", content: body } as const }),
    showAs: content.showAs ?? "Busy",
    sensitivity: content.sensitivity ?? "Normal",
    importance: content.importance ?? "Normal",
    categories: normalCategories(content.categories ?? []),
    reminder: content.reminder ?? "None",
  }
}

/** The zone Exchange keeps times in: its own names stand for several of ours. Undefined when it has no name for this one. */
export function exchangeZone(iana: string): string | undefined {
  const windows = windowsZone(iana)
  return windows === undefined ? undefined : (ianaZone(windows) ?? iana)
}

/** Whether both clocks show the same time throughout the window. */
function isSameClock(zone: string, other: string, { start, end }: Window): boolean {
  if (zone === other) return true
  for (let at: Temporal.Instant | undefined = start; at && Temporal.Instant.compare(at, end) < 0; ) {
    const here: Temporal.ZonedDateTime = at.toZonedDateTimeISO(zone)
    const there: Temporal.ZonedDateTime = at.toZonedDateTimeISO(other)
    if (here.offsetNanoseconds !== there.offsetNanoseconds) return false
    const next = nextChange(here)
    if (!isSameMoment(next, nextChange(there), end)) return false
    at = next
  }
  return true
}

function nextChange(time: Temporal.ZonedDateTime): Temporal.Instant | undefined {
  return time.getTimeZoneTransition("next")?.toInstant()
}

function isSameMoment(
  one: Temporal.Instant | undefined,
  other: Temporal.Instant | undefined,
  end: Temporal.Instant,
): boolean {
  const isOver = (at: Temporal.Instant | undefined) => at === undefined || Temporal.Instant.compare(at, end) >= 0
  if (isOver(one) || isOver(other)) return isOver(one) && isOver(other)
  return one !== undefined && other !== undefined && one.equals(other)
}

function firstDay(time: EventTime): Window {
  const start = time.allDay ? time.start.toZonedDateTime("UTC").toInstant() : time.start.toInstant()
  return { start, end: start.add({ hours: 24 }) }
}

function normalTime(time: EventTime): EventTime {
  if (time.allDay) {
    const nextDay = time.start.add({ days: 1 })
    return {
      allDay: true,
      start: time.start,
      end: Temporal.PlainDate.compare(time.end, nextDay) < 0 ? nextDay : time.end,
    }
  }
  return { allDay: false, start: toSecond(time.start), end: toSecond(time.end) }
}

function seriesTime(time: EventTime): EventTime {
  if (time.allDay) return normalTime(time)
  const zone = exchangeZone(time.start.timeZoneId) ?? time.start.timeZoneId
  const onClock = (at: Temporal.ZonedDateTime) =>
    at.withTimeZone(zone).round({ smallestUnit: "minute", roundingMode: "trunc" })
  return { allDay: false, start: onClock(time.start), end: onClock(time.end) }
}

/** Mostly they are whole already, and a time costs far more memory than it shows. */
function toSecond(time: Temporal.ZonedDateTime): Temporal.ZonedDateTime {
  if (time.millisecond === 0 && time.microsecond === 0 && time.nanosecond === 0) return time
  return time.round({ smallestUnit: "second", roundingMode: "trunc" })
}

type SeriesParts = {
  readonly series: ExchangeSeries
  readonly time: EventTime
  readonly recurrence: Recurrence
  readonly content: EventContent
}

/** Exclusions and overrides of what is no occurrence mean nothing to Exchange; an override that changes nothing is none. */
function normalSeries({ series, time, recurrence, content }: SeriesParts): Recurrence {
  const isOccurrence = occurrenceTest(series, time, [
    ...recurrence.excluded,
    ...recurrence.overrides.map(override => override.occurrence),
  ])
  const excluded = [...new Set(recurrence.excluded)].filter(isOccurrence).sort()
  const overrides = recurrence.overrides
    .filter(({ occurrence }) => isOccurrence(occurrence) && !excluded.includes(occurrence))
    .map(({ occurrence, content }) => ({ occurrence, content: normalContent(content) }))
    .filter(override => !isPlain(override, time, content))
    .toSorted((a, b) => (a.occurrence < b.occurrence ? -1 : 1))
  return { rules: [fromExchangeSeries(series)], extraTimes: [], excluded, overrides }
}

function occurrenceTest(series: ExchangeSeries, time: EventTime, keys: readonly string[]): (key: string) => boolean {
  const dates = keys.flatMap(key => seriesDate(key, time) ?? [])
  const last = dates.toSorted(Temporal.PlainDate.compare).at(-1)
  if (last === undefined) return () => false
  const start = series.range.startDate
  // Where clocks jump over midnight an occurrence is on the day after its own.
  const near = new Set(dates.map(date => daysSince(start, date)).flatMap(day => [day - 1, day]))
  const nearDays = exchangeDays(series, last).filter(day => near.has(day))
  const real = new Set(nearDays.map(day => occurrenceKeyOn(start.add({ days: day }), time)))
  return key => real.has(key)
}

/** The day of the series' own clock an occurrence key falls on. */
export function seriesDate(key: string, time: EventTime): Temporal.PlainDate | undefined {
  const at = parseOccurrenceKey(key)
  if (at === undefined || at instanceof Temporal.PlainDate) return at
  return time.allDay ? undefined : at.toZonedDateTimeISO(time.start.timeZoneId).toPlainDate()
}

/** The key of the occurrence a series has on that day. */
export function occurrenceKeyOn(date: Temporal.PlainDate, time: EventTime): string {
  if (time.allDay) return dateKey(date)
  const at = date.toPlainDateTime(time.start.toPlainTime()).toZonedDateTime(time.start.timeZoneId)
  return instantKey(at.toInstant())
}

/** When the occurrence of that key takes place, had nobody moved it. */
export function occurrenceTime(key: string, time: EventTime): EventTime | undefined {
  const date = seriesDate(key, time)
  if (date === undefined) return undefined
  return occurrenceTimes(time)(date.toPlainDateTime(time.allDay ? undefined : time.start.toPlainTime()))
}

/** Whether an override says what its occurrence would have said anyway. */
function isPlain(
  { occurrence, content }: { readonly occurrence: string; readonly content: EventContent },
  time: EventTime,
  series: EventContent,
): boolean {
  const { time: _series, ...expected } = series
  const { time: own, ...said } = content
  return JSON.stringify(expected) === JSON.stringify(said) && isOwnTime(occurrence, own, time)
}

function isOwnTime(occurrence: string, own: EventTime, time: EventTime): boolean {
  const plain = occurrenceTime(occurrence, time)
  if (plain === undefined) return false
  if (own.allDay || plain.allDay)
    return own.allDay && plain.allDay && own.start.equals(plain.start) && own.end.equals(plain.end)
  const isAt = (one: Temporal.ZonedDateTime, other: Temporal.ZonedDateTime) =>
    one.epochMilliseconds === other.epochMilliseconds
  return isAt(own.start, plain.start) && isAt(own.end, plain.end)
}

function normalCategories(categories: readonly string[]): readonly string[] {
  return [...new Set(categories.map(category => cut(oneLine(category), 255)))].filter(name => name !== "").sort()
}

function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}]+/gu, " ").trim()
}

/** At most so many UTF-16 units, never half a character, no blank left at the end. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text
  return text
    .slice(0, length)
    .replace(/[\ud800-\udbff]$/, "")
    .trimEnd()
}
