import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { type Json, textAt } from "./store/json.ts"
import { allPages, anna, codeOf, helsinki, meeting, type Talk, talk } from "./talk.ts"

const march = "/calendarView/delta?startDateTime=2026-03-01T00:00:00Z&endDateTime=2026-04-01T00:00:00Z"
const everyDay = {
  pattern: { type: "daily", interval: 1 },
  range: { type: "numbered", startDate: "2026-03-10", numberOfOccurrences: 4 },
}

/** The last word on every id of a round, as a client has to read it. */
async function round(exchange: Talk, link = march, headers?: Readonly<Record<string, string>>) {
  const { rows, deltaLink, pages } = await allPages(exchange, link, headers)
  const known = new Map<string, Json>()
  for (const row of rows) known.set(textAt(row, "id") ?? "", row)
  const removed = [...known].filter(([, row]) => "@removed" in row).map(([id]) => id)
  const there = [...known.values()].filter(row => !("@removed" in row))
  return { rows, there, removed, deltaLink, pages }
}

test("the first round has single events and masters in full, occurrences sparse", async () => {
  await using exchange = await talk()
  await exchange.make(meeting({ subject: "Single" }))
  await exchange.make(meeting({ subject: "Series", recurrence: everyDay }))
  await exchange.make(meeting({ start: helsinki("2026-05-01T09:00:00"), end: helsinki("2026-05-01T10:00:00") }))

  const { there, removed } = await round(exchange)

  assert.deepEqual(removed, [])
  assert.equal(there.length, 1 + 1 + 4)
  const [occurrence] = there.filter(row => row["type"] === "occurrence")
  assert.deepEqual(Object.keys(occurrence ?? {}).sort(), [
    "@odata.etag",
    "@odata.type",
    "end",
    "id",
    "seriesMasterId",
    "start",
    "type",
  ])
  const [master] = there.filter(row => row["type"] === "seriesMaster")
  assert.deepEqual([master?.["subject"], master?.["@odata.type"]], ["Series", "#microsoft.graph.event"])
})

test("a later round has what changed, what is gone, and nothing else", async () => {
  await using exchange = await talk()
  const [changed, deleted] = [await exchange.make(meeting()), await exchange.make(meeting())]
  await exchange.make(meeting({ subject: "Untouched" }))
  const first = await round(exchange)

  await exchange.send("PATCH", `/events/${changed}`, { subject: "Changed" })
  await exchange.send("DELETE", `/events/${deleted}`)
  const created = await exchange.make(meeting({ subject: "New" }))
  const second = await round(exchange, first.deltaLink)

  assert.deepEqual(second.there.map(row => row["subject"]).sort(), ["Changed", "New"])
  assert.deepEqual(second.there.map(row => row["id"]).sort(), [changed, created].sort())
  assert.deepEqual(second.removed, [deleted])
  assert.deepEqual((await round(exchange, second.deltaLink)).rows, [])
})

test("a removal says nothing but its id", async () => {
  await using exchange = await talk()
  const id = await exchange.make(meeting())
  const first = await round(exchange)
  await exchange.send("DELETE", `/events/${id}`)
  const { rows } = await round(exchange, first.deltaLink)
  assert.deepEqual(rows, [{ "@removed": { reason: "deleted" }, id }])
})

test("what leaves the window is removed, and so is what never was in it", async () => {
  await using exchange = await talk()
  const leaving = await exchange.make(meeting())
  const first = await round(exchange)
  const may = { start: helsinki("2026-05-01T09:00:00"), end: helsinki("2026-05-01T10:00:00") }
  await exchange.send("PATCH", `/events/${leaving}`, may)
  const outside = await exchange.make(meeting(may))

  const second = await round(exchange, first.deltaLink)
  assert.deepEqual(second.removed.sort(), [leaving, outside].sort())
  assert.deepEqual(second.there, [])

  exchange.admin.setSwitches({ deltaTombstonesOutOfWindow: false })
  assert.deepEqual((await round(exchange, first.deltaLink)).removed, [leaving])
})

