import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { describe, test } from "node:test"
import { NeedsAttentionError } from "../../operator/core/errors.ts"
import type { CalendarEvent } from "../../operator/core/event.ts"
import { expand } from "../../operator/core/recurrence.ts"
import { decodeCalendar } from "../../operator/icalendar/decode.ts"
import { berlinRules, calendar, read, readOne, span, vevent, vtimezone } from "./calendar-text.ts"

/**
 * What real feeds get wrong. The table is held to the tests below: a number without a test fails.
 *
 * | #  | quirk                                                         | #  | quirk                                          |
 * |----|---------------------------------------------------------------|----|------------------------------------------------|
 * | 1  | Windows ids as zones, quoted or not                           | 14 | all-day series east of Greenwich               |
 * | 2  | no VTIMEZONE                                                  | 15 | overrides without, before, beside their series |
 * | 3  | customised zones, with counters                               | 16 | RANGE=THISANDFUTURE                            |
 * | 4  | VTIMEZONEs from 1601, from the year 1, or of single dates     | 17 | RDATE with periods                             |
 * | 5  | slashes, paths, wrong case, aliases, bare offsets             | 18 | several rules                                  |
 * | 6  | X-WR-TIMEZONE instead of zones                                | 19 | bad rules                                      |
 * | 7  | times that float and should not                               | 20 | UIDs that change, are missing or are shared    |
 * | 8  | all-day as midnights, as 23:59, or by Outlook's mark          | 21 | stamps that are always new                     |
 * | 9  | all-day end on the day of the start                           | 22 | bytes, lines and files that are broken         |
 * | 10 | end before start, end and duration, dates with hours          | 23 | cancelled instead of excepted                  |
 * | 11 | UNTIL as a date, or local                                     | 24 | Outlook's own properties                       |
 * | 12 | EXDATE as time, as UTC, as list                               | 25 | zones that Outlook refuses to read             |
 * | 13 | RECURRENCE-ID as zoned midnight of an all-day series          |    |                                                |
 */

const zoned = (tzid: string, properties: Readonly<Record<string, string>> = {}) =>
  vevent({ [`DTSTART;TZID=${tzid}`]: "20260702T100000", [`DTEND;TZID=${tzid}`]: "20260702T110000", ...properties })

async function zoneOf(text: string, timeZone?: string): Promise<string> {
  const { time } = await readOne(text, { timeZone })
  return time.allDay ? "all-day" : time.start.timeZoneId
}

