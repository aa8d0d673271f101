import type { CalendarEvent, Recurrence } from "../../operator/core/event.ts"
import { holiday, lesson, timed, weekly } from "../fakes/lesson.ts"

/** Events as calsync writes them, and what whoever reads the calendar must be told of each. */

const copenhagen = "Romance Standard Time"

type Written = {
  readonly event: CalendarEvent
  readonly told: object
  /** Where an older server has no words for it. */
  readonly toldBy2010?: object
}

export const writtenEvents: Readonly<Record<string, Written>> = {
  "an ordinary lesson": {
    event: lesson({ location: "Room 12", categories: ["Timetable", "B"], reminder: 15 }),
    told: {
      ...{ subject: "Mathematics", type: "Single", allDay: false, location: "Room 12", categories: ["B", "Timetable"] },
      ...{ start: "2026-12-01T07:00:00Z", end: "2026-12-01T08:00:00Z", zones: [copenhagen, copenhagen], reminder: 15 },
      ...{ showAs: "Busy", sensitivity: "Normal", importance: "Normal", text: "" },
    },
  },
  "a lesson that is private, free, important and without reminder": {
    event: lesson({ sensitivity: "Private", showAs: "Free", importance: "High", reminder: "None" }),
    told: { sensitivity: "Private", showAs: "Free", importance: "High", reminder: null },
  },
  "a lesson elsewhere, confidential and of little importance": {
    event: lesson({ sensitivity: "Confidential", showAs: "WorkingElsewhere", importance: "Low", reminder: 0 }),
    told: { sensitivity: "Confidential", showAs: "WorkingElsewhere", importance: "Low", reminder: 0 },
    toldBy2010: { showAs: "Free" },
  },
  "odd characters": {
    event: lesson({ subject: `<b>"Æ" & 'ß'</b> \u{1F3EB} \\ %41 ]]>`, location: "A|B;C & <D>" }),
    told: { subject: `<b>"Æ" & 'ß'</b> \u{1F3EB} \\ %41 ]]>`, location: "A|B;C & <D>" },
  },
  "a text of several lines": {
    event: lesson({ body: { contentType: "text", content: "first\n\nthird & last <line>" } }),
    told: { text: "first\n\nthird & last <line>" },
  },
  "an html body": {
    event: lesson({ body: { contentType: "html", content: "<p>Bring <b>books</b> &amp; pens</p>" } }),
    told: { text: "Bring books & pens" },
  },
  "people, who are not invited": {
    event: lesson({ people: ["Ada <ada@contoso.example>", "Grace"] }),
    told: { people: 0, isMeeting: false },
  },
  "an hour in summer": {
    event: lesson({ start: "2026-07-01T08:00" }),
    told: { start: "2026-07-01T06:00:00Z", zones: [copenhagen, copenhagen] },
  },
  "an hour in New York": {
    event: lesson({ time: zoned("2026-03-20T09:00", "America/New_York") }),
    told: { start: "2026-03-20T13:00:00Z", end: "2026-03-20T14:00:00Z", zones: twice("Eastern Standard Time") },
  },
  "an hour in Kolkata": {
    event: lesson({ time: zoned("2026-03-20T09:00", "Asia/Kolkata") }),
    told: { start: "2026-03-20T03:30:00Z", zones: twice("India Standard Time") },
  },
  "an hour in UTC": {
    event: lesson({ time: zoned("2026-03-20T09:00", "UTC") }),
    told: { start: "2026-03-20T09:00:00Z", zones: twice("UTC") },
  },
  "a moment": {
    event: lesson({ minutes: 0 }),
    told: { start: "2026-12-01T07:00:00Z", end: "2026-12-01T07:00:00Z" },
  },
  "a night across the change of the clocks": {
    event: lesson({ start: "2026-03-28T23:00", minutes: 240 }),
    told: { start: "2026-03-28T22:00:00Z", end: "2026-03-29T02:00:00Z" },
  },
  "a whole day": {
    event: holiday(),
    told: { allDay: true, start: "2026-12-24", end: "2026-12-25", type: "Single" },
  },
  "days across the change of the clocks": {
    event: holiday({ date: "2026-03-28", days: 3 }),
    told: { allDay: true, start: "2026-03-28", end: "2026-03-31" },
  },
  "a weekly series across the change of the clocks": {
    event: weekly(lesson({ subject: "Weekly", start: "2026-03-17T08:00" })),
    told: {
      ...{
        type: "RecurringMaster",
        pattern: "Occurs on weekdays Tuesday of every 1 week(s) where the first day of the week is Monday",
      },
      ...{ until: "5", moved: [], deleted: [] },
      shown: at("Weekly", ["2026-03-17T07", "2026-03-24T07", "2026-03-31T06", "2026-04-07T06", "2026-04-14T06"]),
    },
  },
  "a series with a missing and a moved lesson": {
    event: exceptions(),
    told: {
      moved: [["2026-12-15T07:00:00Z", "2026-12-15T11:00:00Z"]],
      deleted: ["2026-12-08T07:00:00Z"],
      shown: [
        ...at("Excepted", ["2026-12-01T07"]),
        ...at("Moved", ["2026-12-15T11"]),
        ...at("Excepted", ["2026-12-22T07", "2026-12-29T07"]),
      ],
    },
  },
  "a series on two days until a day": {
    event: untilTheTenth(),
    told: {
      until: "2026-12-10",
      shown: at("Until", ["2026-12-01T07", "2026-12-03T07", "2026-12-08T07", "2026-12-10T07"]),
    },
  },
  "a series on the last working day of the month": {
    event: weekly(lesson({ subject: "Monthly", start: "2026-01-30T08:00" }), {
      frequency: "MONTHLY",
      count: 3,
      byDay: (["MO", "TU", "WE", "TH", "FR"] as const).map(day => ({ day })),
      bySetPos: [-1],
    }),
    told: { until: "3", shown: at("Monthly", ["2026-01-30T07", "2026-02-27T07", "2026-03-31T06"]) },
  },
  "a series of whole days with a day missing": {
    event: daysMissing(),
    told: {
      allDay: true,
      shown: ["2026-12-24", "2026-12-26"].map(day => [day, "Days"]),
    },
  },
}

