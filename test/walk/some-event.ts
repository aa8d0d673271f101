import type { CalendarEvent, EventTime, OccurrenceOverride } from "../../operator/core/event.ts"
import { expand, type Occurrence } from "../../operator/core/recurrence.ts"
import type { Random } from "../fakes/random.ts"
import { eventTime, series } from "../fakes/series.ts"

/** Events of every kind a source may have around a day, and what may happen to them. */

const zones = [
  "Europe/Copenhagen",
  "Europe/Copenhagen",
  "America/New_York",
  "Asia/Kolkata",
  "Pacific/Auckland",
  "Australia/Lord_Howe",
  "UTC",
] as const
const subjects = ["Mathematics", "Physics", "Art", "Music", "Sports"] as const
/** Half past two and midnight are where clocks change. */
const hours = ["08:00", "10:15", "23:30", "00:00", "01:30", "02:30", "13:00:30"] as const
const lengths = [0, 30, 45, 90, 1_500] as const

/** Some Exchange can hold as one series, some it cannot. */
const rules = [
  "FREQ=DAILY",
  "FREQ=DAILY;COUNT=12",
  "FREQ=DAILY;INTERVAL=3",
  "FREQ=WEEKLY",
  "FREQ=WEEKLY;BYDAY=MO,WE,FR",
  "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;WKST=SU",
  "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;COUNT=30",
  "FREQ=MONTHLY",
  "FREQ=MONTHLY;BYMONTHDAY=31",
  "FREQ=MONTHLY;BYMONTHDAY=-1",
  "FREQ=MONTHLY;BYDAY=2TU",
  "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
  "FREQ=YEARLY",
  "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9,15",
  "FREQ=DAILY;BYMONTH=3,10,11",
] as const

const changes = ["anew", "subject", "time", "zone", "shape", "allDay", "exception", "exception", "cancel"] as const

export function someEvent(key: string, random: Random, today: Temporal.PlainDate): CalendarEvent {
  const isAllDay = random.chance(0.25)
  const isSeries = random.chance(0.4)
  const date = today.add({ days: isSeries ? random.between(-40, 20) : random.between(-12, 40) })
  const event = isSeries
    ? someSeries(random, date, isAllDay)
    : { subject: "", time: eventTime(startOn(date, random, isAllDay), someLength(random, isAllDay)) }
  const named: CalendarEvent = { ...event, key, subject: random.pick(subjects) }
  return { ...(random.chance(0.3) ? { ...named, ...details(random) } : named) }
}

/** The same event after somebody worked on it. */
export function changedEvent(event: CalendarEvent, random: Random, today: Temporal.PlainDate): CalendarEvent {
  const change = random.pick(changes)
  switch (change) {
    case "anew":
      return someEvent(event.key, random, today)
    case "subject":
      return { ...event, subject: `${random.pick(subjects)} ${random.between(1, 9)}`, ...details(random) }
    case "time":
      return { ...event, time: moved(event.time, random) }
    case "zone":
      return { ...event, time: inZone(event.time, random.pick(zones)) }
    case "shape":
      return withOtherShape(event, random)
    case "allDay":
      return withOtherLength(event, random)
    case "exception":
      return withException(event, random, today)
    case "cancel":
      return withCancelled(event, random, today)
    default:
      return change satisfies never
  }
}

function someSeries(random: Random, date: Temporal.PlainDate, isAllDay: boolean): Omit<CalendarEvent, "key"> {
  const rule = random.pick(isAllDay ? rules.slice(0, -2) : rules) ?? rules[0]
  const start = startOn(date, random, isAllDay)
  const length = isAllDay ? 1 : random.pick([30, 45, 90] as const)
  const extra = random.chance(0.1) ? [startOn(date.add({ days: random.between(1, 30) }), random, isAllDay)] : []
  return series({ start, length, rules: [rule], extra })
}

function startOn(date: Temporal.PlainDate, random: Random, isAllDay: boolean): string {
  return isAllDay ? date.toString() : `${date}T${random.pick(hours)}[${random.pick(zones)}]`
}

function someLength(random: Random, isAllDay: boolean): number {
  return isAllDay ? random.between(1, 5) : random.pick(lengths)
}

