import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { CalendarEvent } from "../../operator/core/event.ts"
import { calendar, readOne, vevent } from "./calendar-text.ts"

type Said = Partial<Omit<CalendarEvent, "key" | "time" | "subject">>

/** What an event says beside its key, its time and its subject. */
async function said(
  properties: Readonly<Record<string, string | readonly string[]>>,
  inner: readonly string[] = [],
): Promise<Said> {
  const { key: _key, time: _time, subject: _subject, ...rest } = await readOne(calendar(vevent(properties, inner)))
  return rest
}

const alarm = (...lines: readonly string[]) => ["BEGIN:VALARM", ...lines, "END:VALARM"]

describe("what an event says", () => {
  const cases: readonly (readonly [string, Readonly<Record<string, string | readonly string[]>>, Said])[] = [
    ["nothing it was not told", { "X-NOTHING": "x" }, {}],
    ["a place", { LOCATION: "Room 1\\, left" }, { location: "Room 1, left" }],
    [
      "a text of several lines",
      { DESCRIPTION: "one\\ntwo\\;\\\\three" },
      { body: { contentType: "text", content: "one\ntwo;\\three" } },
    ],
    ["no body where the text is empty", { DESCRIPTION: "\\n \\n" }, {}],
    ["a link", { URL: "https://school.example/lessons/1" }, { url: "https://school.example/lessons/1" }],
    ["no link that is none", { URL: "javascript:alert(1)" }, {}],
    [
      "a conference where there is no other link",
      { "CONFERENCE;VALUE=URI": "https://meet.example/1" },
      { url: "https://meet.example/1" },
    ],
    ["free for transparent", { TRANSP: "TRANSPARENT" }, { showAs: "Free" }],
    ["busy for opaque", { TRANSP: "OPAQUE" }, { showAs: "Busy" }],
    ["tentative for a tentative status", { TRANSP: "OPAQUE", STATUS: "TENTATIVE" }, { showAs: "Tentative" }],
    [
      "what was intended, where Outlook says no more",
      { "X-MICROSOFT-CDO-INTENDEDSTATUS": "OOF" },
      { showAs: "OutOfOffice" },
    ],
    ["public", { CLASS: "PUBLIC" }, { sensitivity: "Normal" }],
    ["private", { CLASS: "PRIVATE" }, { sensitivity: "Private" }],
    ["confidential", { CLASS: "CONFIDENTIAL" }, { sensitivity: "Confidential" }],
    ["private for a class nobody knows", { CLASS: "X-SECRET" }, { sensitivity: "Private" }],
    ["high for the first priorities", { PRIORITY: "1" }, { importance: "High" }],
    ["normal for the middle one", { PRIORITY: "5" }, { importance: "Normal" }],
    ["low for the last priorities", { PRIORITY: "9" }, { importance: "Low" }],
    ["nothing for priority 0", { PRIORITY: "0" }, {}],
    ["categories, each once", { CATEGORIES: ["Exam,Maths\\, hard", "Exam"] }, { categories: ["Exam", "Maths, hard"] }],
    [
      "people as text, the organizer first and rooms left out",
      {
        'ATTENDEE;CN="Anna, Teacher";ROLE=REQ-PARTICIPANT': "mailto:anna@school.example",
        "ATTENDEE;CUTYPE=ROOM;CN=Room 1": "mailto:room1@school.example",
        "ORGANIZER;CN=Head": "MAILTO:head@school.example",
        "ATTENDEE;CN=bo@school.example": "mailto:bo@school.example",
      },
      { people: ["Head <head@school.example>", "Anna, Teacher <anna@school.example>", "bo@school.example"] },
    ],
    [
      "a name with escapes of RFC 6868",
      { "ATTENDEE;CN=Anna ^'Ann^' B": "mailto:a@b.example" },
      { people: ['Anna "Ann" B <a@b.example>'] },
    ],
  ]
  for (const [what, properties, expected] of cases) {
    test(`says ${what}`, async () => {
      assert.deepEqual(await said(properties), expected)
    })
  }

  const reminders: readonly (readonly [string, readonly string[], number | "None" | undefined])[] = [
    ["15 minutes before", alarm("ACTION:DISPLAY", "TRIGGER:-PT15M"), 15],
    ["a day before", alarm("TRIGGER;RELATED=START:-P1D"), 1440],
    ["at the start", alarm("ACTION:DISPLAY", "TRIGGER:P0D"), 0],
    ["before the end", alarm("TRIGGER;RELATED=END:-PT60M"), 15],
    ["at a moment", alarm("TRIGGER;VALUE=DATE-TIME:20260302T073000Z"), 30],
    ["the first that comes before the start", [...alarm("TRIGGER:PT5M"), ...alarm("TRIGGER:-PT5M")], 5],
    ["none, said so", alarm("ACTION:NONE", "TRIGGER;VALUE=DATE-TIME:19760401T005545Z"), "None"],
    ["nothing for an alarm fifty years before", alarm("TRIGGER;VALUE=DATE-TIME:19760401T005545Z"), undefined],
    ["nothing for an alarm without a trigger", alarm("ACTION:DISPLAY"), undefined],
    ["nothing for nonsense", alarm("TRIGGER:soon"), undefined],
  ]
  for (const [what, lines, expected] of reminders) {
    test(`reminds ${what}`, async () => {
      assert.equal((await said({}, lines)).reminder, expected)
    })
  }

  test("a subject is one line, and may be missing", async () => {
    const lines = await readOne(calendar(vevent({ SUMMARY: "Maths\\nand  more" })))
    const missing = await readOne(calendar(vevent({ SUMMARY: "" })))

    assert.deepEqual([lines.subject, missing.subject], ["Maths and more", ""])
  })

  test("an alarm's own texts are not the event's", async () => {
    const event = await readOne(calendar(vevent({}, alarm("SUMMARY:Alarm", "DESCRIPTION:Ring", "TRIGGER:-PT5M"))))

    assert.deepEqual([event.subject, event.body], ["Maths", undefined])
  })

  test("texts longer than any calendar shows are cut, and never in the middle of a character", async () => {
    const event = await readOne(calendar(vevent({ SUMMARY: "😀".repeat(5_000), LOCATION: `x${"😀".repeat(5_000)}` })))

    assert.ok(event.subject.length <= 1_024 && event.subject.isWellFormed())
    assert.ok((event.location?.length ?? 0) <= 1_024 && event.location?.isWellFormed())
  })
})
