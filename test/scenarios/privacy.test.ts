import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { makeAuthority } from "../simulators/certificates.ts"
import { onBothBackends } from "../world/both-backends.ts"
import { condition, type OperatorHandle } from "../world/cluster.ts"
import { fastForward } from "../world/fast-forward.ts"
import type { Feed } from "../world/feed-server.ts"
import { feedOf } from "../world/feed-text.ts"
import {
  account,
  binding,
  calendarEvent,
  connection,
  eventsSource,
  feedSource,
  policy,
  secret,
  tenant,
} from "../world/manifests.ts"
import { ShiftingClock } from "../world/shifting-clock.ts"
import { type Backend, startWorld, type World } from "../world/world.ts"

/**
 * Everything that may not be told is planted under a word that stands nowhere else, every kind of failure is brought about
 * at the most talkative level of the log, and then all that anybody outside could read is searched for the words.
 */

const planted = {
  clientSecret: tenant.secret,
  password: account.password,
  wrongSecret: "plantedwrongsecret",
  privateKey: "plantedprivatekey",
  certificate: "plantedcertificate",
  feedPath: "plantedpath",
  feedQuery: "plantedquery",
  feedPassword: "plantedpassword",
  feedUser: "planteduser",
  feedToken: "plantedtoken",
  feedText: "plantedfeedtext",
  subject: "plantedsubject",
  body: "plantedbody",
  location: "plantedlocation",
  person: "plantedperson",
  attendee: "planted.attendee",
  link: "plantedlink",
  category: "plantedcategory",
  foreign: "plantedforeign",
  echo: "plantedecho",
} as const
const word = Object.values(planted)

const said = [
  `SUMMARY:${planted.subject}`,
  `DESCRIPTION:${planted.body}`,
  `LOCATION:${planted.location}`,
  `ATTENDEE;CN=${planted.person}:mailto:${planted.attendee}@contoso.com`,
  `URL:https://example.com/${planted.link}`,
  `CATEGORIES:${planted.category}`,
]

type Fault = Parameters<World["exchange"]["admin"]["addFault"]>[0]

/** In the words each has for them; what it repeats of what was sent is in all of them. */
const ownBadDays: Readonly<Record<Backend, readonly (readonly [what: string, fault: Fault])[]>> = {
  graph: [
    [
      "refuses every write and repeats it",
      { kind: "status", status: 400, code: `no: ${planted.echo}`, message: planted.subject },
    ],
    ["is in trouble", { kind: "status", status: 500, code: `said: ${planted.echo}`, message: planted.body }],
    ["denies access", { kind: "status", status: 403, code: `no: ${planted.echo}`, message: planted.person }],
    ["throttles", { kind: "status", status: 429, retryAfter: 1, message: planted.echo }],
    ["breaks off its answers", { kind: "drop", when: "midBody" }],
  ],
  ews: [
    [
      "refuses every write and repeats it",
      { kind: "status", status: 200, code: `no: ${planted.echo}`, message: planted.subject },
    ],
    ["is in trouble", { kind: "status", status: 500, code: "ErrorInternalServerError", message: planted.body }],
    ["denies access", { kind: "status", status: 500, code: "ErrorImpersonateUserDenied", message: planted.person }],
    ["throttles", { kind: "status", status: 500, code: "ErrorServerBusy", retryAfter: 1, message: planted.echo }],
    // A copy that was made before the answer broke off is found, and nothing is amiss.
    ["breaks off before it answers", { kind: "drop", when: "before" }],
  ],
}

