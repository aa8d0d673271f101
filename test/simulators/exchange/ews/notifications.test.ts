import assert from "node:assert/strict"
import { once } from "node:events"
import { Readable } from "node:stream"
import { test } from "node:test"
import { request } from "undici"
import { violations } from "../../../judges/ews/judge.ts"
import { anna, meeting, type Talk } from "../talk.ts"
import { type Asked, allIn, ask, ben, createItem, enveloped, exchange, idIn, service, times } from "./ask.ts"

const MINUTE_MS = 60_000
const CALENDAR = '<FolderIds><t:DistinguishedFolderId Id="calendar"/></FolderIds>'.replaceAll(
  "FolderIds",
  "t:FolderIds",
)
const TYPES = ["Created", "Modified", "Moved", "Deleted"]

function subscribe(kind: "Streaming" | "Pull", { types = TYPES, rest = "" } = {}): string {
  const list = types.map(type => `<t:EventType>${type}Event</t:EventType>`).join("")
  const wanted = `${CALENDAR}<t:EventTypes>${list}</t:EventTypes>${rest}`
  return `<Subscribe><${kind}SubscriptionRequest>${wanted}</${kind}SubscriptionRequest></Subscribe>`
}

async function subscriptionId(to: Talk, body = subscribe("Streaming")): Promise<string> {
  return allIn(await ask(to, body), "SubscriptionId")[0] ?? ""
}

function getStreamingEvents(ids: readonly string[], minutes = 30): string {
  const list = ids.map(id => `<t:SubscriptionId>${id}</t:SubscriptionId>`).join("")
  return `<GetStreamingEvents><SubscriptionIds>${list}</SubscriptionIds><ConnectionTimeout>${minutes}</ConnectionTimeout></GetStreamingEvents>`
}

type Stream = {
  /** The envelopes so far; waits until there are so many. */
  readonly envelopes: (count: number) => Promise<readonly string[]>
  readonly ended: () => Promise<void>
  readonly chunks: readonly string[]
}

/** A client that collects what a stream brings and cuts it at the ends of envelopes. */
async function open(to: Talk, body: string, asked: Asked = {}): Promise<Stream> {
  const authorization = `Basic ${Buffer.from(`${service.name}:${service.password}`).toString("base64")}`
  const headers = { authorization, "content-type": "text/xml; charset=utf-8" }
  const answer = await request(to.ewsUrl, {
    method: "POST",
    dispatcher: to.dispatcher,
    headers,
    body: enveloped(body, asked),
  })
  const body$ = Readable.from(answer.body)
  const chunks: string[] = []
  body$.on("data", chunk => chunks.push(String(chunk)))
  body$.on("error", () => undefined)
  const whole = () => chunks.join("").split(/(?<=<\/Envelope>)/)
  return {
    chunks,
    async envelopes(count) {
      while (whole().filter(text => text.endsWith("</Envelope>")).length < count) await once(body$, "data")
      return whole()
    },
    async ended() {
      if (!body$.destroyed) await once(body$, "close")
    },
  }
}

test("a stream says that it is open, and tells what happens in whole envelopes without a prefix", async () => {
  await using to = await exchange()
  const stream = await open(to, getStreamingEvents([await subscriptionId(to)]))

  const made = await ask(to, createItem(times))

  const [first = "", second = ""] = await stream.envelopes(2)
  assert.deepEqual(allIn({ text: first }, "ConnectionStatus"), ["OK"])
  assert.match(second, /^<Envelope xmlns=/)
  assert.ok(second.includes("<t:CreatedEvent><t:TimeStamp>") && second.includes(idIn(made)))
  assert.deepEqual([first, second].map(violations), [[], []])
})

test("an envelope comes in pieces", async () => {
  await using to = await exchange()
  const stream = await open(to, getStreamingEvents([await subscriptionId(to)]))
  await stream.envelopes(1)
  assert.ok(stream.chunks.every(chunk => !(chunk.startsWith("<Envelope") && chunk.endsWith("</Envelope>"))))
})

test("each kind of change is told by its name, and no kind nobody asked for", async () => {
  await using to = await exchange()
  to.admin.setSwitches({ notificationNoise: false })
  const id = to.admin.createEvent(anna, meeting())
  const all = await open(to, getStreamingEvents([await subscriptionId(to)]))
  const gone = await open(
    to,
    getStreamingEvents([await subscriptionId(to, subscribe("Streaming", { types: ["Moved"] }))]),
  )
  await Promise.all([all.envelopes(1), gone.envelopes(1)])

  to.admin.updateEvent(anna, id, { subject: "Chemistry" })
  to.admin.deleteEvent(anna, id)

  const told = (await all.envelopes(2)).join("")
  assert.ok(told.includes("<t:ModifiedEvent>"))
  const moved = (await gone.envelopes(2))[1] ?? ""
  assert.match(moved, /<t:MovedEvent>.*<t:OldItemId .*<t:OldParentFolderId /)
  assert.ok(!moved.includes("ModifiedEvent"))
  assert.deepEqual(violations(moved), [])
})

test("a silent stream is kept alive, and closed when its time is over", async () => {
  await using to = await exchange()
  const stream = await open(to, getStreamingEvents([await subscriptionId(to)], 1))
  await stream.envelopes(1)

  to.admin.advance(50_000)
  to.admin.advance(10_000)

  const said = (await stream.envelopes(3)).flatMap(text => allIn({ text }, "ConnectionStatus"))
  assert.deepEqual(said, ["OK", "OK", "Closed"])
  await stream.ended()
})

