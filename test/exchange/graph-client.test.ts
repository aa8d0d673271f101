import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { gzipSync } from "node:zlib"
import { NeedsAttentionError, TemporaryError } from "../../operator/core/errors.ts"
import type { BatchStep, StepOutcome } from "../../operator/exchange/graph/batch.ts"
import { json, type Scripted, scriptedGraph } from "./scripted-graph.ts"

const signal = new AbortController().signal
const call = { path: "/users/anna/calendar/events", operation: "list", mailbox: "anna" }

let graph: Scripted

before(async () => {
  graph = await scriptedGraph()
})

after(async () => {
  await graph.close()
})

describe("pages", () => {
  test("every page is asked with the same preferences and the token", async () => {
    graph.script(({ url }, response) => {
      const page = Number(new URL(url, graph.url).searchParams.get("$skip") ?? 0)
      const nextLink = `${graph.url}/v1.0/users/anna/calendar/events?$skip=${page + 1}`
      json(response, 200, { value: [{ id: String(page) }], ...(page < 2 && { "@odata.nextLink": nextLink }) })
    })

    const ids: unknown[] = []
    for await (const page of graph.client.pages({ ...call, prefer: ["odata.maxpagesize=7"] }, signal)) {
      ids.push(...page.items.map(item => item["id"]))
    }

    assert.deepEqual(ids, ["0", "1", "2"])
    assert.deepEqual(
      [...new Set(graph.seen.map(({ headers }) => `${String(headers["prefer"])} ${headers.authorization}`))],
      ['IdType="ImmutableId", odata.maxpagesize=7 Bearer first-token'],
    )
  })

  test("a link to another host is not followed, and the token stays at home", async () => {
    graph.script((_seen, response) => {
      json(response, 200, { value: [], "@odata.nextLink": "https://elsewhere.example/v1.0/users/anna/events?$skip=1" })
    })

    await assert.rejects(drain(), NeedsAttentionError)
    assert.equal(graph.seen.length, 1)
  })

  test("links that lead in a circle end", async () => {
    graph.script((_seen, response) => {
      json(response, 200, { value: [], "@odata.nextLink": `${graph.url}/v1.0/users/anna/events?$skip=1` })
    })

    await assert.rejects(drain(), TemporaryError)
  })

  test("an answer that is a web page is no empty list", async () => {
    graph.script((_seen, response) => {
      response.writeHead(200, { "content-type": "text/html" })
      response.end("<html>Please sign in to the hotel's network</html>")
    })

    await assert.rejects(drain(), TemporaryError)
  })

  test("an answer without a value is no empty list", async () => {
    graph.script((_seen, response) => json(response, 200, { context: "odd" }))

    await assert.rejects(drain(), TemporaryError)
  })

  test("a packed answer is unpacked", async () => {
    graph.script((_seen, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" })
      response.end(gzipSync(JSON.stringify({ value: [{ id: "packed" }] })))
    })

    assert.deepEqual(await drain(), ["packed"])
  })
})

describe("bad answers", () => {
  test("a redirect is not followed", async () => {
    graph.script((_seen, response) => {
      response.writeHead(302, { location: "https://elsewhere.example/" })
      response.end()
    })

    await assert.rejects(graph.client.get(call, signal), NeedsAttentionError)
    assert.equal(graph.seen.length, 1)
  })

  test("a proxy's page with 503 is waited out as it asks", async () => {
    graph.script((_seen, response) => {
      if (graph.seen.length > 1) return json(response, 200, { fine: true })
      response.writeHead(503, { "content-type": "text/html", "retry-after": "2" })
      response.end("<html>busy</html>")
    })

    assert.deepEqual(await graph.client.get(call, signal), { fine: true })
    assert.equal(graph.seen.length, 2)
  })

  test("a long pause is handed to the caller at once", async () => {
    graph.script((_seen, response) => {
      json(response, 429, { error: { code: "ApplicationThrottled" } }, { "retry-after": "120" })
    })

    await assert.rejects(graph.client.get({ ...call, mailbox: "patient" }, signal), {
      name: "TemporaryError",
      reason: "Throttled",
      retryAfterMs: 120_000,
    })
    assert.equal(graph.seen.length, 1)
  })

  test("a body that breaks off is asked for again, never half read", async () => {
    graph.script((_seen, response) => {
      if (graph.seen.length > 1) return json(response, 200, { whole: true })
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" })
      response.write('{"value":[{"id":"1"}')
      setImmediate(() => response.destroy())
    })

    assert.deepEqual(await graph.client.get(call, signal), { whole: true })
  })

  test("a server that never answers is Unreachable after its time", async () => {
    graph.script(() => {})

    const once = { ...call, method: "GET", writes: false, retry: false } as const
    await assert.rejects(graph.client.ask(once, signal), { name: "TemporaryError", reason: "Unreachable" })
  })

  test("a refused token is replaced once, and a second refusal is the answer", async () => {
    graph.script((_seen, response) => json(response, 401, { error: { code: "InvalidAuthenticationToken" } }))

    await assert.rejects(graph.client.get(call, signal), { name: "NeedsAttentionError", reason: "InvalidClient" })
    assert.deepEqual(
      graph.seen.map(({ headers }) => headers.authorization),
      ["Bearer first-token", "Bearer second-token"],
    )
  })

  test("what the server says about an event never reaches a message", async () => {
    graph.script((_seen, response) => {
      json(response, 400, { error: { code: "ErrorInvalidRequest", message: "Cannot store 'Meeting about Anna'" } })
    })

    await assert.rejects(graph.client.get(call, signal), error => {
      assert.ok(error instanceof NeedsAttentionError)
      assert.match(error.message, /400 ErrorInvalidRequest/)
      assert.doesNotMatch(error.message, /Anna|token/)
      return true
    })
  })

  test("an abort while waiting is the abort and nothing else", async () => {
    graph.script(() => {})
    const stop = new AbortController()
    const asked = graph.client.get(call, stop.signal)
    setTimeout(() => stop.abort(new Error("shutting down")), 20)

    await assert.rejects(asked, /shutting down/)
  })
})