function details(random: Random) {
  return {
    location: random.pick(["Room 12", "", "Hall <A> & B"] as const),
    body: { contentType: random.pick(["text", "html"] as const), content: random.pick(bodies) },
    type: random.pick(["Lesson", "Exam", "Trip"] as const),
    showAs: random.pick(["Free", "Busy", "OutOfOffice"] as const),
    sensitivity: random.pick(["Normal", "Private"] as const),
    importance: random.pick(["Normal", "High"] as const),
    categories: random.pick(categories),
    reminder: random.pick(reminders),
    people: random.pick(people),
  }
}

type Names = readonly string[]
const categories: readonly [Names, ...Names[]] = [["Blue"], [], ["Red", "Blue"]]
const people: readonly [Names, ...Names[]] = [["Anna Nowak"], []]
const reminders: readonly ["None" | number, number] = ["None", 10]
const bodies = ["", "Bring books", "first\n\nthird & last <line>", "<p>Bring <b>books</b></p>"] as const

function moved(time: EventTime, random: Random): EventTime {
  const days = random.pick([-30, -1, 0, 1, 7, 60] as const)
  if (time.allDay) return { allDay: true, start: time.start.add({ days }), end: time.end.add({ days }) }
  const start = time.start.add({ days }).add({ minutes: random.pick([-90, 0, 30, 720] as const) })
  return { allDay: false, start, end: start.add(time.start.until(time.end, { largestUnit: "hours" })) }
}

function inZone(time: EventTime, zone: string): EventTime {
  if (time.allDay) return time
  const start = time.start.toPlainDateTime().toZonedDateTime(zone)
  return { allDay: false, start, end: start.add(time.start.until(time.end, { largestUnit: "hours" })) }
}

function withOtherShape({ recurrence, ...event }: CalendarEvent, random: Random): CalendarEvent {
  if (recurrence) return event
  const { allDay, start } = event.time
  const { recurrence: other } = someSeries(random, allDay ? start : start.toPlainDate(), allDay)
  return other ? { ...event, recurrence: { ...other, extraTimes: [] } } : event
}

/** Days to hours and back. What was said of single occurrences does not survive that. */
function withOtherLength(event: CalendarEvent, random: Random): CalendarEvent {
  const { recurrence, time } = event
  const date = time.allDay ? time.start : time.start.toPlainDate()
  const other = eventTime(startOn(date, random, !time.allDay), time.allDay ? 45 : 1)
  if (!recurrence) return { ...event, time: other }
  const isByHour = recurrence.rules.some(rule => rule.byHour)
  if (isByHour) return event
  return { ...event, time: other, recurrence: { ...recurrence, extraTimes: [], excluded: [], overrides: [] } }
}

function withException(event: CalendarEvent, random: Random, today: Temporal.PlainDate): CalendarEvent {
  const { recurrence } = event
  const occurrence = someOccurrence(event, random, today)
  if (!recurrence || !occurrence) return event
  const override: OccurrenceOverride = { occurrence: occurrence.key, content: changedContent(occurrence, random) }
  const others = recurrence.overrides.filter(({ occurrence: key }) => key !== occurrence.key)
  return { ...event, recurrence: { ...recurrence, overrides: [...others, override] } }
}

function changedContent({ content, time }: Occurrence, random: Random): OccurrenceOverride["content"] {
  if (random.chance(0.5)) return { ...content, subject: `${random.pick(subjects)}, by another teacher` }
  if (time.allDay) return { ...content, time: { ...time, end: time.end.add({ days: random.between(0, 1) }) } }
  const by = { minutes: random.pick([-60, 15, 120] as const) }
  return { ...content, time: { ...time, start: time.start.add(by), end: time.end.add(by) } }
}

/** Cancelled, or back again. */
function withCancelled(event: CalendarEvent, random: Random, today: Temporal.PlainDate): CalendarEvent {
  const { recurrence } = event
  if (!recurrence) return event
  if (recurrence.excluded.length > 0 && random.chance(0.4))
    return { ...event, recurrence: { ...recurrence, excluded: recurrence.excluded.slice(1) } }
  const occurrence = someOccurrence(event, random, today)
  if (!occurrence) return event
  return { ...event, recurrence: { ...recurrence, excluded: [...recurrence.excluded, occurrence.key] } }
}

function someOccurrence(event: CalendarEvent, random: Random, today: Temporal.PlainDate): Occurrence | undefined {
  if (!event.recurrence) return undefined
  const from = today.toZonedDateTime("UTC").toInstant()
  const window = { start: from.subtract({ hours: 24 * 10 }), end: from.add({ hours: 24 * 40 }) }
  return random.pick(expand(event, window, { zone: "UTC", limit: 1_000 }))
}
