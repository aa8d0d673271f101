import assert from "node:assert/strict"
import { test } from "node:test"
import { type Json, jsonAt, listAt, textAt, textsAt } from "./store/json.ts"
import { allPages, anna, codeOf, helsinki, meeting, talk } from "./talk.ts"

const allDay = (start: string, end: string, timeZone = "FLE Standard Time"): Json => ({
  isAllDay: true,
  start: { dateTime: start, timeZone },
  end: { dateTime: end, timeZone },
})

test("an event comes back as it was written, with every property a client relies on", async () => {
  await using exchange = await talk()

  const made = await exchange.send("POST", "/events", meeting({ location: { displayName: "A112" }, showAs: "oof" }))
  const id = textAt(made.body, "id") ?? ""
  const { body, headers } = await exchange.get(`/events/${id}`)

  assert.equal(made.status, 201)
  assert.equal(textAt(body, "@odata.etag"), headers["etag"])
  assert.equal(textAt(body, "@odata.etag"), `W/"${textAt(body, "changeKey")}"`)
  assert.deepEqual(body["start"], { dateTime: "2026-03-10T07:00:00.0000000", timeZone: "UTC" })
  assert.deepEqual([body["type"], body["showAs"], body["seriesMasterId"]], ["singleInstance", "oof", null])
  assert.equal(textAt(body["location"], "displayName"), "A112")
  assert.equal(listAt(body, "locations")?.length, 1)
  assert.deepEqual([body["isReminderOn"], body["reminderMinutesBeforeStart"]], [true, 15])
  assert.equal(body["originalStartTimeZone"], "FLE Standard Time")
  assert.ok(!("originalStart" in body) && !("transactionId" in body) && !("cancelledOccurrences" in body))
})

test("a change keeps what it does not name, makes a new version, and a deletion is final", async () => {
  await using exchange = await talk()
  const made = await exchange.send("POST", "/events", meeting({ categories: ["Lesson"] }))
  const path = `/events/${textAt(made.body, "id")}`

  const changed = await exchange.send("PATCH", path, { subject: "Chemistry" })

  assert.equal(changed.status, 200)
  assert.deepEqual([changed.body["subject"], changed.body["categories"]], ["Chemistry", ["Lesson"]])
  assert.notEqual(changed.body["@odata.etag"], made.body["@odata.etag"])
  assert.equal((await exchange.send("DELETE", path)).status, 204)
  const again = await exchange.send("DELETE", path)
  assert.deepEqual([again.status, codeOf(again)], [404, "ErrorItemNotFound"])
  assert.equal((await exchange.get(path)).status, 404)
})

test("ids are case-sensitive, and a malformed one is not a missing one", async () => {
  await using exchange = await talk()
  const id = await exchange.make(meeting())
  const swapped = id.replace(/[a-z]/, letter => letter.toUpperCase())
  for (const wrong of [swapped, "abc"]) {
    const answer = await exchange.get(`/events/${wrong}`)
    assert.deepEqual([answer.status, codeOf(answer)], [400, "ErrorInvalidIdMalformed"])
  }
})

test("immutable ids survive a move to another calendar, classic ones do not", async () => {
  await using exchange = await talk()
  exchange.admin.addCalendar(anna, "School")
  const immutable = { prefer: 'IdType="ImmutableId"' }
  const classicId = await exchange.make(meeting())
  const [seen] = (await allPages(exchange, "/events", immutable)).rows
  const immutableId = textAt(seen, "id") ?? ""
  assert.notEqual(immutableId, classicId)

  const newId = exchange.admin.moveToCalendar(anna, classicId, "School")

  assert.equal((await exchange.get(`/events/${classicId}`)).status, 404)
  assert.equal((await exchange.get(`/events/${newId}`)).status, 200)
  const found = await exchange.get(`/events/${immutableId}`, immutable)
  assert.deepEqual([found.status, found.body["id"]], [200, immutableId])
  assert.equal(found.headers["preference-applied"], 'IdType="ImmutableId"')
})

