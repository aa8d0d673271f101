import assert from "node:assert/strict"
import { test } from "node:test"
import { type Talk, talk } from "../talk.ts"
import { allIn, ask, createItem, getCalendar, getItem, idIn, service, times } from "./ask.ts"
import type { ServerVersion } from "./server-version.ts"

/** What each server accepts, and what each schema knows. */

function exchange(version: ServerVersion): Promise<Talk> {
  return talk({ server: { version }, accounts: [service] })
}

const oldest = ["Exchange2007", "Exchange2007_SP1"]
const of2010 = [...oldest, "Exchange2010", "Exchange2010_SP1", "Exchange2010_SP2"]
const of2013 = [...of2010, "Exchange2013", "Exchange2013_SP1"]
const all = [...of2013, "Exchange2015", "Exchange2016", "V2016_10_10"]

for (const [version, accepted, info] of [
  ["8", oldest, 'MajorVersion="8" MinorVersion="3" MajorBuildNumber="83" MinorBuildNumber="10" xmlns'],
  [
    "14",
    of2010,
    'MajorVersion="14" MinorVersion="3" MajorBuildNumber="123" MinorBuildNumber="10" Version="Exchange2010_SP2"',
  ],
  ["15.0", of2013, 'MajorVersion="15" MinorVersion="0" MajorBuildNumber="1497" MinorBuildNumber="10" Version="V2_23"'],
  [
    "15.1",
    all,
    'MajorVersion="15" MinorVersion="1" MajorBuildNumber="2507" MinorBuildNumber="10" Version="V2017_07_11"',
  ],
  [
    "15.2",
    all,
    'MajorVersion="15" MinorVersion="2" MajorBuildNumber="1748" MinorBuildNumber="10" Version="V2017_07_11"',
  ],
] as const)
  test(`version ${version} accepts the schemas it has, and says what it is`, async () => {
    await using to = await exchange(version)
    for (const requested of [...all, "V2017_07_11", "Exchange2019", "V2_23", ""]) {
      const { status, codes, text } = await ask(to, getCalendar(), { version: requested })
      const known = accepted.includes(requested)
      assert.deepEqual([status, ...codes], known ? [200, "NoError"] : [500, "ErrorInvalidServerVersion"], requested)
      if (known) assert.ok(text.includes(`<h:ServerVersionInfo ${info}`), text)
    }
  })

const zones = '<t:StartTimeZone Id="FLE Standard Time"/><t:EndTimeZone Id="FLE Standard Time"/>'
const elsewhere = "<t:LegacyFreeBusyStatus>WorkingElsewhere</t:LegacyFreeBusyStatus>"

for (const [what, body, first] of [
  ["zones of an item", createItem(times + zones), "Exchange2010"],
  ["working elsewhere", createItem(times + elsewhere), "Exchange2013"],
  ["a list of zones", "<GetServerTimeZones/>", "Exchange2010"],
  ["a path to a zone", getItem("x").replace("calendar:UID", "calendar:StartTimeZone"), "Exchange2010"],
  ["a UID", createItem(`<t:UID>u</t:UID>${times}`), "Exchange2007_SP1"],
] as const)
  test(`${what} came with ${first}, and older schemas refuse it`, async () => {
    await using to = await exchange("15.2")
    for (const version of of2013) {
      const { codes } = await ask(to, body, { version })
      const known = of2013.indexOf(version) >= of2013.indexOf(first)
      assert.equal(codes[0] === "ErrorSchemaValidation", !known, version)
    }
  })

test("a request that says no version is one for the first release", async () => {
  const zoned = createItem(times + zones)
  for (const [version, code] of [
    ["8", "ErrorSchemaValidation"],
    ["14", "NoError"],
    ["15.2", "NoError"],
  ] as const) {
    await using to = await exchange(version)
    assert.deepEqual((await ask(to, zoned, { version: null })).codes, [code])
  }
})

test("an answer has nothing the schema asked for does not know", async () => {
  await using to = await exchange("15.2")
  const made = await ask(to, createItem(times + elsewhere + zones))
  const read = async (version: string) => {
    const answer = await ask(to, getItem(idIn(made)), { version })
    const names = ["StartTimeZone", "EndTimeZone", "StartTimeZoneId", "IsOrganizer"]
    return [
      allIn(answer, "LegacyFreeBusyStatus"),
      names.filter(name => new RegExp(`<t:${name}[ />]`).test(answer.text)),
    ]
  }

  assert.deepEqual(await read("Exchange2007_SP1"), [["Free"], []])
  assert.deepEqual(await read("Exchange2010_SP2"), [["Free"], ["StartTimeZone", "EndTimeZone"]])
  const [busy, names] = await read("Exchange2016")
  assert.deepEqual(busy, ["WorkingElsewhere"])
  assert.ok(names?.includes("StartTimeZone") && names.includes("IsOrganizer"))
})