onBothBackends(({ backend, operations }) => {
  const clock = new ShiftingClock()
  let world: World
  let operator: OperatorHandle
  before(async () => {
    world = await startWorld({ backend, clock, logLevel: "debug", mailboxNames: ["anna"] })
    world.exchange.admin.createEvent("anna@contoso.com", {
      subject: planted.foreign,
      start: { dateTime: "2026-12-01T10:00:00", timeZone: "UTC" },
      end: { dateTime: "2026-12-01T11:00:00", timeZone: "UTC" },
    })
    world.applyBasics()
    world.cluster.apply(policy({ schedule: { interval: "30s" } }))
    world.cluster.apply(feedSource({ url: feedUrl("school") }))
    publish("school", "one", "two")
    operator = await world.cluster.startOperator()
    await world.cluster.untilCondition("Ready=True/Succeeded", () => world.cluster.sync())
  })
  after(() => world.close())

  const feedUrl = (name: string) => `${world.feeds.url}/${name}-${planted.feedPath}?key=${planted.feedQuery}`

  function publish(name: string, ...uids: readonly string[]): void {
    const body = feedOf(...uids.map(uid => ({ uid, subject: planted.subject, lines: said.slice(1) })))
    world.feeds.set(`${name}-${planted.feedPath}`, { body })
  }

  /** All that is written down where somebody other than the owner of a mailbox or a manifest could read it. */
  async function everythingTold(): Promise<readonly (readonly [where: string, text: string])[]> {
    const { cluster } = world
    const kinds = [
      "ExchangeConnection",
      "CalendarSource",
      "CalendarSyncPolicy",
      "MailboxBinding",
      "CalendarSync",
    ] as const
    const objects = [...kinds, "CalendarEvent" as const].flatMap(kind => cluster.all(kind, ""))
    const made = cluster.kube.admin.stored("events.events.k8s.io", "")
    const memory = cluster.kube.admin.stored("configmaps", "").filter(one => !JSON.stringify(one).includes("ca.crt"))
    return [
      ...cluster.logLines.map(line => ["the log", line] as const),
      ...objects.map(
        ({ kind, metadata, status }) => [`${kind} ${metadata.name}`, JSON.stringify(status ?? {})] as const,
      ),
      ...made.map(event => ["an Event", JSON.stringify(event)] as const),
      ...memory.map(map => ["a ConfigMap", JSON.stringify(map)] as const),
      ["/metrics", await metrics()],
    ]
  }

  async function metrics(): Promise<string> {
    const answer = await fetch(`http://127.0.0.1:${operator.probePort()}/metrics`)
    return await answer.text()
  }

  async function assertNothingIsTold(): Promise<void> {
    const told = await everythingTold()
    const leaks = told.flatMap(([where, text]) =>
      word
        .filter(secret => text.toLowerCase().includes(secret))
        .map(secret => `${secret} in ${where}: ${text.slice(0, 600)}`),
    )
    assert.deepEqual(leaks, [])
  }

  const graph = (credentials: object) => ({
    graph: {
      tenantId: tenant.tenantId,
      clientId: tenant.clientId,
      endpoints: { login: world.exchange.url, graph: world.exchange.url },
      credentials,
    },
  })

  const badConnections: readonly (readonly [
    name: string,
    data: Readonly<Record<string, string>>,
    credentials: object,
  ])[] = [
    ["wrong", { clientSecret: planted.wrongSecret }, { clientSecretRef: { name: "wrong" } }],
    [
      "no-certificate",
      { "tls.crt": planted.certificate, "tls.key": planted.privateKey },
      { certificateSecretRef: { name: "no-certificate" } },
    ],
    [
      "no-key",
      { "tls.crt": makeAuthority("somebody").caPem, "tls.key": `-----BEGIN PRIVATE KEY-----\n${planted.privateKey}\n` },
      { certificateSecretRef: { name: "no-key" } },
    ],
  ]
  for (const [name, data, credentials] of backend === "graph" ? badConnections : []) {
    test(`a connection whose credential is ${name} tells nothing of it`, async () => {
      world.cluster.apply(secret(data, { name }), connection(world.exchange.url, graph(credentials) as never, { name }))
      await world.cluster.untilCondition("Ready=False", () => world.cluster.find("ExchangeConnection", name))
      await assertNothingIsTold()
      await world.cluster.remove("ExchangeConnection", name)
    })
  }

  const badAnswers: readonly (readonly [what: string, feed: Feed])[] = [
    ["a log-in page", { body: `<html>${planted.feedText}</html>`, contentType: "text/html" }],
    ["JSON", { body: `{"error":"${planted.feedText}"}` }],
    ["half a calendar", { body: `BEGIN:VCALENDAR\r\nSUMMARY:${planted.feedText}` }],
    ["a refusal", { body: planted.feedText, status: 401 }],
    ["trouble", { body: planted.feedText, status: 500 }],
    [
      "a redirect with a password",
      {
        body: "",
        status: 302,
        headers: { location: `https://${planted.feedUser}:${planted.feedPassword}@127.0.0.1/${planted.feedPath}` },
      },
    ],
    ["a redirect to another scheme", { body: "", status: 302, headers: { location: `file:///${planted.feedPath}` } }],
    [
      "a redirect to where nobody is",
      { body: "", status: 302, headers: { location: `http://127.0.0.1:9/${planted.feedPath}?${planted.feedQuery}` } },
    ],
  ]
  for (const [what, feed] of badAnswers) {
    test(`a feed that answers with ${what} is told without its address and its text`, async () => {
      world.feeds.set(`school-${planted.feedPath}`, feed)
      const source = await world.cluster.request(world.cluster.find("CalendarSource"))
      assert.equal(condition(source, "SourceFetched")?.status, "False")
      await assertNothingIsTold()
      publish("school", "one", "two")
      await world.cluster.request(world.cluster.find("CalendarSource"))
    })
  }

  /** Over https: the schema refuses credentials over http. */
  function closedSource(): string {
    const ical = {
      url: `${world.exchange.url}/${planted.feedPath}?key=${planted.feedQuery}`,
      credentialsSecretRef: { name: "feed" },
      caBundle: { configMapRef: { name: "exchange-ca" } },
    }
    return feedSource(ical, {}, { name: "closed" })
  }

  const badCredentials: readonly (readonly [what: string, data: Readonly<Record<string, string>>])[] = [
    ["a token that nobody knows", { token: planted.feedToken }],
    ["a password that nobody knows", { username: planted.feedUser, password: planted.feedPassword }],
    ["a token with a line break in it", { token: `first\n${planted.feedToken}` }],
    ["a user without a password", { username: planted.feedUser }],
  ]
  for (const [what, data] of badCredentials) {
    test(`a source with ${what} tells nothing of it`, async () => {
      world.cluster.apply(secret(data, { name: "feed" }), closedSource())
      await world.cluster.untilCondition("Ready=False", () => world.cluster.find("CalendarSource", "closed"))
      await assertNothingIsTold()
      await world.cluster.remove("CalendarSource", "closed")
    })
  }

  test("events that cannot be used are told by their keys", async () => {
    const bad = ["DTSTART:nonsense", "RRULE:FREQ=NEVER", "RECURRENCE-ID:nonsense"].map((line, index) =>
      ["BEGIN:VEVENT", `UID:bad-${index}`, "DTSTART:20261201T100000Z", line, ...said, "END:VEVENT"].join("\r\n"),
    )
    const unreadable = ["BEGIN:VEVENT", "UID:worse", "DTSTART:nonsense", ...said, "END:VEVENT"].join("\r\n")
    const feed = feedOf({ uid: "one", subject: planted.subject }).replace(
      "END:VCALENDAR",
      `${[...bad, unreadable].join("\r\n")}\r\nEND:VCALENDAR`,
    )
    world.feeds.set(`school-${planted.feedPath}`, { body: feed })
    await world.cluster.request(world.cluster.find("CalendarSource"))
    const sync = await world.cluster.request(world.cluster.sync())
    assert.ok(sync.status.failures.length > 0)
    await assertNothingIsTold()
  })

  test("manifests that cannot be used are told by their fields", async () => {
    const texts = { subject: planted.subject, body: planted.body, location: planted.location }
    world.cluster.apply(
      calendarEvent("nowhere", {
        ...texts,
        start: { dateTime: "2026-12-01T10:00:00", timeZone: `Mars/${planted.echo}` },
      }),
      calendarEvent("never", { ...texts, recurrence: { rrule: `FREQ=DAILY;X=${planted.echo};UNTIL=${planted.echo}` } }),
      eventsSource({}, { name: "manifests" }),
    )
    for (const name of ["nowhere", "never"]) {
      await world.cluster.untilCondition("Ready=False/InvalidSpec", () => world.cluster.find("CalendarEvent", name))
    }
    await assertNothingIsTold()
  })

  test("a condition and a template of a policy that do not work are told without what they say", async () => {
    for (const [at, spec] of [
      { include: { when: `event.subject.${planted.echo}(` } },
      { include: { when: `int(event.subject) > 3 && event.subject == '${planted.echo}'` } },
      { appearance: { subject: `{{subject}} {{` } },
    ].entries()) {
      world.cluster.apply(
        policy(spec, { name: `bad-${at}` }),
        binding({ policyRef: { name: `bad-${at}` } }, { name: `bad-${at}` }),
      )
      await world.cluster.untilCondition("Ready=False", () => world.cluster.find("MailboxBinding", `bad-${at}`))
    }
    await assertNothingIsTold()
  })

  const badDays: readonly (readonly [what: string, fault: Fault])[] = [
    ["is in trouble behind a proxy", { kind: "status", status: 502, text: `<html>${planted.echo}</html>` }],
    ["answers something else", { kind: "status", status: 200, text: planted.echo }],
    ...ownBadDays[backend],
  ]
  for (const [number, [what, fault]] of badDays.entries()) {
    for (const when of ["reading", "writing"] as const) {
      test(`an Exchange that ${what} when ${when} is told without texts`, async () => {
        publish("school", "one", `two-${number}`)
        await world.cluster.request(world.cluster.find("CalendarSource"))
        await fastForward(clock, () => world.cluster.request(world.cluster.sync()))
        publish("school", "one", `two-${number}`, `${when}-${number}`)
        const only = when === "writing" ? { operation: operations.create } : {}
        world.exchange.admin.addFault({ ...fault, ...only, mailbox: "anna@contoso.com" })
        await world.cluster.request(world.cluster.find("CalendarSource"))
        await fastForward(clock, () => world.cluster.untilCondition("Synced=False", () => world.cluster.sync()))
        await assertNothingIsTold()
        world.exchange.admin.clearFaults()
        clock.advance({ minutes: 5 })
        await world.cluster.untilCondition("Synced=True", () => world.cluster.sync())
      })
    }
  }

  test("a world like this tells a lot, and the words are looked for where they would be", async () => {
    const told = await everythingTold()
    for (const place of ["the log", "an Event", "/metrics", "CalendarSync main-anna-contoso-com"]) {
      assert.ok(
        told.some(([where, text]) => where.startsWith(place) && text.length > 100),
        place,
      )
    }
    assert.ok(world.cluster.logLines.some(line => JSON.parse(line).level === "debug"))
    assert.doesNotMatch(await metrics(), /contoso\.com|anna/)
  })
})
