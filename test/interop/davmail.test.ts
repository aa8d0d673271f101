import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { holiday, lesson, weekly } from "../fakes/lesson.ts"
import { parseICalendar, textIn } from "../simulators/exchange/ews/icalendar.ts"
import { type Answer, type DavMail, startDavMail } from "./davmail.ts"
import { connect, JudgedCalendar } from "./judged-calendar.ts"
import { startServers } from "./judged-servers.ts"

/** DavMail, which knows real Exchange Servers too, lets CalDAV judge the simulator and what calsync writes into it. */

const mailbox = "davmail@contoso.example"
const calendar = `/users/${mailbox}/calendar/`

test("DavMail", async context => {
  const { newest } = await startServers(context, ["15.2"])
  newest.admin.addMailbox({ address: mailbox, timeZone: "FLE Standard Time" })
  const login = { username: mailbox, password: "pw" }
  newest.admin.addAccount({ name: "CONTOSO\\davmail", userPrincipalName: mailbox, password: login.password, mailbox })
  const connection = connect(newest)
  context.after(() => connection.close())
  const dav = await startDavMail(context, { ewsUrl: newest.ewsUrl, caPem: newest.caPem, ...login })
  const calsync = new JudgedCalendar(connection, mailbox)

  await context.test("is let in with the right password only", () => letsIn(dav))
  await context.test("shows the calendar", () => showsTheCalendar(dav))
  await context.test("reads what calsync wrote", inner => readsWhatCalsyncWrote(inner, dav, calsync))
  await context.test("writes an hour that calsync reads", () => writesAnHour(dav, calsync))
  await context.test("writes whole days that calsync reads", () => writesDays(dav, calsync))
  await context.test("writes a series and its exceptions that calsync reads", () => writesASeries(dav, calsync))
  await context.test("changes what nobody changed meanwhile, and nothing else", () => changes(dav, calsync))
  await context.test("deletes", () => deletes(dav, calsync))
  await context.test("and all that without a mail", () => assert.deepEqual(newest.admin.outbox(), []))
})

async function letsIn(dav: DavMail): Promise<void> {
  const wrong = `Basic ${Buffer.from(`${mailbox}:wrong`).toString("base64")}`
  assert.equal((await list(dav, { authorization: wrong })).status, 401)
  assert.equal((await list(dav)).status, 207)
}

async function showsTheCalendar(dav: DavMail): Promise<void> {
  const { text } = await list(dav)
  assert.match(text, /<D:href>\/users\/davmail@contoso\.example\/calendar\/<\/D:href>.*<C:calendar\/>/s)
}

function list(dav: DavMail, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const body = `<D:propfind xmlns:D="DAV:"><D:prop><D:getetag/><D:resourcetype/></D:prop></D:propfind>`
  return dav.ask("PROPFIND", calendar, body, { depth: "1", ...headers })
}

async function readsWhatCalsyncWrote(context: TestContext, dav: DavMail, calsync: JudgedCalendar): Promise<void> {
  const series = weekly(lesson({ key: "series", subject: "Series" }))
  const recurrence = { extraTimes: [], overrides: [], rules: [], ...series.recurrence, excluded: ["20261208T070000Z"] }
  await calsync.create([
    lesson({ key: "hour", subject: "Physics <1> & co", location: "Room 12", reminder: 15 }),
    holiday({ key: "days", subject: "Closed", days: 3 }),
    { ...series, recurrence },
  ])

  const events = new Map((await eventsOf(dav)).map(text => [summaryIn(text), text]))

  for (const [subject, lines] of Object.entries(expected))
    await context.test(subject, () => {
      for (const line of lines) assert.match(events.get(subject) ?? "", line)
    })
}

/** Times are in the zone of whoever reads, which DavMail takes to be that of the mailbox. */
const expected: Readonly<Record<string, readonly RegExp[]>> = {
  "Physics <1> & co": [
    /^DTSTART;TZID="Europe\/Paris":20261201T080000$/m,
    /^LOCATION.*:Room 12$/m,
    /^TRIGGER.*-PT15M$/m,
  ],
  Closed: [/^DTSTART;VALUE=DATE:20261224$/m, /^DTEND;VALUE=DATE:20261227$/m],
  Series: [/^RRULE:FREQ=WEEKLY;.*COUNT=5/m, /^EXDATE.*:20261208T080000$/m],
}

async function eventsOf(dav: DavMail): Promise<readonly string[]> {
  const filter = `<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"/></C:comp-filter></C:filter>`
  const wanted = `<D:prop xmlns:D="DAV:"><D:getetag/><C:calendar-data/></D:prop>`
  const body = `<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav">${wanted}${filter}</C:calendar-query>`
  const { text } = await dav.ask("REPORT", calendar, body, { depth: "1" })
  const found = [...text.matchAll(/<C:calendar-data[^>]*>(.*?)<\/C:calendar-data>/gs)].map(([, data = ""]) => data)
  return found.map(data =>
    data.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&").replaceAll("\r", ""),
  )
}

function summaryIn(text: string): string | undefined {
  return textIn(
    parseICalendar(text)?.components.find(({ name }) => name === "VEVENT"),
    "SUMMARY",
  )
}

