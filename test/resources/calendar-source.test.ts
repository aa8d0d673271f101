import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { NeedsAttentionError } from "../../operator/core/errors.ts"
import { type CalendarSourceSpec, readSource } from "../../operator/resources/calendar-source.ts"

const feed: CalendarSourceSpec = { ical: { url: "https://example.com/a.ics" } }

describe("a CalendarSource", () => {
  test("of a feed is read every minute and given half a minute to answer", () => {
    assert.deepEqual(readSource(feed), {
      origin: { kind: "ical", location: { kind: "url", url: "https://example.com/a.ics" }, identityBy: "uid" },
      intervalMs: 60_000,
      timeoutMs: 30_000,
      suspended: false,
    })
  })

  test("of a feed per identity keeps the template, its credentials and its authority", () => {
    const { origin } = readSource({
      ical: {
        urlTemplate: "https://example.com/{identity}.ics",
        credentialsSecretRef: { name: "feed" },
        caBundle: { configMapRef: { name: "corp-ca", key: "root.pem" } },
      },
    })
    assert.deepEqual(origin, {
      kind: "ical",
      location: { kind: "urlTemplate", template: "https://example.com/{identity}.ics" },
      identityBy: "uid",
      credentialsSecretName: "feed",
      caBundle: { configMapName: "corp-ca", key: "root.pem" },
    })
  })

  test("from a ConfigMap looks under the usual key", () => {
    const { origin } = readSource({ ical: { configMapRef: { name: "year" } } })
    assert.deepEqual(origin, {
      kind: "ical",
      location: { kind: "configMap", configMapName: "year", key: "calendar.ics" },
      identityBy: "uid",
    })
  })

  for (const [eventKey, identityBy] of [
    ["UID", "uid"],
    ["UIDAndStart", "uidAndStart"],
    ["Content", "content"],
  ] as const) {
    test(`with eventKey ${eventKey} recognises events by ${identityBy}`, () => {
      const { origin } = readSource({ ical: { url: "https://example.com/a.ics", eventKey } })
      assert.equal(origin.kind === "ical" && origin.identityBy, identityBy)
    })
  }

  test("of events without a selector takes all of the namespace", () => {
    assert.deepEqual(readSource({ events: {} }).origin, { kind: "events", selector: {} })
  })

  test("keeps its zone in the spelling everything else uses", () => {
    assert.equal(readSource({ ...feed, timeZone: "europe/copenhagen" }).timeZone, "Europe/Copenhagen")
  })

  for (const [field, spec] of [
    ["spec.timeZone", { ...feed, timeZone: "Europe/Atlantis" }],
    ["spec.interval", { ...feed, interval: "5s" }],
    ["spec.interval", { ...feed, interval: "8d" }],
    ["spec.interval", { ...feed, interval: "soon" }],
    ["spec.timeout", { ...feed, timeout: "0s" }],
    ["spec.timeout", { ...feed, timeout: "1h" }],
  ] as const) {
    test(`that asks for ${JSON.stringify(spec)} is told about ${field}`, () => {
      assert.throws(
        () => readSource(spec),
        (error: unknown) => {
          assert.ok(error instanceof NeedsAttentionError)
          assert.equal(error.reason, "InvalidSpec")
          assert.match(error.message, new RegExp(`^${field} must `))
          return true
        },
      )
    })
  }
})
