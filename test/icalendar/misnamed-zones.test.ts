import assert from "node:assert/strict"
import { test } from "node:test"
import { berlinRules, calendar, readOne, span, vevent, vtimezone } from "./calendar-text.ts"

/** A lesson at eight in summer, in a zone whose name says less than its definition. */
function inSummer(tzid: string): string {
  return vevent({ [`DTSTART;TZID=${tzid}`]: "20260702T080000", [`DTEND;TZID=${tzid}`]: "20260702T090000" })
}

const newYork = {
  standard: [{ from: "-0400", to: "-0500", start: "20071104T020000", rule: "FREQ=YEARLY;BYDAY=1SU;BYMONTH=11" }],
  daylight: [{ from: "-0500", to: "-0400", start: "20070311T020000", rule: "FREQ=YEARLY;BYDAY=2SU;BYMONTH=3" }],
}
const london = {
  standard: [{ from: "+0100", to: "+0000", start: "19961027T020000", rule: "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10" }],
  daylight: [{ from: "+0000", to: "+0100", start: "19810329T010000", rule: "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3" }],
}

for (const [tzid, rules, zone] of [
  ["EST", newYork, "America/New_York"],
  ["GMT", london, "Europe/London"],
  ["UTC+1", berlinRules, "Europe/Berlin"],
] as const) {
  test(`a zone called ${tzid} that changes its clocks is the one that behaves so, not an hour off in summer`, async () => {
    const { time } = await readOne(calendar(vtimezone(tzid, rules), inSummer(tzid)))

    assert.equal(time.allDay ? "" : time.start.timeZoneId, zone)
  })
}

test("a zone called UTC that never changes is UTC, defined or not", async () => {
  const steady = vtimezone("UTC", { standard: [{ from: "+0000", to: "+0000" }], daylight: [] })

  assert.equal(span(await readOne(calendar(steady, inSummer("UTC")))), span(await readOne(calendar(inSummer("UTC")))))
})