test("If-Match guards updates and deletions; without it the last write wins", async () => {
  await using exchange = await talk()
  const made = await exchange.send("POST", "/events", meeting())
  const path = `/events/${textAt(made.body, "id")}`
  const stale = { "if-match": textAt(made.body, "@odata.etag") ?? "" }
  const current = await exchange.send("PATCH", path, { subject: "Somebody else's" })

  for (const attempt of [
    await exchange.send("PATCH", path, { subject: "Mine" }, stale),
    await exchange.send("DELETE", path, undefined, stale),
  ])
    assert.deepEqual([attempt.status, codeOf(attempt)], [412, "ErrorIrresolvableConflict"])
  exchange.admin.setSwitches({ ifMatchStatus: 409 })
  assert.equal((await exchange.send("PATCH", path, { subject: "Mine" }, stale)).status, 409)

  const fresh = { "if-match": textAt(current.body, "@odata.etag") ?? "" }
  assert.equal((await exchange.send("PATCH", path, { subject: "Mine" }, fresh)).status, 200)
  assert.equal((await exchange.send("PATCH", path, { subject: "Last" })).status, 200)
  exchange.admin.setSwitches({ deleteHonoursIfMatch: false })
  assert.equal((await exchange.send("DELETE", path, undefined, stale)).status, 204)
})

test("a repeated transactionId is the same event, and a different event under it a clash", async () => {
  await using exchange = await talk()
  const event = meeting({ transactionId: "t-1" })
  const first = await exchange.send("POST", "/events", event)
  const again = await exchange.send("POST", "/events", event)
  assert.deepEqual([again.status, again.body["id"]], [201, first.body["id"]])
  assert.equal(exchange.admin.events(anna).length, 1)

  const clash = await exchange.send("POST", "/events", { ...event, subject: "Other" })
  assert.deepEqual([clash.status, codeOf(clash)], [409, "ErrorDuplicateTransactionId"])
  assert.equal(textAt(clash.body["error"], "@event.existingEventId"), first.body["id"])

  exchange.admin.setSwitches({ transactionIdRepeat: "error", transactionIdStatus: 400, transactionIdNamesEvent: false })
  const refused = await exchange.send("POST", "/events", event)
  assert.deepEqual([refused.status, textAt(refused.body["error"], "@event.existingEventId")], [400, undefined])
})

test("times come back in the zone that was preferred, by Windows or IANA name", async () => {
  await using exchange = await talk()
  const path = `/events/${await exchange.make(meeting())}`
  for (const [timeZone, dateTime] of [
    ["Europe/Helsinki", "2026-03-10T09:00:00.0000000"],
    ["FLE Standard Time", "2026-03-10T09:00:00.0000000"],
    ["Pacific Standard Time", "2026-03-10T00:00:00.0000000"],
    ["UTC", "2026-03-10T07:00:00.0000000"],
  ]) {
    const answer = await exchange.get(path, { prefer: `outlook.timezone="${timeZone}"` })
    assert.deepEqual(answer.body["start"], { dateTime, timeZone })
    assert.equal(answer.headers["preference-applied"], `outlook.timezone="${timeZone}"`)
  }
})

test("an unknown time zone is refused wherever it stands", async () => {
  await using exchange = await talk()
  const answers = [
    await exchange.get("/events", { prefer: 'outlook.timezone="Mars/Olympus"' }),
    await exchange.send("POST", "/events", meeting({ start: { dateTime: "2026-03-10T09:00:00", timeZone: "Moon" } })),
    await exchange.send("POST", "/events", meeting({ start: { dateTime: "2026-03-10T09:00:00" } })),
    await exchange.send("POST", "/events", meeting({ end: { dateTime: "2026-03-10T11:00:00", timeZone: "" } })),
  ]
  for (const answer of answers)
    assert.deepEqual([answer.status, codeOf(answer)], [400, "TimeZoneNotSupportedException"])
})

test("an all-day event is midnight in every zone, and counts as midnights in UTC for a view", async () => {
  await using exchange = await talk()
  const path = `/events/${await exchange.make(meeting(allDay("2026-03-10T00:00:00", "2026-03-11T00:00:00")))}`

  for (const timeZone of ["UTC", "Pacific Standard Time", "Asia/Tokyo"]) {
    const { body } = await exchange.get(path, { prefer: `outlook.timezone="${timeZone}"` })
    assert.deepEqual(body["start"], { dateTime: "2026-03-10T00:00:00.0000000", timeZone })
    assert.deepEqual(body["end"], { dateTime: "2026-03-11T00:00:00.0000000", timeZone })
  }

  const inHelsinkiOnly = "/calendarView?startDateTime=2026-03-09T22:00:00Z&endDateTime=2026-03-10T00:00:00Z"
  assert.equal((await allPages(exchange, inHelsinkiOnly)).rows.length, 0)
  const inUtc = "/calendarView?startDateTime=2026-03-10T23:00:00Z&endDateTime=2026-03-11T00:00:00Z"
  assert.equal((await allPages(exchange, inUtc)).rows.length, 1)
})

