import type { EventContent, EventTime, OccurrenceKey, RecurrenceRule } from "../core/event.ts"
import type { EventProblem } from "../core/ports.ts"
import { RecurrenceTooComplexError, UnreadableRuleError } from "../core/recurrence-errors.ts"
import { parseRule } from "../core/recurrence-rule.ts"
import { dateKey, instantKey } from "../core/time.ts"
import type { Component } from "./components.ts"
import { param } from "./content-line.ts"
import { readEventContent } from "./event-content.ts"
import { readEventTime } from "./event-time.ts"
import { type Moment, type Period, readMoment, readMoments, readPeriods } from "./moments.ts"
import { UnusableEventError } from "./unusable-event.ts"
import { type Zones, zonedTime } from "./zones.ts"

/** One VEVENT understood by itself: a series, one of its occurrences, or a single event. */
export type EventDraft = {
  readonly uid: string | undefined
  readonly content: EventContent
  /** The clock of the series: what its rules, exceptions and floating times go by. */
  readonly zone: string
  readonly isCancelled: boolean
  readonly sequence: number
  /** DTSTAMP, or the time of the last change; comparable as text. */
  readonly stamp: string
  readonly rules: readonly RecurrenceRule[]
  /** Something of its recurrence could not be used, where that makes a difference. */
  readonly leftOut: LeftOut | undefined
  readonly extras: readonly Period[]
  readonly exceptions: readonly Moment[]
  /** RECURRENCE-ID: the occurrence that this one replaces. */
  readonly replaces: { readonly moment: Moment; readonly andFuture: boolean } | undefined
  readonly zones: Zones
}

/** Why an event is not all that it should be. */
export type LeftOut = Pick<EventProblem, "reason" | "message">

/** Ten years of daily exceptions; a longer list is a trap. */
const maxListed = 4_000
const maxRules = 20

/** Throws UnusableEventError, or a RangeError where a time is outside of what times can be. */
export function readEventDraft(component: Component, zones: Zones): EventDraft {
  const { time, midnightZone, isNameless } = readEventTime(component, zones)
  const zone = time.allDay ? (midnightZone ?? namedFloating(zones)) : time.start.timeZoneId
  const recurrence = readRecurrence(component, time, zone)
  if (isNameless && recurrence.rules.length > 0) {
    throw new UnusableEventError("UnknownTimeZone", "it recurs on a clock that no known time zone shows")
  }
  const content = readEventContent(component, time)
  return { ...readHeader(component), ...recurrence, content, zone, zones }
}

/** Dates have no zone; where a moment must be brought to one, it is the calendar's. */
function namedFloating(zones: Zones): string {
  return zones.floating?.kind === "named" ? zones.floating.id : "UTC"
}

type Header = Pick<EventDraft, "uid" | "isCancelled" | "sequence" | "stamp" | "replaces">

function readHeader(component: Component): Header {
  const value = (name: string) => component.properties.find(line => line.name === name)?.value.trim()
  return {
    uid: uidOf(component),
    isCancelled: value("STATUS")?.toUpperCase() === "CANCELLED",
    sequence: Number(/^\d{1,9}$/.exec(value("SEQUENCE") ?? "")?.[0] ?? 0),
    stamp: /^\d{8}T\d{6}Z?$/.exec(value("DTSTAMP") ?? value("LAST-MODIFIED") ?? "")?.[0] ?? "",
    replaces: readReplaced(component),
  }
}

export function uidOf(component: Component): string | undefined {
  return component.properties.find(line => line.name === "UID")?.value.trim() || undefined
}

function readReplaced(component: Component): EventDraft["replaces"] {
  const line = component.properties.find(other => other.name === "RECURRENCE-ID")
  if (line === undefined || line.value.trim() === "") return undefined
  const moment = readMoment(line)
  if (moment === undefined) throw new UnusableEventError("UnreadableTime", "its RECURRENCE-ID cannot be read")
  return { moment, andFuture: param(line, "RANGE")?.toUpperCase() === "THISANDFUTURE" }
}

