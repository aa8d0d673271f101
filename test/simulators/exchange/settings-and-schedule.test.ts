import assert from "node:assert/strict"
import { test } from "node:test"
import { type Json, jsonAt, listAt, textAt } from "./store/json.ts"
import { allPages, anna, codeOf, helsinki, meeting, type Talk, talk } from "./talk.ts"

test("a mailbox tells its zone, hours and purpose", async () => {
  await using exchange = await talk({ mailboxes: [{ address: anna, timeZone: "FLE Standard Time", purpose: "room" }] })
  const { body } = await exchange.get("/mailboxSettings")
  assert.deepEqual([body["timeZone"], body["userPurpose"]], ["FLE Standard Time", "room"])
  assert.equal(textAt(body["workingHours"], "startTime"), "08:00:00.0000000")
})

test("rooms and room lists are places", async () => {
  const room = (name: string) => ({ address: `${name}@contoso.example`, displayName: name, purpose: "room" as const })
  await using exchange = await talk({ mailboxes: [{ address: anna }, room("lab"), room("gym")] })
  exchange.admin.addGroup({ mail: "science@contoso.example", members: ["lab@contoso.example"] })
  exchange.admin.addGroup({ mail: "staff@contoso.example", members: [anna] })
  const names = async (path: string) =>
    (await allPages(exchange, `//v1.0/places/${path}`)).rows.map(row => row["emailAddress"])
  assert.deepEqual(await names("microsoft.graph.room?$top=1"), ["lab@contoso.example", "gym@contoso.example"])
  assert.deepEqual(await names("microsoft.graph.roomlist"), ["science@contoso.example"])
  const rooms = "science@contoso.example/microsoft.graph.roomlist/rooms"
  assert.deepEqual(await names(rooms), ["lab@contoso.example"])
  assert.deepEqual(await names(`microsoft.graph.room?$filter=${encodeURIComponent("displayName eq 'gym'")}`), [
    "gym@contoso.example",
  ])
})

test("supported zones come by Windows or by IANA name", async () => {
  await using exchange = await talk()
  const windows = (await allPages(exchange, "/outlook/supportedTimeZones")).rows.map(row => row["alias"])
  const iana = await allPages(
    exchange,
    "/outlook/supportedTimeZones(TimeZoneStandard=microsoft.graph.timeZoneStandard'Iana')",
  )
  assert.ok(windows.includes("FLE Standard Time") && !windows.includes("Europe/Helsinki"))
  assert.ok(iana.rows.some(row => row["alias"] === "Europe/Helsinki"))
})

async function schedule(exchange: Talk, changes: Json = {}) {
  return exchange.send("POST", "/calendar/getSchedule", {
    schedules: [anna],
    startTime: helsinki("2026-03-10T08:00:00"),
    endTime: helsinki("2026-03-10T12:00:00"),
    availabilityViewInterval: 60,
    ...changes,
  })
}

test("free and busy is a digit per interval, the busiest of what touches it", async () => {
  await using exchange = await talk()
  await exchange.make(meeting())
  await exchange.make(meeting({ showAs: "tentative", end: helsinki("2026-03-10T11:00:00") }))
  await exchange.make(
    meeting({ showAs: "oof", start: helsinki("2026-03-10T11:30:00"), end: helsinki("2026-03-10T13:00:00") }),
  )
  const [answer] = listAt((await schedule(exchange)).body, "value") ?? []
  assert.equal(textAt(answer, "availabilityView"), "0213")
  assert.equal(listAt(answer, "scheduleItems")?.length, 3)
})

test("a private event has no subject there, and an unknown person is an error of its own", async () => {
  await using exchange = await talk()
  await exchange.make(meeting({ sensitivity: "private" }))
  const { body } = await schedule(exchange, { schedules: [anna, "nobody@contoso.example"] })
  const [own, unknown] = listAt(body, "value") ?? []
  assert.equal(textAt(listAt(own, "scheduleItems")?.[0], "subject"), undefined)
  assert.equal(textAt(jsonAt(unknown, "error"), "responseCode"), "5016")
})

test("too long a time, too many people and odd intervals are refused", async () => {
  await using exchange = await talk()
  const wrong: readonly Json[] = [
    { endTime: helsinki("2026-05-12T08:00:00") },
    { schedules: Array.from({ length: 21 }, () => anna) },
    { availabilityViewInterval: 4 },
    { startTime: { dateTime: "2026-03-10T08:00:00" } },
    { startTime: helsinki("soon") },
  ]
  for (const changes of wrong) {
    const answer = await schedule(exchange, changes)
    assert.equal(answer.status, 400, JSON.stringify(changes).slice(0, 80))
    assert.ok(codeOf(answer))
  }
})