test("an all-day event that is none is refused by the name of what is wrong", async () => {
  await using exchange = await talk()
  const cases: readonly (readonly [Json, RegExp])[] = [
    [allDay("2026-03-10T09:00:00", "2026-03-11T00:00:00"), /Event\.Start/],
    [allDay("2026-03-10T00:00:00", "2026-03-10T12:00:00"), /Event\.End/],
    [allDay("2026-03-10T00:00:00", "2026-03-10T00:00:00"), /24 hours/],
    [
      { ...allDay("2026-03-10T00:00:00", ""), end: { dateTime: "2026-03-11T00:00:00", timeZone: "UTC" } },
      /one time zone/,
    ],
  ]
  for (const [event, message] of cases) {
    const answer = await exchange.send("POST", "/events", meeting(event))
    assert.equal(answer.status, 400)
    assert.match(textAt(answer.body["error"], "message") ?? "", message)
  }
})

test("nonsense in a body is refused and nothing is stored", async () => {
  await using exchange = await talk()
  const cases: readonly Json[] = [
    meeting({ colour: "red" }),
    meeting({ showAs: "asleep" }),
    meeting({ end: helsinki("2026-03-10T08:59:00") }),
    meeting({ start: helsinki("2026-02-30T09:00:00") }),
    meeting({ start: helsinki("tomorrow") }),
    meeting({ isReminderOn: "yes" }),
    meeting({ subject: "x".repeat(256) }),
    meeting({ end: helsinki("2032-03-10T10:00:00") }),
    { subject: "No time" },
  ]
  for (const event of cases) {
    const answer = await exchange.send("POST", "/events", event)
    assert.equal(answer.status, 400, JSON.stringify(event).slice(0, 100))
    assert.ok(codeOf(answer))
  }
  assert.equal(exchange.admin.events(anna).length, 0)
})

test("an event without length, and one without a subject, are welcome", async () => {
  await using exchange = await talk()
  await exchange.make(meeting({ subject: null, end: helsinki("2026-03-10T09:00:00") }))
  const view = "/calendarView?startDateTime=2026-03-10T07:00:00Z&endDateTime=2026-03-10T07:01:00Z"
  const { rows } = await allPages(exchange, view)
  assert.deepEqual(
    rows.map(row => row["subject"]),
    [null],
  )
})

test("HTML comes back inside Exchange's own document, and text on request", async () => {
  await using exchange = await talk()
  const content = "<p>Bring <b>goggles</b> &amp; paper</p><script>alert(1)</script>"
  const path = `/events/${await exchange.make(meeting({ body: { contentType: "html", content } }))}`

  const html = textAt((await exchange.get(path)).body["body"], "content") ?? ""
  assert.match(html, /^<html><head>\r\n<meta http-equiv="Content-Type"[^>]*>\r\n<\/head>\r\n<body>\r\n<p>Bring/)
  assert.ok(!html.includes("script"))
  const text = await exchange.get(path, { prefer: 'outlook.body-content-type="text"' })
  assert.deepEqual(text.body["body"], { contentType: "text", content: "Bring goggles & paper" })
  assert.equal(text.body["bodyPreview"], "Bring goggles & paper")

  const twice = await exchange.send("PATCH", path, { body: { contentType: "html", content: html } })
  assert.equal(textAt(twice.body["body"], "content"), html, "what Exchange gave is stored as it is")
})

test("a text body is text on request, and HTML otherwise", async () => {
  await using exchange = await talk()
  const body = { contentType: "text", content: "one\ntwo <3" }
  const path = `/events/${await exchange.make(meeting({ body }))}`
  const text = await exchange.get(path, { prefer: 'outlook.body-content-type="text"' })
  assert.deepEqual(text.body["body"], { contentType: "text", content: "one\r\ntwo <3" })
  assert.match(textAt((await exchange.get(path)).body["body"], "content") ?? "", /one<br>\r\ntwo &lt;3/)
})

