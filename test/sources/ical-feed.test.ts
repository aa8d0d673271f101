import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import { brotliCompressSync, gzipSync } from "node:zlib"
import { NeedsAttentionError, TemporaryError } from "../../operator/core/errors.ts"
import type { ICalSettings, Source, SourceReading } from "../../operator/core/ports.ts"
import { openSource } from "../../operator/sources/index.ts"
import { calendar, vevent } from "../icalendar/calendar-text.ts"
import { type Answer, type FeedServer, feedSettings, type Script, startFeedServer } from "./feed-server.ts"

const deps = { proxy: {}, now: () => Temporal.Instant.from("2026-03-01T12:00:00Z") }
const signal = () => AbortSignal.timeout(20_000)

const one = calendar(vevent())
const two = calendar(vevent(), vevent({ UID: "lesson-2", SUMMARY: "Physics" }))

let server: FeedServer
let secure: FeedServer
before(async () => {
  server = await startFeedServer()
  secure = await startFeedServer({ tls: true })
})
after(async () => {
  await server.close()
  await secure.close()
})

const opened: Source[] = []
after(() => Promise.all(opened.map(source => source.close())))

function open(settings: ICalSettings): Source {
  const source = openSource(deps)(settings)
  opened.push(source)
  return source
}

function serve(body: string, headers: Readonly<Record<string, string>> = {}): Script {
  return () => ({ body, headers })
}

/** All that a log tells of an error: with its causes, and their stacks. */
function chainOf(error: unknown): string {
  return error instanceof Error ? `${error.name} ${error.message} ${error.stack} ${chainOf(error.cause)}` : ""
}

const readAs = (source: Source, ...identities: readonly string[]) => source.read({ identities }, signal())
const keys = (reading: SourceReading, identity = "feed") =>
  [...(reading.calendars.get(identity)?.events ?? [])].map(event => event.key)

