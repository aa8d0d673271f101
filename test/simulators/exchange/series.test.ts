import assert from "node:assert/strict"
import { test } from "node:test"
import { type Json, jsonAt, listAt, textAt } from "./store/json.ts"
import { allPages, anna, codeOf, helsinki, meeting, type Talk, talk } from "./talk.ts"

const view = "/calendarView?startDateTime=2026-03-01T00:00:00Z&endDateTime=2026-05-01T00:00:00Z"

/** Tuesdays at nine in Helsinki, six of them, over the change to summer time on 29 March. */
function tuesdays(changes: Json = {}): Json {
  return meeting({
    recurrence: {
      pattern: { type: "weekly", interval: 1, daysOfWeek: ["tuesday"] },
      range: { type: "numbered", startDate: "2026-03-10", numberOfOccurrences: 6 },
    },
    ...changes,
  })
}

async function occurrences(exchange: Talk): Promise<readonly Json[]> {
  return (await allPages(exchange, `${view}&$top=50`)).rows
}

const startsOf = (rows: readonly Json[]) => rows.map(row => textAt(row["start"], "dateTime")?.slice(0, 16))

test("a series keeps its hour on the wall when the clocks change", async () => {
  await using exchange = await talk()
  const master = await exchange.make(tuesdays())
  const rows = await occurrences(exchange)
  assert.deepEqual(startsOf(rows), [
    "2026-03-10T07:00",
    "2026-03-17T07:00",
    "2026-03-24T07:00",
    "2026-03-31T06:00",
    "2026-04-07T06:00",
    "2026-04-14T06:00",
  ])
  assert.deepEqual([...new Set(rows.map(row => row["type"]))], ["occurrence"])
  assert.deepEqual([...new Set(rows.map(row => row["seriesMasterId"]))], [master])
  assert.equal(new Set(rows.map(row => row["iCalUId"])).size, 6)
  const listed = (await allPages(exchange, "/events")).rows
  assert.deepEqual(
    listed.map(row => row["type"]),
    ["seriesMaster"],
  )
})

test("a series in UTC drifts off the wall when the clocks change", async () => {
  await using exchange = await talk()
  const utc = (dateTime: string) => ({ dateTime, timeZone: "UTC" })
  await exchange.make(tuesdays({ start: utc("2026-03-10T07:00:00"), end: utc("2026-03-10T08:00:00") }))
  assert.equal(startsOf(await occurrences(exchange))[3], "2026-03-31T07:00")
})

test("the recurrence comes back with every field, defaults included", async () => {
  await using exchange = await talk()
  const { body } = await exchange.get(`/events/${await exchange.make(tuesdays())}`)
  assert.deepEqual(body["recurrence"], {
    pattern: {
      type: "weekly",
      interval: 1,
      month: 0,
      dayOfMonth: 0,
      daysOfWeek: ["tuesday"],
      firstDayOfWeek: "sunday",
      index: "first",
    },
    range: {
      type: "numbered",
      startDate: "2026-03-10",
      endDate: "0001-01-01",
      recurrenceTimeZone: "FLE Standard Time",
      numberOfOccurrences: 6,
    },
  })
  const sentBack = await exchange.send("PATCH", `/events/${textAt(body, "id")}`, { recurrence: body["recurrence"] })
  assert.deepEqual(sentBack.body["recurrence"], body["recurrence"])
})

test("a recurrence that is incomplete or contradicts its start is refused", async () => {
  await using exchange = await talk()
  const range = { type: "noEnd", startDate: "2026-03-10" }
  const weekly = { type: "weekly", interval: 1, daysOfWeek: ["tuesday"] }
  const wrong: readonly Json[] = [
    { pattern: { ...weekly, daysOfWeek: [] }, range },
    { pattern: { ...weekly, interval: 0 }, range },
    { pattern: { ...weekly, dayOfMonth: 40 }, range },
    { pattern: { ...weekly, firstDayOfWeek: "someday" }, range },
    { pattern: { type: "absoluteMonthly", interval: 1 }, range },
    { pattern: { type: "absoluteYearly", interval: 1, dayOfMonth: 3 }, range },
    { pattern: { type: "hourly", interval: 1 }, range },
    { pattern: weekly, range: { ...range, startDate: "2026-03-11" } },
    { pattern: weekly, range: { type: "endDate", startDate: "2026-03-10" } },
    { pattern: weekly, range: { type: "endDate", startDate: "2026-03-10", endDate: "2026-03-09" } },
    { pattern: weekly, range: { type: "numbered", startDate: "2026-03-10", numberOfOccurrences: 0 } },
    { pattern: weekly, range: { type: "numbered", startDate: "2026-03-10", numberOfOccurrences: 1000 } },
    { pattern: weekly, range: { ...range, recurrenceTimeZone: "Nowhere" } },
    { pattern: weekly },
    { range },
  ]
  for (const recurrence of wrong) {
    const answer = await exchange.send("POST", "/events", meeting({ recurrence }))
    assert.equal(answer.status, 400, JSON.stringify(recurrence))
  }
  assert.equal(exchange.admin.events(anna).length, 0)
})