test("a cancelled occurrence is removed, an edited one comes in full, and the master comes along", async () => {
  await using exchange = await talk()
  await exchange.make(meeting({ recurrence: everyDay }))
  const first = await round(exchange)
  const occurrences = first.there.filter(row => row["type"] === "occurrence")
  const [cancelled, edited] = occurrences.map(row => textAt(row, "id") ?? "")
  await exchange.send("DELETE", `/events/${cancelled}`)
  await exchange.send("PATCH", `/events/${edited}`, { subject: "Edited" })

  const second = await round(exchange, first.deltaLink)

  assert.deepEqual(second.removed, [cancelled])
  const kinds = second.there.map(row => row["type"]).sort()
  assert.deepEqual(kinds, ["exception", "occurrence", "occurrence", "seriesMaster"])
  assert.equal(second.there.find(row => row["type"] === "exception")?.["subject"], "Edited")
})

test("a changed pattern removes the occurrences that are no more", async () => {
  await using exchange = await talk()
  const master = await exchange.make(meeting({ recurrence: everyDay }))
  const first = await round(exchange)
  const range = { ...everyDay.range, numberOfOccurrences: 2 }
  await exchange.send("PATCH", `/events/${master}`, { recurrence: { ...everyDay, range } })

  const second = await round(exchange, first.deltaLink)
  assert.equal(second.removed.length, 2)
  assert.equal(second.there.filter(row => row["type"] === "occurrence").length, 2)
})

test("a deleted series is removed as a master, with or without its occurrences", async () => {
  for (const names of [true, false]) {
    await using exchange = await talk({ switches: { deltaNamesOccurrencesOfDeletedSeries: names } })
    const master = await exchange.make(meeting({ recurrence: everyDay }))
    const first = await round(exchange)
    await exchange.send("DELETE", `/events/${master}`)
    const { removed } = await round(exchange, first.deltaLink)
    assert.ok(removed.includes(master))
    assert.equal(removed.length, names ? 5 : 1)
  }
})

test("query options are refused, with a hint where there is another way", async () => {
  await using exchange = await talk()
  for (const option of ["$select=subject", "$expand=x", "$filter=a eq 1", "$orderby=subject", "$search=a", "$top=5"]) {
    const answer = await exchange.get(`${march}&${option.replaceAll(" ", "%20")}`)
    assert.deepEqual([answer.status, codeOf(answer)], [400, "ErrorInvalidUrlQuery"], option)
    assert.match(textAt(answer.body["error"], "message") ?? "", /'CalendarView'/)
  }
  const top = await exchange.get(`${march}&$top=5`)
  assert.match(textAt(top.body["error"], "message") ?? "", /odata\.maxpagesize/)
  assert.equal((await exchange.get("/calendarView/delta")).status, 400)
})

test("pages are as large as preferred, and an empty page in between is nothing to stop at", async () => {
  await using exchange = await talk({ switches: { deltaEmptyPages: true } })
  for (let at = 0; at < 25; at++) exchange.admin.createEvent(anna, meeting())
  const first = await exchange.get(march)
  assert.deepEqual(first.body["value"], [])
  assert.ok(textAt(first.body, "@odata.nextLink"))

  const { there, pages } = await round(exchange, march, { prefer: "odata.maxpagesize=10" })
  assert.equal(there.length, 25)
  assert.ok(pages >= 4)
  const preference = (await exchange.get(march, { prefer: "odata.maxpagesize=10" })).headers["preference-applied"]
  assert.equal(preference, "odata.track-changes, odata.maxpagesize=10")
})

test("what happens between two pages of a round belongs to the next round", async () => {
  await using exchange = await talk()
  for (let at = 0; at < 15; at++) exchange.admin.createEvent(anna, meeting())
  const first = await exchange.get(march)
  const late = await exchange.make(meeting({ subject: "Late" }))
  const rest = await allPages(exchange, textAt(first.body, "@odata.nextLink") ?? "")
  assert.ok(!rest.rows.some(row => row["id"] === late))
  const { there } = await round(exchange, rest.deltaLink)
  assert.deepEqual(
    there.map(row => row["id"]),
    [late],
  )
})

