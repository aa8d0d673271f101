import assert from "node:assert/strict"
import { test } from "node:test"
import { listAt, textAt } from "./store/json.ts"
import { allPages, anna, codeOf, meeting, type Talk, talk } from "./talk.ts"

const setId = "6b2f2c4e-9d1a-4c57-8a55-1d0a7f3c9e21"
const mark = `String {${setId}} Name calsync`
const marked = (value: string, id = mark) => meeting({ singleValueExtendedProperties: [{ id, value }] })
const expand = `$expand=${encodeURIComponent(`singleValueExtendedProperties($filter=id eq '${mark}')`)}`

async function found(exchange: Talk, filter: string): Promise<number> {
  const inner = `singleValueExtendedProperties/Any(ep: ${filter})`
  return (await allPages(exchange, `/events?$filter=${encodeURIComponent(inner)}`)).rows.length
}

test("an extended property is stored, never echoed, and shown only when it is expanded by its id", async () => {
  await using exchange = await talk()
  const made = await exchange.send("POST", "/events", marked("the-mark"))
  const path = `/events/${textAt(made.body, "id")}`

  assert.ok(!made.text.includes("the-mark"))
  assert.ok(!(await exchange.get(path)).text.includes("the-mark"))
  assert.ok(!(await exchange.get(`${path}?$expand=singleValueExtendedProperties`)).text.includes("the-mark"))
  assert.deepEqual((await exchange.get(`${path}?${expand}`)).body["singleValueExtendedProperties"], [
    { id: mark, value: "the-mark" },
  ])
  const other = encodeURIComponent("singleValueExtendedProperties($filter=id eq 'String 0x001A')")
  assert.ok(!("singleValueExtendedProperties" in (await exchange.get(`${path}?$expand=${other}`)).body))
})

test("a filter finds events by property: the name counts its case, GUID and value do not", async () => {
  await using exchange = await talk()
  await exchange.make(marked("Alpha"))
  await exchange.make(marked("Beta", `String {${setId.toUpperCase()}} Name calsync`))
  await exchange.make(meeting())

  assert.equal(await found(exchange, `ep/id eq '${mark}' and ep/value eq 'ALPHA'`), 1)
  assert.equal(await found(exchange, `ep/id eq '${mark}' and ep/value ne null`), 2)
  assert.equal(await found(exchange, `ep/id eq '${mark}' and startswith(ep/value, 'a')`), 1)
  assert.equal(await found(exchange, `ep/id eq 'String {${setId}} Name Calsync' and ep/value ne null`), 0)
  assert.equal(await found(exchange, `ep/id eq 'Integer {${setId}} Name calsync' and ep/value ne null`), 0)
})

test("a filter and an expansion together give every marked event with its mark in one request", async () => {
  await using exchange = await talk()
  await exchange.make(marked("one"))
  await exchange.make(meeting())
  const filter = encodeURIComponent(`singleValueExtendedProperties/Any(ep:ep/id eq '${mark}' and ep/value ne null)`)
  const { rows } = await allPages(exchange, `/events?$filter=${filter}&${expand}&$select=id,subject`)
  assert.deepEqual(
    rows.map(row => textAt(listAt(row, "singleValueExtendedProperties")?.[0], "value")),
    ["one"],
  )
})

test("a view expands properties, and breaks when it is filtered by them", async () => {
  await using exchange = await talk()
  await exchange.make(marked("one"))
  const view = "/calendarView?startDateTime=2026-03-01T00:00:00Z&endDateTime=2026-04-01T00:00:00Z"
  const { rows } = await allPages(exchange, `${view}&${expand}`)
  assert.equal(textAt(listAt(rows[0], "singleValueExtendedProperties")?.[0], "value"), "one")
  const filter = encodeURIComponent(`singleValueExtendedProperties/Any(ep: ep/id eq '${mark}')`)
  assert.equal((await exchange.get(`${view}&$filter=${filter}`)).status, 500)
})

test("an update changes one property and leaves the others; null takes one away", async () => {
  await using exchange = await talk()
  const id = await exchange.make(marked("one"))
  const second = "String {11111111-2222-3333-4444-555555555555} Name Other"
  const patch = (property: object) =>
    exchange.send("PATCH", `/events/${id}`, { singleValueExtendedProperties: [property] })

  await patch({ id: second, value: "two" })
  assert.deepEqual(exchange.admin.events(anna)[0]?.properties, { [mark]: "one", [second]: "two" })
  await patch({ id: mark, value: null })
  assert.deepEqual(exchange.admin.events(anna)[0]?.properties, { [second]: "two" })
})

test("a copy carries the properties of its original under a new id and UID", async () => {
  await using exchange = await talk()
  const id = await exchange.make(marked("one"))
  const copy = exchange.admin.copyEvent(anna, id, { subject: "Copy" })
  const [original, duplicate] = exchange.admin.events(anna)
  assert.deepEqual([duplicate?.id, duplicate?.["subject"]], [copy, "Copy"])
  assert.deepEqual(duplicate?.properties, original?.properties)
  assert.notEqual(duplicate?.["iCalUId"], original?.["iCalUId"])
})

test("occurrences inherit the properties of their series, or do not", async () => {
  const recurrence = {
    pattern: { type: "daily", interval: 1 },
    range: { type: "numbered", startDate: "2026-03-10", numberOfOccurrences: 2 },
  }
  for (const inherits of [true, false]) {
    await using exchange = await talk({ switches: { occurrencesInheritProperties: inherits } })
    await exchange.make({ ...marked("one"), recurrence })
    const view = `/calendarView?startDateTime=2026-03-01T00:00:00Z&endDateTime=2026-04-01T00:00:00Z&${expand}`
    const { rows } = await allPages(exchange, view)
    assert.deepEqual(
      rows.map(row => "singleValueExtendedProperties" in row),
      [inherits, inherits],
    )
  }
})

test("several values and the other forms of an id are understood, and bad ids refused", async () => {
  await using exchange = await talk()
  const list = `StringArray {${setId}} Name Tags`
  await exchange.make(meeting({ multiValueExtendedProperties: [{ id: list, value: ["a", "b"] }] }))
  await exchange.make(marked("tagged", "String 0x0037"))
  await exchange.make(marked("numbered", `Integer {${setId}} Id 0x8205`))
  const multi = encodeURIComponent(`multiValueExtendedProperties($filter=id eq '${list}')`)
  const { rows } = await allPages(exchange, `/events?$expand=${multi}`)
  assert.deepEqual(rows[0]?.["multiValueExtendedProperties"], [{ id: list, value: ["a", "b"] }])
  assert.equal(await found(exchange, "ep/id eq 'String 0x37' and ep/value eq 'tagged'"), 1)

  for (const id of ["calsync", "Text {1} Name x", `Colour {${setId}} Name x`, `String {${setId}} Name `]) {
    const answer = await exchange.send("POST", "/events", marked("x", id))
    assert.deepEqual([answer.status, codeOf(answer)], [400, "ErrorInvalidProperty"], id)
  }
})
