import assert from "node:assert/strict"
import { describe, test } from "node:test"
import fc from "fast-check"
import { NeedsAttentionError } from "../../operator/core/errors.ts"
import { calendar, read, vevent } from "./calendar-text.ts"

/** Feeds are foreign: whatever stands in them, reading ends soon, and a healthy event is never lost to a sick one. */

const healthy = ["a", "b"].map(key => vevent({ UID: `healthy-${key}`, SUMMARY: key, RRULE: "FREQ=DAILY;COUNT=3" }))

async function quickly<T>(work: () => Promise<T>): Promise<T> {
  const before = performance.now()
  const result = await work()
  const took = performance.now() - before
  assert.ok(took < 10_000, `took ${Math.round(took)} ms`)
  return result
}

const names = [
  "DTSTART",
  "DTEND",
  "DURATION",
  "RRULE",
  "RDATE",
  "EXDATE",
  "RECURRENCE-ID",
  "SUMMARY",
  "DESCRIPTION",
  "STATUS",
]
const other = [
  "SEQUENCE",
  "DTSTAMP",
  "ATTENDEE",
  "ORGANIZER",
  "CATEGORIES",
  "CLASS",
  "PRIORITY",
  "URL",
  "TRIGGER",
  "TZOFFSETTO",
]
const kinds = ["VEVENT", "VALARM", "VTIMEZONE", "STANDARD", "VTODO", "X-THING"]

const name = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...names, ...other) }, fc.string({ maxLength: 12 }))
const param = fc.oneof(
  fc.constantFrom(
    ";VALUE=DATE",
    ";TZID=Europe/Berlin",
    ';TZID="a:b"',
    ";TZID=",
    ";RANGE=THISANDFUTURE",
    ';X="',
    ";VALUE=PERIOD",
    ";CN=x",
  ),
  fc.constant(""),
)
const digits = fc.integer({ min: 0, max: 99_999_999 }).map(number => String(number).padStart(8, "0"))
const time = fc
  .tuple(digits, fc.integer({ min: 0, max: 999_999 }))
  .map(([day, clock]) => `${day}T${String(clock).padStart(6, "0")}`)
const value = fc.oneof(
  digits,
  time,
  time.map(text => `${text}Z`),
  fc.constantFrom(
    "20260302",
    "20260302T080000Z",
    "20260303T080000",
    "00010101",
    "99991231T235959Z",
    "20260230",
    "PT1H",
    "-P1W",
    "P999999999W",
  ),
  fc.constantFrom(
    "FREQ=DAILY",
    "FREQ=SECONDLY",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=WEEKLY;INTERVAL=0",
    "FREQ=DAILY;UNTIL=00010101",
  ),
  fc.constantFrom(
    "FREQ=MONTHLY;BYSETPOS=99",
    "FREQ=WEEKLY;COUNT=999999999",
    "CANCELLED",
    "19990101T000000Z/P1D",
    "mailto:x",
    "+9999",
    "=;:,\\",
  ),
  fc.string({ unit: "binary", maxLength: 40 }),
)
const line = fc.oneof(
  { weight: 10, arbitrary: fc.tuple(name, param, value).map(([name, param, value]) => `${name}${param}:${value}`) },
  { weight: 1, arbitrary: fc.constantFrom(...kinds).map(kind => `BEGIN:${kind}`) },
  { weight: 1, arbitrary: fc.constantFrom(...kinds).map(kind => `END:${kind}`) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 60 }) },
)

