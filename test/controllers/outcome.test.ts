import assert from "node:assert/strict"
import { test } from "node:test"
import { outcomeOfError, outcomeOfReport, type SyncOutcome } from "../../operator/controllers/outcome.ts"
import { retryMs } from "../../operator/controllers/sync-timing.ts"
import { bugTold, isBug, verdictOf } from "../../operator/controllers/verdict.ts"
import { NeedsAttentionError, TemporaryError } from "../../operator/core/errors.ts"
import { reasons } from "../../operator/resources/reasons.ts"
import { NotLeaderError } from "../../operator/runtime/fence.ts"
import { ago, now, policy, ready, report, syncObject } from "./builders.ts"

const never = new AbortController().signal
const middle = () => 0.5
const temporary = (reason = "Unreachable") => new TemporaryError("no answer", { reason })
const attention = (reason: string) => new NeedsAttentionError("somebody must do something", { reason })
const wasReady = (consecutiveFailures: number, lastSyncTime = ago({ minutes: 5 })) =>
  syncObject({ conditions: [ready("True", "Succeeded")], consecutiveFailures, lastSyncTime })

function said(outcome: SyncOutcome): Readonly<Record<string, string>> {
  return Object.fromEntries(outcome.conditions.map(({ type, status, reason }) => [type, `${status}/${reason}`]))
}

test("a good pass is Ready and InSync, whatever was before", () => {
  const sync = syncObject({ conditions: [ready("False", "Unreachable")], consecutiveFailures: 9 })
  const outcome = outcomeOfReport(report(), { sync, policy, now })
  assert.deepEqual(said(outcome), { Ready: "True/Succeeded", Synced: "True/InSync" })
  assert.deepEqual([outcome.consecutiveFailures, outcome.retry], [0, undefined])
})

test("copies that are suddenly not listed are looked for again at their time, not sooner", () => {
  const synced = { status: "False", reason: "PartiallyApplied", message: "the mailbox shows none" } as const
  const { goodPassAt: _good, ...doubtful } = report({ synced, secondLookAt: now.add({ minutes: 10 }) })
  const outcome = outcomeOfReport(doubtful, { sync: wasReady(0), policy, now: now.add({ seconds: 30 }) })

  assert.deepEqual(said(outcome), {
    Ready: "True/Succeeded",
    Reconciling: "True/ProgressingWithRetry",
    Synced: "False/PartiallyApplied",
  })
  assert.deepEqual(outcome.retry, { sooner: true, afterMs: 570_000 })
})

for (const { failures, expected } of [
  { failures: 0, expected: "True/Succeeded" },
  { failures: 1, expected: "True/Succeeded" },
  { failures: 2, expected: "False/Unreachable" },
]) {
  test(`failure number ${failures + 1} of a mailbox that was Ready leaves it ${expected}`, () => {
    const outcome = outcomeOfError(temporary(), { sync: wasReady(failures), policy, now })
    const { Ready, Synced, Reconciling } = said(outcome)
    assert.deepEqual([Ready, Synced, Reconciling], [expected, "False/Unreachable", "True/ProgressingWithRetry"])
    assert.equal(outcome.consecutiveFailures, failures + 1)
  })
}

test("one failure is enough when the last good pass is older than staleAfter", () => {
  const outcome = outcomeOfError(temporary(), { sync: wasReady(0, ago({ hours: 2 })), policy, now })
  assert.equal(said(outcome)["Ready"], "False/Unreachable")
})

test("what a person must mend is Stalled at once, and never Reconciling too", () => {
  for (const [reason, conditions] of Object.entries(reasons)) {
    if (!conditions.some(type => type === "Stalled") || reason === "AccessDenied") continue
    const conditionsNow = said(outcomeOfError(attention(reason), { sync: wasReady(0), policy, now }))
    assert.equal(conditionsNow["Ready"], `False/${reason}`)
    assert.equal(conditionsNow["Stalled"], `True/${reason}`)
    assert.equal(conditionsNow["Reconciling"], undefined)
  }
})

test("Synced says a reason of its own, and DependencyNotReady for what is another object's trouble", () => {
  const syncedOf = (reason: string) =>
    said(outcomeOfError(attention(reason), { sync: syncObject(), policy, now }))["Synced"]
  assert.equal(syncedOf("MailboxNotFound"), "False/MailboxNotFound")
  for (const reason of ["RefNotFound", "RefNotPermitted", "InvalidSpec", "OverPrivileged", "SecretNotFound"]) {
    assert.equal(syncedOf(reason), "False/DependencyNotReady")
  }
})

test("a refusal by Exchange is final only after the two hours that a grant may take", () => {
  const refusedSince = (since: string) =>
    syncObject({ conditions: [{ ...ready("False", "AccessDenied", since), type: "Synced" }] })
  const young = said(
    outcomeOfError(attention("AccessDenied"), { sync: refusedSince(ago({ minutes: 119 })), policy, now }),
  )
  const old = said(
    outcomeOfError(attention("AccessDenied"), { sync: refusedSince(ago({ minutes: 121 })), policy, now }),
  )
  assert.deepEqual([young["Reconciling"], young["Stalled"]], ["True/ProgressingWithRetry", undefined])
  assert.deepEqual([old["Reconciling"], old["Stalled"]], [undefined, "True/AccessDenied"])
})

test("a held plan is Stalled, and no failure", () => {
  const hold = { by: "DeletionGuard" as const, token: "t", message: "6 of 12" }
  const synced = { status: "False" as const, reason: "PartiallyApplied", message: "6 of 12" }
  const outcome = outcomeOfReport(report({ hold, synced }), { sync: wasReady(0), policy, now })
  assert.equal(said(outcome)["Stalled"], "True/DeletionGuard")
  assert.equal(outcome.consecutiveFailures, 0)
})

test("an event that stays wrong is looked at with the interval, and its count ends where it has made its point", () => {
  const synced = { status: "False" as const, reason: "PartiallyApplied", message: "1 of 2, 1 failed" }
  const outcome = outcomeOfReport(report({ synced }), { sync: wasReady(3), policy, now })
  assert.deepEqual([outcome.consecutiveFailures, outcome.retry], [3, undefined])
  assert.equal(said(outcome)["Ready"], "False/PartiallyApplied")
})

test("tries after failures come ever later, and for a person never sooner than the interval", () => {
  const after = (consecutiveFailures: number, sooner: boolean, afterMs?: number) =>
    retryMs({ consecutiveFailures, retry: { sooner, ...(afterMs && { afterMs }) } }, policy, middle)
  assert.deepEqual(
    [1, 2, 3, 20].map(count => after(count, true)),
    [5_000, 10_000, 20_000, 900_000],
  )
  assert.deepEqual(
    [1, 20].map(count => after(count, false)),
    [300_000, 900_000],
  )
  assert.equal(after(1, true, 120_000), 120_000)
})

test("a mistake of ours is InternalError, told without its words; our own end and a refusal are no mistakes", () => {
  const stopped = AbortSignal.abort()
  assert.equal(isBug(new TypeError("subject of the meeting"), never), true)
  assert.equal(isBug(new TypeError("x"), stopped), false)
  assert.equal(isBug(new NotLeaderError(), never), false)
  assert.equal(isBug(temporary(), never), false)
  const outcome = outcomeOfError(bugTold(), { sync: syncObject(), policy, now })
  assert.equal(said(outcome)["Synced"], "False/InternalError")
  assert.throws(() => verdictOf(new TypeError("x")), TypeError)
})
