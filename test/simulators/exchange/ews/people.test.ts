import assert from "node:assert/strict"
import { test } from "node:test"
import type { Talk } from "../talk.ts"
import { anna, meeting, talk } from "../talk.ts"
import { allIn, ask, ben, service } from "./ask.ts"

const aula = "aula@contoso.example"
const teachers = "teachers@contoso.example"
const rooms = "rooms@contoso.example"

async function school(): Promise<Talk> {
  const to = await talk({
    accounts: [service],
    mailboxes: [
      { address: anna, displayName: "Anna Virtanen", timeZone: "FLE Standard Time" },
      { address: ben, displayName: "Ben" },
      { address: aula, displayName: "Aula", purpose: "room" },
    ],
  })
  to.admin.addGroup({ mail: teachers, name: "Teachers", members: [anna, ben, "gone@contoso.example"] })
  to.admin.addGroup({ mail: rooms, name: "Rooms", members: [aula] })
  return to
}

function resolve(name: string): string {
  return `<ResolveNames ReturnFullContactData="false"><UnresolvedEntry>${name}</UnresolvedEntry></ResolveNames>`
}

test("a name is resolved to whom it begins, people and lists; to several with a warning, to nobody with an error", async () => {
  await using to = await school()
  const [one, list, several, nobody] = [
    await ask(to, resolve("smtp:anna@")),
    await ask(to, resolve("Teach")),
    await ask(to, resolve("a")),
    await ask(to, resolve("zoe")),
  ]
  assert.deepEqual([one.codes, allIn(one, "EmailAddress")], [["NoError"], [anna]])
  assert.deepEqual(allIn(list, "MailboxType"), ["PublicDL"])
  assert.deepEqual(
    [several.codes, allIn(several, "EmailAddress")],
    [["ErrorNameResolutionMultipleResults"], [anna, aula]],
  )
  assert.deepEqual(nobody.codes, ["ErrorNameResolutionNoResults"])
})

test("a list is expanded to those of its members who are here", async () => {
  await using to = await school()
  const expand = (address: string) =>
    `<ExpandDL><Mailbox><t:EmailAddress>${address}</t:EmailAddress></Mailbox></ExpandDL>`
  assert.deepEqual(allIn(await ask(to, expand(teachers)), "EmailAddress"), [anna, ben])
  assert.deepEqual((await ask(to, expand(anna))).codes, ["ErrorNameResolutionNoResults"])
})

test("a list of nothing but rooms is a room list, and has its rooms", async () => {
  await using to = await school()
  const getRooms = (list: string) =>
    `<GetRooms><RoomList><t:EmailAddress>${list}</t:EmailAddress></RoomList></GetRooms>`
  assert.deepEqual(allIn(await ask(to, "<GetRoomLists/>"), "EmailAddress"), [rooms])
  assert.deepEqual(allIn(await ask(to, getRooms(rooms)), "EmailAddress"), [aula])
  assert.deepEqual((await ask(to, getRooms("none@contoso.example"))).codes, ["ErrorNameResolutionNoResults"])
})

function availability(
  addresses: readonly string[],
  { view = "DetailedMerged", end = "2026-03-11T00:00:00" } = {},
): string {
  const change = (name: string, month: number) =>
    `<t:${name}><t:Bias>${name === "StandardTime" ? 0 : -60}</t:Bias><t:Time>03:00:00</t:Time><t:DayOrder>5</t:DayOrder><t:Month>${month}</t:Month><t:DayOfWeek>Sunday</t:DayOfWeek></t:${name}>`
  const zone = `<t:TimeZone><t:Bias>-120</t:Bias>${change("StandardTime", 10)}${change("DaylightTime", 3)}</t:TimeZone>`
  const data = addresses.map(
    address =>
      `<t:MailboxData><t:Email><t:Address>${address}</t:Address></t:Email><t:AttendeeType>Required</t:AttendeeType></t:MailboxData>`,
  )
  const window = `<t:TimeWindow><t:StartTime>2026-03-10T00:00:00</t:StartTime><t:EndTime>${end}</t:EndTime></t:TimeWindow>`
  const options = `<t:FreeBusyViewOptions>${window}<t:MergedFreeBusyIntervalInMinutes>60</t:MergedFreeBusyIntervalInMinutes><t:RequestedView>${view}</t:RequestedView></t:FreeBusyViewOptions>`
  return `<GetUserAvailabilityRequest>${zone}<MailboxDataArray>${data.join("")}</MailboxDataArray>${options}</GetUserAvailabilityRequest>`
}

