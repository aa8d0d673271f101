/**
 * A calendar event as calsync understands it, wherever it came from: plain immutable data in the vocabulary of
 * RFC 5545. Sources make these, policies reshape them, plans compare them, mailboxes store them.
 */

export type ShowAs = "Free" | "Tentative" | "Busy" | "OutOfOffice" | "WorkingElsewhere"
export type Sensitivity = "Normal" | "Personal" | "Private" | "Confidential"
export type Importance = "Low" | "Normal" | "High"
export type Weekday = "MO" | "TU" | "WE" | "TH" | "FR" | "SA" | "SU"
export type Frequency = "SECONDLY" | "MINUTELY" | "HOURLY" | "DAILY" | "WEEKLY" | "MONTHLY" | "YEARLY"

/** When an event is. All-day events are dates without a zone; the end is exclusive in both forms and never before the start. */
export type EventTime =
  | { readonly allDay: true; readonly start: Temporal.PlainDate; readonly end: Temporal.PlainDate }
  | { readonly allDay: false; readonly start: Temporal.ZonedDateTime; readonly end: Temporal.ZonedDateTime }

export type Body = { readonly contentType: "text" | "html"; readonly content: string }

/** What one occurrence says and when it is: all of an event but its identity and its recurrence. */
export type EventContent = {
  readonly subject: string
  readonly time: EventTime
  /** What kind of event this is in the source's own words (lesson, inspection, round …); policies speak about it. */
  readonly type?: string
  readonly location?: string
  readonly body?: Body
  /** A link back into the system the event came from. */
  readonly url?: string
  /** People as text. They are rendered into the body and never become attendees: nobody is ever invited. */
  readonly people?: readonly string[]
  readonly showAs?: ShowAs
  readonly sensitivity?: Sensitivity
  readonly importance?: Importance
  readonly categories?: readonly string[]
  /** Minutes before the start, or `None`; absent means the source does not say. */
  readonly reminder?: number | "None"
}

export type CalendarEvent = EventContent & {
  /** Stable identity within its calendar (RFC 5545 UID, lesson id, manifest name). */
  readonly key: string
  readonly recurrence?: Recurrence
}

export type ByDay = {
  readonly day: Weekday /** 1…53 or −1…−53; absent means every such day. */
  readonly ordinal?: number
}

/** RFC 5545 RECUR as data. Absent parts are absent; lists keep the order of the rule. */
export type RecurrenceRule = {
  readonly frequency: Frequency
  /** At least 1. */
  readonly interval: number
  readonly count?: number
  /** Inclusive, on the wall clock of the event's zone. A DATE in the rule means the end of that local day. */
  readonly until?: Temporal.PlainDateTime
  readonly weekStart: Weekday
  readonly bySecond?: readonly number[]
  readonly byMinute?: readonly number[]
  readonly byHour?: readonly number[]
  readonly byDay?: readonly ByDay[]
  readonly byMonthDay?: readonly number[]
  readonly byYearDay?: readonly number[]
  readonly byWeekNo?: readonly number[]
  readonly byMonth?: readonly number[]
  readonly bySetPos?: readonly number[]
}

/**
 * Names one occurrence of a series by its original start: the UTC instant as `20261201T190000Z`, or the date as
 * `20261224` for all-day series (the form of RECURRENCE-ID).
 */
export type OccurrenceKey = string

export type OccurrenceOverride = { readonly occurrence: OccurrenceKey; readonly content: EventContent }

export type Recurrence = {
  /** Their union; empty when the series consists of explicit dates only. */
  readonly rules: readonly RecurrenceRule[]
  /** RDATE: further occurrences. */
  readonly extraTimes: readonly EventTime[]
  /** EXDATE and cancelled occurrences. */
  readonly excluded: readonly OccurrenceKey[]
  /** RECURRENCE-ID: occurrences that differ from the series. */
  readonly overrides: readonly OccurrenceOverride[]
}
