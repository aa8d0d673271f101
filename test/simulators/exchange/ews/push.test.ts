import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import { test } from "node:test"
import { violations } from "../../../judges/ews/judge.ts"
import { anna, meeting } from "../talk.ts"
import { allIn, ask, exchange } from "./ask.ts"

const MINUTE_MS = 60_000

/** A client that waits for notifications and says what becomes of the subscription. */
async function listener(answer: () => string) {
  const heard: string[] = []
  const server = createServer(async (incoming, response) => {
    heard.push(await text(incoming))
    const result = `<SendNotificationResult xmlns="http://schemas.microsoft.com/exchange/services/2006/messages"><SubscriptionStatus>${answer()}</SubscriptionStatus></SendNotificationResult>`
    response.end(
      `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${result}</s:Body></s:Envelope>`,
    )
    server.emit("heard")
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  return {
    heard,
    url: `http://127.0.0.1:${isAddress(address) ? address.port : 0}/`,
    async hear(count: number) {
      while (heard.length < count) await once(server, "heard")
      return heard
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function isAddress(address: AddressInfo | string | null): address is AddressInfo {
  return address !== null && typeof address !== "string"
}

function subscribe(url: string): string {
  const folders = '<t:FolderIds><t:DistinguishedFolderId Id="calendar"/></t:FolderIds>'
  const types = "<t:EventTypes><t:EventType>CreatedEvent</t:EventType></t:EventTypes>"
  return `<Subscribe><PushSubscriptionRequest>${folders}${types}<t:StatusFrequency>5</t:StatusFrequency><t:URL>${url}</t:URL></PushSubscriptionRequest></Subscribe>`
}

const codesOf = (heard: readonly string[]) => heard.map(body => /<t:(\w+Event)>/.exec(body)?.[1])

test("a client that listens is told what happens, and now and then that nothing does", async () => {
  await using to = await exchange()
  await using client = await listener(() => "OK")
  await ask(to, subscribe(client.url))
  await client.hear(1)

  to.admin.createEvent(anna, meeting())
  await client.hear(2)
  to.admin.advance(5 * MINUTE_MS)

  const heard = await client.hear(3)
  assert.deepEqual(codesOf(heard), ["StatusEvent", "CreatedEvent", "StatusEvent"])
  assert.deepEqual(heard.flatMap(violations), [])
  const [, , third = ""] = heard
  assert.deepEqual(allIn({ text: third }, "PreviousWatermark"), allIn({ text: third }, "Watermark"))
})

test("a client that has enough is told no more", async () => {
  await using to = await exchange()
  await using client = await listener(() => "Unsubscribe")
  const [id = ""] = allIn(await ask(to, subscribe(client.url)), "SubscriptionId")
  await client.hear(1)

  to.admin.createEvent(anna, meeting())

  const gone = await ask(to, `<Unsubscribe><SubscriptionId>${id}</SubscriptionId></Unsubscribe>`)
  assert.deepEqual([gone.codes, client.heard.length], [["ErrorSubscriptionNotFound"], 1])
})

test("an address that is none is refused", async () => {
  await using to = await exchange()
  assert.deepEqual((await ask(to, subscribe("nowhere"))).codes, ["ErrorInvalidPushSubscriptionUrl"])
})
