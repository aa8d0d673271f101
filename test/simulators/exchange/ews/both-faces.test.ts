import assert from "node:assert/strict"
import { test } from "node:test"
import { globalObjectId } from "../store/ids.ts"
import { listAt, textAt } from "../store/json.ts"
import { anna, helsinki, meeting, type Talk } from "../talk.ts"
import { allIn, ask, createItem, exchange, getItem, idIn, origin, times } from "./ask.ts"

/** One store behind Graph and EWS: what is made through one is the same thing through the other. */

const ewsId = (graphId: string) => graphId.replaceAll("-", "/").replaceAll("_", "+")
const graphId = (id: string) => id.replaceAll("/", "-").replaceAll("+", "_")
const expand = `$expand=singleValueExtendedProperties($filter=id eq '${origin.graphId}')`

async function propertyOf(to: Talk, id: string): Promise<unknown> {
  const { body } = await to.get(`/events/${id}?${expand}`)
  return listAt(body, "singleValueExtendedProperties")
}

const own = "lesson-1@school.example"
const madeHere = globalObjectId("112233445566778899AABBCCDDEEFF00")

for (const [uid, how, shown] of [
  [own, "asGiven", own],
  [own, "wrapped", globalObjectId(own)],
  [madeHere, "asGiven", madeHere],
  [madeHere, "wrapped", madeHere],
] as const)
  test(`an item made through EWS has its mark through Graph, and its UID: ${uid.slice(0, 8)}… ${how}`, async () => {
    await using to = await exchange()
    to.admin.setSwitches({ foreignUidsInGraph: how })
    const property = `<t:ExtendedProperty>${origin.path}<t:Value>mark 1</t:Value></t:ExtendedProperty>`

    const made = await ask(to, createItem(`<t:Subject>Gym</t:Subject>${property}<t:UID>${uid}</t:UID>${times}`))

    const id = graphId(idIn(made))
    assert.equal(textAt((await to.get(`/events/${id}`)).body, "iCalUId"), shown)
    assert.deepEqual(await propertyOf(to, id), [{ id: origin.graphId, value: "mark 1" }])
    assert.deepEqual(allIn(await ask(to, getItem(idIn(made))), "UID"), [uid])
  })

test("an event made through Graph has its UID and its mark through EWS", async () => {
  await using to = await exchange()
  const property = { id: origin.graphId, value: "mark 2" }

  const id = await to.make(meeting({ singleValueExtendedProperties: [property] }))

  const read = await ask(to, getItem(ewsId(id)))
  assert.deepEqual(allIn(read, "UID"), [textAt((await to.get(`/events/${id}`)).body, "iCalUId")])
  assert.deepEqual(allIn(read, "Value"), ["mark 2"])
})

test("a copy somebody makes in Outlook has the mark of the first and a UID of its own, through both", async () => {
  await using to = await exchange()
  const property = { id: origin.graphId, value: "mark 3" }
  const first = await to.make(meeting({ singleValueExtendedProperties: [property] }))

  const copy = to.admin.copyEvent(anna, first)

  const reads = [await ask(to, getItem(ewsId(first))), await ask(to, getItem(ewsId(copy)))]
  assert.deepEqual(
    reads.map(read => allIn(read, "Value")[0]),
    ["mark 3", "mark 3"],
  )
  const [one, other] = reads.map(read => allIn(read, "UID")[0])
  assert.notEqual(one, other)
  assert.equal(textAt((await to.get(`/events/${copy}`)).body, "iCalUId"), other)
})

test("an occurrence changed and one deleted through Graph are so through EWS", async () => {
  await using to = await exchange()
  const range = { type: "numbered", startDate: "2026-03-10", numberOfOccurrences: 4 }
  const id = await to.make(meeting({ recurrence: { pattern: { type: "daily", interval: 1 }, range } }))
  const span = "startDateTime=2026-03-10T00:00:00Z&endDateTime=2026-03-15T00:00:00Z"
  const rows = listAt((await to.get(`/events/${id}/instances?${span}`)).body, "value") ?? []
  const [, second = "", third = ""] = rows.map(row => textAt(row, "id") ?? "")

  await to.send("PATCH", `/events/${second}`, { end: helsinki("2026-03-11T11:00:00") })
  await to.send("DELETE", `/events/${third}`)

  const { text } = await ask(to, getItem(ewsId(id)))
  assert.match(
    text,
    /<t:ModifiedOccurrences><t:Occurrence>.*<t:End>2026-03-11T09:00:00Z<\/t:End><t:OriginalStart>2026-03-11T07:00:00Z</,
  )
  assert.match(text, /<t:DeletedOccurrences><t:DeletedOccurrence><t:Start>2026-03-12T07:00:00Z</)
})

test("an event moved to another calendar through Graph is deleted for who follows the first, and has another id", async () => {
  await using to = await exchange()
  to.admin.addCalendar(anna, "Lectures")
  const id = await to.make(meeting())
  const folder = '<SyncFolderId><t:DistinguishedFolderId Id="calendar"/></SyncFolderId>'
  const shape = "<ItemShape><t:BaseShape>IdOnly</t:BaseShape></ItemShape>"
  const sync = (state: string) =>
    `<SyncFolderItems>${shape}${folder}<SyncState>${state}</SyncState><MaxChangesReturned>10</MaxChangesReturned></SyncFolderItems>`
  const [state = ""] = allIn(await ask(to, sync("")), "SyncState")

  const moved = to.admin.moveToCalendar(anna, id, "Lectures")

  assert.match(
    (await ask(to, sync(state))).text,
    new RegExp(`<t:Delete><t:ItemId Id="${ewsId(id).replaceAll("+", "\\+")}"`),
  )
  assert.deepEqual((await ask(to, getItem(ewsId(id)))).codes, ["ErrorItemNotFound"])
  assert.deepEqual((await ask(to, getItem(ewsId(moved)))).codes, ["NoError"])
})
