import assert from "node:assert/strict"
import { test } from "node:test"
import type { Json } from "../store/json.ts"
import { anna, helsinki, meeting } from "../talk.ts"
import { allIn, ask, exchange } from "./ask.ts"

const shape =
  "<ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:IncludeMimeContent>true</t:IncludeMimeContent></ItemShape>"

/** The unfolded lines of an event's iCalendar. */
async function linesOf(
  event: Json,
  change: (to: Awaited<ReturnType<typeof exchange>>, id: string) => void = () => undefined,
) {
  await using to = await exchange()
  to.admin.freeze("2026-02-01T00:00:00Z")
  const id = to.admin.createEvent(anna, event)
  change(to, id)
  const ewsId = id.replaceAll("-", "/").replaceAll("_", "+")
  const answer = await ask(to, `<GetItem>${shape}<ItemIds><t:ItemId Id="${ewsId}"/></ItemIds></GetItem>`)
  const text = Buffer.from(allIn(answer, "MimeContent")[0] ?? "", "base64").toString("utf8")
  for (const line of text.split("\r\n")) assert.ok(Buffer.byteLength(line) <= 75, line)
  return text.replaceAll("\r\n ", "").split("\r\n")
}

function has(lines: readonly string[], ...wanted: readonly string[]): void {
  for (const line of wanted) assert.ok(lines.includes(line), `${line} is missing in\n${lines.join("\n")}`)
}

test("an event is an iCalendar object with its zone by its Windows name", async () => {
  const lines = await linesOf(meeting({ subject: "Physics; lab, 1", location: { displayName: "Room ä".repeat(20) } }))
  has(
    lines,
    "METHOD:PUBLISH",
    "TZID:FLE Standard Time",
    "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3",
    "SUMMARY;LANGUAGE=en-US:Physics\\; lab\\, 1",
    "DTSTART;TZID=FLE Standard Time:20260310T090000",
    "DTEND;TZID=FLE Standard Time:20260310T100000",
    "TRIGGER;RELATED=START:-PT15M",
    "X-MICROSOFT-CDO-INSTTYPE:0",
  )
  assert.equal(lines.at(-1), "")
})

test("whole days are dates, and no zone is told for them", async () => {
  const lines = await linesOf({
    subject: "Holiday",
    isAllDay: true,
    start: helsinki("2026-03-10T00:00:00"),
    end: helsinki("2026-03-12T00:00:00"),
  })
  has(lines, "DTSTART;VALUE=DATE:20260310", "DTEND;VALUE=DATE:20260312", "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE")
  assert.ok(!lines.includes("BEGIN:VTIMEZONE"))
})

for (const [pattern, range, rule] of [
  [{ type: "daily", interval: 2 }, { type: "numbered", numberOfOccurrences: 3 }, "FREQ=DAILY;INTERVAL=2;COUNT=3"],
  [
    { type: "weekly", interval: 1, daysOfWeek: ["tuesday", "friday"], firstDayOfWeek: "monday" },
    { type: "endDate", endDate: "2026-06-05" },
    "FREQ=WEEKLY;INTERVAL=1;BYDAY=TU,FR;WKST=MO;UNTIL=20260605T060000Z",
  ],
  [
    { type: "absoluteMonthly", interval: 1, dayOfMonth: 10 },
    { type: "noEnd" },
    "FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=10",
  ],
  [
    { type: "relativeMonthly", interval: 1, daysOfWeek: ["tuesday"], index: "second" },
    { type: "noEnd" },
    "FREQ=MONTHLY;INTERVAL=1;BYDAY=TU;BYSETPOS=2",
  ],
  [
    { type: "absoluteYearly", interval: 1, dayOfMonth: 10, month: 3 },
    { type: "noEnd" },
    "FREQ=YEARLY;INTERVAL=1;BYMONTHDAY=10;BYMONTH=3",
  ],
  [
    { type: "relativeYearly", interval: 1, daysOfWeek: ["tuesday"], index: "last", month: 3 },
    { type: "noEnd" },
    "FREQ=YEARLY;INTERVAL=1;BYDAY=TU;BYMONTH=3;BYSETPOS=-1",
  ],
] as const)
  test(`a series has the rule ${rule}`, async () => {
    const start = pattern.type === "relativeYearly" ? "2026-03-31" : "2026-03-10"
    const when = { start: helsinki(`${start}T09:00:00`), end: helsinki(`${start}T10:00:00`) }
    has(
      await linesOf(meeting({ ...when, recurrence: { pattern, range: { startDate: start, ...range } } })),
      `RRULE:${rule}`,
    )
  })

test("a series has its changed and deleted occurrences", async () => {
  const range = { type: "numbered", startDate: "2026-03-10", numberOfOccurrences: 4 }
  const series = meeting({ recurrence: { pattern: { type: "daily", interval: 1 }, range } })
  const lines = await linesOf(series, (to, id) => {
    const span = { start: "2026-03-10T00:00:00Z", end: "2026-03-15T00:00:00Z" }
    const [, second, third] = to.admin.view(anna, span)
    to.admin.updateEvent(anna, second?.id ?? id, { subject: "Lab" })
    to.admin.deleteEvent(anna, third?.id ?? id)
  })
  has(
    lines,
    "EXDATE;TZID=FLE Standard Time:20260312T090000",
    "RECURRENCE-ID;TZID=FLE Standard Time:20260311T090000",
    "SUMMARY;LANGUAGE=en-US:Lab",
  )
  assert.equal(lines.filter(line => line === "BEGIN:VEVENT").length, 2)
})