test("a list comes in pages of ten unless asked otherwise, each with an absolute link to the next", async () => {
  await using exchange = await talk()
  for (let at = 0; at < 25; at++) exchange.admin.createEvent(anna, meeting({ subject: `Lesson ${at}` }))

  const ten = await exchange.get("/events?$count=true&$select=subject")
  assert.equal(listAt(ten.body, "value")?.length, 10)
  assert.equal(ten.body["@odata.count"], 25)
  assert.match(textAt(ten.body, "@odata.nextLink") ?? "", /^https:\/\/127\.0\.0\.1:\d+\/v1\.0\/users\/.*\$skip=10/)
  const all = await allPages(exchange, "/events?$top=7&$select=subject")
  assert.deepEqual([all.rows.length, all.pages], [25, 4])
  assert.deepEqual(Object.keys(all.rows[20] ?? {}).sort(), ["@odata.etag", "id", "subject"])
  assert.equal((await allPages(exchange, "/events", { prefer: "odata.maxpagesize=25" })).pages, 1)
  for (const wrong of ["$top=1001", "$top=0", "$top=ten", "$skip=-1"])
    assert.equal((await exchange.get(`/events?${wrong}`)).status, 400, wrong)
})

test("a filter finds by time, text, kind and category", async () => {
  await using exchange = await talk()
  const first = await exchange.make(meeting({ subject: "Physics 8A", categories: ["Lesson", "Lab"] }))
  const uid = textAt((await exchange.get(`/events/${first}`)).body, "iCalUId") ?? ""
  await exchange.make(
    meeting({ subject: "Anna's day", start: helsinki("2026-04-01T09:00:00"), end: helsinki("2026-04-01T10:00:00") }),
  )
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["subject eq 'anna''s day'", ["Anna's day"]],
    ["start/dateTime ge '2026-03-10T07:00:00Z' and end/dateTime le '2026-03-10T08:00'", ["Physics 8A"]],
    ["startswith(subject,'Phys') or contains(subject, 'day')", ["Physics 8A", "Anna's day"]],
    ["categories/any(c:c eq 'lab')", ["Physics 8A"]],
    ["not (type eq 'singleInstance')", []],
    ["iCalUId eq 'UID'", ["Physics 8A"]],
    ["isAllDay eq false and (importance eq 'high' or sensitivity eq 'normal')", ["Physics 8A", "Anna's day"]],
  ]
  for (const [filter, subjects] of cases) {
    const { rows } = await allPages(exchange, `/events?$filter=${encodeURIComponent(filter.replace("UID", uid))}`)
    assert.deepEqual(
      rows.map(row => row["subject"]),
      subjects,
      filter,
    )
  }
})

test("what a query asks wrongly is an error and never ignored", async () => {
  await using exchange = await talk()
  await exchange.make(meeting())
  const wrong = [
    "$select=subjekt",
    "$filter=colour eq 'red'",
    "$filter=subject eq",
    "$filter=subject is 'x'",
    "$filter=subject eq 'a' extra",
    "$orderby=colour",
    "$expand=friends",
    "$filter=subject eq 'a'&$orderby=start/dateTime",
    "$filter=subject+eqq+'a'",
  ]
  for (const query of wrong) {
    const answer = await exchange.get(`/events?${query.replaceAll(" ", "%20")}`)
    assert.equal(answer.status, 400, query)
    assert.ok(codeOf(answer), query)
  }
})

test("a list sorts by what it is asked, in both directions", async () => {
  await using exchange = await talk()
  for (const hour of ["11", "09", "10"])
    await exchange.make(
      meeting({ subject: hour, start: helsinki(`2026-03-10T${hour}:00:00`), end: helsinki(`2026-03-10T12:00:00`) }),
    )
  const order = async (query: string) => (await allPages(exchange, `/events?${query}`)).rows.map(row => row["subject"])
  assert.deepEqual(await order("$orderby=start/dateTime"), ["09", "10", "11"])
  assert.deepEqual(await order("$orderby=start/dateTime%20desc"), ["11", "10", "09"])
  const filter = encodeURIComponent("start/dateTime gt '2026-03-10T07:30:00'")
  assert.deepEqual(await order(`$filter=${filter}&$orderby=start/dateTime`), ["10", "11"])
})