describe("a feed", () => {
  let source: Source
  beforeEach(() => {
    source = open(feedSettings(`${server.origin}/secret-token/feed.ics`))
  })

  test("is the calendar of everybody who asks, whatever they call it", async () => {
    server.answer(serve(two))

    const reading = await readAs(source, "team/a", "team/b", "team/a")

    assert.deepEqual(reading.identities, [
      { id: "team/a", kind: "team", name: "a" },
      { id: "team/b", kind: "team", name: "b" },
    ])
    assert.deepEqual(
      [keys(reading, "team/a"), keys(reading, "team/b")],
      [
        ["lesson-1", "lesson-2"],
        ["lesson-1", "lesson-2"],
      ],
    )
    assert.deepEqual([reading.unchanged, reading.failed], [false, []])
  })

  test("has a name of its own where nobody asks", async () => {
    server.answer(serve(one))

    assert.deepEqual(keys(await readAs(source)), ["lesson-1"])
  })

  test("is asked for a change only, and not read when there is none", async () => {
    server.answer(({ headers }) =>
      headers["if-none-match"] === '"v1"' ? { status: 304 } : { body: one, headers: { etag: '"v1"' } },
    )

    const first = await readAs(source)
    const second = await readAs(source)

    assert.deepEqual([first.unchanged, second.unchanged, keys(second)], [false, true, ["lesson-1"]])
    assert.deepEqual([first.revision, second.revision], ['"v1"', '"v1"'])
  })

  test("is asked with the date of its last change where it has no tag", async () => {
    const date = "Sun, 01 Mar 2026 10:00:00 GMT"
    server.answer(({ headers }) =>
      headers["if-modified-since"] === date ? { status: 304 } : { body: one, headers: { "last-modified": date } },
    )

    await readAs(source)

    assert.equal((await readAs(source)).unchanged, true)
  })

  test("is unchanged when only its stamps and tags are new", async () => {
    const stamped = (stamp: string) =>
      serve(calendar(vevent({ DTSTAMP: stamp, "LAST-MODIFIED": stamp })), { etag: `"${stamp}"` })
    server.answer(stamped("20260101T000000Z"))
    const first = await readAs(source)
    server.answer(stamped("20260202T000000Z"))

    const second = await readAs(source)

    assert.deepEqual([second.unchanged, second.revision], [true, first.revision])
  })

  test("is changed when an event is, and for those who are new to it", async () => {
    server.answer(serve(one))
    const first = await readAs(source, "a")
    server.answer(serve(calendar(vevent({ LOCATION: "Room 2" }))))

    const second = await readAs(source, "a")
    const third = await readAs(source, "a", "b")

    assert.deepEqual([second.unchanged, third.unchanged], [false, false])
    assert.notEqual(first.calendars.get("a")?.fingerprint, second.calendars.get("a")?.fingerprint)
    assert.equal(second.calendars.get("a")?.fingerprint, third.calendars.get("a")?.fingerprint)
  })

  test("says nothing new when its events come in another order", async () => {
    server.answer(serve(two))
    await readAs(source)
    server.answer(serve(calendar(vevent({ UID: "lesson-2", SUMMARY: "Physics" }), vevent())))

    assert.equal((await readAs(source)).unchanged, true)
  })

  for (const [encoding, body] of [
    ["gzip", gzipSync(two)],
    ["br", brotliCompressSync(two)],
  ] as const) {
    test(`may come packed with ${encoding}`, async () => {
      server.answer(() => ({ body, headers: { "content-encoding": encoding } }))

      assert.deepEqual(keys(await readAs(source)), ["lesson-1", "lesson-2"])
    })
  }

  test("is read in the charset the server names, else as UTF-8, else as Windows wrote it", async () => {
    const subject = async (answer: Answer) => {
      server.answer(() => answer)
      const { calendars } = await readAs(open(feedSettings(server.origin)))
      return [...(calendars.get("feed")?.events ?? [])][0]?.subject
    }
    const text = calendar(vevent({ SUMMARY: "Größe" }))

    assert.equal(
      await subject({
        body: Buffer.from(text, "latin1"),
        headers: { "content-type": "text/calendar; charset=iso-8859-1" },
      }),
      "Größe",
    )
    assert.equal(
      await subject({
        body: Buffer.from(text, "utf16le"),
        headers: { "content-type": 'text/calendar; charset="UTF-16LE"' },
      }),
      "Größe",
    )
    assert.equal(await subject({ body: Buffer.from(text, "latin1") }), "Größe")
    assert.equal(await subject({ body: text, headers: { "content-type": "text/calendar; charset=nonsense" } }), "Größe")
  })

  test("hints at how often it wants to be read", async () => {
    server.answer(serve(calendar("REFRESH-INTERVAL;VALUE=DURATION:PT1H", vevent())))
    const modern = await readAs(source)
    server.answer(serve(calendar("X-PUBLISHED-TTL:PT12H", vevent({ SUMMARY: "new" }))))

    assert.deepEqual([modern.refreshHintMs, (await readAs(source)).refreshHintMs], [3_600_000, 43_200_000])
  })

  test("costs a sick event nothing but itself", async () => {
    server.answer(serve(calendar(vevent({ UID: "sick", DTSTART: "soon" }), vevent())))

    const { calendars } = await readAs(source)

    assert.deepEqual(
      calendars.get("feed")?.problems.map(problem => problem.key),
      ["sick"],
    )
    assert.deepEqual([calendars.get("feed")?.complete, calendars.get("feed")?.events.length], [true, 1])
  })

  test("vouches for nothing when not one of its events can be used", async () => {
    server.answer(serve(calendar(vevent({ DTSTART: "soon" }))))

    assert.equal((await readAs(source)).calendars.get("feed")?.complete, false)
  })

  test("may be empty, and then is", async () => {
    server.answer(serve(calendar()))

    const { calendars } = await readAs(source)

    assert.deepEqual([calendars.get("feed")?.complete, keys({ calendars } as SourceReading)], [true, []])
  })
})

