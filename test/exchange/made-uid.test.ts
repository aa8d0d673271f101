import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { checkOf, formatMark, markProperty } from "../../operator/core/origin.ts"
import { copyOf } from "../../operator/exchange/graph/copy.ts"
import { readItem } from "../../operator/exchange/graph/read-event.ts"
import { madeUid } from "../../operator/exchange/made-uid.ts"
import { lesson } from "../fakes/lesson.ts"
import { markFor } from "./copies.ts"

/** Sixteen bytes of class id, twenty without a date, the size, `vCal-Uid`, 1, then `lesson-17` and its end. */
const wrapped = `${"040000008200E00074C5B7101A82E008"}${"00".repeat(20)}16000000${"7643616C2D556964"}01000000${"6C6573736F6E2D3137"}00`
const exchangesOwn = `${"040000008200E00074C5B7101A82E008"}${"00".repeat(20)}10000000${"8D4FA3B0C0DE4E1F9A7B112233445566"}`

describe("the UID an item was made with", () => {
  const cases = [
    { shown: "lesson-17", made: "lesson-17", what: "as it came" },
    { shown: wrapped, made: "lesson-17", what: "inside Exchange's own id" },
    { shown: wrapped.toLowerCase(), made: "lesson-17", what: "inside Exchange's own id, in small letters" },
    { shown: exchangesOwn, made: exchangesOwn, what: "when Exchange gave it itself" },
  ]
  for (const { shown, made, what } of cases) test(what, () => assert.equal(madeUid(shown), made))
})

describe("a copy made through EWS, seen through Graph", () => {
  for (const iCalUId of ["lesson-17", wrapped])
    test(`is the original when its UID is shown as ${iCalUId.slice(0, 9)}…`, () => {
      assert.equal(copyShowing(iCalUId)?.tie, "Proven")
    })

  for (const iCalUId of ["lesson-18", exchangesOwn, undefined])
    test(`is a duplicate under the UID ${iCalUId?.slice(0, 9)}`, () => {
      assert.equal(copyShowing(iCalUId)?.tie, "None")
    })
})

function copyShowing(iCalUId: string | undefined) {
  const mark = { ...markFor(lesson(), "print"), check: checkOf("lesson-17") }
  const id = `String {${markProperty.setId}} Name ${markProperty.name}`
  const record = {
    id: "AAMk",
    "@odata.etag": 'W/"1"',
    type: "singleInstance",
    singleValueExtendedProperties: [{ id, value: formatMark(mark) }],
    ...(iCalUId === undefined ? {} : { iCalUId }),
  }
  const item = readItem(record)
  return item && copyOf(item)
}
