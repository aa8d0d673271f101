import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { TemporaryError } from "../../operator/core/errors.ts"
import { readDeltaRound } from "../../operator/exchange/graph/delta.ts"
import { lookAt, type Reader, readMarked } from "../../operator/exchange/graph/read-items.ts"
import { json, type Scripted, scriptedGraph } from "./scripted-graph.ts"

/** Whatever is not seen would be made again: an answer nobody understands must never look like an absence. */

const signal = new AbortController().signal
let graph: Scripted
let reader: Reader

before(async () => {
  graph = await scriptedGraph()
  reader = { client: graph.client, batches: graph.batches, mailbox: "a@contoso.example", user: "/users/a" }
})

after(async () => {
  await graph.close()
})

describe("an answer about one item that is no event", () => {
  const answers = {
    "is empty": { status: 200 },
    "is a text": { status: 200, body: "PGh0bWw+" },
    "has no id": { status: 200, body: { subject: "Maths" } },
  }

  for (const [what, answer] of Object.entries(answers)) {
    test(`says nothing about the item when it ${what}`, async () => {
      graph.script((_seen, response) => json(response, 200, { responses: [{ id: "0", ...answer }] }))

      const look = (await lookAt(reader, [{ id: "event-1", isSeries: false }], signal)).get("event-1")

      assert.equal(look?.kind, "Refused")
    })
  }

  test("and a plain 404 means that it is gone", async () => {
    const gone = { id: "0", status: 404, body: { error: { code: "ErrorItemNotFound" } } }
    graph.script((_seen, response) => json(response, 200, { responses: [gone] }))

    const look = (await lookAt(reader, [{ id: "event-1", isSeries: false }], signal)).get("event-1")

    assert.equal(look?.kind, "Gone")
  })
})

test("a list that holds something without id or version is no list", async () => {
  graph.script((_seen, response) => json(response, 200, { value: [{ id: "event-1", subject: "Maths" }] }))

  await assert.rejects(readMarked(reader, "/users/a/calendar/events", signal), TemporaryError)
})

test("the changes of a calendar that is gone are lost with it, which is no failure of those of its successor", async () => {
  graph.script((_seen, response) => json(response, 404, { error: { code: "ErrorItemNotFound" } }))

  const round = await readDeltaRound(graph.client, { from: "/users/a/calendarView/delta", mailbox: "a" }, signal)

  assert.equal(round, "Lost")
})