describe("a feed that cannot be read", () => {
  const cases: readonly (readonly [string, Script, string, string])[] = [
    [
      "an error page with status 200",
      serve("<html>Sign in</html>", { "content-type": "text/html" }),
      "TemporaryError",
      "Implausible",
    ],
    ["an empty body", serve(""), "TemporaryError", "Implausible"],
    ["no content", () => ({ status: 204 }), "TemporaryError", "Implausible"],
    ["half a calendar", serve(one.slice(0, -20)), "TemporaryError", "ParseError"],
    ["a part of it", () => ({ status: 206, body: one }), "TemporaryError", "PartialRead"],
    ["a 304 nobody asked for", () => ({ status: 304 }), "TemporaryError", "Implausible"],
    ["unauthorized", () => ({ status: 401 }), "NeedsAttentionError", "Unauthorized"],
    ["forbidden", () => ({ status: 403 }), "NeedsAttentionError", "Unauthorized"],
    ["not found", () => ({ status: 404 }), "NeedsAttentionError", "Unreachable"],
    ["gone", () => ({ status: 410 }), "NeedsAttentionError", "Unreachable"],
    ["an internal error", () => ({ status: 500 }), "TemporaryError", "Unreachable"],
    [
      "a broken answer",
      () => response =>
        void response.writeHead(200, { "content-length": "999" }).write("BEGIN:", () => response.destroy()),
      "TemporaryError",
      "PartialRead",
    ],
    [
      "a broken packing",
      () => ({ body: "no gzip", headers: { "content-encoding": "gzip" } }),
      "TemporaryError",
      "PartialRead",
    ],
    ["a reset", () => response => void response.destroy(), "TemporaryError", "Unreachable"],
    [
      "redirects without end",
      ({ path }) => ({ status: 302, headers: { location: `${path}x` } }),
      "NeedsAttentionError",
      "Unreachable",
    ],
    [
      "a redirect to an address with a password in it",
      () => ({ status: 302, headers: { location: "https://anna:secret-token@127.0.0.1/" } }),
      "NeedsAttentionError",
      "Unreachable",
    ],
    ["a redirect to nowhere", () => ({ status: 302 }), "NeedsAttentionError", "Unreachable"],
    [
      "a redirect to a file",
      () => ({ status: 302, headers: { location: "file:///etc/passwd" } }),
      "NeedsAttentionError",
      "Unreachable",
    ],
  ]
  for (const [what, script, name, reason] of cases) {
    test(`because of ${what} is ${name} ${reason}, and the message keeps its address secret`, async () => {
      const source = open(feedSettings(`${server.origin}/secret-token/feed.ics`))
      server.answer(script)

      const error = await readAs(source).catch((error: unknown) => error)

      assert.ok(error instanceof TemporaryError || error instanceof NeedsAttentionError, String(error))
      assert.deepEqual([error.name, error.reason], [name, reason])
      assert.ok(error.message.includes("127.0.0.1"), error.message)
      assert.doesNotMatch(chainOf(error), /secret-token/)
    })
  }

  test("waits as long as the server asks", async () => {
    server.answer(() => ({ status: 429, headers: { "retry-after": "120" } }))

    await assert.rejects(readAs(open(feedSettings(server.origin))), { name: "TemporaryError", retryAfterMs: 120_000 })
  })

  test("gives up on a server that does not answer, or does not finish", async () => {
    const slow: readonly [Script, string][] = [
      [() => () => {}, "Unreachable"],
      [() => response => void response.writeHead(200).write("BEGIN:VCALENDAR\r\n"), "PartialRead"],
    ]
    for (const [script, reason] of slow) {
      server.answer(script)
      await assert.rejects(readAs(open(feedSettings(server.origin, { timeoutMs: 150 }))), {
        name: "TemporaryError",
        reason,
      })
    }
  })

  test("gives up on an answer that unpacks without end", async () => {
    const bomb = gzipSync(Buffer.alloc(40 * 1024 * 1024, "x"))
    server.answer(() => ({ body: bomb, headers: { "content-encoding": "gzip" } }))

    await assert.rejects(readAs(open(feedSettings(server.origin))), {
      name: "NeedsAttentionError",
      reason: "Implausible",
    })
  })

  test("is unreachable where nobody listens", async () => {
    const closed = await startFeedServer()
    await closed.close()

    await assert.rejects(readAs(open(feedSettings(closed.origin))), { name: "TemporaryError", reason: "Unreachable" })
  })

  test("keeps what it knew, and goes on from there", async () => {
    const source = open(feedSettings(server.origin))
    server.answer(serve(one, { etag: '"v1"' }))
    await readAs(source)
    server.answer(serve("<html>"))
    await assert.rejects(readAs(source))
    server.answer(({ headers }) => ({ status: headers["if-none-match"] === '"v1"' ? 304 : 500 }))

    assert.equal((await readAs(source)).unchanged, true)
  })

  test("says nothing when it says that nothing changed, and was not asked", async () => {
    const source = open(feedSettings(server.origin))
    server.answer(serve(one))
    await readAs(source)
    server.answer(() => ({ status: 304 }))

    await assert.rejects(readAs(source), { name: "TemporaryError", reason: "Implausible" })
  })

  test("passes an abort as it is", async () => {
    const stop = new AbortController()
    server.answer(() => () => stop.abort(new Error("shutting down")))

    await assert.rejects(open(feedSettings(server.origin)).read({ identities: [] }, stop.signal), {
      message: "shutting down",
    })
  })

  for (const url of [
    "ftp://school.example/feed.ics",
    "file:///etc/passwd",
    "no address",
    "https://a:secret@b.example/",
  ]) {
    test(`is a wrong spec at ${url}`, async () => {
      const error: unknown = await readAs(open(feedSettings(url))).catch((error: unknown) => error)

      assert.ok(error instanceof NeedsAttentionError && error.reason === "InvalidSpec", String(error))
      assert.doesNotMatch(chainOf(error), /secret/)
    })
  }
})

