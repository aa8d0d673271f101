import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { checkOf, formatMark, parseMark } from "../../operator/core/origin.ts"
import type { CreateItem, WriteOutcome } from "../../operator/core/ports.ts"
import { NewCopies } from "../../operator/exchange/graph/create.ts"
import { markField } from "../../operator/exchange/graph/write-event.ts"
import { KnownCopies } from "../../operator/exchange/known-copies.ts"
import { lesson } from "../fakes/lesson.ts"
import { markFor } from "./copies.ts"
import { json, type Scripted, scriptedGraph } from "./scripted-graph.ts"

/** A mailbox that remembers transactions for ever and answers with the id of an event deleted long ago. */

const signal = new AbortController().signal
const event = lesson()
const item: CreateItem = { event, idempotencyKey: "key", mark: markFor(event, "print", "key") }

type Stored = { readonly id: string; readonly transactionId: string; readonly markText: string }

let graph: Scripted
let known: KnownCopies
let stored: Stored[]
let transactions: Map<string, string>

before(async () => {
  graph = await scriptedGraph()
})

after(async () => {
  await graph.close()
})

beforeEach(() => {
  known = new KnownCopies()
  stored = []
  transactions = new Map()
  graph.script((seen, response) => {
    if (!seen.url.includes("$batch")) return json(response, 200, { value: stored.map(render) })
    const { requests }: { readonly requests: readonly Step[] } = JSON.parse(seen.body)
    return json(response, 200, { responses: requests.map(step => ({ id: step.id, ...answer(step) })) })
  })
})

test("an id that was known and is gone is not believed: the copy is made under another name", async () => {
  await create()
  known.delete("event-1")
  stored = []

  const outcome = await create()

  assert.deepEqual(
    stored.map(({ id }) => id),
    ["event-2"],
  )
  assert.equal(outcome?.ok && outcome.id, "event-2")
  assert.equal(parseMark(stored[0]?.markText ?? "")?.check, checkOf(stored[0]?.transactionId ?? ""))
})

test("told the whole story again after a crash, the same copy is found", async () => {
  await create()
  known.delete("event-1")
  stored = []
  await create()

  known = new KnownCopies()
  known.set({ ...copyOf("event-1") })
  known.delete("event-1")
  await create()

  assert.equal(stored.length, 1)
})

test("a copy deleted again and again while it is made is left to the next pass", async () => {
  const swallow = graph.seen.length
  transactions = new Map([["key", "event-gone"]])
  known.set(copyOf("event-gone"))
  known.delete("event-gone")
  deletesAtOnce = true
  const outcome = await create()
  deletesAtOnce = false

  assert.equal(!outcome?.ok && outcome?.error.name, "ChangedMeanwhileError")
  assert.ok(graph.seen.length - swallow < 15)
})

let deletesAtOnce = false

type Step = { readonly id: string; readonly method: string; readonly url: string; readonly body?: PostBody }
type PostBody = {
  readonly transactionId: string
  readonly singleValueExtendedProperties: readonly { readonly value: string }[]
}

function answer({ method, url, body }: Step) {
  if (method === "GET") {
    const found = stored.find(({ id }) => url.includes(id))
    return found
      ? { status: 200, body: render(found) }
      : { status: 404, body: { error: { code: "ErrorItemNotFound" } } }
  }
  const transactionId = body?.transactionId ?? ""
  const before = transactions.get(transactionId)
  if (before !== undefined) return { status: 201, body: { id: before, "@odata.etag": 'W/"1"' } }
  const made = { id: `event-${transactions.size + 1}`, transactionId, markText: markOf(body) }
  transactions.set(transactionId, made.id)
  if (deletesAtOnce) {
    known.set(copyOf(made.id))
    known.delete(made.id)
  } else stored.push(made)
  return { status: 201, body: { id: made.id, "@odata.etag": 'W/"1"' } }
}

function markOf(body: PostBody | undefined): string {
  return body?.singleValueExtendedProperties[0]?.value ?? ""
}

function render({ id, transactionId, markText }: Stored) {
  return { id, "@odata.etag": 'W/"1"', transactionId, type: "singleInstance", ...markField(markText) }
}

function copyOf(id: string) {
  const markText = formatMark(item.mark)
  return { id, version: "1", markText, fingerprint: "", tie: "Proven" as const, isMeeting: false, ...nowhere }
}

const nowhere = { startMs: 0, endMs: 0, isSeries: false, series: undefined }

async function create(): Promise<WriteOutcome | undefined> {
  const { client, batches } = graph
  const reader = { client, batches, mailbox: "anna", user: "/users/anna" }
  const folder = { events: "/users/anna/calendar/events", view: "/users/anna/calendarView" }
  const [outcome] = await new NewCopies({ reader, known, folder }).create([item], signal)
  return outcome
}
