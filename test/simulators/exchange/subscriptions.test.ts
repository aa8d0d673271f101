import assert from "node:assert/strict"
import { createServer } from "node:https"
import { test } from "node:test"
import { makeAuthority } from "../certificates.ts"
import { isJson, type Json, listAt, parseJson, textAt } from "./store/json.ts"
import { anna, codeOf, meeting, type Talk, talk } from "./talk.ts"

type Receiver = AsyncDisposable & {
  readonly url: string
  readonly received: Json[]
  next: (count: number) => Promise<readonly Json[]>
}

/** An endpoint that answers the handshake, and keeps what it is told. */
async function receiver({ honest }: { readonly honest: boolean } = { honest: true }): Promise<Receiver> {
  const { certPem, keyPem } = makeAuthority("receiver").issue({ hosts: ["127.0.0.1"] })
  const received: Json[] = []
  let arrived = () => {}
  const server = createServer({ cert: certPem, key: keyPem }, (request, response) => {
    const token = new URL(request.url ?? "/", "https://x").searchParams.get("validationToken")
    const chunks: Buffer[] = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const body = parseJson(Buffer.concat(chunks).toString() || "{}")
      received.push(...(listAt(body, "value") ?? []).filter(isJson))
      response.writeHead(200, { "content-type": "text/plain" }).end(token === null || honest ? (token ?? "") : "no")
      arrived()
    })
  })
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  const port = address !== null && typeof address === "object" ? address.port : 0
  return {
    url: `https://127.0.0.1:${port}/hook`,
    received,
    next: async count => {
      while (received.length < count)
        await new Promise<void>(resolve => {
          arrived = resolve
        })
      return received
    },
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

const DAY_MS = 86_400_000

function wanted(exchange: Talk, notificationUrl: string, changes: Json = {}): Json {
  return {
    changeType: "created,updated,deleted",
    notificationUrl,
    resource: `/users/${anna}/events`,
    expirationDateTime: exchange.admin
      .now()
      .add({ milliseconds: 2 * DAY_MS })
      .toString(),
    clientState: "secret-state",
    ...changes,
  }
}

const subscribe = (exchange: Talk, body: Json) => exchange.send("POST", "//v1.0/subscriptions", body)

test("a subscriber that answers the handshake is told of every change, with noise", async () => {
  await using exchange = await talk()
  await using hook = await receiver()
  assert.equal((await subscribe(exchange, wanted(exchange, hook.url))).status, 201)

  const id = await exchange.make(meeting())
  await exchange.send("DELETE", `/events/${id}`)

  const told = await hook.next(3)
  assert.deepEqual(told.map(row => row["changeType"]).sort(), ["created", "deleted", "updated"])
  const [first] = told
  assert.equal(textAt(first, "clientState"), "secret-state")
  assert.equal(textAt(first?.["resourceData"], "id"), id)
  assert.match(textAt(first, "resource") ?? "", /^Users\/[0-9a-f-]+\/Events\//)
  assert.ok(!JSON.stringify(told).includes("Physics"), "a notification carries no content")
})

test("a cancelled occurrence is told as an update of its series", async () => {
  await using exchange = await talk({ switches: { notificationNoise: false } })
  await using hook = await receiver()
  const range = { type: "numbered", startDate: "2026-03-10", numberOfOccurrences: 3 }
  const master = await exchange.make(meeting({ recurrence: { pattern: { type: "daily", interval: 1 }, range } }))
  await subscribe(exchange, wanted(exchange, hook.url))
  const instances = `/events/${master}/instances?startDateTime=2026-03-01T00:00:00Z&endDateTime=2026-04-01T00:00:00Z`
  const [occurrence] = listAt((await exchange.get(instances)).body, "value") ?? []

  await exchange.send("DELETE", `/events/${textAt(occurrence, "id")}`)

  const [told] = await hook.next(1)
  assert.deepEqual([told?.["changeType"], textAt(told?.["resourceData"], "id")], ["updated", master])
})

test("an endpoint that fails the handshake, or is not https, gets no subscription", async () => {
  await using exchange = await talk()
  await using liar = await receiver({ honest: false })
  await using hook = await receiver()
  for (const body of [
    wanted(exchange, liar.url),
    wanted(exchange, hook.url.replace("https", "http")),
    wanted(exchange, hook.url, { lifecycleNotificationUrl: liar.url }),
    wanted(exchange, hook.url, { clientState: "x".repeat(129) }),
    wanted(exchange, hook.url, { resource: "/users/x/messages" }),
  ]) {
    const answer = await subscribe(exchange, body)
    assert.deepEqual([answer.status, codeOf(answer)], [400, "InvalidRequest"])
  }
})

test("a subscription lives a week at most and three quarters of an hour at least, and is renewed", async () => {
  await using exchange = await talk()
  await using hook = await receiver()
  const at = (ms: number) => exchange.admin.now().add({ milliseconds: ms }).toString()
  const tooLong = wanted(exchange, hook.url, { expirationDateTime: at(7 * DAY_MS + 60_000) })
  assert.equal((await subscribe(exchange, tooLong)).status, 400)

  exchange.admin.freeze("2026-03-10T00:00:00Z")
  await exchange.login()
  const short = await subscribe(exchange, wanted(exchange, hook.url, { expirationDateTime: at(60_000) }))
  assert.equal(short.body["expirationDateTime"], "2026-03-10T00:45:00.0000000Z")
  const path = `//v1.0/subscriptions/${textAt(short.body, "id")}`
  const renewed = await exchange.send("PATCH", path, { expirationDateTime: at(DAY_MS) })
  assert.deepEqual([renewed.status, renewed.body["expirationDateTime"]], [200, "2026-03-11T00:00:00.0000000Z"])

  exchange.admin.advance(DAY_MS)
  await exchange.login()
  assert.equal((await exchange.send("PATCH", path, { expirationDateTime: at(DAY_MS) })).status, 404)
})

test("the same subscription twice is a conflict, and one can be taken back", async () => {
  await using exchange = await talk()
  await using hook = await receiver()
  const { body } = await subscribe(exchange, wanted(exchange, hook.url))
  const again = await subscribe(exchange, wanted(exchange, hook.url))
  assert.deepEqual([again.status, codeOf(again)], [409, "Conflict"])
  assert.equal((await exchange.send("DELETE", `//v1.0/subscriptions/${textAt(body, "id")}`)).status, 204)
  assert.equal((await subscribe(exchange, wanted(exchange, hook.url))).status, 201)
})

test("a subscriber hears of its own end when it asked to", async () => {
  await using exchange = await talk()
  await using hook = await receiver()
  await subscribe(exchange, wanted(exchange, hook.url, { lifecycleNotificationUrl: hook.url }))
  exchange.admin.lifecycle("subscriptionRemoved")
  const [told] = await hook.next(1)
  assert.equal(told?.["lifecycleEvent"], "subscriptionRemoved")
  assert.deepEqual((await exchange.get("//v1.0/subscriptions")).body["value"], [])
})
