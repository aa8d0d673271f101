import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import type { Json } from "./store/json.ts"
import { codeOf, meeting, talk } from "./talk.ts"

/** A whole event with any one part replaced by anything. */
const broken: fc.Arbitrary<Json> = fc
  .record({
    path: fc.nat(),
    value: fc.oneof(fc.jsonValue(), fc.constantFrom("", "0001-01-01", "9999-12-31T23:59:59", -1, 1e300)),
  })
  .map(({ path, value }) => {
    const event = structuredClone(whole)
    const places = placesIn(event)
    const place = places[path % places.length]
    if (place) place.holder[place.name] = value
    return event
  })

const whole = meeting({
  body: { contentType: "html", content: "<p>x</p>" },
  location: { displayName: "A" },
  locations: [{ displayName: "A" }],
  categories: ["Lesson"],
  attendees: [
    { type: "required", emailAddress: { name: "Bo", address: "bo@contoso.example" }, status: { response: "none" } },
  ],
  showAs: "busy",
  sensitivity: "normal",
  importance: "low",
  isAllDay: false,
  isReminderOn: true,
  reminderMinutesBeforeStart: 5,
  singleValueExtendedProperties: [{ id: "String 0x0037", value: "v" }],
  multiValueExtendedProperties: [{ id: "StringArray {6b2f2c4e-9d1a-4c57-8a55-1d0a7f3c9e21} Name x", value: ["v"] }],
  recurrence: {
    pattern: {
      type: "relativeMonthly",
      interval: 1,
      daysOfWeek: ["tuesday"],
      index: "second",
      month: 3,
      dayOfMonth: 1,
      firstDayOfWeek: "monday",
    },
    range: {
      type: "endDate",
      startDate: "2026-03-10",
      endDate: "2026-06-01",
      numberOfOccurrences: 0,
      recurrenceTimeZone: "UTC",
    },
  },
})

type Place = { readonly holder: Record<string, unknown>; readonly name: string }

function placesIn(value: unknown): readonly Place[] {
  if (typeof value !== "object" || value === null) return []
  const holder = Object(value)
  return Object.keys(holder).flatMap(name => [{ holder, name }, ...placesIn(holder[name])])
}

test("whatever stands in an event, the answer is the event or a refusal with a code", async () => {
  await using exchange = await talk({ switches: { throttling: false } })
  const id = await exchange.make(meeting())
  await fc.assert(
    fc.asyncProperty(broken, fc.boolean(), async (event, patches) => {
      const answer = patches
        ? await exchange.send("PATCH", `/events/${id}`, event)
        : await exchange.send("POST", "/events", event)
      assert.ok([200, 201, 400, 409].includes(answer.status), `${answer.status} ${answer.text}`)
      if (answer.status >= 400) assert.ok(codeOf(answer))
    }),
    { numRuns: 300 },
  )
  assert.equal((await exchange.get("/events?$top=1000")).status, 200)
  const years = "startDateTime=2025-01-01T00:00:00Z&endDateTime=2028-01-01T00:00:00Z"
  assert.equal((await exchange.get(`/calendarView?${years}&$top=1000`)).status, 200)
  assert.equal((await exchange.get(`/calendarView/delta?${years}`)).status, 200)
})

const words = fc.constantFrom(
  ..."subject start/dateTime eq ne ge and or not ( ) , 'x' '' ' null true 5 categories/any(c:c singleValueExtendedProperties/any(ep: ep/id contains( id $filter= * %27 é".split(
    " ",
  ),
)
const options = [
  "filter",
  "select",
  "expand",
  "orderby",
  "top",
  "skip",
  "count",
  "startDateTime",
  "endDateTime",
  "deltatoken",
  "skiptoken",
]

test("whatever stands in a query, the answer is a list or a refusal with a code", async () => {
  await using exchange = await talk({ switches: { throttling: false } })
  await exchange.make(meeting())
  const query = fc.tuple(
    fc.constantFrom(...options),
    fc.oneof(
      fc.string(),
      fc.array(words).map(found => found.join(" ")),
    ),
  )
  const path = fc.constantFrom("/events", "/calendarView", "/calendarView/delta", "/calendars", "/events/delta")
  await fc.assert(
    fc.asyncProperty(path, fc.array(query, { maxLength: 4 }), async (asked, given) => {
      const search = given.map(([name, value]) => `$${name}=${encodeURIComponent(value)}`).join("&")
      const answer = await exchange.get(`${asked}?${search}`)
      assert.ok([200, 400, 410, 500].includes(answer.status), `${answer.status} ${answer.text}`)
      if (answer.status >= 400) assert.ok(codeOf(answer))
    }),
    { numRuns: 300 },
  )
})

test("whatever is preferred, the answer is one of Graph's", async () => {
  await using exchange = await talk({ switches: { throttling: false } })
  await exchange.make(meeting())
  const header = fc.stringMatching(/^[ -~]{0,40}$/).map(text => text.trim())
  await fc.assert(
    fc.asyncProperty(header, header, async (prefer, match) => {
      const answer = await exchange.get("/events", { prefer: `outlook.timezone="${prefer}"`, "if-match": match })
      assert.ok([200, 400].includes(answer.status), `${answer.status} ${answer.text}`)
    }),
    { numRuns: 100 },
  )
})
