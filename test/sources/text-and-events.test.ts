import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { CalendarEvent } from "../../operator/core/event.ts"
import type { EventsSettings, ManifestEvent, Source } from "../../operator/core/ports.ts"
import { openSource } from "../../operator/sources/index.ts"
import { calendar, vevent } from "../icalendar/calendar-text.ts"
import { feedSettings } from "./feed-server.ts"

const open = openSource({ proxy: {}, now: () => Temporal.Instant.from("2026-03-01T12:00:00Z") })
const read = (source: Source, ...identities: readonly string[]) =>
  source.read({ identities }, AbortSignal.timeout(20_000))

const fromText = (text: string, rest = {}) => open(feedSettings({ kind: "text", text, revision: "42" }, rest))

describe("a text at hand", () => {
  test("is the calendar of everybody, under the revision it came with", async () => {
    const source = fromText(calendar(vevent()))

    const first = await read(source, "team/a")
    const second = await read(source, "team/a")

    assert.deepEqual([first.revision, first.unchanged, second.unchanged], ["42", false, true])
    assert.deepEqual(
      [...(first.calendars.get("team/a")?.events ?? [])].map(event => event.key),
      ["lesson-1"],
    )
  })

  test("that is no calendar needs a person", async () => {
    await assert.rejects(read(fromText("hello")), { name: "NeedsAttentionError", reason: "Implausible" })
    await assert.rejects(read(fromText(calendar(vevent()).slice(0, -20))), {
      name: "NeedsAttentionError",
      reason: "ParseError",
    })
  })

  test("is read in the source's zone, with the identity it is told to use", async () => {
    const text = calendar(vevent({ DTSTART: "20260302T080000", DTEND: "20260302T090000" }))

    const { calendars } = await read(fromText(text, { timeZone: "Europe/Oslo", identityBy: "uidAndStart" }))

    assert.deepEqual(
      [...(calendars.get("feed")?.events ?? [])].map(event => event.key),
      ["lesson-1/20260302T070000Z"],
    )
  })

  test("can be read again after an aborted reading", async () => {
    const source = fromText(calendar(...Array.from({ length: 1_000 }, (_, index) => vevent({ UID: `${index}` }))))

    await assert.rejects(source.read({ identities: [] }, AbortSignal.abort()))

    assert.equal((await read(source)).calendars.get("feed")?.events.length, 1_000)
  })
})

const maintenance: CalendarEvent = {
  key: "maintenance",
  subject: "Maintenance",
  time: { allDay: true, start: Temporal.PlainDate.from("2026-12-24"), end: Temporal.PlainDate.from("2026-12-25") },
}

function manifests(...events: readonly ManifestEvent[]): EventsSettings {
  return { kind: "events", name: "calendars/manifests", events, revision: "7" }
}

describe("manifests", () => {
  const release: CalendarEvent = { ...maintenance, key: "release", subject: "Release" }
  const settings = manifests(
    { event: maintenance, identities: ["team/a", "team/b"] },
    { event: release, identities: ["team/b"] },
    { problem: { key: "broken", reason: "InvalidSpec", message: "spec.start is no time" }, identities: ["team/a"] },
  )

  test("are in the calendars of the identities they name", async () => {
    const reading = await read(open(settings))

    const keys = [...reading.calendars].map(([id, { events }]) => [id, [...events].map(event => event.key)])
    assert.deepEqual(keys, [
      ["team/a", ["maintenance"]],
      ["team/b", ["maintenance", "release"]],
    ])
    assert.deepEqual(
      reading.identities.map(identity => identity.id),
      ["team/a", "team/b"],
    )
    assert.equal(reading.revision, "7")
  })

  test("give an identity that is an e-mail address as its own address, with a kind or without", async () => {
    const identities = ["anna@contoso.com", "Room/a1@contoso.com", "team/a", "Room/a1@contoso.com <b>"]

    const reading = await read(open(manifests({ event: maintenance, identities })))

    assert.deepEqual(
      reading.identities.map(({ address }) => address),
      ["anna@contoso.com", "a1@contoso.com", undefined, undefined],
    )
  })

  test("that are broken are a problem of their identities only", async () => {
    const { calendars } = await read(open(settings))

    assert.deepEqual(
      calendars.get("team/a")?.problems.map(problem => problem.key),
      ["broken"],
    )
    assert.deepEqual(calendars.get("team/b")?.problems, [])
  })

  test("name nobody else: an identity that is asked for has an empty calendar", async () => {
    const { calendars } = await read(open(settings), "team/c")

    assert.deepEqual([calendars.get("team/c")?.events.length, calendars.get("team/c")?.complete], [0, true])
  })

  test("are unchanged when read again, and have the same fingerprint when opened again", async () => {
    const source = open(settings)
    const first = await read(source)
    const second = await read(source)
    const again = await read(open(settings))
    const changed = await read(open(manifests({ event: { ...maintenance, location: "Hall" }, identities: ["team/a"] })))

    const print = ({ calendars }: typeof first) => calendars.get("team/a")?.fingerprint
    assert.deepEqual([first.unchanged, second.unchanged], [false, true])
    assert.deepEqual([print(again), print(second)], [print(first), print(first)])
    assert.notEqual(print(changed), print(first))
  })
})
