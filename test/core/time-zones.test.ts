import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { windowsZones } from "../../operator/core/generated/windows-zones.ts"
import { canonicalZone, ianaZone, windowsZone } from "../../operator/core/time-zones.ts"
import { windowsZonesModule } from "../../scripts/windows-zones.ts"

for (const [text, zone] of [
  ["Europe/Copenhagen", "Europe/Copenhagen"],
  ["europe/copenhagen", "Europe/Copenhagen"],
  [" Europe/Berlin ", "Europe/Berlin"],
  ["America/New York", "America/New_York"],
  ["Europe/Kiev", "Europe/Kyiv"],
  ["Europe/Kyiv", "Europe/Kyiv"],
  ["Asia/Calcutta", "Asia/Kolkata"],
  ["US/Pacific", "America/Los_Angeles"],
  ["W. Europe Standard Time", "Europe/Berlin"],
  ['"W. Europe Standard Time"', "Europe/Berlin"],
  ["w. europe standard time", "Europe/Berlin"],
  ["GMT Standard Time 1", "Europe/London"],
  ["Mid-Atlantic Standard Time", "Etc/GMT+2"],
  ["/Europe/Berlin", "Europe/Berlin"],
  ["Europe\\/Berlin", "Europe/Berlin"],
  ["/freeassociation.sourceforge.net/Europe/Berlin", "Europe/Berlin"],
  ["/freeassociation.sourceforge.net/Tzfile/Europe/Berlin", "Europe/Berlin"],
  ["/mozilla.org/20050126_1/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"],
  ["UTC", "UTC"],
  ["Etc/UTC", "UTC"],
  ["Z", "UTC"],
  ["GMT", "UTC"],
  ["tzone://Microsoft/Utc", "UTC"],
  ["UTC+01", "Etc/GMT-1"],
  ["UTC-11", "Etc/GMT+11"],
  ["GMT+0100", "Etc/GMT-1"],
  ["+01:00", "Etc/GMT-1"],
  ["UTC+05:30", "+05:30"],
  ["Etc/GMT-1", "Etc/GMT-1"],
] as const) {
  test(`the zone ${text} is ${zone}`, () => {
    assert.equal(canonicalZone(text), zone)
  })
}

for (const text of [
  "",
  "/",
  "Customized Time Zone",
  "Customized Time Zone 1",
  "tzone://Microsoft/Custom",
  "Mars/Olympus_Mons",
  "2026-01-01T00:00Z",
  "2026-01-01T00:00+01:00[Europe/Berlin]",
  "UTC+15",
  "UTC-13",
  "x".repeat(10_000),
  "__proto__",
  "constructor",
]) {
  test(`"${text.slice(0, 40)}" is no zone`, () => {
    assert.equal(canonicalZone(text), undefined)
    assert.equal(ianaZone(text), undefined)
    assert.equal(windowsZone(text), undefined)
  })
}

test("every zone of the runtime but Troll research station has a Windows id, and a zone of that id has it too", () => {
  const without = Intl.supportedValuesOf("timeZone").filter(zone => windowsZone(zone) === undefined)
  assert.deepEqual(without, ["Antarctica/Troll"])
})

for (const id of Object.keys(windowsZones)) {
  test(`${id} comes back from its IANA zone`, () => {
    const zone = ianaZone(id)
    assert.ok(zone)
    assert.equal(canonicalZone(zone), zone)
    assert.equal(windowsZone(zone), id)
  })
}

for (const [zone, id] of [
  ["Europe/Copenhagen", "Romance Standard Time"],
  ["Europe/Oslo", "W. Europe Standard Time"],
  ["Europe/Kyiv", "FLE Standard Time"],
  ["America/Ciudad_Juarez", "Mountain Standard Time"],
  ["US/Eastern", "Eastern Standard Time"],
  ["Etc/GMT-1", "W. Central Africa Standard Time"],
] as const) {
  test(`${zone} is ${id} in Windows`, () => {
    assert.equal(windowsZone(zone), id)
  })
}

test("a territory has its own zone of a Windows id, or the world's", () => {
  assert.equal(ianaZone("Romance Standard Time"), "Europe/Paris")
  assert.equal(ianaZone("Romance Standard Time", "dk"), "Europe/Copenhagen")
  assert.equal(ianaZone("Romance Standard Time", "US"), "Europe/Paris")
})

test("the table is as CLDR has it now", () => {
  const file = new URL("../../operator/core/generated/windows-zones.ts", import.meta.url)
  assert.equal(readFileSync(file, "utf8"), windowsZonesModule())
})
