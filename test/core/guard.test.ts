import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { guardPlan } from "../../operator/core/guard.ts"
import type { Operation, RemoveReason } from "../../operator/core/operation.ts"
import type { Plan } from "../../operator/core/plan.ts"
import { parsePolicy } from "../../operator/core/policy.ts"

/** A plan that removes some of so many copies, while the source still wants the others. */
function removing(count: number, { of, reason = "SourceGone" }: { of: number; reason?: RemoveReason }): Plan {
  const operations = Array.from({ length: count }, (_, index): Operation => {
    return { kind: "remove", reason, copy: { id: `item-${index}`, version: "1" }, key: `key-${index}` }
  })
  const wanted = Array.from({ length: of - count }, () => ({}) as Plan["inStep"][number])
  const kept = { OutsideWindow: 0, SourceIncomplete: 0, MailboxIncomplete: 0, EventUnreadable: 0 }
  return {
    operations,
    withheld: [],
    inStep: wanted,
    tolerated: [],
    skipped: [],
    ambiguous: 0,
    kept,
    orphans: 0,
    ownCopies: of,
  }
}

function holdOf(plan: Plan, guard = { maxPercent: 30, maxCount: 100 }, approvedToken?: string) {
  return guardPlan({ plan, policy: parsePolicy({ deletion: { guard } }), firstSyncDone: true, approvedToken }).hold
}

describe("the deletion guard", () => {
  const stories = [
    ["a few of a small calendar", removing(3, { of: 3 }), false],
    ["the last four of a calendar", removing(4, { of: 4 }), true],
    ["a handful that is half of a small calendar", removing(10, { of: 20 }), false],
    ["half of a calendar", removing(11, { of: 22 }), true],
    ["nearly all of a calendar", removing(19, { of: 20 }), true],
    ["more than the count, though a small part", removing(101, { of: 1000 }), true],
    ["more than the part, though a small count", removing(50, { of: 100 }), true],
    ["exactly the count", removing(100, { of: 1000 }), false],
    ["exactly the part", removing(30, { of: 100 }), false],
    ["copies that only change their shape", removing(200, { of: 300, reason: "Reshaped" }), false],
  ] as const

  for (const [what, plan, isHeld] of stories) {
    test(`${isHeld ? "holds" : "lets through"} ${what}`, () => {
      assert.equal(holdOf(plan)?.by, isHeld ? "DeletionGuard" : undefined)
    })
  }

  test("with a count of zero lets no deletion through, with a percentage of a hundred looks at the count alone", () => {
    assert.equal(holdOf(removing(1, { of: 10 }), { maxPercent: 30, maxCount: 0 })?.by, "DeletionGuard")
    assert.equal(holdOf(removing(80, { of: 100 }), { maxPercent: 100, maxCount: 100 }), undefined)
  })

  test("holds what would nearly empty a calendar, even where the policy allows everything", () => {
    assert.equal(holdOf(removing(19, { of: 20 }), { maxPercent: 100, maxCount: 100_000 })?.by, "DeletionGuard")
  })

  test("says how many of how many, and the token that lets them through", () => {
    const hold = holdOf(removing(101, { of: 300 }))

    assert.match(hold?.message ?? "", /^101 of 300 copies would be deleted/)
    assert.ok(hold?.message.endsWith(`approve ${hold.token}`))
    assert.equal(holdOf(removing(101, { of: 300 }), undefined, hold?.token), undefined)
  })

  test("has one token for one set of deletions, whatever their order and versions", () => {
    const plan = removing(101, { of: 300 })
    const shuffled = plan.operations
      .toReversed()
      .map(operation => ({ ...operation, copy: { id: "copy" in operation ? operation.copy.id : "", version: "2" } }))
    assert.equal(holdOf({ ...plan, operations: shuffled as Operation[] })?.token, holdOf(plan)?.token)
    assert.notEqual(holdOf(removing(102, { of: 300 }))?.token, holdOf(plan)?.token)
  })
})