test("an edited occurrence becomes an exception with a version of its own", async () => {
  await using exchange = await talk()
  await exchange.make(tuesdays())
  const second = (await occurrences(exchange))[1] ?? {}

  const edited = await exchange.send("PATCH", `/events/${textAt(second, "id")}`, {
    subject: "Guest lecture",
    start: helsinki("2026-03-18T12:00:00"),
    end: helsinki("2026-03-18T13:00:00"),
  })

  assert.deepEqual([edited.status, edited.body["type"], edited.body["id"]], [200, "exception", second["id"]])
  assert.notEqual(edited.body["changeKey"], second["changeKey"])
  const rows = await occurrences(exchange)
  assert.deepEqual(
    rows.map(row => row["subject"]),
    ["Physics", "Guest lecture", "Physics", "Physics", "Physics", "Physics"],
  )
  assert.equal(startsOf(rows)[1], "2026-03-18T10:00")
  const { body } = await exchange.get(`/events/${textAt(second, "id")}?$select=originalStart`)
  assert.equal(body["originalStart"], "2026-03-17T07:00:00Z")
  const prefer = { prefer: 'outlook.timezone="Europe/Helsinki"' }
  const local = await exchange.get(`/events/${textAt(second, "id")}?$select=originalStart`, prefer)
  assert.equal(local.body["originalStart"], "2026-03-17T09:00:00+02:00")
})

test("an exception follows its series in everything it does not say itself", async () => {
  await using exchange = await talk()
  const master = await exchange.make(tuesdays())
  const [first] = await occurrences(exchange)
  await exchange.send("PATCH", `/events/${textAt(first, "id")}`, { subject: "Own" })

  await exchange.send("PATCH", `/events/${master}`, { subject: "Renamed", location: { displayName: "B2" } })

  const [exception, next] = await occurrences(exchange)
  assert.deepEqual([exception?.["subject"], textAt(exception?.["location"], "displayName")], ["Own", "B2"])
  assert.equal(next?.["subject"], "Renamed")
})

test("an occurrence cannot move onto or past its neighbours", async () => {
  await using exchange = await talk()
  await exchange.make(tuesdays())
  const third = (await occurrences(exchange))[2] ?? {}
  const move = (date: string) =>
    exchange.send("PATCH", `/events/${textAt(third, "id")}`, {
      start: helsinki(`${date}T15:00:00`),
      end: helsinki(`${date}T16:00:00`),
    })

  for (const date of ["2026-03-17", "2026-03-16", "2026-03-31", "2026-04-02"]) {
    const answer = await move(date)
    assert.deepEqual([answer.status, codeOf(answer)], [400, "ErrorOccurrenceCrossingBoundary"], date)
  }
  for (const date of ["2026-03-18", "2026-03-30"]) assert.equal((await move(date)).status, 200, date)
  const second = (await occurrences(exchange))[1] ?? {}
  await exchange.send("DELETE", `/events/${textAt(second, "id")}`)
  assert.equal((await move("2026-03-17")).status, 200, "a cancelled neighbour is no neighbour")
})

test("a deleted occurrence is cancelled and only the series tells, when it is asked", async () => {
  await using exchange = await talk()
  const master = await exchange.make(tuesdays())
  const second = (await occurrences(exchange))[1] ?? {}

  assert.equal((await exchange.send("DELETE", `/events/${textAt(second, "id")}`)).status, 204)

  assert.equal((await occurrences(exchange)).length, 5)
  assert.equal((await exchange.get(`/events/${textAt(second, "id")}`)).status, 404)
  const selected = await exchange.get(`/events/${master}?$select=subject,cancelledOccurrences`)
  assert.deepEqual(selected.body["cancelledOccurrences"], [`OID.${master}.2026-03-17`])
  const listed = await allPages(exchange, "/events?$select=subject,cancelledOccurrences")
  assert.ok(!("cancelledOccurrences" in (listed.rows[0] ?? {})))
})

