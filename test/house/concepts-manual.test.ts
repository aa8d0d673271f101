import assert from "node:assert/strict"
import { test } from "node:test"
import { keyHash, ownerOf, parseMark } from "../../operator/core/origin.ts"
import { parsePolicy } from "../../operator/core/policy.ts"
import { codeOf, read, rowsOf } from "./manuals.ts"

const text = read("docs/concepts.md")

test("the mark that is shown is one, and its fields are told by their right names", () => {
  const shown = /^ {4}(calsync1\|.*)$/m.exec(text)?.[1] ?? ""
  const mark = parseMark(shown)
  assert.ok(mark)
  assert.equal(mark.owner, ownerOf({ bindingNamespace: "calendars", bindingName: "timetable", identity: "AN" }))
  assert.equal(mark.key, keyHash("lesson-4711@timetable.example.com"))
  const told = shown.split("|").map((value, at) => [fieldNames[at], value === "" ? "empty" : value])
  assert.deepEqual(
    rowsOf(text)
      .filter(([name]) => fieldNames.includes(name ?? ""))
      .map(([name, value]) => [name, codeOf(value) ?? value]),
    told,
  )
})

test("the defaults that are told are those of a policy without a word", () => {
  const { window, schedule, deletion, firstSync, drift } = parsePolicy({})
  assert.ok(text.includes(`window: { past: ${window.past.days}d, future: ${window.future.days}d }`))
  assert.ok(text.includes(`the policy's \`interval\` of ${schedule.intervalMs / 60_000} minutes`))
  assert.ok(text.includes(`\`${schedule.fullResync.cron}\` in ${schedule.fullResync.timeZone}`))
  assert.ok(text.includes(`copies would go (${deletion.guard.maxCount} unless`))
  assert.ok(text.includes(`of the copies in the window (${deletion.guard.maxPercent})`))
  assert.ok(text.includes(`\`firstSync.skipOlderThan: ${firstSync.skipOlderThan.days}d\``))
  assert.deepEqual([drift, firstSync.matchExisting, deletion.onUnbind], ["Correct", true, "Retain"])
})

const fieldNames = ["version", "installation", "cluster", "owner", "key", "occurrence", "fingerprint", "time", "check"]
