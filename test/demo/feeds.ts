/**
 * Two feeds as real products write them. The holidays look like a calendar published by Outlook: a Windows zone with rules
 * since 1601, all-day events, busy states of its own. The timetable looks like that of a timetable program: weekly lessons
 * with cancelled and moved ones, and many single lessons.
 */

export type Lesson = {
  readonly uid: string
  readonly day: Temporal.PlainDate
  readonly hour: number
  readonly subject: string
}

const crlf = (lines: readonly string[]) => `${lines.join("\r\n")}\r\n`

/** Public holidays of the two years around today. */
export function holidaysFeed(today: Temporal.PlainDate): string {
  const fixed = [
    [1, 1, "New Year's Day"],
    [5, 1, "Labour Day"],
    [6, 5, "Constitution Day"],
    [12, 24, "Christmas Eve"],
    [12, 25, "Christmas Day"],
    [12, 26, "Boxing Day"],
    [12, 31, "New Year's Eve"],
  ] as const
  const days = [today.year, today.year + 1].flatMap(year =>
    fixed.map(([month, day, name]) => ({ date: Temporal.PlainDate.from({ year, month, day }), name })),
  )
  return crlf([
    "BEGIN:VCALENDAR",
    "METHOD:PUBLISH",
    "PRODID:Microsoft Exchange Server 2010",
    "VERSION:2.0",
    "X-WR-CALNAME:Holidays",
    ...windowsZone,
    ...days.flatMap(({ date, name }) => [
      "BEGIN:VEVENT",
      `UID:040000008200E00074C5B7101A82E008${basic(date)}`,
      `SUMMARY;LANGUAGE=en-GB:${name.replaceAll("'", "’")}`,
      `DTSTART;VALUE=DATE:${basic(date)}`,
      `DTEND;VALUE=DATE:${basic(date.add({ days: 1 }))}`,
      "CLASS:PUBLIC",
      "PRIORITY:5",
      `DTSTAMP:${basic(today)}T000000Z`,
      "TRANSP:TRANSPARENT",
      "STATUS:CONFIRMED",
      "X-MICROSOFT-CDO-BUSYSTATUS:FREE",
      "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE",
      "END:VEVENT",
    ]),
    "BEGIN:VEVENT",
    `UID:040000008200E00074C5B7101A82E008ASSEMBLY`,
    "SUMMARY:Morning assembly",
    `DTSTART;TZID=W. Europe Standard Time:${basic(monday(today))}T080000`,
    `DTEND;TZID=W. Europe Standard Time:${basic(monday(today))}T081500`,
    "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;WKST=MO",
    "LOCATION:Hall",
    `DTSTAMP:${basic(today)}T000000Z`,
    "X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE",
    "END:VEVENT",
    "END:VCALENDAR",
  ])
}

/** The single lessons of the coming weeks: two on each working day. */
export function lessonsFrom(today: Temporal.PlainDate, weeks: number): readonly Lesson[] {
  const subjects = ["Mathematics", "Danish", "Physics", "History", "Music", "English", "Biology", "Art"]
  const first = monday(today).add({ weeks: 1 })
  return Array.from({ length: weeks * 5 }, (_, index) =>
    first.add({ days: Math.floor(index / 5) * 7 + (index % 5) }),
  ).flatMap((day, index) =>
    [9, 13].map((hour, half) => ({
      uid: `lesson-${day}-${hour}@timetable.example.com`,
      day,
      hour,
      subject: subjects[(index * 2 + half) % subjects.length] ?? "",
    })),
  )
}

/** The timetable: a weekly lesson with a cancelled and a moved one, and the single lessons given. */
export function timetableFeed(today: Temporal.PlainDate, lessons: readonly Lesson[]): string {
  const tuesday = monday(today).add({ days: 1 })
  const at = (date: Temporal.PlainDate, hour: number, minute = 0) =>
    `TZID=Europe/Copenhagen:${basic(date)}T${String(hour).padStart(2, "0")}${String(minute).padStart(2, "0")}00`
  return crlf([
    "BEGIN:VCALENDAR",
    "PRODID:-//Timetable 12//EN",
    "VERSION:2.0",
    "CALSCALE:GREGORIAN",
    "X-WR-TIMEZONE:Europe/Copenhagen",
    "BEGIN:VEVENT",
    "UID:sports-7b@timetable.example.com",
    "SUMMARY:Sports",
    `DTSTART;${at(tuesday, 14)}`,
    `DTEND;${at(tuesday, 15, 30)}`,
    `RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=${basic(tuesday.add({ weeks: 20 }))}T225959Z`,
    `EXDATE;${at(tuesday.add({ weeks: 4 }), 14)}`,
    "LOCATION:Gym\\, north",
    "SEQUENCE:1",
    "END:VEVENT",
    "BEGIN:VEVENT",
    "UID:sports-7b@timetable.example.com",
    `RECURRENCE-ID;${at(tuesday.add({ weeks: 2 }), 14)}`,
    "SUMMARY:Sports (moved\\, pool)",
    `DTSTART;${at(tuesday.add({ weeks: 2, days: 1 }), 10)}`,
    `DTEND;${at(tuesday.add({ weeks: 2, days: 1 }), 11, 30)}`,
    "LOCATION:Pool",
    "SEQUENCE:2",
    "END:VEVENT",
    ...lessons.flatMap(({ uid, day, hour, subject }) => [
      "BEGIN:VEVENT",
      `UID:${uid}`,
      `SUMMARY:${subject}`,
      `DTSTART;${at(day, hour)}`,
      `DTEND;${at(day, hour, 45)}`,
      "LOCATION:Room 12",
      "CATEGORIES:Lesson",
      "END:VEVENT",
    ]),
    "END:VCALENDAR",
  ])
}

const windowsZone = [
  "BEGIN:VTIMEZONE",
  "TZID:W. Europe Standard Time",
  "BEGIN:STANDARD",
  "DTSTART:16010101T030000",
  "TZOFFSETFROM:+0200",
  "TZOFFSETTO:+0100",
  "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10",
  "END:STANDARD",
  "BEGIN:DAYLIGHT",
  "DTSTART:16010101T020000",
  "TZOFFSETFROM:+0100",
  "TZOFFSETTO:+0200",
  "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3",
  "END:DAYLIGHT",
  "END:VTIMEZONE",
]

function monday(day: Temporal.PlainDate): Temporal.PlainDate {
  return day.subtract({ days: day.dayOfWeek - 1 })
}

function basic(day: Temporal.PlainDate): string {
  return day.toString().replaceAll("-", "")
}
