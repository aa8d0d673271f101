import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { checkOf, formatMark } from "../../../operator/core/origin.ts"
import type { StoredEvent } from "../../../operator/core/ports.ts"
import { unreadCopyOf } from "../../../operator/exchange/ews/copy.ts"
import type { ItemHead } from "../../../operator/exchange/ews/event/read-event.ts"
import { KnownCopies } from "../../../operator/exchange/known-copies.ts"
import { lesson } from "../../fakes/lesson.ts"
import { markFor } from "../copies.ts"

/** The mark was written on 2026-11-21 at noon, for the UID `made-here`. */
const markText = formatMark({ ...markFor(lesson(), "print"), check: checkOf("made-here") })
const window = { start: Temporal.Instant.from("2026-01-01T00:00Z"), end: Temporal.Instant.from("2027-01-01T00:00Z") }

describe("whose a mark is, seen through EWS", () => {
  const cases = [
    { what: "the item with the UID it was made with", uid: "made-here", created: "2026-12-24T08:00Z", isCopy: false },
    { what: "an item made through Graph, of the mark's age", created: "2026-11-21T12:04Z", isCopy: false },
    { what: "an item made through Graph, written again later", created: "2026-09-01T08:00Z", isCopy: false },
    { what: "a duplicate made days later", created: "2026-11-24T08:00Z", isCopy: true },
    { what: "an item that does not say when it was made", created: undefined, isCopy: true },
  ]
  for (const { what, uid = "of-exchange", created, isCopy } of cases)
    test(`${what} is ${isCopy ? "somebody's duplicate" : "our copy"}`, () => {
      assert.deepEqual(listed(head("a", uid, created)), { a: isCopy })
    })

  test("beside an original that is proven, even a duplicate made at once is one", () => {
    const [original, duplicate] = [head("a", "made-here", "2026-11-21T12:00Z"), head("b", "other", "2026-11-21T12:01Z")]

    assert.deepEqual(listed(duplicate, original), { a: false, b: true })
  })

  test("a duplicate says whether its original is in the calendar, though it may be out of sight", () => {
    const [original, duplicate] = [head("a", "made-here", "2026-11-21T12:00Z"), head("b", "other", "2026-11-24T08:00Z")]

    assert.deepEqual(
      [known(duplicate, original), known(duplicate)].map(copies =>
        copies.inWindow(window).map(({ id, hasOriginal }) => [id, hasOriginal]),
      ),
      [
        [
          ["b", true],
          ["a", false],
        ],
        [["b", false]],
      ],
    )
  })
})

function head(id: string, uid: string, created: string | undefined): ItemHead {
  const createdMs = created === undefined ? {} : { createdMs: Temporal.Instant.from(created).epochMilliseconds }
  return { id, version: "1", kind: "Single", isMeeting: false, markText, uid, ...createdMs }
}

/** Which of the items are listed as copies of another. */
function listed(...heads: readonly ItemHead[]): Readonly<Record<string, boolean | undefined>> {
  const isCopy = ({ id, isCopyOfAnother }: StoredEvent) => [id, isCopyOfAnother] as const
  return Object.fromEntries(
    known(...heads)
      .inWindow(window)
      .map(isCopy)
      .toSorted(),
  )
}

function known(...heads: readonly ItemHead[]): KnownCopies {
  const copies = new KnownCopies()
  for (const one of heads) {
    const copy = unreadCopyOf(one)
    if (copy) copies.set(copy)
  }
  return copies
}
