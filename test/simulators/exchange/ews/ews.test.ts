import assert from "node:assert/strict"
import { test } from "node:test"
import { textAt } from "../store/json.ts"
import { anna, helsinki, meeting } from "../talk.ts"
import { ask, createItem, exchange, getItem, origin, times } from "./ask.ts"

/** What exchangelib cannot see: the envelope, the faults, and both protocols over one store. */

test("an event written through Graph reads the same through EWS", async () => {
  await using to = await exchange()
  const property = { id: origin.graphId, value: "a & b" }
  const id = await to.make(meeting({ singleValueExtendedProperties: [property] }))
  const uid = textAt((await to.get(`/events/${id}`)).body, "iCalUId")

  const { status, text } = await ask(to, getItem(id.replaceAll("-", "/").replaceAll("_", "+")))

  assert.equal(status, 200)
  assert.ok(text.includes(`<t:UID>${uid}</t:UID>`))
  assert.ok(text.includes("<t:Value>a &amp; b</t:Value>"))
  assert.ok(text.includes("<t:Start>2026-03-10T07:00:00Z</t:Start>"))
  assert.match(text, /<h:ServerVersionInfo MajorVersion="15" MinorVersion="2"/)
})

test("an item written through EWS reads the same through Graph", async () => {
  await using to = await exchange()
  const property = `<t:ExtendedProperty>${origin.path}<t:Value>x</t:Value></t:ExtendedProperty>`

  const { text } = await ask(to, createItem(`<t:Subject>Gym</t:Subject>${property}${times}`))

  const id = (/ Id="([^"]+)"/.exec(text)?.[1] ?? "").replaceAll("/", "-").replaceAll("+", "_")
  const [event] = to.admin.events(anna)
  assert.deepEqual(event?.id, id)
  assert.deepEqual(event?.properties, { [origin.graphId]: "x" })
  assert.equal((await to.get(`/events/${id}`)).body["subject"], "Gym")
})

test("children out of the order of the schema refuse the request with their place", async () => {
  await using to = await exchange()
  const { status, text } = await ask(to, createItem(`${times}<t:Subject>late</t:Subject>`))
  assert.equal(status, 500)
  assert.match(text, /<faultcode [^>]*>a:ErrorSchemaValidation<.*<t:LineNumber>\d+</)
  assert.deepEqual(to.admin.events(anna), [])
})

for (const [what, asked, code] of [
  ["somebody out of the scope", { as: "ben@contoso.example" }, "ErrorImpersonateUserDenied"],
  ["a mailbox that is not there", { as: "nobody@contoso.example" }, "ErrorNonExistentMailbox"],
  ["an unknown server version", { version: "Exchange2099" }, "ErrorInvalidServerVersion"],
] as const)
  test(`${what} is refused with ${code}`, async () => {
    await using to = await exchange()
    const { status, text } = await ask(to, createItem(times), asked)
    assert.equal(status, 500)
    assert.ok(
      text.includes(`<faultcode xmlns:a="http://schemas.microsoft.com/exchange/services/2006/types">a:${code}<`),
    )
  })

test("a wrong password gets 401 and the scheme", async () => {
  await using to = await exchange()
  const { status, headers } = await ask(to, createItem(times), { password: "wrong" })
  assert.equal(status, 401)
  assert.match(String(headers["www-authenticate"]), /^Negotiate,NTLM,Basic realm=/)
})

test("a create must say whether invitations go out, and anything but nobody mails", async () => {
  await using to = await exchange()
  const box = "<t:Mailbox><t:EmailAddress>ben@contoso.example</t:EmailAddress></t:Mailbox>"
  const item = `${times}<t:RequiredAttendees><t:Attendee>${box}</t:Attendee></t:RequiredAttendees>`

  const silent = await ask(to, createItem(item, ""))
  await ask(to, createItem(item))
  const before = to.admin.outbox().length
  await ask(to, createItem(item, 'SendMeetingInvitations="SendToAllAndSaveCopy"'))

  assert.ok(silent.text.includes("ErrorSendMeetingInvitationsRequired"))
  assert.equal(before, 0)
  assert.deepEqual(to.admin.outbox()[0]?.to, ["ben@contoso.example"])
})

