import assert from "node:assert/strict"
import { describe, test } from "node:test"
import fc from "fast-check"
import { readComponents } from "../../operator/icalendar/components.ts"
import { type CustomZone, readCustomZone } from "../../operator/icalendar/custom-zone.ts"
import { customInstant } from "../../operator/icalendar/custom-zone-onsets.ts"
import { zoneLike } from "../../operator/icalendar/zone-match.ts"
import { berlinRules, calendar, vtimezone } from "./calendar-text.ts"

const newYorkRules = {
  standard: [{ from: "-0400", to: "-0500", start: "20071104T020000", rule: "FREQ=YEARLY;BYDAY=1SU;BYMONTH=11" }],
  daylight: [
    {
      from: "-0500",
      to: "-0400",
      start: "20070311T020000",
      rule: "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=8,9,10,11,12,13,14;BYDAY=SU",
    },
  ],
}
const sydneyRules = {
  standard: [{ from: "+1100", to: "+1000", start: "20080406T030000", rule: "FREQ=YEARLY;BYDAY=1SU;BYMONTH=4" }],
  daylight: [{ from: "+1000", to: "+1100", start: "20081005T020000", rule: "FREQ=YEARLY;BYDAY=1SU;BYMONTH=10" }],
}

function zone(rules: Parameters<typeof vtimezone>[1]): CustomZone {
  const [component] = readComponents(calendar(vtimezone("Mine", rules)))[0]?.components ?? []
  const read = component && readCustomZone(component)
  if (read === undefined) assert.fail("there is no zone")
  return read
}

describe("a VTIMEZONE", () => {
  const zones = [
    ["Europe/Berlin", berlinRules],
    ["America/New_York", newYorkRules],
    ["Australia/Sydney", sydneyRules],
  ] as const
  for (const [name, rules] of zones) {
    test(`with the rules of ${name} behaves as it does, in gaps and overlaps too`, () => {
      const custom = zone(rules)
      const minute = fc.integer({ min: 0, max: 20 * 366 * 24 * 60 })
      const nearChanges = fc
        .tuple(
          fc.integer({ min: 2009, max: 2027 }),
          fc.constantFrom(3, 4, 10, 11),
          fc.integer({ min: 1, max: 31 }),
          fc.integer({ min: 0, max: 239 }),
        )
        .map(([year, month, day, minute]) => Temporal.PlainDateTime.from({ year, month, day }).add({ minutes: minute }))
      const anywhere = minute.map(minutes => Temporal.PlainDateTime.from("2009-01-01T00:00").add({ minutes }))

      fc.assert(
        fc.property(fc.oneof(anywhere, nearChanges), wall => {
          const expected = wall.toZonedDateTime(name, { disambiguation: "compatible" }).toInstant()
          assert.equal(customInstant(custom, wall).toString(), expected.toString())
        }),
        { numRuns: 2_000 },
      )
    })

    test(`with the rules of ${name} is found to be it`, () => {
      assert.equal(zoneLike(zone(rules)), name)
    })
  }

  test("without any offset is none", () => {
    const [component] = readComponents(calendar("BEGIN:VTIMEZONE", "TZID:x", "END:VTIMEZONE"))[0]?.components ?? []

    assert.equal(component && readCustomZone(component), undefined)
  })

  test("is found whatever its present rules replaced", () => {
    const withHistory = {
      ...newYorkRules,
      daylight: [
        ...newYorkRules.daylight,
        {
          from: "-0500",
          to: "-0400",
          start: "19180331T020000",
          rule: "FREQ=YEARLY;UNTIL=20061029T060000Z;BYDAY=-1SU;BYMONTH=4",
        },
      ],
    }

    assert.equal(zoneLike(zone(withHistory)), "America/New_York")
  })
})