test("a second stream takes the subscription over, and the first is told", async () => {
  await using to = await exchange()
  const id = await subscriptionId(to)
  const first = await open(to, getStreamingEvents([id]))
  await first.envelopes(1)

  const second = await open(to, getStreamingEvents([id]))

  const [, last = ""] = await first.envelopes(2)
  assert.deepEqual(
    [...allIn({ text: last }, "ResponseCode"), ...allIn({ text: last }, "SubscriptionId")],
    ["ErrorNewEventStreamConnectionOpened", id],
  )
  await first.ended()
  await second.envelopes(1)
  to.admin.createEvent(anna, meeting())
  assert.ok((await second.envelopes(2))[1]?.includes("CreatedEvent"))
})

test("ids nobody knows are named, and so are too many", async () => {
  await using to = await exchange()
  const known = await subscriptionId(to)

  const unknown = await ask(to, getStreamingEvents([known, "f6bc657d-dde1-4f94-952d-143b95d6483d"]))
  const many = await ask(to, getStreamingEvents(Array.from({ length: 201 }, () => known)))

  assert.deepEqual(
    [unknown.codes, allIn(unknown, "SubscriptionId")],
    [["ErrorSubscriptionNotFound"], ["f6bc657d-dde1-4f94-952d-143b95d6483d"]],
  )
  assert.deepEqual(many.codes, ["ErrorInvalidSubscription"])
})

test("what happened while no stream was open comes first; too much of it is lost, and that is said", async () => {
  await using to = await exchange()
  const [few, many] = [await subscriptionId(to), await subscriptionId(to)]
  to.admin.createEvent(anna, meeting())
  const told = await open(to, getStreamingEvents([few]))
  assert.ok((await told.envelopes(2))[1]?.includes("CreatedEvent"))

  to.admin.setSwitches({ eventsKeptPerSubscription: 2 })
  for (let made = 0; made < 3; made++) to.admin.createEvent(anna, meeting())

  const lost = (await (await open(to, getStreamingEvents([many]))).envelopes(2))[1] ?? ""
  assert.deepEqual(allIn({ text: lost }, "ResponseCode"), ["ErrorMissedNotificationEvents"])
})

test("a subscription ends when it is taken back, when nobody uses it, and is nobody else's", async () => {
  await using to = await exchange()
  to.admin.updateAccount(service.name, { impersonates: "everything" })
  const [one, other] = [await subscriptionId(to), await subscriptionId(to)]
  const unsubscribe = (id: string) => `<Unsubscribe><SubscriptionId>${id}</SubscriptionId></Unsubscribe>`

  const codes = [
    ...(await ask(to, unsubscribe(one), { as: ben })).codes,
    ...(await ask(to, unsubscribe(one))).codes,
    ...(await ask(to, unsubscribe(one))).codes,
  ]
  to.admin.advance(31 * MINUTE_MS)
  codes.push(...(await ask(to, unsubscribe(other))).codes)

  assert.deepEqual(codes, [
    "ErrorSubscriptionAccessDenied",
    "NoError",
    "ErrorSubscriptionNotFound",
    "ErrorSubscriptionNotFound",
  ])
})

function getEvents(id: string, watermark: string): string {
  return `<GetEvents><SubscriptionId>${id}</SubscriptionId><Watermark>${watermark}</Watermark></GetEvents>`
}

test("events can be pulled, each with a watermark to go on from", async () => {
  await using to = await exchange()
  to.admin.setSwitches({ notificationNoise: false })
  const subscribed = await ask(to, subscribe("Pull", { rest: "<t:Timeout>10</t:Timeout>" }))
  const [id = ""] = allIn(subscribed, "SubscriptionId")
  const [start = ""] = allIn(subscribed, "Watermark")
  for (let made = 0; made < 60; made++) to.admin.createEvent(anna, meeting())

  const first = await ask(to, getEvents(id, start))
  const second = await ask(to, getEvents(id, allIn(first, "Watermark").at(-1) ?? ""))
  const third = await ask(to, getEvents(id, allIn(second, "Watermark").at(-1) ?? ""))

  const seen = [first, second, third].map(({ text }) => [
    [...text.matchAll(/<t:CreatedEvent>/g)].length,
    allIn({ text }, "MoreEvents")[0],
    text.includes("StatusEvent"),
  ])
  assert.deepEqual(seen, [
    [50, "true", false],
    [10, "false", false],
    [0, "false", true],
  ])
  assert.deepEqual((await ask(to, getEvents(id, "bm9uc2Vuc2U="))).codes, ["ErrorInvalidWatermark"])
})

test("a subscription is to folders of one's own mailbox, or to all of it, and not to both", async () => {
  await using to = await exchange()
  const both = subscribe("Streaming").replace("<StreamingSubscriptionRequest", '$& SubscribeToAllFolders="true"')
  const box = `<t:Mailbox><t:EmailAddress>${ben}</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>`
  const others = subscribe("Streaming").replace('Id="calendar"/>', `Id="calendar">${box}`)
  assert.deepEqual((await ask(to, both)).codes, ["ErrorInvalidSubscriptionRequest"])
  assert.deepEqual((await ask(to, others)).codes, ["ErrorFolderNotFound"])
  assert.deepEqual((await ask(to, both.replace(CALENDAR, ""))).codes, ["NoError"])
})