test("a whole day is rounded outwards to midnights of its zone", async () => {
  await using to = await exchange()
  const day = `<t:Start>2026-03-10T13:00:00</t:Start><t:End>2026-03-10T14:00:00</t:End><t:IsAllDayEvent>true</t:IsAllDayEvent>`
  await ask(to, createItem(`${day}<t:StartTimeZone Id="FLE Standard Time"/>`))
  const [event] = to.admin.events(anna)
  assert.deepEqual(
    [event?.["isAllDay"], textAt(event?.["start"], "dateTime")?.slice(0, 16)],
    [true, "2026-03-10T00:00"],
  )
})

test("an IANA name is no zone for Exchange Server", async () => {
  await using to = await exchange()
  const { text } = await ask(to, createItem(`${times}<t:StartTimeZone Id="Europe/Helsinki"/>`))
  assert.ok(text.includes("ErrorCalendarInvalidTimeZone"))
})

test("the index of an occurrence counts the deleted ones", async () => {
  await using to = await exchange()
  const pattern = { type: "daily", interval: 1 }
  const range = { type: "numbered", startDate: "2026-03-10", numberOfOccurrences: 3 }
  const end = helsinki("2026-03-10T10:00:00")
  const id = await to.make(meeting({ end, recurrence: { pattern, range } }))
  const master = id.replaceAll("-", "/").replaceAll("_", "+")
  const remove = (index: number) =>
    ask(
      to,
      `<DeleteItem DeleteType="HardDelete" SendMeetingCancellations="SendToNone"><ItemIds>
      <t:OccurrenceItemId RecurringMasterId="${master}" InstanceIndex="${index}"/></ItemIds></DeleteItem>`,
    )
  const codes = []
  for (const index of [2, 2, 3, 4]) codes.push(/<m:ResponseCode>(\w+)/.exec((await remove(index)).text)?.[1])
  assert.deepEqual(codes, [
    "NoError",
    "ErrorCalendarOccurrenceIsDeletedFromRecurrence",
    "NoError",
    "ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange",
  ])
})

test("an occurrence can lose a property its series keeps", async () => {
  await using to = await exchange()
  const recurrence = `<t:Recurrence><t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence>
    <t:NumberedRecurrence><t:StartDate>2026-03-10</t:StartDate><t:NumberOfOccurrences>3</t:NumberOfOccurrences>
    </t:NumberedRecurrence></t:Recurrence>`
  const property = `<t:ExtendedProperty>${origin.path}<t:Value>kept</t:Value></t:ExtendedProperty>`
  const made = await ask(to, createItem(`${property}${times}${recurrence}`))
  const [, master = "", key = ""] = / Id="([^"]+)" ChangeKey="([^"]+)"/.exec(made.text) ?? []
  const occurrence = `<t:OccurrenceItemId RecurringMasterId="${master}" ChangeKey="${key}" InstanceIndex="2"/>`
  const updates = `<t:Updates><t:DeleteItemField>${origin.path}</t:DeleteItemField></t:Updates>`

  await ask(
    to,
    `<UpdateItem ConflictResolution="NeverOverwrite" SendMeetingInvitationsOrCancellations="SendToNone"><ItemChanges>
    <t:ItemChange>${occurrence}${updates}</t:ItemChange></ItemChanges></UpdateItem>`,
  )

  const changed = await ask(to, getItem(master).replace(/<t:ItemId [^>]*>/, occurrence))
  assert.ok(changed.text.includes("<t:CalendarItemType>Exception<") && !changed.text.includes("kept"))
  assert.ok((await ask(to, getItem(master))).text.includes("kept"))
})