test("free and busy times are in the zone of the request, without a suffix, and as detailed as asked", async () => {
  await using to = await school()
  to.admin.createEvent(anna, meeting())

  const [detailed, merged] = [
    await ask(to, availability([anna])),
    await ask(to, availability([anna], { view: "MergedOnly" })),
  ]

  assert.deepEqual(allIn(detailed, "StartTime").slice(0, 1), ["2026-03-10T09:00:00"])
  assert.deepEqual(allIn(detailed, "Subject"), ["Physics"])
  assert.deepEqual(allIn(merged, "MergedFreeBusy"), ["000000000200000000000000"])
  assert.ok(!merged.text.includes("CalendarEvent>"))
})

test("working hours come with the zone of the mailbox, also of one that never changes its clocks", async () => {
  await using to = await school()
  const [finnish, utc] = [await ask(to, availability([anna])), await ask(to, availability([ben]))]
  assert.match(
    finnish.text,
    /<t:WorkingHours><t:TimeZone><t:Bias>-120<.*<t:Bias>-60<\/t:Bias><t:Time>03:00:00<\/t:Time><t:DayOrder>5<\/t:DayOrder><t:Month>3</,
  )
  assert.match(utc.text, /<t:WorkingHours><t:TimeZone><t:Bias>0<.*<t:Month>0</)
})

test("each mailbox has an answer of its own; too many, none, and too long a time refuse the request", async () => {
  await using to = await school()
  const both = await ask(to, availability([anna, "gone@contoso.example"]))
  const refused = [
    await ask(to, availability(Array.from({ length: 101 }, () => anna))),
    await ask(to, availability([])),
    await ask(to, availability([anna], { end: "2026-04-22T00:00:01" })),
  ]
  assert.deepEqual(both.codes, ["NoError", "ErrorMailRecipientNotFound"])
  assert.deepEqual(
    refused.map(answer => [answer.status, allIn(answer, "ResponseCode")[0]]),
    [
      [500, "ErrorMailboxDataArrayTooBig"],
      [500, "ErrorMailboxDataArrayEmpty"],
      [500, "ErrorTimeIntervalTooBig"],
    ],
  )
})

test("replies out of office are set and read by the owner, and by nobody else", async () => {
  await using to = await school()
  to.admin.updateAccount(service.name, { impersonates: "everything" })
  const mailbox = `<t:Mailbox><t:Address>${anna}</t:Address></t:Mailbox>`
  const duration =
    "<t:Duration><t:StartTime>2026-03-10T00:00:00Z</t:StartTime><t:EndTime>2026-03-12T00:00:00Z</t:EndTime></t:Duration>"
  const settings = `<t:UserOofSettings><t:OofState>Scheduled</t:OofState><t:ExternalAudience>Known</t:ExternalAudience>${duration}<t:InternalReply><t:Message>Away</t:Message></t:InternalReply></t:UserOofSettings>`
  const get = `<GetUserOofSettingsRequest>${mailbox}</GetUserOofSettingsRequest>`

  const set = await ask(to, `<SetUserOofSettingsRequest>${mailbox}${settings}</SetUserOofSettingsRequest>`)

  assert.deepEqual(set.codes, ["NoError"])
  const read = await ask(to, get)
  assert.deepEqual([...allIn(read, "OofState"), ...allIn(read, "StartTime"), ...allIn(read, "Message")].slice(0, 3), [
    "Scheduled",
    "2026-03-10T00:00:00Z",
    "Away",
  ])
  assert.deepEqual(allIn(await ask(to, get, { as: ben }), "ResponseCode"), ["ErrorAccessDenied"])
})
