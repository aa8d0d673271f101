import assert from "node:assert/strict"
import { test } from "node:test"
import { changeKey, folderId, globalObjectId, itemId, parseFolderId, parseItemId } from "./store/ids.ts"

const mailbox = "7f2c1d1e-2222-4333-8444-555566667777"
const ref = { mailbox, number: 4711, folder: 2 }

test("both forms of an id name the same item, and are as long as the real ones", () => {
  const [classic, immutable] = [itemId(ref, "classic"), itemId(ref, "immutable")]
  assert.deepEqual(parseItemId(classic), { form: "classic", ...ref })
  assert.deepEqual(parseItemId(immutable), { form: "immutable", mailbox, number: 4711 })
  assert.deepEqual([classic.length, immutable.length], [136, 68])
})

test("an occurrence's id carries its original date", () => {
  for (const form of ["classic", "immutable"] as const) {
    const id = itemId({ ...ref, date: "2026-03-10" }, form)
    assert.equal(parseItemId(id)?.date, "2026-03-10")
    assert.ok(id.length > itemId(ref, form).length)
  }
})

test("ids are case-sensitive, and nothing else passes for one", () => {
  const id = itemId(ref, "classic")
  assert.equal(parseItemId(id.toLowerCase()), undefined)
  assert.equal(parseItemId("no id at all"), undefined)
  assert.equal(parseItemId(id.slice(0, -4)), undefined)
  assert.equal(parseItemId(folderId(mailbox, 2)), undefined)
  assert.deepEqual(parseFolderId(folderId(mailbox, 9)), { mailbox, folder: 9 })
  assert.equal(parseFolderId(id), undefined)
})

test("the global object id of an occurrence differs from its series in the date only", () => {
  const uid = "AB".repeat(16)
  const series = globalObjectId(uid)
  const occurrence = globalObjectId(uid, "2026-12-24")
  assert.equal(occurrence.slice(32, 40), "07EA0C18")
  assert.equal(occurrence.replace("07EA0C18", "00000000"), series)
  assert.match(globalObjectId("lesson-1@school"), /7643616C2D556964/)
})

test("every write has a change key of its own", () => {
  assert.notEqual(changeKey(1), changeKey(2))
})