test("an occurrence of whole days may change and stay where it is, and not go to the day of another", async () => {
  await using to = await exchange()
  const recurrence = `<t:Recurrence><t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence>
    <t:NumberedRecurrence><t:StartDate>2028-02-11</t:StartDate><t:NumberOfOccurrences>5</t:NumberOfOccurrences>
    </t:NumberedRecurrence></t:Recurrence>`
  const zone = '<t:StartTimeZone Id="New Zealand Standard Time"/>'
  const day =
    "<t:Start>2028-02-10T11:00:00Z</t:Start><t:End>2028-02-11T11:00:00Z</t:End><t:IsAllDayEvent>true</t:IsAllDayEvent>"
  const made = await ask(to, createItem(`${day}${recurrence}${zone}`))
  const [, master = "", key = ""] = / Id="([^"]+)" ChangeKey="([^"]+)"/.exec(made.text) ?? []
  const field = (uri: string, value: string) =>
    `<t:SetItemField><t:FieldURI FieldURI="${uri}"/><t:CalendarItem>${value}</t:CalendarItem></t:SetItemField>`
  const update = (fields: string) =>
    `<UpdateItem ConflictResolution="AlwaysOverwrite" SendMeetingInvitationsOrCancellations="SendToNone"><ItemChanges>
    <t:ItemChange><t:OccurrenceItemId RecurringMasterId="${master}" ChangeKey="${key}" InstanceIndex="3"/>
    <t:Updates>${fields}</t:Updates></t:ItemChange></ItemChanges></UpdateItem>`
  const move = (start: string, end: string) =>
    field("calendar:Start", `<t:Start>${start}</t:Start>`) + field("calendar:End", `<t:End>${end}</t:End>`)

  const stays = await ask(
    to,
    update(field("item:Subject", "<t:Subject>x</t:Subject>") + field("calendar:StartTimeZone", zone)),
  )
  const goes = await ask(to, update(move("2028-02-13T11:00:00Z", "2028-02-14T11:00:00Z")))

  assert.deepEqual([...stays.codes, ...goes.codes], ["NoError", "ErrorOccurrenceCrossingBoundary"])
})

test("a busy server says so in three shapes", async () => {
  await using to = await exchange()
  const busy = { kind: "status", operation: "ews.CreateItem", times: 1 } as const
  to.admin.addFault({ ...busy, status: 500, code: "ErrorServerBusy", retryAfter: 7 })
  to.admin.addFault({ ...busy, status: 503, retryAfter: 7 })
  to.admin.addFault({ ...busy, status: 200, code: "ErrorInternalServerError", inner: "ErrorServerBusy" })

  const [fault, queue, inner] = [
    await ask(to, createItem(times)),
    await ask(to, createItem(times)),
    await ask(to, createItem(times)),
  ]

  assert.ok(fault.status === 500 && fault.text.includes('<t:Value Name="BackOffMilliseconds">7000<'))
  assert.deepEqual([queue.status, queue.headers["retry-after"]], [503, "7"])
  assert.ok(inner.status === 200 && inner.text.includes('ResponseClass="Error"'))
  assert.ok(inner.text.includes('<t:Value Name="InnerErrorResponseCode">ErrorServerBusy<'))
  assert.deepEqual(to.admin.events(anna), [])
})

test("a batch stops at an item the server trips over: those before are made, those behind are not come to", async () => {
  await using to = await exchange()
  const item = (subject: string) => `<t:CalendarItem><t:Subject>${subject}</t:Subject>${times}</t:CalendarItem>`
  const three = `<CreateItem SendMeetingInvitations="SendToNone"><Items>${["a", "b", "c"].map(item).join("")}</Items></CreateItem>`
  to.admin.addFault({ kind: "batchStopped", at: 1, operation: "ews.CreateItem", times: 1 })

  const { codes, text } = await ask(to, three)

  assert.deepEqual(codes, ["NoError", "ErrorItemSave", "ErrorBatchProcessingStopped"])
  assert.deepEqual(
    [...text.matchAll(/ResponseClass="(\w+)"/g)].map(([, name]) => name),
    ["Success", "Error", "Warning"],
  )
  assert.deepEqual(
    to.admin.events(anna).map(event => event["subject"]),
    ["a"],
  )
})

test("what is no XML is a schema violation", async () => {
  await using to = await exchange()
  const { status, text } = await ask(to, "<open>")
  assert.ok(status === 500 && text.includes("ErrorSchemaValidation"))
})

test("a synchronization state of nobody's is invalid", async () => {
  await using to = await exchange()
  const shape = "<ItemShape><t:BaseShape>IdOnly</t:BaseShape></ItemShape>"
  const folder = '<SyncFolderId><t:DistinguishedFolderId Id="calendar"/></SyncFolderId>'
  const sync = (state: string, most: number) =>
    ask(
      to,
      `<SyncFolderItems>${shape}${folder}<SyncState>${state}</SyncState><MaxChangesReturned>${most}</MaxChangesReturned></SyncFolderItems>`,
    )
  assert.ok((await sync("bm9uc2Vuc2U=", 10)).text.includes("ErrorInvalidSyncStateData"))
  assert.equal((await sync("", 513)).status, 500)
})