test("exceptions come with the series when they are both selected and expanded", async () => {
  await using exchange = await talk()
  const master = await exchange.make(tuesdays())
  const [first, second] = await occurrences(exchange)
  await exchange.send("PATCH", `/events/${textAt(first, "id")}`, { subject: "Own" })
  await exchange.send("DELETE", `/events/${textAt(second, "id")}`)

  const both = await exchange.get(`/events/${master}?$select=subject,exceptionOccurrences&$expand=exceptionOccurrences`)
  assert.deepEqual(
    (listAt(both.body, "exceptionOccurrences") ?? []).map(row => textAt(row, "subject")),
    ["Own"],
  )
  for (const query of ["$select=subject,exceptionOccurrences", "$expand=exceptionOccurrences", ""])
    assert.ok(!("exceptionOccurrences" in (await exchange.get(`/events/${master}?${query}`)).body), query)
})

test("a new pattern drops exceptions and cancellations, or keeps them", async () => {
  for (const drops of [true, false]) {
    await using exchange = await talk({ switches: { patternChangeDropsExceptions: drops } })
    const master = await exchange.make(tuesdays())
    const [first, second] = await occurrences(exchange)
    await exchange.send("PATCH", `/events/${textAt(first, "id")}`, { subject: "Own" })
    await exchange.send("DELETE", `/events/${textAt(second, "id")}`)

    const recurrence = jsonAt(tuesdays(), "recurrence") ?? {}
    const range = { type: "numbered", startDate: "2026-03-10", numberOfOccurrences: 7 }
    assert.equal(
      (await exchange.send("PATCH", `/events/${master}`, { recurrence: { ...recurrence, range } })).status,
      200,
    )

    const rows = await occurrences(exchange)
    assert.equal(rows.length, drops ? 7 : 6)
    assert.equal(rows[0]?.["subject"], drops ? "Physics" : "Own")
  }
})

test("the same pattern sent again drops nothing", async () => {
  await using exchange = await talk()
  const master = await exchange.make(tuesdays())
  const [first] = await occurrences(exchange)
  await exchange.send("DELETE", `/events/${textAt(first, "id")}`)
  await exchange.send("PATCH", `/events/${master}`, tuesdays({ subject: "Again" }))
  assert.equal((await occurrences(exchange)).length, 5)
})

test("a series into another zone needs its recurrence sent again", async () => {
  await using exchange = await talk()
  const master = await exchange.make(tuesdays())
  const berlin = (dateTime: string) => ({ dateTime, timeZone: "W. Europe Standard Time" })
  const times = { start: berlin("2026-03-10T09:00:00"), end: berlin("2026-03-10T10:00:00") }

  assert.equal((await exchange.send("PATCH", `/events/${master}`, times)).status, 400)
  const recurrence = jsonAt(tuesdays(), "recurrence")
  const moved = await exchange.send("PATCH", `/events/${master}`, { ...times, recurrence })
  assert.equal(moved.status, 200)
  assert.equal(moved.body["originalStartTimeZone"], "FLE Standard Time", "the zone at creation stays")
  assert.equal(startsOf(await occurrences(exchange))[0], "2026-03-10T08:00")
})

test("a series without its recurrence is a single event", async () => {
  await using exchange = await talk()
  const master = await exchange.make(tuesdays())
  const single = await exchange.send("PATCH", `/events/${master}`, { recurrence: null })
  assert.deepEqual([single.body["type"], single.body["recurrence"]], ["singleInstance", null])
  assert.equal((await occurrences(exchange)).length, 1)
})

test("an all-day series is dates, in every zone", async () => {
  await using exchange = await talk()
  await exchange.make(
    tuesdays({ isAllDay: true, start: helsinki("2026-03-10T00:00:00"), end: helsinki("2026-03-11T00:00:00") }),
  )
  const dates = startsOf(await occurrences(exchange))
  assert.deepEqual(dates.slice(2, 5), ["2026-03-24T00:00", "2026-03-31T00:00", "2026-04-07T00:00"])
})

test("instances of a series are listed by window, and only a series has them", async () => {
  await using exchange = await talk()
  const master = await exchange.make(tuesdays())
  const window = "startDateTime=2026-03-15T00:00:00Z&endDateTime=2026-03-26T00:00:00Z"
  assert.equal((await allPages(exchange, `/events/${master}/instances?${window}`)).rows.length, 2)
  assert.equal((await exchange.get(`/events/${master}/instances`)).status, 400)
  const single = await exchange.make(meeting())
  assert.equal((await exchange.get(`/events/${single}/instances?${window}`)).status, 400)
})

test("a person drags one occurrence, and the rest of the series stays", async () => {
  await using exchange = await talk()
  await exchange.make(tuesdays())
  const second = (await occurrences(exchange))[1] ?? {}
  exchange.admin.moveEvent(anna, textAt(second, "id") ?? "", { minutes: 90 })
  assert.deepEqual(startsOf(await occurrences(exchange)).slice(0, 3), [
    "2026-03-10T07:00",
    "2026-03-17T08:30",
    "2026-03-24T07:00",
  ])
})