test("a view needs its window, and no more than 1825 days of it", async () => {
  await using exchange = await talk()
  const wrong: readonly (readonly [string, string])[] = [
    ["", "ErrorInvalidRequest"],
    ["?startDateTime=2026-01-01T00:00:00Z", "ErrorInvalidRequest"],
    ["?startDateTime=2026-01-01&endDateTime=yesterday", "ErrorInvalidParameter"],
    ["?startDateTime=2026-01-02T00:00:00Z&endDateTime=2026-01-01T00:00:00Z", "ErrorInvalidParameter"],
    ["?startDateTime=2026-01-01T00:00:00Z&endDateTime=2031-01-01T00:00:00Z", "ErrorInvalidRequest"],
  ]
  for (const [query, code] of wrong) {
    const answer = await exchange.get(`/calendarView${query}`)
    assert.deepEqual([answer.status, codeOf(answer)], [400, code], query)
  }
  const widest = "?startDateTime=2026-01-01T00:00:00Z&endDateTime=2030-12-31T00:00:00Z"
  assert.equal((await exchange.get(`/calendarView${widest}`)).status, 200)
})

test("a raw plus is a space, or refused", async () => {
  await using exchange = await talk()
  await exchange.make(meeting())
  const filtered = () => exchange.get("/events?$filter=subject+eq+'Physics'")
  assert.equal((listAt((await filtered()).body, "value") ?? []).length, 1)
  const offset = "/calendarView?startDateTime=2026-03-10T09:00:00+02:00&endDateTime=2026-03-10T10:00:00+02:00"
  assert.equal((await exchange.get(offset)).status, 400)
  exchange.admin.setSwitches({ plusInQuery: "refused" })
  assert.equal((await filtered()).status, 400)
})

test("the times of a view have their own offset, whatever zone is preferred", async () => {
  await using exchange = await talk()
  await exchange.make(meeting())
  const view = "/calendarView?startDateTime=2026-03-10T09:00:00%2B02:00&endDateTime=2026-03-10T10:00:00%2B02:00"
  assert.equal((await allPages(exchange, view, { prefer: 'outlook.timezone="Asia/Tokyo"' })).rows.length, 1)
  const utc = "/calendarView?startDateTime=2026-03-10T09:00:00&endDateTime=2026-03-10T10:00:00"
  assert.equal((await allPages(exchange, utc, { prefer: 'outlook.timezone="Europe/Helsinki"' })).rows.length, 0)
})

test("calendars can be listed, made, renamed and removed, and hold their own events", async () => {
  await using exchange = await talk()
  const made = await exchange.send("POST", "/calendars", { name: "School" })
  const id = textAt(made.body, "id") ?? ""
  await exchange.make(meeting({ subject: "Lesson" }), id)

  assert.deepEqual(
    (await allPages(exchange, "/calendars")).rows.map(row => row["name"]),
    ["Calendar", "School"],
  )
  assert.equal((await exchange.send("POST", "/calendars", { name: "school" })).status, 409)
  assert.deepEqual(
    (await allPages(exchange, `/calendars/${id}/events`)).rows.map(row => row["subject"]),
    ["Lesson"],
  )
  assert.equal((await allPages(exchange, "/events")).rows.length, 0)
  assert.equal((await exchange.get("/calendar?$select=id,name")).body["name"], "Calendar")
  const byName = `/calendars?$filter=${encodeURIComponent("name eq 'School'")}`
  assert.deepEqual(
    (await allPages(exchange, byName)).rows.map(row => row["id"]),
    [id],
  )
  assert.equal((await exchange.send("PATCH", `/calendars/${id}`, { name: "Lessons" })).body["name"], "Lessons")
  assert.equal((await exchange.send("DELETE", `/calendars/${id}`)).status, 204)
  assert.equal((await exchange.get(`/calendars/${id}/events`)).status, 404)
})

test("ids translate between their forms", async () => {
  await using exchange = await talk()
  const id = await exchange.make(meeting())
  const body = { inputIds: [id], sourceIdType: "restId", targetIdType: "restImmutableEntryId" }
  const answer = await exchange.send("POST", "/translateExchangeIds", body)
  const [translated] = listAt(answer.body, "value") ?? []
  assert.equal((await exchange.get(`/events/${textAt(translated, "targetId")}`)).status, 200)
})