describe("batches", () => {
  test("45 steps go as three batches, and answers in any order find their step", async () => {
    graph.script((seen, response) => respond(response, requestsIn(seen.body).toReversed().map(fine)))

    const outcomes = await send(45)

    assert.deepEqual(
      graph.seen.map(({ body }) => requestsIn(body).length),
      [20, 20, 5],
    )
    assert.deepEqual(
      outcomes.map(bodyId),
      Array.from({ length: 45 }, (_, index) => `/events/${index}`),
    )
  })

  test("only what failed for a moment is sent again", async () => {
    graph.script((seen, response) => {
      const steps = requestsIn(seen.body)
      if (graph.seen.length > 1) return respond(response, steps.map(fine))
      const trouble = [429, 503, 504, 424]
      respond(
        response,
        steps.map((step, index) => (index < 4 ? failure(step, trouble[index] ?? 0) : fine(step))),
      )
    })

    const outcomes = await send(10)

    assert.deepEqual(
      graph.seen.map(({ body }) => requestsIn(body).length),
      [10, 4],
    )
    assert.deepEqual(
      outcomes.map(bodyId),
      Array.from({ length: 10 }, (_, index) => `/events/${index}`),
    )
    // Whether a step that was throttled was carried out is certain; what broke down may have been.
    assert.deepEqual(outcomes.slice(0, 5).map(isUncertain), [false, true, true, false, false])
  })

  test("a step without an answer is sent again as uncertain", async () => {
    graph.script((seen, response) => {
      const steps = requestsIn(seen.body)
      respond(response, steps.slice(graph.seen.length === 1 ? 1 : 0).map(fine))
    })

    const outcomes = await send(3)

    assert.deepEqual(outcomes.map(isUncertain), [true, false, false])
  })

  test("a refused step costs no other", async () => {
    graph.script((seen, response) => {
      respond(
        response,
        requestsIn(seen.body).map((step, index) => (index === 1 ? failure(step, 400) : fine(step))),
      )
    })

    const outcomes = await send(3)

    assert.deepEqual(
      outcomes.map(outcome => outcome.kind === "Answered" && outcome.answer.ok),
      [true, false, true],
    )
    assert.equal(graph.seen.length, 1)
  })

  test("when nothing helps, what was tried is told from what was not", async () => {
    graph.script((_seen, response) => json(response, 503, {}))

    const outcomes = await send(30)

    assert.ok(outcomes.every(outcome => outcome.kind === "Failed"))
    assert.deepEqual(
      outcomes.map(outcome => outcome.kind === "Failed" && outcome.tried),
      Array.from({ length: 30 }, (_, index) => index < 20),
    )
  })

  test("headers of the batch are given to each step, because it inherits none", async () => {
    graph.script((seen, response) => respond(response, requestsIn(seen.body).map(fine)))

    const steps: BatchStep[] = [{ method: "PATCH", path: "/events/1", ifMatch: 'W/"1"', body: { subject: "x" } }]
    await graph.batches.send(steps, { mailbox: "anna", operation: "write", writes: true }, signal)

    assert.deepEqual(requestsIn(graph.seen[0]?.body ?? "")[0]?.headers, {
      Prefer: 'IdType="ImmutableId"',
      "Content-Type": "application/json",
      "If-Match": 'W/"1"',
    })
  })

  test("steps that must not meet depend on each other", async () => {
    graph.script((seen, response) => respond(response, requestsIn(seen.body).map(fine)))

    await send(3, true)

    assert.deepEqual(
      requestsIn(graph.seen[0]?.body ?? "").map(step => step.dependsOn),
      [undefined, ["0"], ["1"]],
    )
  })
})

type WireStep = {
  readonly id: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly dependsOn?: readonly string[]
}

function requestsIn(body: string): readonly WireStep[] {
  const parsed: { readonly requests: readonly WireStep[] } = JSON.parse(body)
  return parsed.requests
}

function respond(response: Parameters<typeof json>[0], responses: readonly unknown[]): void {
  json(response, 200, { responses })
}

function fine({ id, url }: WireStep) {
  return { id, status: 200, headers: {}, body: { id: url } }
}

function failure({ id }: WireStep, status: number) {
  return { id, status, headers: { "Retry-After": "1" }, body: { error: { code: "Trouble" } } }
}

function send(count: number, isSerial = false): Promise<readonly StepOutcome[]> {
  const steps = Array.from({ length: count }, (_, index): BatchStep => ({ method: "GET", path: `/events/${index}` }))
  return graph.batches.send(steps, { mailbox: "anna", operation: "look", writes: false, isSerial }, signal)
}

function bodyId(outcome: StepOutcome): unknown {
  const body = outcome.kind === "Answered" && outcome.answer.ok ? outcome.answer.body : undefined
  return typeof body === "object" && body !== null && "id" in body ? body.id : undefined
}

function isUncertain(outcome: StepOutcome): boolean {
  return outcome.kind === "Answered" && outcome.uncertain
}

async function drain(): Promise<readonly unknown[]> {
  const ids: unknown[] = []
  for await (const page of graph.client.pages(call, signal)) ids.push(...page.items.map(item => item["id"]))
  return ids
}
