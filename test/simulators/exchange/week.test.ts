import assert from "node:assert/strict"
import { test } from "node:test"
import { request } from "undici"
import { isJson, type Json, listAt, textAt } from "./store/json.ts"
import { anna, helsinki, meeting, type Talk, talk } from "./talk.ts"

const options = { mailboxes: [{ address: anna, displayName: "Anna", timeZone: "FLE Standard Time" }] }

async function week(exchange: Talk, etag?: string) {
  const answer = await request(`${exchange.pageUrl}/week/of/${anna}?start=2026-03-12`, {
    headers: etag === undefined ? {} : { "if-none-match": etag },
  })
  const body: unknown = answer.statusCode === 200 ? await answer.body.json() : {}
  assert.ok(isJson(body))
  return { status: answer.statusCode, etag: String(answer.headers["etag"]), body }
}

const blocks = (body: Json, kind: "timed" | "allDay") => (listAt(body, kind) ?? []).filter(isJson)

test("a week begins on Monday and shows times on the mailbox's own wall", async () => {
  await using exchange = await talk(options)
  exchange.admin.createEvent(anna, meeting({ location: { displayName: "A112" }, sensitivity: "private" }))
  const { body } = await week(exchange)
  assert.deepEqual([body["start"], body["zone"], body["displayName"]], ["2026-03-09", "FLE Standard Time", "Anna"])
  const [block] = blocks(body, "timed")
  assert.deepEqual([block?.["day"], block?.["from"], block?.["to"]], [1, 9 * 60, 10 * 60])
  assert.deepEqual([block?.["label"], block?.["location"], block?.["isPrivate"]], ["09:00 – 10:00", "A112", true])
})

test("overlapping events stand side by side, and those after them have the whole day again", async () => {
  await using exchange = await talk(options)
  const add = (subject: string, from: string, to: string) =>
    exchange.admin.createEvent(
      anna,
      meeting({ subject, start: helsinki(`2026-03-10T${from}:00`), end: helsinki(`2026-03-10T${to}:00`) }),
    )
  add("a", "09:00", "11:00")
  add("b", "09:30", "10:00")
  add("c", "10:00", "12:00")
  add("d", "13:00", "14:00")
  const found = blocks((await week(exchange)).body, "timed")
  const places = Object.fromEntries(found.map(block => [textAt(block, "subject"), [block["column"], block["columns"]]]))
  assert.deepEqual(places, { a: [0, 2], b: [1, 2], c: [1, 2], d: [0, 1] })
})

test("an event over midnight has a piece in both days, and one of days is a bar", async () => {
  await using exchange = await talk(options)
  exchange.admin.createEvent(
    anna,
    meeting({ start: helsinki("2026-03-10T22:00:00"), end: helsinki("2026-03-11T02:00:00") }),
  )
  exchange.admin.createEvent(
    anna,
    meeting({ start: helsinki("2026-03-10T22:00:00"), end: helsinki("2026-03-13T02:00:00") }),
  )
  const allDay = { isAllDay: true, start: helsinki("2026-03-14T00:00:00"), end: helsinki("2026-03-18T00:00:00") }
  exchange.admin.createEvent(anna, meeting(allDay))
  const { body } = await week(exchange)
  assert.deepEqual(
    blocks(body, "timed").map(block => [block["day"], block["from"], block["to"]]),
    [
      [1, 1320, 1440],
      [2, 0, 120],
    ],
  )
  assert.deepEqual(
    blocks(body, "allDay").map(block => [block["day"], block["days"], block["lane"]]),
    [
      [1, 4, 0],
      [5, 2, 0],
    ],
  )
})

test("an ask with the last tag waits for a change and costs nothing before", async () => {
  await using exchange = await talk(options)
  exchange.admin.freeze("2026-03-10T10:00:00Z")
  const first = await week(exchange)
  const waiting = week(exchange, first.etag)
  const early = await Promise.race([
    waiting.then(() => "answered"),
    new Promise(resolve => setTimeout(() => resolve("waiting"), 60)),
  ])
  assert.equal(early, "waiting")
  exchange.admin.createEvent(anna, meeting())
  const second = await waiting
  assert.equal(second.status, 200)
  assert.equal(blocks(second.body, "timed").length, 1)
})

test("the page and its parts are served, and strange paths are not", async () => {
  await using exchange = await talk(options)
  const status = async (path: string) => (await request(exchange.pageUrl + path)).statusCode
  for (const path of ["/", "/week/week.css", "/week/week-view.js", "/week/mailboxes"])
    assert.equal(await status(path), 200)
  for (const path of ["/week/of/nobody", "/week/../talk.ts", "/v1.0/users"]) assert.equal(await status(path), 404)
})