test("a permanent deletion leaves nothing, an ordinary one leaves an item in Deleted Items", async () => {
  await using exchange = await talk()
  const [deleted, destroyed] = [await exchange.make(meeting({ subject: "Deleted" })), await exchange.make(meeting())]

  assert.equal((await exchange.send("DELETE", `/events/${deleted}`)).status, 204)
  assert.equal((await exchange.send("POST", `/events/${destroyed}/permanentDelete`)).status, 204)

  for (const id of [deleted, destroyed]) assert.equal((await exchange.get(`/events/${id}`)).status, 404)
  assert.equal(exchange.admin.events(anna).length, 0)
  assert.deepEqual(
    exchange.admin.deletedEvents(anna).map(event => event["subject"]),
    ["Deleted"],
  )
})

test("whatever names attendees would have been mailed, and the outbox knows", async () => {
  await using exchange = await talk()
  const attendees = [{ type: "required", emailAddress: { address: "bo@contoso.example", name: "Bo" } }]
  exchange.admin.createEvent(anna, meeting({ attendees }))
  assert.equal(exchange.admin.outbox().length, 0, "a person's own meeting is not the client's mail")

  const id = await exchange.make(meeting({ attendees, responseRequested: false }))
  await exchange.send("PATCH", `/events/${id}`, { subject: "Moved" })
  await exchange.send("DELETE", `/events/${id}`)
  assert.deepEqual(
    exchange.admin.outbox().map(({ kind, to }) => [kind, ...to]),
    [
      ["invitation", "bo@contoso.example"],
      ["update", "bo@contoso.example"],
      ["cancellation", "bo@contoso.example"],
    ],
  )

  exchange.admin.clearOutbox()
  await exchange.make(meeting())
  await exchange.make(meeting({ attendees: [] }))
  assert.deepEqual(exchange.admin.outbox(), [])
})

test("answering and forwarding somebody else's meeting mails too", async () => {
  await using exchange = await talk()
  const head = { name: "Head", address: "head@contoso.example" }
  const invited = exchange.admin.createInvitation(anna, meeting(), head)
  assert.equal((await exchange.get(`/events/${invited}`)).body["isOrganizer"], false)

  assert.equal((await exchange.send("POST", `/events/${invited}/accept`, { sendResponse: false })).status, 202)
  assert.equal(exchange.admin.outbox().length, 0)
  const to = { toRecipients: [{ emailAddress: { address: "bo@contoso.example" } }] }
  await exchange.send("POST", `/events/${invited}/forward`, to)
  await exchange.send("POST", `/events/${invited}/decline`, {})
  assert.deepEqual(
    exchange.admin.outbox().map(mail => [mail.kind, ...mail.to]),
    [
      ["forward", "bo@contoso.example"],
      ["response", "head@contoso.example"],
    ],
  )
  assert.equal((await exchange.get(`/events/${invited}`)).status, 404)
  const own = await exchange.make(meeting())
  assert.equal((await exchange.send("POST", `/events/${own}/accept`, {})).status, 400)
})

test("every answer can be traced, and large ones travel compressed", async () => {
  await using exchange = await talk()
  for (let at = 0; at < 5; at++) exchange.admin.createEvent(anna, meeting())
  const answer = await exchange.get("/events", { "client-request-id": "c-1", "accept-encoding": "gzip" })
  assert.equal(answer.headers["client-request-id"], "c-1")
  assert.match(String(answer.headers["request-id"]), /^[0-9a-f-]{36}$/)
  assert.equal(answer.headers["content-encoding"], "gzip")
  const wrong = await exchange.get("/events/x", { "client-request-id": "c-2" })
  assert.equal(textAt(jsonAt(wrong.body["error"], "innerError"), "client-request-id"), "c-2")
})

test("a path nobody serves, and one for a signed-in person, say so", async () => {
  await using exchange = await talk()
  assert.equal((await exchange.get("//v1.0/me/events")).status, 400)
  assert.equal((await exchange.get("/friends")).status, 400)
  assert.deepEqual(textsAt({ names: exchange.admin.calendars(anna) }, "names"), ["Calendar"])
})