test("the order is undefined and entries come twice, unless that is switched off", async () => {
  await using exchange = await talk()
  for (let at = 0; at < 20; at++) exchange.admin.createEvent(anna, meeting({ subject: String(at) }))
  const subjects = async () => (await round(exchange)).rows.map(row => Number(row["subject"]))
  const sorted = Array.from({ length: 20 }, (_, at) => at)

  const mixed = await subjects()
  assert.ok(mixed.length > 20)
  assert.notDeepEqual([...new Set(mixed)], sorted)
  assert.deepEqual(
    [...new Set(mixed)].sort((a, b) => a - b),
    sorted,
  )
  exchange.admin.setSwitches({ deltaShuffles: false, deltaDuplicates: false })
  assert.deepEqual(await subjects(), sorted)
})

test("a token that is too old, or was forgotten, is gone; one that never was is invalid", async () => {
  await using exchange = await talk()
  const first = await round(exchange)
  exchange.admin.advance(8 * 86_400_000)
  await exchange.login()
  const old = await exchange.get(first.deltaLink)
  assert.deepEqual([old.status, codeOf(old)], [410, "SyncStateNotFound"])

  const second = await round(exchange)
  exchange.admin.forgetDeltaTokens()
  assert.equal((await exchange.get(second.deltaLink)).status, 410)
  const nonsense = await exchange.get("/calendarView/delta?$deltatoken=abc")
  assert.deepEqual([nonsense.status, codeOf(nonsense)], [400, "SyncStateInvalid"])
  assert.equal((await exchange.get("/calendarView/delta?$skiptoken=abc.10")).status, 410)
})

test("a token belongs to its calendar", async () => {
  await using exchange = await talk()
  exchange.admin.addCalendar(anna, "School")
  const { rows } = await allPages(exchange, "/calendars")
  const school = textAt(rows[1], "id") ?? ""
  const first = await round(exchange, march.replace("/calendarView", `/calendars/${school}/calendarView`))
  exchange.admin.createEvent(anna, meeting({ subject: "Lesson" }), "School")
  exchange.admin.createEvent(anna, meeting({ subject: "Private" }))
  assert.deepEqual(
    (await round(exchange, first.deltaLink)).there.map(row => row["subject"]),
    ["Lesson"],
  )
  const token = new URL(first.deltaLink).search
  assert.equal((await exchange.get(`/calendarView/delta${token}`)).status, 400)
})

test("an event that moved out of the calendar is removed, one that came back is there", async () => {
  await using exchange = await talk()
  exchange.admin.addCalendar(anna, "School")
  const immutable = { prefer: 'IdType="ImmutableId"' }
  const id = await exchange.make(meeting())
  const first = await round(exchange, march, immutable)
  const away = exchange.admin.moveToCalendar(anna, id, "School")
  const second = await round(exchange, first.deltaLink, immutable)
  assert.equal(second.removed.length, 1)
  exchange.admin.moveToCalendar(anna, away, "Calendar")
  const third = await round(exchange, first.deltaLink, immutable)
  assert.deepEqual([third.there.length, third.removed.length], [1, 0])
})

test("events/delta is sparse, without a window, or not there at all", async () => {
  await using exchange = await talk()
  const id = await exchange.make(meeting({ recurrence: everyDay }))
  const { there } = await round(exchange, "/events/delta")
  assert.deepEqual(
    there.map(row => [row["id"], row["type"], row["subject"]]),
    [[id, "seriesMaster", undefined]],
  )
  exchange.admin.setSwitches({ eventsDelta: "notSupported" })
  assert.equal((await exchange.get("/events/delta")).status, 400)
})