/** Keys of the occurrences in the years 2026 and 2027. */
function occurrences(event: CalendarEvent, zone = "UTC"): string[] {
  const window = { start: Temporal.Instant.from("2026-01-01T00:00Z"), end: Temporal.Instant.from("2028-01-01T00:00Z") }
  return expand(event, window, { zone, limit: 1_000 }).map(({ time }) =>
    time.start.toString().replace(/:00(?=[+-Z[])/, ""),
  )
}

const numbers: number[] = []
function quirk(number: number, sentence: string, body: () => void | Promise<void>): void {
  numbers.push(number)
  test(`${number}: ${sentence}`, body)
}

describe("quirks of real feeds", () => {
  for (const tzid of ["W. Europe Standard Time", '"W. Europe Standard Time"', "W. Europe Standard Time 1"]) {
    quirk(1, `a Windows zone id is understood: ${tzid}`, async () => {
      assert.equal(await zoneOf(calendar(zoned(tzid))), "Europe/Berlin")
    })
  }
  quirk(1, "a known name wins over the VTIMEZONE that comes with it", async () => {
    const wrong = vtimezone("Eastern Standard Time", berlinRules)

    const zone = await zoneOf(calendar(wrong, zoned("Eastern Standard Time")))

    assert.equal(zone, "America/New_York")
  })

  quirk(2, "a zone needs no VTIMEZONE", async () => {
    assert.equal(await zoneOf(calendar(zoned("Europe/Copenhagen"))), "Europe/Copenhagen")
  })

  for (const tzid of ["Customized Time Zone", "tzone://Microsoft/Custom", "Customized Time Zone 1", "1", "Büro"]) {
    quirk(3, `a customised zone is the one that behaves like its VTIMEZONE: ${tzid}`, async () => {
      const text = calendar(vtimezone(tzid, berlinRules), zoned(tzid.includes("/") ? `"${tzid}"` : tzid))

      assert.equal(await zoneOf(text), "Europe/Berlin")
    })
  }
  quirk(
    3,
    "a customised zone without rules is the calendar's zone, and without one a problem of that event only",
    async () => {
      const text = calendar(zoned('"tzone://Microsoft/Custom"'), vevent({ UID: "healthy" }))

      const { events, problems } = await read(text)

      assert.deepEqual(
        events.map(event => event.key),
        ["healthy"],
      )
      assert.deepEqual(
        problems.map(({ key, reason }) => [key, reason]),
        [["lesson-1", "UnknownTimeZone"]],
      )
      const helped = await read(text, { timeZone: "Europe/Oslo" })
      assert.deepEqual(helped.problems, [])
    },
  )
  quirk(
    3,
    "a single event in a zone that no name fits is at the right moment, and a series there is a problem",
    async () => {
      const strange = vtimezone("Mine", {
        standard: [{ from: "+0213", to: "+0113", rule: "FREQ=YEARLY;BYMONTH=11;BYDAY=2TU" }],
        daylight: [{ from: "+0113", to: "+0213", rule: "FREQ=YEARLY;BYMONTH=2;BYDAY=1WE" }],
      })

      const single = await readOne(calendar(strange, zoned("Mine")))
      const series = await read(calendar(strange, zoned("Mine", { RRULE: "FREQ=DAILY" })))

      assert.equal(span(single), "2026-07-02T07:47:00+00:00[UTC]/2026-07-02T08:47:00+00:00[UTC]")
      assert.deepEqual(
        series.problems.map(problem => problem.reason),
        ["UnknownTimeZone"],
      )
    },
  )
  quirk(3, "a steady offset that belongs to no zone stays that offset", async () => {
    const text = calendar(
      vtimezone("Nowhere", { standard: [{ from: "-0741", to: "-0741" }], daylight: [] }),
      zoned("Nowhere"),
    )

    assert.equal(await zoneOf(text), "-07:41")
  })

  for (const start of ["16010101T020000", "00010101T020000", "19700101T020000"]) {
    quirk(4, `a VTIMEZONE that begins in ${start.slice(0, 4)} costs no time and is found`, async () => {
      const rules = {
        standard: [{ ...berlinRules.standard[0], from: "+0200", to: "+0100", start: start.replace("T02", "T03") }],
        daylight: [{ ...berlinRules.daylight[0], from: "+0100", to: "+0200", start }],
      }

      const before = performance.now()
      const zone = await zoneOf(calendar(vtimezone("Ours", rules), zoned("Ours")))

      assert.equal(zone, "Europe/Berlin")
      assert.ok(performance.now() - before < 2_000)
    })
  }
  quirk(4, "a VTIMEZONE that lists the changes of two years is found", async () => {
    const listed = vtimezone("Listed", {
      standard: [
        { from: "-0400", to: "-0500", start: "20231105T020000", dates: ["20231105T020000", "20241103T020000"] },
      ],
      daylight: [
        { from: "-0500", to: "-0400", start: "20230312T020000", dates: ["20230312T020000", "20240310T020000"] },
      ],
    })

    assert.equal(await zoneOf(calendar(listed, zoned("Listed"))), "America/New_York")
  })
  quirk(4, "eras that are never ended end each other", async () => {
    const eras = vtimezone("Eras", {
      standard: [
        { from: "-0400", to: "-0500", start: "16711029T020000", rule: "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10" },
        { from: "-0400", to: "-0500", start: "20071104T020000", rule: "FREQ=YEARLY;BYDAY=1SU;BYMONTH=11" },
      ],
      daylight: [
        { from: "-0500", to: "-0400", start: "16710404T020000", rule: "FREQ=YEARLY;BYDAY=1SU;BYMONTH=4" },
        { from: "-0500", to: "-0400", start: "20070311T020000", rule: "FREQ=YEARLY;BYDAY=2SU;BYMONTH=3" },
      ],
    })

    assert.equal(await zoneOf(calendar(eras, zoned("Eras"))), "America/New_York")
  })

  const names = [
    ["/Europe/Berlin", "Europe/Berlin"],
    ["/freeassociation.sourceforge.net/Tzfile/Europe/Berlin", "Europe/Berlin"],
    ["europe/berlin", "Europe/Berlin"],
    ["Europe/Kiev", "Europe/Kyiv"],
    ["Europe/Kyiv", "Europe/Kyiv"],
    ["US/Pacific", "America/Los_Angeles"],
    ["UTC+01", "Etc/GMT-1"],
    ["(GMT +01:00)", "Etc/GMT-1"],
    ["GMT+01:00", "Etc/GMT-1"],
    ["TZID=Europe/Berlin", "Europe/Berlin"],
    ['"(UTC+01:00) Amsterdam, Berlin, Bern, Rome"', "Europe/Amsterdam"],
    ['"(UTC-05:00) Eastern Time (US & Canada)"', "America/New_York"],
  ] as const
  for (const [written, meant] of names) {
    quirk(5, `${written} is ${meant}`, async () => {
      assert.equal(await zoneOf(calendar(zoned(written))), meant)
    })
  }

  const floating = vevent({ DTSTART: "20260702T100000", DTEND: "20260702T110000" })
  quirk(6, "X-WR-TIMEZONE is the zone of times without one, and leaves UTC as it is", async () => {
    assert.equal(await zoneOf(calendar("X-WR-TIMEZONE:Europe/Oslo", floating), "Asia/Tokyo"), "Europe/Oslo")
    assert.equal(await zoneOf(calendar("X-WR-TIMEZONE:Europe/Oslo", vevent())), "UTC")
  })

  quirk(7, "a floating time is in the source's zone, else in the calendar's only one, else a problem", async () => {
    const { events, problems } = await read(calendar(floating))

    assert.equal(await zoneOf(calendar(floating), "Asia/Tokyo"), "Asia/Tokyo")
    assert.equal(await zoneOf(calendar(vtimezone("Mine", berlinRules), floating)), "Europe/Berlin")
    assert.deepEqual([events.length, problems.map(problem => problem.reason)], [0, ["FloatingTime"]])
  })

  const midnights = [
    [
      "00:00 to 00:00",
      { "DTSTART;TZID=Europe/Berlin": "20260702T000000", "DTEND;TZID=Europe/Berlin": "20260704T000000" },
    ],
    [
      "00:00 to 23:59",
      { "DTSTART;TZID=Europe/Berlin": "20260702T000000", "DTEND;TZID=Europe/Berlin": "20260703T235900" },
    ],
    [
      "00:00 to 23:59:59",
      { "DTSTART;TZID=Europe/Berlin": "20260702T000000", "DTEND;TZID=Europe/Berlin": "20260703T235959" },
    ],
    ["midnights in UTC of the calendar's zone", { DTSTART: "20260701T220000Z", DTEND: "20260703T220000Z" }],
  ] as const
  for (const [what, times] of midnights) {
    quirk(8, `whole days written as ${what} are all-day`, async () => {
      assert.equal(span(await readOne(calendar(vevent(times)), { timeZone: "Europe/Berlin" })), "2026-07-02/2026-07-04")
    })
  }
  quirk(8, "Outlook's mark makes midnights all-day, or keeps them timed", async () => {
    const times = { "DTSTART;TZID=Europe/Berlin": "20260702T000000", "DTEND;TZID=Europe/Berlin": "20260703T000000" }

    const marked = await readOne(calendar(vevent({ ...times, "X-MICROSOFT-CDO-ALLDAYEVENT": "TRUE" })))
    const unmarked = await readOne(calendar(vevent({ ...times, "X-MICROSOFT-CDO-ALLDAYEVENT": "FALSE" })))
    const inUtc = await readOne(
      calendar(
        vevent({ DTSTART: "20260702T000000Z", DTEND: "20260703T000000Z", "X-MICROSOFT-CDO-ALLDAYEVENT": "TRUE" }),
      ),
    )

    assert.deepEqual(
      [marked, unmarked, inUtc].map(event => event.time.allDay),
      [true, false, true],
    )
    assert.equal(span(inUtc), "2026-07-02/2026-07-03")
  })
  quirk(8, "midnight in UTC is no day's beginning where nothing says so", async () => {
    const { time } = await readOne(calendar(vevent({ DTSTART: "20260702T000000Z", DTEND: "20260703T000000Z" })))

    assert.equal(time.allDay, false)
  })

  quirk(9, "an all-day event that ends on the day it starts is that day", async () => {
    const same = await readOne(calendar(vevent({ "DTSTART;VALUE=DATE": "20260702", "DTEND;VALUE=DATE": "20260702" })))
    const open = await readOne(calendar(vevent({ "DTSTART;VALUE=DATE": "20260702" })))

    assert.deepEqual([span(same), span(open)], ["2026-07-02/2026-07-03", "2026-07-02/2026-07-03"])
  })

  quirk(10, "an end before the start costs that event, and no other", async () => {
    const backwards = [
      vevent({ UID: "a", DTSTART: "20260702T100000Z", DTEND: "20260702T090000Z" }),
      vevent({ UID: "b", DTSTART: "20260702T100000Z", DURATION: "-PT1H" }),
      vevent({ UID: "c", "DTSTART;VALUE=DATE": "20260702", "DTEND;VALUE=DATE": "20260630" }),
    ]

    const { events, problems } = await read(calendar(...backwards, vevent()))

    assert.deepEqual(
      events.map(event => event.key),
      ["lesson-1"],
    )
    assert.deepEqual(
      problems.map(({ key, reason }) => `${key} ${reason}`),
      ["a EndsBeforeStart", "b EndsBeforeStart", "c EndsBeforeStart"],
    )
  })
  const lengths = [
    [
      "end and duration: the end counts",
      { DTSTART: "20260702T100000Z", DTEND: "20260702T110000Z", DURATION: "PT3H" },
      "PT1H",
    ],
    [
      "a backwards end and a duration: the duration counts",
      { DTSTART: "20260702T100000Z", DTEND: "20260702T090000Z", DURATION: "PT3H" },
      "PT3H",
    ],
    ["no end: no length", { DTSTART: "20260702T100000Z", DTEND: "" }, "PT0S"],
    ["an end at the start: no length", { DTSTART: "20260702T100000Z", DTEND: "20260702T100000Z" }, "PT0S"],
    [
      "a date lasting a day and some hours is two days",
      { "DTSTART;VALUE=DATE": "20260702", DURATION: "P1DT2H" },
      "P2D",
    ],
    [
      "a date with an end at a time ends with that day",
      { "DTSTART;VALUE=DATE": "20260702", DTEND: "20260703T120000Z" },
      "P2D",
    ],
  ] as const
  for (const [what, times, length] of lengths) {
    quirk(10, what, async () => {
      const { time } = await readOne(calendar(vevent(times)))
      const read = time.allDay ? time.start.until(time.end) : time.start.until(time.end)
      assert.equal(read.toString(), length)
    })
  }

  const series = { "DTSTART;TZID=Europe/Berlin": "20260302T100000", "DTEND;TZID=Europe/Berlin": "20260302T110000" }
  for (const until of ["20260304", "20260304T100000", "20260304T090000Z"]) {
    quirk(11, `UNTIL=${until} keeps the occurrence of that day`, async () => {
      const event = await readOne(calendar(vevent({ ...series, RRULE: `FREQ=DAILY;UNTIL=${until}` })))

      assert.deepEqual(occurrences(event).length, 3)
    })
  }

  const days = { "DTSTART;VALUE=DATE": "20260302", "DTEND;VALUE=DATE": "20260303", RRULE: "FREQ=DAILY;COUNT=4" }
  const exceptions = [
    ["a date in an all-day series", { ...days, "EXDATE;VALUE=DATE": "20260303" }],
    ["a zoned midnight in an all-day series", { ...days, "EXDATE;TZID=Europe/Berlin": "20260303T000000" }],
    ["a midnight in UTC, east of Greenwich, in an all-day series", { ...days, EXDATE: "20260302T230000Z" }],
    ["UTC in a zoned series", { ...series, RRULE: "FREQ=DAILY;COUNT=4", EXDATE: "20260303T090000Z" }],
    ["floating in a zoned series", { ...series, RRULE: "FREQ=DAILY;COUNT=4", EXDATE: "20260303T100000" }],
    [
      "another zone in a zoned series",
      { ...series, RRULE: "FREQ=DAILY;COUNT=4", "EXDATE;TZID=America/New_York": "20260303T040000" },
    ],
    ["a date in a timed series", { ...series, RRULE: "FREQ=DAILY;COUNT=4", "EXDATE;VALUE=DATE": "20260303" }],
    [
      "a list in one line, with a comma too many",
      { ...series, RRULE: "FREQ=DAILY;COUNT=4", EXDATE: "20260303T090000Z,,20270101T090000Z," },
    ],
  ] as const
  for (const [what, properties] of exceptions) {
    quirk(12, `an exception is found as ${what}`, async () => {
      const event = await readOne(calendar(vevent(properties)), { timeZone: "Europe/Berlin" })

      const starts = occurrences(event).map(start => start.slice(0, 10))
      assert.deepEqual(starts, ["2026-03-02", "2026-03-04", "2026-03-05"])
    })
  }
  quirk(12, "an exception at midnight in UTC is on the right day even where nothing tells the zone", async () => {
    const east = await readOne(calendar(vevent({ ...days, EXDATE: "20260302T230000Z" })))
    const west = await readOne(calendar(vevent({ ...days, EXDATE: "20260303T050000Z" })))

    assert.deepEqual(
      [east, west].map(event => event.recurrence?.excluded),
      [["20260303"], ["20260303"]],
    )
  })

  for (const id of [
    ";TZID=W. Europe Standard Time:20260303T000000",
    ";TZID=UTC+01:20260303T000000",
    ":20260302T230000Z",
    ";VALUE=DATE:20260303",
  ]) {
    quirk(13, `an all-day occurrence is named by the local day of RECURRENCE-ID${id}`, async () => {
      const [name = "", value = ""] = id.split(/:(?=\d)/)
      const moved = vevent({
        [`RECURRENCE-ID${name}`]: value,
        "DTSTART;VALUE=DATE": "20260310",
        "DTEND;VALUE=DATE": "20260311",
      })

      const event = await readOne(calendar(vevent(days), moved), { timeZone: "Europe/Berlin" })

      assert.deepEqual(
        event.recurrence?.overrides.map(override => override.occurrence),
        ["20260303"],
      )
      assert.deepEqual(occurrences(event), ["2026-03-02", "2026-03-04", "2026-03-05", "2026-03-10"])
    })
  }

  for (const timeZone of ["Pacific/Auckland", "Europe/Berlin", "America/Los_Angeles"]) {
    quirk(14, `an all-day series is on the same days in ${timeZone}`, async () => {
      const event = await readOne(
        calendar(`X-WR-TIMEZONE:${timeZone}`, vevent({ ...days, RRULE: "FREQ=DAILY;UNTIL=20260304T220000Z" })),
      )

      assert.deepEqual(occurrences(event, timeZone).slice(0, 3), ["2026-03-02", "2026-03-03", "2026-03-04"])
      assert.equal(event.time.allDay, true)
    })
  }

  const override = (properties: Readonly<Record<string, string>>) =>
    vevent({
      "RECURRENCE-ID": "20260303T080000Z",
      DTSTART: "20260303T120000Z",
      DTEND: "20260303T130000Z",
      ...properties,
    })
  const master = vevent({ RRULE: "FREQ=DAILY;COUNT=3" })
  quirk(15, "a changed occurrence belongs to its series, wherever it stands in the file", async () => {
    for (const text of [calendar(override({}), master), calendar(master, override({}))]) {
      const event = await readOne(text)
      assert.deepEqual(occurrences(event), [
        "2026-03-02T08:00+00:00[UTC]",
        "2026-03-03T12:00+00:00[UTC]",
        "2026-03-04T08:00+00:00[UTC]",
      ])
    }
  })
  quirk(15, "a changed occurrence without its series is a single event", async () => {
    const event = await readOne(calendar(override({})))

    assert.deepEqual([event.key, event.recurrence], ["lesson-1/20260303T080000Z", undefined])
  })
  quirk(15, "of several changes of one occurrence the highest SEQUENCE counts, then the latest DTSTAMP", async () => {
    const text = calendar(
      override({ SEQUENCE: "2", SUMMARY: "second" }),
      override({ SEQUENCE: "10", SUMMARY: "tenth, later", DTSTAMP: "20260102T000000Z" }),
      override({ SEQUENCE: "10", SUMMARY: "tenth", DTSTAMP: "20260101T000000Z" }),
      master,
    )

    const { recurrence } = await readOne(text)

    assert.deepEqual(
      recurrence?.overrides.map(({ content }) => content.subject),
      ["tenth, later"],
    )
  })
  quirk(15, "of several versions of one event the latest counts", async () => {
    const text = calendar(
      vevent({ SEQUENCE: "2", SUMMARY: "new", DTSTART: "20260302T090000Z" }),
      vevent({ SEQUENCE: "0", SUMMARY: "old", DTSTAMP: "20270101T000000Z" }),
    )

    assert.equal((await readOne(text)).subject, "new")
  })
  quirk(15, "changed occurrences of a series that cannot be read do not become single events", async () => {
    const { events, problems } = await read(
      calendar(vevent({ DTSTART: "nonsense", RRULE: "FREQ=DAILY" }), override({})),
    )

    assert.deepEqual([events.length, problems.map(problem => problem.key)], [0, ["lesson-1"]])
  })

  quirk(16, "from a change of this and future on a series is another", async () => {
    const changed = vevent({
      "RECURRENCE-ID;RANGE=THISANDFUTURE": "20260304T080000Z",
      DTSTART: "20260304T100000Z",
      DTEND: "20260304T110000Z",
      SUMMARY: "Later",
    })

    const { events, problems } = await read(calendar(vevent({ RRULE: "FREQ=DAILY;COUNT=5" }), changed))

    assert.deepEqual(problems, [])
    assert.deepEqual(
      events.map(event => [event.key, event.subject, occurrences(event)]),
      [
        ["lesson-1", "Maths", ["2026-03-02T08:00+00:00[UTC]", "2026-03-03T08:00+00:00[UTC]"]],
        [
          "lesson-1/20260304T080000Z",
          "Later",
          ["2026-03-04T10:00+00:00[UTC]", "2026-03-05T10:00+00:00[UTC]", "2026-03-06T10:00+00:00[UTC]"],
        ],
      ],
    )
  })

  quirk(17, "further dates may be periods, with an end or a length", async () => {
    const event = await readOne(
      calendar(vevent({ "RDATE;VALUE=PERIOD": ["20260305T100000Z/20260305T120000Z,20260306T100000Z/PT15M"] })),
    )

    assert.deepEqual(
      event.recurrence?.extraTimes.map(time => span({ time })),
      [
        "2026-03-05T10:00:00+00:00[UTC]/2026-03-05T12:00:00+00:00[UTC]",
        "2026-03-06T10:00:00+00:00[UTC]/2026-03-06T10:15:00+00:00[UTC]",
      ],
    )
    assert.equal(occurrences(event).length, 3)
  })

  quirk(18, "several rules are their union", async () => {
    const event = await readOne(calendar(vevent({ RRULE: ["FREQ=DAILY;COUNT=3", "FREQ=WEEKLY;COUNT=2"] })))

    assert.deepEqual(
      occurrences(event).map(start => start.slice(8, 10)),
      ["02", "03", "04", "09"],
    )
  })

  for (const rule of [
    "FREQ=WEEKLY;COUNT=3;BYDAY=MO, TU;",
    "FREQ=WEEKLY;UNTIL=;COUNT=3;BYDAY=MO,TU",
    "RRULE:FREQ=WEEKLY;COUNT=3;BYDAY=MO,TU",
  ]) {
    quirk(19, `a rule is forgiven its spelling: ${rule}`, async () => {
      const event = await readOne(calendar(vevent({ RRULE: rule })))

      assert.deepEqual(
        occurrences(event).map(start => start.slice(8, 10)),
        ["02", "03", "09"],
      )
    })
  }
  for (const rule of ["FREQ=SOMETIMES", "BYDAY=MO", "nonsense", "FREQ=WEEKLY;BYDAY=XX"]) {
    quirk(
      19,
      `of a series whose rule is hopeless the first occurrence is kept, and a problem says so: ${rule}`,
      async () => {
        const { events, problems } = await read(calendar(vevent({ RRULE: rule })))

        assert.deepEqual(
          events.map(event => event.recurrence),
          [undefined],
        )
        assert.deepEqual(
          problems.map(({ key, reason }) => [key, reason]),
          [["lesson-1", "UnreadableRule"]],
        )
      },
    )
  }

  quirk(20, "an event without UID is known by what it says", async () => {
    const first = await read(calendar(vevent({ UID: "" }), vevent({ UID: "", SUMMARY: "Physics" })))
    const again = await read(calendar(vevent({ UID: "", SUMMARY: "Physics" }), vevent({ UID: "" })))

    assert.equal(new Set(first.events.map(event => event.key)).size, 2)
    assert.deepEqual(first.events.map(event => event.key).sort(), again.events.map(event => event.key).sort())
  })
  quirk(20, "events that share a template's UID are all kept, and told apart by their start", async () => {
    const texts = ["20260302", "20260303", "20260304"].map(day =>
      vevent({ UID: "%= holiday2 %>", "DTSTART;VALUE=DATE": day }),
    )

    const { events } = await read(calendar(...texts))

    assert.deepEqual(
      events.map(event => event.key),
      ["%= holiday2 %>/20260302", "%= holiday2 %>/20260303", "%= holiday2 %>/20260304"],
    )
  })
  quirk(20, "where UIDs change with every answer, the content or the start can be the identity", async () => {
    const keys = async (uid: string, identityBy: "content" | "uidAndStart") =>
      (await read(calendar(vevent({ UID: uid })), { identityBy })).events.map(event => event.key)

    assert.deepEqual(await keys("a", "content"), await keys("b", "content"))
    assert.deepEqual(await keys("a", "uidAndStart"), ["a/20260302T080000Z"])
  })

  quirk(21, "stamps are no part of what is read", async () => {
    const stamps = { DTSTAMP: "20260909T090909Z", "LAST-MODIFIED": "20260909T090909Z", CREATED: "20260909T090909Z" }

    assert.deepEqual(await readOne(calendar(vevent(stamps))), await readOne(calendar(vevent())))
  })

  const plain = calendar(vevent({ DESCRIPTION: "Bring the book" }))
  const texts = [
    ["a byte order mark", `\uFEFF${plain}`],
    ["line feeds only", plain.replaceAll("\r\n", "\n")],
    ["carriage returns only", plain.replaceAll("\r\n", "\r")],
    ["control characters", plain.replace("Maths", "Ma\u0000th\u0007s")],
    ["blank lines and blanks before the start", `\r\n   ${plain.replaceAll("\r\n", "\r\n\r\n")}`],
    ["lower case", plain.replace("BEGIN:VEVENT", "begin:vevent").replace("SUMMARY", "Summary")],
    ["a comment of a cache behind the end", `${plain}<!-- cached -->`],
    ["folded lines", plain.replace("Bring", "Br\r\n ing").replace("book", "bo\r\n\tok")],
  ] as const
  for (const [what, text] of texts) {
    quirk(22, `a file with ${what} says the same`, async () => {
      assert.deepEqual(await readOne(text), await readOne(plain))
    })
  }
  quirk(22, "lines may be as long as they like, or broken without a blank before the rest", async () => {
    const long = await readOne(calendar(vevent({ DESCRIPTION: "x".repeat(100_000) })))
    const broken = await readOne(calendar(vevent({ DESCRIPTION: "first\r\nsecond line" })))

    assert.equal(long.body?.content.length, 100_000)
    assert.equal(broken.body?.content, "first\nsecond line")
  })
  quirk(22, "characters that folding cut in two are whole again", async () => {
    const bytes = readFileSync(new URL("../fixtures/ics/folded-inside-a-character.ics", import.meta.url))

    assert.equal((await readOne(decodeCalendar(bytes))).subject, "Prüfung in Größenlehre")
  })
  const hopeless = [
    ["a web page", "<!DOCTYPE html><html><body>Sign in</body></html>", "Implausible"],
    ["nothing", "", "Implausible"],
    ["blanks", " \r\n ", "Implausible"],
    ["JSON", '{"error":"no"}', "Implausible"],
    ["a truncated file", plain.slice(0, -30), "ParseError"],
    ["a file cut between events", plain.replace("END:VCALENDAR", ""), "ParseError"],
    ["half a file before a whole one", `${plain.slice(0, 60)}\r\n${plain}`, "ParseError"],
  ] as const
  for (const [what, text, reason] of hopeless) {
    quirk(22, `${what} is an error and never an empty calendar`, async () => {
      await assert.rejects(read(text), error => error instanceof NeedsAttentionError && error.reason === reason)
    })
  }

  quirk(23, "a cancelled occurrence is an exception, and a cancelled event is none", async () => {
    const event = await readOne(calendar(master, override({ STATUS: "CANCELLED" })))
    const nothing = await read(
      calendar(vevent({ STATUS: "CANCELLED" }), vevent({ UID: "b", STATUS: "CANCELLED", RRULE: "FREQ=DAILY" })),
    )

    assert.deepEqual(event.recurrence?.excluded, ["20260303T080000Z"])
    assert.deepEqual(event.recurrence?.overrides, [])
    assert.deepEqual(nothing, { events: [], problems: [] })
  })

  const statuses = [
    ["FREE", "Free"],
    ["TENTATIVE", "Tentative"],
    ["BUSY", "Busy"],
    ["OOF", "OutOfOffice"],
    ["WORKINGELSEWHERE", "WorkingElsewhere"],
  ] as const
  for (const [written, showAs] of statuses) {
    quirk(24, `X-MICROSOFT-CDO-BUSYSTATUS:${written} wins over TRANSP`, async () => {
      const transp = written === "FREE" ? "OPAQUE" : "TRANSPARENT"

      const event = await readOne(calendar(vevent({ "X-MICROSOFT-CDO-BUSYSTATUS": written, TRANSP: transp })))

      assert.equal(event.showAs, showAs)
    })
  }
  quirk(24, "Outlook's page is the body, unless there is nothing on it", async () => {
    const page = "<html><body><!-- x --><p>Bring the <b>book</b></p></body></html>"

    const full = await readOne(calendar(vevent({ DESCRIPTION: "Bring", "X-ALT-DESC;FMTTYPE=text/html": page })))
    const empty = await readOne(
      calendar(vevent({ DESCRIPTION: "Bring", "X-ALT-DESC;FMTTYPE=text/html": "<html><body>&nbsp;</body></html>" })),
    )

    assert.deepEqual(full.body, { contentType: "html", content: page })
    assert.deepEqual(empty.body, { contentType: "text", content: "Bring" })
  })
  quirk(24, "Outlook's importance wins over PRIORITY", async () => {
    const event = await readOne(calendar(vevent({ "X-MICROSOFT-CDO-IMPORTANCE": "2", PRIORITY: "9" })))

    assert.equal(event.importance, "High")
  })

  quirk(25, "what Outlook refuses to read is read: zones of dates only, and zones without a definition", async () => {
    const datesOnly = vtimezone("Ours", {
      standard: [
        { from: "+0200", to: "+0100", start: "20251026T030000", dates: ["20251026T030000", "20261025T030000"] },
      ],
      daylight: [
        { from: "+0100", to: "+0200", start: "20250330T020000", dates: ["20250330T020000", "20260329T020000"] },
      ],
    })

    assert.equal(await zoneOf(calendar(datesOnly, zoned("Ours"))), "Europe/Berlin")
    assert.equal(await zoneOf(calendar(zoned("Europe/Vienna"))), "Europe/Vienna")
  })

  test("every quirk of the table has its test", () => {
    assert.deepEqual(
      [...new Set(numbers)].sort((a, b) => a - b),
      Array.from({ length: 25 }, (_, index) => index + 1),
    )
  })
})