async function writesAnHour(dav: DavMail, calsync: JudgedCalendar): Promise<void> {
  const texts = ["LOCATION:Lab 1", "DESCRIPTION:Bring the book", "X-MICROSOFT-CDO-BUSYSTATUS:BUSY", "CLASS:PRIVATE"]
  assert.equal((await put(dav, "hour", [...hourAt("09"), "SUMMARY:Chemistry & co", ...texts])).status, 201)

  const seen = await foreign(calsync, "Chemistry & co")
  assert.partialDeepStrictEqual(seen, { location: "Lab 1", showAs: "Busy", sensitivity: "Private" })
  assert.deepEqual(seen?.body, { contentType: "text", content: "Bring the book" })
  assert.equal(instantOf(seen?.time.start), "2026-03-10T07:00:00Z")
}

async function writesDays(dav: DavMail, calsync: JudgedCalendar): Promise<void> {
  await put(dav, "days", ["DTSTART;VALUE=DATE:20260328", "DTEND;VALUE=DATE:20260331", "SUMMARY:Away"])

  const { time } = (await foreign(calsync, "Away")) ?? {}
  assert.deepEqual([time?.allDay, String(time?.start), String(time?.end)], [true, "2026-03-28", "2026-03-31"])
}

async function writesASeries(dav: DavMail, calsync: JudgedCalendar): Promise<void> {
  const master = [...hourAt("09"), "RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20260407T060000Z", "SUMMARY:Gym"]
  const moved = [...hourAt("13", "17"), "RECURRENCE-ID;TZID=Europe/Helsinki:20260317T090000", "SUMMARY:Gym, moved"]
  await put(dav, "series", master)
  assert.deepEqual((await foreign(calsync, "Gym"))?.recurrence?.excluded, [])

  // DavMail 6.0 takes an EXDATE with a zone for one in UTC, and forgets COUNT with a change.
  const answer = await put(dav, "series", [...master, "EXDATE:20260324T070000Z"], [moved])

  const { recurrence } = (await foreign(calsync, "Gym")) ?? {}
  const [override] = recurrence?.overrides ?? []
  assert.equal(answer.status, 200)
  assert.deepEqual(recurrence?.excluded, ["20260324T070000Z"])
  assert.equal(String(recurrence?.rules[0]?.until?.toPlainDate()), "2026-04-07")
  assert.partialDeepStrictEqual(override, { occurrence: "20260317T070000Z", content: { subject: "Gym, moved" } })
  assert.equal(instantOf(override?.content.time.start), "2026-03-17T11:00:00Z")
}

async function changes(dav: DavMail, calsync: JudgedCalendar): Promise<void> {
  const lines = [...hourAt("09"), "SUMMARY:Changed"]
  const { etag } = await dav.ask("GET", `${calendar}hour.ics`)

  assert.equal((await put(dav, "hour", lines, [], { "if-match": "2001-01-01T00:00:00Z" })).status, 412)
  assert.equal(await foreign(calsync, "Changed"), undefined)
  assert.equal((await put(dav, "hour", lines, [], { "if-match": etag })).status, 200)
  assert.equal((await foreign(calsync, "Changed"))?.location, undefined)
}

async function deletes(dav: DavMail, calsync: JudgedCalendar): Promise<void> {
  assert.equal((await dav.ask("DELETE", `${calendar}days.ics`)).status, 200)
  assert.equal((await dav.ask("GET", `${calendar}days.ics`)).status, 404)
  assert.equal(await foreign(calsync, "Away"), undefined)
}

async function foreign(calsync: JudgedCalendar, subject: string) {
  return (await calsync.list()).find(({ event, mark }) => !mark && event?.subject === subject)?.event
}

function instantOf(start: Temporal.ZonedDateTime | Temporal.PlainDate | undefined): string | undefined {
  return start instanceof Temporal.ZonedDateTime ? start.toInstant().toString() : undefined
}

function hourAt(hour: string, day = "10"): readonly string[] {
  const end = String(Number(hour) + 1).padStart(2, "0")
  const at = (time: string) => `;TZID=Europe/Helsinki:202603${day}T${time}0000`
  return [`DTSTART${at(hour)}`, `DTEND${at(end)}`]
}

const helsinki = `BEGIN:VTIMEZONE
TZID:Europe/Helsinki
BEGIN:DAYLIGHT
DTSTART:19810329T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0300
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T040000
TZOFFSETFROM:+0300
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
END:VTIMEZONE`.split("\n")

/** The event of that name, with its exceptions. */
function put(
  dav: DavMail,
  name: string,
  lines: readonly string[],
  exceptions: readonly (readonly string[])[] = [],
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const events = [lines, ...exceptions].flatMap(event => [
    ...["BEGIN:VEVENT", `UID:${name}@school.example`, "DTSTAMP:20260301T000000Z"],
    ...[...event, "END:VEVENT"],
  ])
  const text = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//EN", ...helsinki, ...events, "END:VCALENDAR", ""]
  const type = { "content-type": "text/calendar; charset=utf-8" }
  return dav.ask("PUT", `${calendar}${name}.ics`, text.join("\r\n"), { ...type, ...headers })
}