/** What happens to a mailbox between two rounds; the number chooses which event it happens to. */
const happenings = fc.array(
  fc.tuple(
    fc.constantFrom(
      "create",
      "createSeries",
      "edit",
      "move",
      "delete",
      "editOccurrence",
      "cancelOccurrence",
      "reshape",
      "endSeries",
      "look",
      "look",
    ),
    fc.nat(),
  ),
  { minLength: 3, maxLength: 30, size: "max" },
)

async function happen(exchange: Talk, kind: string, pick: number): Promise<void> {
  const { admin } = exchange
  const events = admin.events(anna)
  const series = events.filter(event => event["type"] === "seriesMaster")
  const [any, master] = [events[pick % events.length], series[pick % series.length]]
  const day = String(1 + (pick % 28)).padStart(2, "0")
  const at = (hour: string) => helsinki(`2026-03-${day}T${hour}:00:00`)
  if (kind === "create") admin.createEvent(anna, meeting({ start: at("09"), end: at("10") }))
  if (kind === "createSeries") {
    const range = { type: "numbered", startDate: `2026-03-${day}`, numberOfOccurrences: 1 + (pick % 40) }
    const recurrence = { pattern: { type: "daily", interval: 1 + (pick % 3) }, range }
    admin.createEvent(anna, meeting({ start: at("11"), end: at("12"), recurrence }))
  }
  if (kind === "edit" && any) admin.updateEvent(anna, any.id, { subject: `Edit ${pick}` })
  if (kind === "move" && any && any["type"] === "singleInstance")
    admin.moveEvent(anna, any.id, { minutes: 1440 * (pick % 40) })
  if (kind === "delete" && any) admin.deleteEvent(anna, any.id)
  const march = { start: "2026-03-01T00:00:00Z", end: "2026-04-01T00:00:00Z" }
  const occurrences = admin.view(anna, march).filter(event => event["seriesMasterId"] !== null)
  const occurrence = occurrences[pick % occurrences.length]
  if (kind === "editOccurrence" && occurrence) admin.updateEvent(anna, occurrence.id, { subject: `Own ${pick}` })
  if (kind === "cancelOccurrence" && occurrence) admin.deleteEvent(anna, occurrence.id)
  if (kind === "endSeries" && master) admin.updateEvent(anna, master.id, { recurrence: null })
  if (kind === "reshape" && master) {
    const range = {
      type: "numbered",
      startDate: textAt(master["start"], "dateTime")?.slice(0, 10),
      numberOfOccurrences: 1 + (pick % 9),
    }
    admin.updateEvent(anna, master.id, { recurrence: { pattern: { type: "daily", interval: 1 + (pick % 2) }, range } })
  }
}

test("whatever happens, a client that applies the rounds knows what a fresh round would say", async () => {
  await using exchange = await talk({ switches: { throttling: false } })
  const apply = async (known: Map<string, unknown>, link: string): Promise<string> => {
    const { there, removed, deltaLink, rows } = await round(exchange, link, { prefer: "odata.maxpagesize=50" })
    const kinds = new Map(rows.map(row => [`${textAt(row, "id")} ${"@removed" in row}`, true]))
    assert.equal(kinds.size, new Set(rows.map(row => row["id"])).size, "an id is not there and removed in one round")
    for (const row of there) known.set(textAt(row, "id") ?? "", row["@odata.etag"])
    for (const id of removed) known.delete(id)
    return deltaLink
  }
  await fc.assert(
    fc.asyncProperty(happenings, async steps => {
      for (const event of exchange.admin.events(anna)) exchange.admin.deleteEvent(anna, event.id)
      const known = new Map<string, unknown>()
      let link = await apply(known, march)
      for (const [kind, pick] of steps) {
        if (kind === "look") link = await apply(known, link)
        else await happen(exchange, kind, pick)
      }
      await apply(known, link)
      const fresh = new Map<string, unknown>()
      await apply(fresh, march)
      assert.deepEqual([...known].sort(), [...fresh].sort())
    }),
    { numRuns: 25 },
  )
})
