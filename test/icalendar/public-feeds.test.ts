import assert from "node:assert/strict"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { describe, test } from "node:test"
import { decodeCalendar } from "../../operator/icalendar/decode.ts"
import type { CalendarReading } from "../../operator/icalendar/read.ts"
import { read } from "./calendar-text.ts"

/**
 * Real feeds as other projects collected them, where a `data/ics` with them lies beside the checkout; our own fixtures always. What is
 * expected of a file is said by its name or by the project that kept it; all others must be plausible.
 */

const own = new URL("../fixtures/ics/", import.meta.url)
const besideTheCheckout = new URL("../../../", import.meta.url)

const files = [own, ...foldersIn(besideTheCheckout).flatMap(folder => foldersIn(new URL("data/ics/", folder)))].flatMap(
  folder =>
    readdirSync(folder)
      .filter(name => name.endsWith(".ics"))
      .map(name => new URL(name, folder)),
)

function foldersIn(folder: URL): readonly URL[] {
  if (!existsSync(folder)) return []
  const entries = readdirSync(folder, { withFileTypes: true })
  return entries.filter(entry => entry.isDirectory()).map(({ name }) => new URL(`${encodeURIComponent(name)}/`, folder))
}

const nameOf = (file: URL) => file.pathname.split("/").at(-1) ?? ""
const readFile = (file: URL) => read(decodeCalendar(readFileSync(file)), { timeZone: "Europe/Copenhagen" })

const starts = ({ events }: CalendarReading) => events.map(({ time }) => time.start.toString())
const subjects = ({ events }: CalendarReading) => events.map(event => event.subject)
const first = ({ events }: CalendarReading) => events[0]

const expectations: Readonly<Record<string, (reading: CalendarReading) => void>> = {
  "bad_ms_tz.ics": reading => assert.deepEqual(starts(reading), ["2020-08-25T10:35:00-04:00[America/New_York]"]),
  "exchange-custom-tz.ics": reading => assert.deepEqual(starts(reading), ["2019-04-30T09:00:00+07:00[Asia/Bangkok]"]),
  "google-calendar-kiev-tz.ics": reading => assert.match(starts(reading).join(), /\[Europe\/Kyiv\]$/),
  "ms_timezones.ics": reading => assert.ok(reading.events.length >= 3),
  "vtimezone-year-0001-dtstart.ics": reading =>
    assert.deepEqual(starts(reading), ["2024-06-01T10:00:00+02:00[Europe/Berlin]"]),
  "multi-era-vtimezone.ics": reading =>
    assert.deepEqual(starts(reading), [
      "2025-06-10T14:00:00-04:00[America/New_York]",
      "1985-10-15T14:00:00-04:00[America/New_York]",
    ]),
  "timezone_from_file.ics": reading => assert.deepEqual(starts(reading), ["2023-03-06T13:42:00-07:41[-07:41]"]),
  "test_with_tz_list.ics": reading =>
    assert.deepEqual(starts(reading), ["2024-04-15T19:00:00+02:00[Europe/Amsterdam]"]),
  "windows-quoted-tz-rrule.ics": reading =>
    assert.deepEqual(starts(reading), ["2015-07-06T12:00:00-04:00[America/New_York]"]),
  "large-file-with-late-error.ics": reading => assert.ok(reading.events.length >= 390 && reading.problems.length <= 10),
  "duplicate-uid-sequence.ics": reading =>
    assert.deepEqual(subjects(reading), ["Team Meeting (SEQUENCE 2)", "Updated version (SEQUENCE 3) - should win"]),
  "duplicate-rrule-sequence.ics": reading => assert.deepEqual(subjects(reading), ["Daily Meeting (SEQUENCE 2)"]),
  "recurrence-sequence.ics": reading =>
    assert.deepEqual(
      first(reading)
        ?.recurrence?.overrides.slice(0, 2)
        .map(({ content }) => content.subject),
      ["Moved to afternoon (SEQUENCE 3)", "Newer override (SEQUENCE 5) - should win"],
    ),
  "google-recurrence-order.ics": reading =>
    assert.deepEqual(
      first(reading)?.recurrence?.overrides.map(override => override.occurrence),
      ["20260211T170000Z"],
    ),
  "exchange_whole_day_moved_recurrence.ics": reading =>
    assert.deepEqual(
      first(reading)?.recurrence?.overrides.map(override => override.occurrence),
      ["20260226"],
    ),
  "exchange_whole_day_moved_recurrence_offset_tz.ics": reading =>
    assert.deepEqual(
      first(reading)?.recurrence?.overrides.map(override => override.occurrence),
      ["20260226"],
    ),
  "non-utc-until.ics": reading =>
    assert.equal(first(reading)?.recurrence?.rules[0]?.until?.toString(), "2024-12-31T10:00:00"),
  "badRRULE.ics": reading => assert.equal(reading.events.length, 3),
  "multiple_rrules.ics": reading => assert.equal(first(reading)?.recurrence?.rules.length, 2),
  "rdate_exdate.ics": reading => assert.deepEqual(first(reading)?.recurrence?.excluded, ["20240611T030000Z"]),
  "only_dtstart_date.ics": reading => assert.equal(first(reading)?.time.end.toString(), "2012-07-01"),
  "event-with-valarm.ics": reading => assert.equal(typeof first(reading)?.reminder, "number"),
  "event-with-category.ics": reading => assert.equal(reading.problems.length, 5),
  "utf8-french-calendar.ics": reading => assert.deepEqual(reading.events, []),
  "folded-inside-a-character.ics": reading => assert.deepEqual(subjects(reading), ["Prüfung in Größenlehre"]),
}

describe("feeds collected in the wild", () => {
  test("there are some", () => {
    assert.ok(files.length > 0)
  })

  for (const file of files) {
    test(`${nameOf(file)} is read, quickly and plausibly`, async () => {
      const before = performance.now()
      const reading = await readFile(file)
      const took = performance.now() - before

      const written = readFileSync(file, "latin1").match(/^[ \t]*BEGIN:VEVENT/gm)?.length ?? 0
      const recurring = reading.events.flatMap(event => event.recurrence ?? [])
      const inside = recurring.reduce((sum, { overrides, excluded }) => sum + overrides.length + excluded.length, 0)
      assert.ok(took < 2_000, `took ${took} ms`)
      assert.ok(reading.events.length <= written && reading.problems.length <= written)
      assert.ok(reading.events.length + reading.problems.length + inside >= Math.ceil(written * 0.5))
      expectations[nameOf(file)]?.(reading)
    })
  }
})
