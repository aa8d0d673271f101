import { renderBody } from "./appearance-body.ts"
import { NeedsAttentionError } from "./errors.ts"
import type { CalendarEvent, EventContent, EventTime, Recurrence, Sensitivity, ShowAs } from "./event.ts"
import { parseReminderMinutes } from "./reminder.ts"
import { fillSubject, parseSubjectTemplate, type SubjectTemplate } from "./subject-template.ts"
import { durationMs, parseDuration } from "./time.ts"

/** How copies look, as a manifest says it. */
type LookSpec = {
  readonly showAs?: ShowAs | "FromSource" | undefined
  readonly sensitivity?: Sensitivity | "FromSource" | undefined
  /** Template with {{subject}}, {{location}} and {{type}}. */
  readonly subject?: string | undefined
  /** Stands in place of every subject; what else would tell it is left out too. */
  readonly hideSubject?: string | undefined
  readonly includeLocation?: boolean | undefined
  readonly includeLink?: boolean | undefined
  readonly hideHeadings?: boolean | undefined
  /** Added to those of the event. */
  readonly categories?: readonly string[] | undefined
  /** `None`, `FromSource`, or minutes such as `15m`. */
  readonly reminder?: string | undefined
  readonly defaultDuration?: string | undefined
}

export type AppearanceSpec = LookSpec & {
  readonly allDayTypes?: readonly string[] | undefined
  readonly types?: Readonly<Record<string, LookSpec>> | undefined
}

/** How copies look, ready for use. */
type Look = {
  readonly showAs: ShowAs | "FromSource"
  readonly sensitivity: Sensitivity | "FromSource"
  readonly subject: SubjectTemplate | undefined
  readonly hideSubject: string | undefined
  readonly includeLocation: boolean
  readonly includeLink: boolean
  readonly hideHeadings: boolean
  readonly categories: readonly string[]
  readonly reminder: "None" | "FromSource" | number
  readonly defaultDuration: Temporal.Duration | undefined
}

export type Appearance = {
  readonly look: Look
  readonly types: ReadonlyMap<string, Look>
  readonly allDayTypes: ReadonlySet<string>
}

/** Throws NeedsAttentionError (InvalidSpec) naming the field. */
export function parseAppearance(spec: AppearanceSpec): Appearance {
  const types = Object.entries(spec.types ?? {}).map(([type, look]) => [type, parseLook(inherit(spec, look))] as const)
  return { look: parseLook(spec), types: new Map(types), allDayTypes: new Set(spec.allDayTypes) }
}

/** The event as the policy wants it to look, its type, people and link used up. Pure. */
export function render(event: CalendarEvent, appearance: Appearance): CalendarEvent {
  const rendered = { ...renderContent(event, appearance), key: event.key }
  if (!event.recurrence) return rendered
  return { ...rendered, recurrence: renderRecurrence(event.recurrence, event, appearance) }
}

/** Whether rendering moves the starts of a series to days: its rule no longer says when, each occurrence must. */
export function makesAllDay(event: CalendarEvent, appearance: Appearance): boolean {
  const contents = [event, ...(event.recurrence?.overrides.map(override => override.content) ?? [])]
  return contents.some(({ time, type }) => !time.allDay && type !== undefined && appearance.allDayTypes.has(type))
}

/** When the event is as rendered. */
export function renderedTime(content: EventContent, appearance: Appearance): EventTime {
  return renderTime(content, lookOf(content, appearance), appearance)
}

/** How far rendering may move a start or an end: to its midnight, or by the length given to what has none. */
export function longestStretch({ look, types, allDayTypes }: Appearance): Temporal.Duration {
  const lengths = [look, ...types.values()].flatMap(({ defaultDuration }) => defaultDuration ?? [])
  const hours = lengths.map(length => durationMs(length) / 3_600_000)
  return Temporal.Duration.from({ hours: Math.ceil(Math.max(0, ...hours)) + (allDayTypes.size > 0 ? 24 : 0) })
}

/** What a type says wins; a subject of its own also wins over the hiding of all others. */
function inherit(spec: LookSpec, own: LookSpec): LookSpec {
  const said = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined))
  const { subject, hideSubject, ...rest } = spec
  const subjects = own.subject || own.hideSubject ? {} : { subject, hideSubject }
  return { ...rest, ...subjects, ...said }
}

