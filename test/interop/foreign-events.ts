import type { CalendarEvent } from "../../operator/core/event.ts"

/** What `judge/make.py` writes, in calsync's words, by subject. The meeting it makes besides is not there: it has guests. */

/** What Windows calls FLE is one zone for calsync, whichever of its cities was meant. */
const home = "Europe/Kyiv"

export const foreignEvents: Readonly<Record<string, Omit<CalendarEvent, "key" | "subject">>> = {
  "Dentist <1> & co": {
    time: hour("2026-03-10T09:00"),
    location: "Main street 5",
    categories: ["Private life"],
    sensitivity: "Private",
  },
  Text: {
    time: hour("2026-03-10T09:00"),
    body: { contentType: "text", content: "Bring\nthe <book>" },
    importance: "High",
    showAs: "OutOfOffice",
  },
  HTML: { time: hour("2026-03-10T09:00"), body: { contentType: "text", content: "Bring the book" } },
  Reminder: { time: hour("2026-03-10T09:00"), reminder: 30 },
  Holiday: { time: days("2026-03-28", 3) },
  "Holiday abroad": { time: days("2026-03-28", 1) },
  Flight: { time: hour("2026-03-10T12:00", 8) },
  Gym: {
    time: hour("2026-03-10T09:00"),
    recurrence: {
      rules: [{ frequency: "WEEKLY", interval: 1, weekStart: "MO", count: 8, byDay: [{ day: "TU" }, { day: "TH" }] }],
      extraTimes: [],
      excluded: ["20260317T070000Z"],
      overrides: [
        { occurrence: "20260312T070000Z", content: { subject: "Gym, longer", time: hour("2026-03-12T13:00", 2) } },
      ],
    },
  },
  Thanksgiving: {
    time: days("2026-11-26", 1),
    recurrence: {
      rules: [{ frequency: "YEARLY", interval: 1, weekStart: "MO", byMonth: [11], byDay: [{ day: "TH", ordinal: 4 }] }],
      ...noExceptions(),
    },
  },
  Rent: {
    time: hour("2026-03-10T09:00"),
    recurrence: {
      rules: [
        {
          frequency: "MONTHLY",
          interval: 2,
          weekStart: "MO",
          byMonthDay: [10],
          until: Temporal.PlainDateTime.from("2026-09-10T23:59:59"),
        },
      ],
      ...noExceptions(),
    },
  },
}

function hour(start: string, hours = 1): CalendarEvent["time"] {
  const from = Temporal.PlainDateTime.from(start).toZonedDateTime(home)
  return { allDay: false, start: from, end: from.add({ hours }) }
}

function days(first: string, count: number): CalendarEvent["time"] {
  const start = Temporal.PlainDate.from(first)
  return { allDay: true, start, end: start.add({ days: count }) }
}

function noExceptions() {
  return { extraTimes: [], excluded: [], overrides: [] }
}