describe("a feed over TLS", () => {
  const credential = { username: "anna", password: "pässword" }

  test("is read with the authority it is given, also as webcal", async () => {
    secure.answer(serve(one))

    for (const url of [secure.origin, secure.origin.replace("https:", "webcal:")]) {
      assert.deepEqual(keys(await readAs(open(feedSettings(url, { caBundlePem: secure.caPem })))), ["lesson-1"])
    }
  })

  test("is refused without it", async () => {
    await assert.rejects(readAs(open(feedSettings(secure.origin))), {
      name: "NeedsAttentionError",
      reason: "TLSFailed",
    })
  })

  test("is refused under another name", async t => {
    const other = await startFeedServer({ tls: true, hosts: ["school.example"] })
    t.after(() => other.close())

    const reading = readAs(open(feedSettings(other.origin, { caBundlePem: other.caPem })))

    await assert.rejects(reading, { name: "NeedsAttentionError", reason: "TLSFailed" })
  })

  test("gets the credentials, Basic or Bearer", async () => {
    secure.answer(({ headers }) => (headers.authorization === undefined ? { status: 401 } : { body: one }))

    await readAs(open(feedSettings(secure.origin, { caBundlePem: secure.caPem, credential })))
    await readAs(open(feedSettings(secure.origin, { caBundlePem: secure.caPem, credential: { bearerToken: "t0ken" } })))

    const sent = secure.asked.slice(-2).map(({ headers }) => headers.authorization)
    assert.deepEqual(sent, [`Basic ${Buffer.from("anna:pässword").toString("base64")}`, "Bearer t0ken"])
  })

  test("refuses a token that no header can hold, and does not repeat it", async () => {
    for (const bearerToken of ["the first line\nthe second", "geheim–nis", "two words"]) {
      const settings = feedSettings(secure.origin, { caBundlePem: secure.caPem, credential: { bearerToken } })

      const error: unknown = await readAs(open(settings)).catch((error: unknown) => error)

      assert.ok(error instanceof NeedsAttentionError && error.reason === "Unauthorized", String(error))
      assert.doesNotMatch(chainOf(error), /second|nis|words/)
    }
  })

  test("does not hand them on to another host, and does to its own", async t => {
    const other = await startFeedServer({ tls: true })
    t.after(() => other.close())
    other.answer(serve(one))
    secure.answer(({ path }) => ({
      status: 302,
      headers: { location: path === "/" ? "/there" : `${other.origin}/feed.ics` },
    }))
    const bundle = `${secure.caPem}\n${other.caPem}`

    const reading = await readAs(open(feedSettings(secure.origin, { caBundlePem: bundle, credential })))

    assert.deepEqual(keys(reading), ["lesson-1"])
    assert.equal(typeof secure.asked.at(-1)?.headers.authorization, "string")
    assert.deepEqual(
      other.asked.map(({ headers }) => headers.authorization),
      [undefined],
    )
  })

  test("is not fetched in the open when it redirects there", async () => {
    secure.answer(() => ({ status: 302, headers: { location: `${server.origin}/feed.ics` } }))

    const reading = readAs(open(feedSettings(secure.origin, { caBundlePem: secure.caPem })))

    await assert.rejects(reading, { name: "NeedsAttentionError", reason: "Unreachable" })
  })

  test("is the only one that gets credentials", async () => {
    const before = server.asked.length

    await assert.rejects(readAs(open(feedSettings(server.origin, { credential }))), { reason: "InvalidSpec" })
    assert.equal(server.asked.length, before)
  })
})