function zoned(start: string, zone: string): CalendarEvent["time"] {
  const from = Temporal.PlainDateTime.from(start).toZonedDateTime(zone)
  return { allDay: false, start: from, end: from.add({ hours: 1 }) }
}

function twice(zone: string): readonly string[] {
  return [zone, zone]
}

function at(subject: string, hours: readonly string[]): readonly (readonly string[])[] {
  return hours.map(hour => [`${hour}:00:00Z`, subject])
}

function exceptions(): CalendarEvent {
  const series = weekly(lesson({ subject: "Excepted" }))
  const content = { subject: "Moved", time: timed("2026-12-15T12:00") }
  const overrides = [{ occurrence: "20261215T070000Z", content }]
  return { ...series, recurrence: { ...recurrenceOf(series), excluded: ["20261208T070000Z"], overrides } }
}

function untilTheTenth(): CalendarEvent {
  const series = weekly(lesson({ subject: "Until" }))
  const byDay = [{ day: "TU" }, { day: "TH" }] as const
  const until = Temporal.PlainDateTime.from("2026-12-10T23:59:59")
  const rules = [{ frequency: "WEEKLY", interval: 1, weekStart: "MO", until, byDay } as const]
  return { ...series, recurrence: { ...recurrenceOf(series), rules } }
}

function daysMissing(): CalendarEvent {
  const series = weekly(holiday({ subject: "Days" }), { frequency: "DAILY", count: 3 })
  return { ...series, recurrence: { ...recurrenceOf(series), excluded: ["20261225"] } }
}

function recurrenceOf({ recurrence }: CalendarEvent): Recurrence {
  return recurrence ?? { rules: [], extraTimes: [], excluded: [], overrides: [] }
}