function parseLook(spec: LookSpec): Look {
  return {
    showAs: spec.showAs ?? "FromSource",
    sensitivity: spec.sensitivity ?? "FromSource",
    subject: spec.subject === undefined ? undefined : parseSubjectTemplate(spec.subject),
    hideSubject: spec.hideSubject,
    includeLocation: spec.includeLocation ?? true,
    includeLink: spec.includeLink ?? true,
    hideHeadings: spec.hideHeadings ?? false,
    categories: spec.categories ?? [],
    reminder: parseReminder(spec.reminder ?? "None"),
    defaultDuration: spec.defaultDuration === undefined ? undefined : parseDefaultDuration(spec.defaultDuration),
  }
}

function parseReminder(text: string): Look["reminder"] {
  if (text === "None" || text === "FromSource") return text
  return readField("reminder", "a time of at most 14d before the start, such as 15m", () => parseReminderMinutes(text))
}

/** A length that the source does not say is a guess; a week is more than anybody would guess. */
const longestDefaultMs = 7 * 86_400_000

function parseDefaultDuration(text: string): Temporal.Duration {
  return readField("defaultDuration", "a length of at most 7d, such as 45m", () => {
    const length = parseDuration(text)
    if (durationMs(length) > longestDefaultMs) throw new RangeError("more than 7d")
    return length
  })
}

function readField<T>(field: string, expected: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw new NeedsAttentionError(`appearance.${field} must be ${expected}`, { reason: "InvalidSpec", cause })
  }
}

function renderRecurrence(recurrence: Recurrence, event: CalendarEvent, appearance: Appearance): Recurrence {
  const look = lookOf(event, appearance)
  return {
    ...recurrence,
    extraTimes: recurrence.extraTimes.map(time => withLength(time, look)),
    overrides: recurrence.overrides.map(({ occurrence, content }) => ({
      occurrence,
      content: renderContent(content, appearance),
    })),
  }
}

function renderContent(content: EventContent, appearance: Appearance): EventContent {
  const look = lookOf(content, appearance)
  const body = look.hideSubject === undefined ? renderBody(content, look) : undefined
  const shown = look.includeLocation && look.hideSubject === undefined ? content.location : undefined
  return {
    subject: look.hideSubject ?? (look.subject ? fillSubject(look.subject, content) : content.subject),
    time: renderTime(content, look, appearance),
    ...(shown === undefined ? {} : { location: shown }),
    ...(body ? { body } : {}),
    showAs: look.showAs === "FromSource" ? (content.showAs ?? "Busy") : look.showAs,
    sensitivity: look.sensitivity === "FromSource" ? (content.sensitivity ?? "Normal") : look.sensitivity,
    importance: content.importance ?? "Normal",
    categories: [...new Set([...(content.categories ?? []), ...look.categories])],
    reminder: look.reminder === "FromSource" ? (content.reminder ?? "None") : look.reminder,
  }
}

function lookOf(content: EventContent, appearance: Appearance): Look {
  return (content.type === undefined ? undefined : appearance.types.get(content.type)) ?? appearance.look
}

function renderTime({ time, type }: EventContent, look: Look, appearance: Appearance): EventTime {
  const long = withLength(time, look)
  return type !== undefined && appearance.allDayTypes.has(type) ? daysOf(long) : long
}

/** A source that gives only a start means an event without length. */
function withLength(time: EventTime, look: Look): EventTime {
  if (time.allDay || !look.defaultDuration || !time.start.equals(time.end)) return time
  return { ...time, end: time.start.add(look.defaultDuration) }
}

/** The days an event touches. One that ends at midnight does not touch the day that begins then. */
function daysOf(time: EventTime): EventTime {
  if (time.allDay) return time
  const start = time.start.toPlainDate()
  const last = time.end.withTimeZone(time.start.timeZoneId)
  const end = last.equals(last.startOfDay()) ? last.toPlainDate() : last.toPlainDate().add({ days: 1 })
  return { allDay: true, start, end: Temporal.PlainDate.compare(end, start) > 0 ? end : start.add({ days: 1 }) }
}