type ReadRecurrence = Pick<EventDraft, "rules" | "leftOut" | "extras" | "exceptions">

/** What is left out matters where it would be used: a changed occurrence has no recurrence but that of a changed future. */
function readRecurrence(component: Component, { allDay }: EventTime, zone: string): ReadRecurrence {
  const all = (name: string) => component.properties.filter(line => line.name === name)
  // RFC 5545 dropped it (A.3). Passed over, it would show lessons on the very days that the feed takes out.
  if (all("EXRULE").length > 0) {
    throw new UnusableEventError(
      "RecurrenceTooComplex",
      "it takes occurrences out by an EXRULE, which is not supported",
    )
  }
  const { rules, leftOut } = readRules(
    all("RRULE").map(line => line.value),
    { zone, allDay },
  )
  const extras = readPeriods(all("RDATE"), maxListed)
  const exceptions = readMoments(all("EXDATE"), maxListed)
  const recurs = rules.length > 0 || extras.values.length > 0
  const replaced = readReplaced(component)
  const ofSeries = (extras.isPartial && partial("RDATE")) || (exceptions.isPartial && recurs && partial("EXDATE"))
  const matters = replaced ? replaced.andFuture && leftOut : (leftOut ?? ofSeries)
  return { rules, extras: extras.values, exceptions: exceptions.values, leftOut: matters || undefined }
}

function partial(name: "RDATE" | "EXDATE"): LeftOut {
  const message = `some values of its ${name} cannot be read, or are more than ${maxListed}, and were left out`
  return { reason: "UnreadableTime", message }
}

type RuleContext = Parameters<typeof parseRule>[1]

/** A rule that cannot be read leaves the occurrences that the others give, at least the first; the problem says so. */
function readRules(values: readonly string[], context: RuleContext): Pick<EventDraft, "rules" | "leftOut"> {
  const rules: RecurrenceRule[] = []
  const written = [...new Set(values.filter(text => text.trim() !== ""))]
  let leftOut = written.length > maxRules ? tooManyRules : undefined
  for (const value of written.slice(0, maxRules)) {
    try {
      rules.push(parseRule(value, context))
    } catch (error) {
      if (!(error instanceof UnreadableRuleError || error instanceof RecurrenceTooComplexError)) throw error
      leftOut = { reason: error.reason, message: `a rule was left out: ${error.message}` }
    }
  }
  return { rules, leftOut }
}

const tooManyRules: LeftOut = {
  reason: "RecurrenceTooComplex",
  message: `it has more than ${maxRules} rules; the rest is left out`,
}

/**
 * The occurrence of the series that a moment means, however it is written: times are compared as instants, and days as
 * local dates. A date in a timed series is the occurrence of that day; a floating time is on the series' clock.
 */
export function occurrenceOf(moment: Moment, series: EventDraft): OccurrenceKey {
  const { time } = series.content
  if (time.allDay) return dateKey(localDate(moment, series))
  if (moment.kind !== "date") return instantKey(zonedTime(moment, series.zones, series.zone).toInstant())
  return instantKey(
    moment.date.toZonedDateTime({ timeZone: series.zone, plainTime: time.start.toPlainTime() }).toInstant(),
  )
}

/** The day on which something is in an all-day series. */
export function localDate(moment: Moment, { zone }: EventDraft): Temporal.PlainDate {
  switch (moment.kind) {
    case "date":
      return moment.date
    case "wall":
      return moment.wall.toPlainDate()
    case "utc":
      return nearestMidnight(moment.instant.toZonedDateTimeISO(zone))
    default:
      return moment satisfies never
  }
}

/** A local midnight written in UTC, read where nothing tells the zone: 22:00 is tomorrow's, 05:00 is today's. */
function nearestMidnight(time: Temporal.ZonedDateTime): Temporal.PlainDate {
  const date = time.toPlainDate()
  return time.hour >= 12 ? date.add({ days: 1 }) : date
}
