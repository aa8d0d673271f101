import assert from "node:assert/strict"
import { test } from "node:test"
import { desiredSet } from "../../operator/core/desired.ts"
import { fingerprint } from "../../operator/core/fingerprint.ts"
import { checkOf, keyHash } from "../../operator/core/origin.ts"
import { type Plan, planSync } from "../../operator/core/plan.ts"
import { parsePolicy, syncWindow } from "../../operator/core/policy.ts"
import type { StoredEvent } from "../../operator/core/ports.ts"
import { at, lesson } from "../fakes/lesson.ts"
import { MemoryCalendar } from "../fakes/memory-calendar.ts"
import { now, ownership, source } from "../sync/mailbox-story.ts"

const calendar = new MemoryCalendar()
const stored = calendar.normalize(lesson({ key: "maths", showAs: "Busy" }))

function copy(id: string, madeAs: string, writtenAt = at("2026-11-20T12:00")): StoredEvent {
  const { installation, cluster, owner } = ownership()
  const print = fingerprint(stored)
  const mark = {
    installation,
    cluster,
    owner,
    key: keyHash("maths"),
    fingerprint: print,
    writtenAt,
    check: checkOf(madeAs),
  }
  return { id, version: `${id}-1`, mark, fingerprint: print, event: stored }
}

function plan(...events: readonly StoredEvent[]): Plan {
  const policy = parsePolicy({})
  const window = syncWindow(policy, now)
  const desired = desiredSet({ source: source([lesson({ key: "maths" })]), policy, calendar, window })
  const listing = { events, window, complete: true, problems: [] }
  return planSync({ desired, listing, ownership: ownership(), policy, window, firstSyncDone: true, now })
}

function told({ operations }: Plan): readonly (readonly string[])[] {
  return operations.map(operation => [operation.kind, operation.reason, "copy" in operation ? operation.copy.id : ""])
}

test("two copies made by two creates: the younger is ours to remove", () => {
  const [old, young] = [copy("old", "create-1"), copy("young", "create-2", at("2026-11-21T12:00"))]

  assert.deepEqual(told(plan(young, old)), [["remove", "Duplicate", "young"]])
})

test("two copies of one create: one is somebody's duplicate nobody noticed, and is never deleted", () => {
  assert.deepEqual(told(plan(copy("a", "create-1"), copy("b", "create-1"))), [["strip", "DuplicatedByUser", "b"]])
})

test("two copies of one create whose event is gone: one is removed, the other is somebody's and stays", () => {
  const gone = (id: string) => {
    const made = copy(id, "create-1")
    return made.mark ? { ...made, mark: { ...made.mark, key: keyHash("gone") }, fingerprint: "edited" } : made
  }

  const rest = told(plan(gone("a"), gone("b"))).filter(([kind]) => kind !== "create")

  assert.deepEqual(rest, [
    ["strip", "DuplicatedByUser", "b"],
    ["remove", "SourceGone", "a"],
  ])
})

test("a duplicate stands in for an original that is gone, and not for one that is only out of the window", () => {
  const duplicate = { ...copy("b", "create-1"), isCopyOfAnother: true }

  assert.deepEqual(told(plan({ ...duplicate, hasOriginal: false })), [["adopt", "OriginalGone", "b"]])
  assert.deepEqual(
    told(plan({ ...duplicate, hasOriginal: true })).map(([kind]) => kind),
    ["create", "strip"],
  )
})

test("of two copies the one that is right is kept, whichever is older", () => {
  const wrong = { ...copy("old", "create-1"), fingerprint: "edited" }
  const right = copy("young", "create-2", at("2026-11-21T12:00"))

  assert.deepEqual(told(plan(wrong, right)), [["remove", "Duplicate", "old"]])
})

test("a mark stays tied to its own item through every rewriting", () => {
  const { operations } = plan({ ...copy("a", "create-1"), fingerprint: "edited" })
  const [restore] = operations

  assert.equal(restore?.kind === "restore" && restore.mark.check, checkOf("create-1"))
  assert.equal(restore?.kind === "restore" && restore.copy.version, "a-1")
})

test("a copy that does not say when it is is never removed", () => {
  const { event: _, ...silent } = copy("a", "create-1")
  const mark = silent.mark && { ...silent.mark, key: keyHash("gone") }
  assert.ok(mark)

  const { operations, kept } = plan({ ...silent, mark })

  assert.ok(operations.every(({ kind }) => kind === "create"))
  assert.equal(kept.OutsideWindow, 1)
})
