import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { requestedAt } from "../../operator/resources/api-group.ts"
import { calendarSyncName } from "../../operator/resources/calendar-sync.ts"

test("a sync's name tells people which mailbox it is", () => {
  const name = calendarSyncName({ binding: "timetable", mailbox: "anna@school.dk", identity: "teacher/AN" })
  assert.match(name, /^timetable-anna-school-dk-[0-9a-f]{10}$/)
})

test("two identities in one mailbox are two syncs", () => {
  const names = ["teacher/AN", "room/AN"].map(identity =>
    calendarSyncName({ binding: "timetable", mailbox: "anna@school.dk", identity }),
  )
  assert.equal(new Set(names).size, 2)
})

test("whatever mailboxes and identities are called, the name is one Kubernetes takes, and always the same", () => {
  const text = fc.string({ unit: "binary", minLength: 1, maxLength: 300 })
  fc.assert(
    fc.property(text, text, text, (binding, mailbox, identity) => {
      const name = calendarSyncName({ binding, mailbox, identity })
      assert.match(name, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
      assert.ok(name.length <= 253)
      assert.equal(name, calendarSyncName({ binding, mailbox, identity }))
    }),
  )
})

test("the longest binding and address still make a name Kubernetes takes", () => {
  const name = calendarSyncName({ binding: "b".repeat(253), mailbox: `${"m".repeat(190)}@school.dk`, identity: "x" })
  assert.ok(name.length <= 253, `${name.length}`)
})

test("the later of two tools that ask for a pass is heard", () => {
  const calsync = "2026-11-24T10:00:00Z"
  const flux = "2026-11-24T11:00:00Z"
  assert.equal(requestedAt({ "calsync.dev/requestedAt": calsync, "reconcile.fluxcd.io/requestedAt": flux }), flux)
  assert.equal(requestedAt({ "calsync.dev/requestedAt": calsync }), calsync)
  assert.equal(requestedAt({}), undefined)
  assert.equal(requestedAt(undefined), undefined)
})
