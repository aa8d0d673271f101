import assert from "node:assert/strict"
import { test } from "node:test"
import { anna, type Talk } from "../talk.ts"
import { allIn, ask, exchange } from "./ask.ts"

function create(to: Talk, lines: readonly string[], further = "") {
  const event = ["BEGIN:VEVENT", "SUMMARY:Gym", ...lines, "END:VEVENT"]
  const text = ["BEGIN:VCALENDAR", "VERSION:2.0", ...event, "END:VCALENDAR", ""].join("\r\n")
  const mime = `<t:MimeContent CharacterSet="UTF-8">${Buffer.from(text).toString("base64")}</t:MimeContent>`
  const item = `<t:CalendarItem>${mime}${further}</t:CalendarItem>`
  return ask(to, `<CreateItem SendMeetingInvitations="SendToNone"><Items>${item}</Items></CreateItem>`)
}

const helsinki = ["DTSTART;TZID=FLE Standard Time:20260310T090000", "DTEND;TZID=FLE Standard Time:20260310T100000"]

test("an item is made of iCalendar, and what is said besides comes over it", async () => {
  await using to = await exchange()
  const texts = [
    "UID:gym@x",
    "LOCATION:Hall\\, 2nd fl",
    " oor",
    "DESCRIPTION:One\\nTwo",
    "CLASS:PRIVATE",
    "CATEGORIES:A,B",
  ]
  const alarm = ["BEGIN:VALARM", "TRIGGER:-PT45M", "END:VALARM"]

  const { codes } = await create(to, [...helsinki, ...texts, ...alarm], "<t:Importance>High</t:Importance>")

  const [event] = to.admin.events(anna)
  assert.deepEqual(codes, ["NoError"])
  assert.partialDeepStrictEqual(event, {
    ...{ subject: "Gym", location: { displayName: "Hall, 2nd floor" }, sensitivity: "private", importance: "high" },
    ...{ categories: ["A", "B"], isReminderOn: true, reminderMinutesBeforeStart: 45, type: "singleInstance" },
    ...{ start: { dateTime: "2026-03-10T07:00:00.0000000" }, originalStartTimeZone: "FLE Standard Time" },
  })
  assert.match(String(event?.["bodyPreview"]), /^One\s+Two$/)
})

for (const [rule, days] of [
  ["FREQ=DAILY;INTERVAL=2;COUNT=3", ["10", "12", "14"]],
  ["FREQ=WEEKLY;BYDAY=TU,FR;UNTIL=20260318T220000Z", ["10", "13", "17"]],
  ["FREQ=WEEKLY;COUNT=2", ["10", "17"]],
  ["FREQ=MONTHLY;BYDAY=2TU;COUNT=1", ["10"]],
  ["FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=1", ["31"]],
  ["FREQ=MONTHLY;BYMONTHDAY=12;COUNT=1", ["12"]],
  ["FREQ=YEARLY;COUNT=1", ["10"]],
] as const)
  test(`${rule} falls on the days it says`, async () => {
    await using to = await exchange()
    await create(to, [...helsinki, `RRULE:${rule}`])
    const shown = to.admin.view(anna, { start: "2026-03-01T00:00:00Z", end: "2026-04-01T00:00:00Z" })
    const starts = shown.map(({ start }) => JSON.stringify(start))
    assert.deepEqual(
      starts.map(start => /2026-03-(\d\d)/.exec(start)?.[1]),
      days,
    )
  })

test("dates are whole days, one where no end is given", async () => {
  await using to = await exchange()
  await create(to, ["DTSTART;VALUE=DATE:20260328"])
  const [event] = to.admin.events(anna)
  assert.partialDeepStrictEqual(event, { isAllDay: true, end: { dateTime: "2026-03-29T00:00:00.0000000" } })
})

test("what is no iCalendar makes no item", async () => {
  await using to = await exchange()
  assert.deepEqual((await create(to, ["LOCATION:Hall"])).codes, ["ErrorMimeContentInvalid"])
  assert.deepEqual(to.admin.events(anna), [])
})

test("a client that comes from MAPI finds and reads by tags and ids", async () => {
  await using to = await exchange()
  await create(to, [...helsinki, "RRULE:FREQ=DAILY;COUNT=2"])
  await create(to, helsinki)
  const tag = (number: string, type: string) => `<t:ExtendedFieldURI PropertyTag="${number}" PropertyType="${type}"/>`
  const recurring =
    '<t:ExtendedFieldURI DistinguishedPropertySetId="Appointment" PropertyId="33315" PropertyType="Boolean"/>'
  const constant = '<t:FieldURIOrConstant><t:Constant Value="true"/></t:FieldURIOrConstant>'
  const asked = `<t:AdditionalProperties>${tag("0x37", "String")}${tag("0x3008", "SystemTime")}</t:AdditionalProperties>`

  const found = await ask(
    to,
    `<FindItem Traversal="Shallow"><ItemShape><t:BaseShape>IdOnly</t:BaseShape>${asked}</ItemShape>
      <Restriction><t:IsEqualTo>${recurring}${constant}</t:IsEqualTo></Restriction>
      <ParentFolderIds><t:DistinguishedFolderId Id="calendar"/></ParentFolderIds></FindItem>`,
  )

  const [subject = "", modified = ""] = allIn(found, "Value")
  assert.equal(subject, "Gym")
  assert.match(modified, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  assert.equal(found.text.match(/<t:CalendarItem>/g)?.length, 1)
})