describe("hostile calendars", () => {
  test("an event of any lines whatever costs its neighbours nothing", async () => {
    const alone = await read(calendar(...healthy))
    const property = fc.asyncProperty(fc.array(line, { maxLength: 25 }), async lines => {
      fc.pre(!lines.some(text => /VCALENDAR|healthy/i.test(text)))
      const sick = ["BEGIN:VEVENT", "UID:sick", ...lines, "END:VEVENT"].join("\r\n")

      const { events } = await read(calendar(healthy[0] ?? "", sick, healthy[1] ?? ""))

      assert.deepEqual(
        events.filter(event => event.key.startsWith("healthy")),
        alone.events,
      )
    })
    await fc.assert(property, { numRuns: 1_500 })
  })

  test("any text whatever is a calendar or a core error", async () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.array(line, { maxLength: 20 }).map(lines => ["BEGIN:VCALENDAR", ...lines, "END:VCALENDAR"].join("\n")),
      fc
        .array(fc.constantFrom("BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "UID:x"), {
          maxLength: 12,
        })
        .map(lines => lines.join("\r")),
    )
    const property = fc.asyncProperty(text, async text => {
      try {
        await read(text)
      } catch (error) {
        assert.ok(error instanceof NeedsAttentionError, String(error))
      }
    })
    await fc.assert(property, { numRuns: 1_500 })
  })

  test("problems never tell what an event says", async () => {
    const property = fc.asyncProperty(fc.array(line, { maxLength: 15 }), async lines => {
      const text = calendar(
        ["BEGIN:VEVENT", "UID:sick", "SUMMARY:Confidential talk", ...lines, "END:VEVENT"].join("\r\n"),
      )
      const { problems } = await read(text).catch(() => ({ problems: [] }))

      assert.ok(problems.every(({ message }) => !message.includes("Confidential")))
    })
    await fc.assert(property, { numRuns: 300 })
  })

  const long = 2_000_000
  const traps: readonly (readonly [string, string])[] = [
    ["a line of colons", vevent({ DTSTART: ":".repeat(long) })],
    ["a line of dates that lead nowhere", vevent({ "DTSTART;X": ":20260101".repeat(long / 10) })],
    ["a line of quotes", vevent({ 'DTSTART;TZID="': '"'.repeat(long) })],
    ["a line of opening brackets", vevent({ "X-ALT-DESC;FMTTYPE=text/html": "<".repeat(long) })],
    ["a line of open heads", vevent({ "X-ALT-DESC;FMTTYPE=text/html": "<head".repeat(long / 5) })],
    ["a line of backslashes", vevent({ CATEGORIES: "\\".repeat(long), SUMMARY: "\\".repeat(long) })],
    ["a zone of blanks", vevent({ [`DTSTART;TZID=${" ".repeat(long)}x`]: "20260302T080000" })],
    ["a million exceptions", vevent({ RRULE: "FREQ=DAILY", EXDATE: "20260302T080000Z,".repeat(1_000_000) })],
    [
      "a million further dates",
      vevent({ RDATE: Array.from({ length: 100_000 }, (_, day) => `20${10 + (day % 80)}0101T080000Z`).join(",") }),
    ],
    ["folds without end", vevent({ SUMMARY: "x\r\n ".repeat(long / 4) })],
    ["lines without names", vevent({}, ["nonsense\r\n".repeat(long / 10)])],
    ["nesting without end", "BEGIN:VEVENT\r\nBEGIN:X-A\r\n".repeat(100_000)],
    ["nesting in depth", `BEGIN:VEVENT\r\n${"BEGIN:X-A\r\n".repeat(200_000)}`],
    ["a reminder in astronomical units", vevent({}, ["BEGIN:VALARM", "TRIGGER:-P999999999W", "END:VALARM"])],
    ["a length in astronomical units", vevent({ DURATION: "P999999999W" })],
    [
      "thousands of changes of one occurrence",
      Array.from({ length: 5_000 }, () => vevent({ "RECURRENCE-ID": "20260302T080000Z" })).join("\r\n"),
    ],
    [
      "thousands of events that share a UID",
      Array.from({ length: 20_000 }, (_, minute) => {
        const start = Temporal.PlainDateTime.from("2026-01-01T00:00:00").add({ minutes: minute })
        return vevent({ UID: "shared", DTSTART: `${start}Z`.replaceAll(/[-:]/g, "") })
      }).join("\r\n"),
    ],
    [
      "thousands of changed futures",
      [
        vevent({ RRULE: "FREQ=DAILY" }),
        ...Array.from({ length: 500 }, (_, day) =>
          vevent({
            "RECURRENCE-ID;RANGE=THISANDFUTURE": Temporal.PlainDate.from("2026-03-03")
              .add({ days: day })
              .toString()
              .replaceAll("-", ""),
          }),
        ),
      ].join("\r\n"),
    ],
  ]
  for (const [what, trap] of traps) {
    test(`${what} does not hold up reading, and costs its neighbours nothing`, async () => {
      const { events } = await quickly(() => read(calendar(healthy[0] ?? "", trap, healthy[1] ?? "")))

      assert.deepEqual(events.filter(event => event.key.startsWith("healthy")).length, 2)
    })
  }

  test("a flood of time zones does not hold up reading", async () => {
    const zone = (index: number) =>
      [
        "BEGIN:VTIMEZONE",
        `TZID:zone-${index}`,
        ...Array.from({ length: 30 }, (_, part) => [
          "BEGIN:STANDARD",
          `DTSTART:${1900 + (index % 200)}0101T000000`,
          "TZOFFSETFROM:+0107",
          `TZOFFSETTO:+0${part % 10}11`,
          `RRULE:FREQ=YEARLY;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;UNTIL=${1950 + (index % 200)}0101T000000Z`,
          "END:STANDARD",
        ]).flat(),
        "END:VTIMEZONE",
      ].join("\r\n")
    const events = Array.from({ length: 300 }, (_, index) =>
      vevent({ UID: `e${index}`, [`DTSTART;TZID=zone-${index}`]: "20260302T080000" }),
    )
    const zones = Array.from({ length: 300 }, (_, index) => zone(index))

    const result = await quickly(() => read(calendar(...zones, ...events)))

    assert.equal(result.events.length + result.problems.length, 300)
  })

  test("more components than any calendar has are an error", async () => {
    const flood = "BEGIN:VEVENT\r\nEND:VEVENT\r\n".repeat(260_000)

    await assert.rejects(
      quickly(() => read(calendar(flood))),
      error => error instanceof NeedsAttentionError && error.reason === "Implausible",
    )
  })

  const outside = ["00000101T000000Z", "99991231T235959Z", "20261301T000000Z", "20260230T000000Z", "100000101T000000Z"]
  for (const start of outside) {
    test(`an event at ${start} that cannot be is a problem of its own`, async () => {
      const { events, problems } = await read(calendar(vevent({ DTSTART: start, DURATION: "P400D" }), ...healthy))

      assert.deepEqual([events.length, problems.map(problem => problem.reason)], [2, ["UnreadableTime"]])
    })
  }

  test("reading gives way to others, and stops when it is told to", async () => {
    const text = calendar(...Array.from({ length: 3_000 }, (_, index) => vevent({ UID: `e${index}` })))
    const { readCalendar } = await import("../../operator/icalendar/read.ts")
    const stop = new AbortController()
    setImmediate(() => stop.abort())

    await assert.rejects(readCalendar(text, {}, stop.signal), { name: "AbortError" })
  })

  test("putting events together gives way to others as well", async () => {
    const text = calendar(...Array.from({ length: 3_000 }, (_, index) => vevent({ UID: `e${index}` })))
    const { readCalendar } = await import("../../operator/icalendar/read.ts")
    const [stop, turnsOfReading] = [new AbortController(), 6]
    const countDown = (turns: number): void =>
      void setImmediate(() => (turns === 0 ? stop.abort() : countDown(turns - 1)))
    countDown(turnsOfReading + 2)

    await assert.rejects(readCalendar(text, {}, stop.signal), { name: "AbortError" })
  })
})
