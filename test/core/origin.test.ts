import assert from "node:assert/strict"
import { describe, test } from "node:test"
import fc from "fast-check"
import { checkOf, formatMark, keyHash, type Mark, ownerOf, parseMark } from "../../operator/core/origin.ts"

const mark: Mark = {
  installation: "school-dk",
  cluster: "9f3c1a7e-0000-4000-8000-000000000000",
  owner: ownerOf({ bindingNamespace: "calendars", bindingName: "timetable", identity: "teacher/AN" }),
  key: keyHash("lesson-4711"),
  occurrence: "20261201T070000Z",
  fingerprint: "fingerprint-of-22-chars",
  writtenAt: Temporal.Instant.from("2026-11-25T11:00:00Z"),
  check: checkOf("create-1"),
}

const names = fc.stringMatching(/^[a-zA-Z0-9]([-_.a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$/)

describe("a mark", () => {
  test("comes back from its text as it was", () => {
    assert.deepEqual(parseMark(formatMark(mark)), mark)
  })

  test("comes back for every legal name and every key, and always fits 254 characters", () => {
    fc.assert(
      fc.property(names, names, fc.string(), fc.string(), (installation, cluster, key, identity) => {
        const owner = ownerOf({ bindingNamespace: identity, bindingName: key, identity })
        const written = { ...mark, installation, cluster, key: keyHash(key), owner, check: checkOf(key) }
        const text = formatMark(written)
        assert.ok(text.length <= 254)
        assert.deepEqual(parseMark(text), written)
      }),
    )
  })

  test("of the longest names still fits", () => {
    const longest = { ...mark, installation: "i".repeat(63), cluster: "c".repeat(63) }

    assert.ok(formatMark(longest).length <= 254)
  })

  test("that Exchange would cut is not written", () => {
    assert.throws(() => formatMark({ ...mark, fingerprint: "f".repeat(200) }), RangeError)
  })

  test("keeps time to the second", () => {
    const written = { ...mark, writtenAt: Temporal.Instant.from("2026-11-25T11:00:00.987Z") }

    assert.equal(parseMark(formatMark(written))?.writtenAt.toString(), "2026-11-25T11:00:00Z")
  })

  test("with fields a later release appended is still read", () => {
    assert.deepEqual(parseMark(`${formatMark(mark)}|something-new`), mark)
  })

  for (const [what, text] of Object.entries({
    nothing: "",
    "somebody else's text": "hello",
    "another version": formatMark(mark).replace("calsync1", "calsync2"),
    "a text that was cut": formatMark(mark).slice(0, 60),
    "a broken escape": formatMark(mark).replace("school-dk", "%E0%"),
    "a time that is none": formatMark(mark).replace(/\|[0-9a-z]{6}\|/, "|*|"),
    "a text too long to be ours": `${formatMark(mark)}|${"x".repeat(255)}`,
  })) {
    test(`is not read from ${what}`, () => {
      assert.equal(parseMark(text), undefined)
    })
  }

  test("is never invented: any text gives a mark or nothing, without an error", () => {
    fc.assert(fc.property(fc.string(), text => void parseMark(`calsync1|${text}`)))
  })

  test("refuses names that would not fit, before they are written", () => {
    assert.throws(() => formatMark({ ...mark, installation: "i".repeat(64) }), RangeError)
    assert.throws(() => formatMark({ ...mark, cluster: "a|b" }), RangeError)
  })
})

test("an owner is another one when any of its names is, even where they would join to the same text", () => {
  const owners = [
    ownerOf({ bindingNamespace: "a", bindingName: "b", identity: "c" }),
    ownerOf({ bindingNamespace: "ab", bindingName: "", identity: "c" }),
    ownerOf({ bindingNamespace: "a", bindingName: "b", identity: "c", calendar: "Timetable" }),
    ownerOf({ bindingNamespace: "a", bindingName: "bc", identity: "" }),
  ]

  assert.equal(new Set(owners).size, owners.length)
})
