import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import { reasonOf } from "../../operator/core/errors.ts"
import type { Source } from "../../operator/core/ports.ts"
import { openSource } from "../../operator/sources/index.ts"
import { calendar, vevent } from "../icalendar/calendar-text.ts"
import { type FeedServer, feedSettings, startFeedServer } from "./feed-server.ts"

let clock = Temporal.Instant.from("2026-03-01T12:00:00Z")
const deps = { proxy: {}, now: () => clock }

let server: FeedServer
let source: Source
before(async () => {
  server = await startFeedServer()
})
beforeEach(() => {
  source = openSource(deps)(feedSettings({ kind: "urlTemplate", template: `${server.origin}/feeds/{identity}/x.ics` }))
})
after(() => server.close())

const read = (...identities: readonly string[]) => source.read({ identities }, AbortSignal.timeout(20_000))

/** Everybody's calendar has one event named after the path it was asked at; `broken` is answered with a 500. */
function serveAll(broken: readonly string[] = [], subject = ""): void {
  server.answer(({ path }) =>
    broken.some(name => path.includes(name))
      ? { status: 500 }
      : { body: calendar(vevent({ UID: path, SUMMARY: subject })) },
  )
}

describe("a feed for each identity", () => {
  test("is asked for at the identity's own address, encoded", async () => {
    serveAll()

    const reading = await read("teacher/AN", "räum 1", "a?b#c")

    const keys = reading.identities.map(({ id }) =>
      [...(reading.calendars.get(id)?.events ?? [])].map(event => event.key),
    )
    assert.deepEqual(keys, [["/feeds/teacher%2FAN/x.ics"], ["/feeds/r%C3%A4um%201/x.ics"], ["/feeds/a%3Fb%23c/x.ics"]])
    assert.deepEqual(reading.identities[0], { id: "teacher/AN", kind: "teacher", name: "AN" })
  })

  test("cannot be led out of its folder by an identity", async () => {
    serveAll()

    const { failed, calendars } = await read("..", ".", "a")

    assert.deepEqual(
      failed.map(({ identity, error }) => [identity, reasonOf(error)]),
      [
        ["..", "InvalidSpec"],
        [".", "InvalidSpec"],
      ],
    )
    assert.deepEqual([...calendars.keys()], ["a"])
  })

  test("that fails keeps its last good calendar, and the others are read", async () => {
    serveAll()
    const first = await read("a", "b")
    serveAll(["/a/"], "new")

    const second = await read("a", "b")

    assert.deepEqual(
      second.failed.map(({ identity, error }) => [identity, reasonOf(error)]),
      [["a", "Unreachable"]],
    )
    assert.deepEqual(second.calendars.get("a"), first.calendars.get("a"))
    assert.notEqual(second.calendars.get("b")?.fingerprint, first.calendars.get("b")?.fingerprint)
  })

  test("that never was read has no calendar, not an empty one", async () => {
    serveAll(["/a/"])

    const { calendars, failed } = await read("a", "b")

    assert.deepEqual([[...calendars.keys()], failed.length], [["b"], 1])
  })

  test("changes exactly where it changed", async () => {
    serveAll()
    const first = await read("a", "b", "c")
    server.answer(({ path }) => ({
      body: calendar(vevent({ UID: path, SUMMARY: path.includes("/b/") ? "moved" : "" })),
    }))

    const second = await read("a", "b", "c")

    const changed = ["a", "b", "c"].filter(
      id => first.calendars.get(id)?.fingerprint !== second.calendars.get(id)?.fingerprint,
    )
    assert.deepEqual([changed, second.unchanged], [["b"], false])
  })

  test("is unchanged when all are, and the revision stays", async () => {
    serveAll()
    const first = await read("a", "b")
    clock = clock.add({ minutes: 1 })

    const second = await read("a", "b")

    assert.deepEqual([second.unchanged, second.revision], [true, first.revision])
  })

  test("is forgotten when nobody asks for it any more", async () => {
    serveAll()
    await read("a", "b")

    const second = await read("b")

    assert.deepEqual([[...second.calendars.keys()], second.unchanged], [["b"], false])
  })

  test("throws when not one could be read", async () => {
    serveAll(["feeds"])

    await assert.rejects(read("a", "b"), { name: "TemporaryError", reason: "Unreachable" })
  })

  test("needs attention when all of them do", async () => {
    server.answer(() => ({ status: 401 }))

    await assert.rejects(read("a", "b"), { name: "NeedsAttentionError", reason: "Unauthorized" })
  })

  test("is nothing to ask for when nobody asks", async () => {
    const before = server.asked.length

    const reading = await read()

    assert.deepEqual([reading.calendars.size, reading.failed, server.asked.length], [0, [], before])
  })

  test("does not overrun the server", async () => {
    server.answer(({ path }) => response => {
      setTimeout(() => response.writeHead(200).end(calendar(vevent({ UID: path }))), 5)
    })

    const { calendars } = await read(...Array.from({ length: 40 }, (_, index) => `teacher/${index}`))

    assert.equal(calendars.size, 40)
    assert.ok(server.busiest() <= 4, `${server.busiest()} at once`)
  })
})
