import assert from "node:assert/strict"
import { test } from "node:test"
import { createLog, type LogLevel } from "../../operator/runtime/log.ts"

function openLog(level: LogLevel = "info") {
  const lines: string[] = []
  return { lines, log: createLog({ level, write: line => lines.push(line) }) }
}

test("a line is one JSON object with level, time, message and fields, the parent's too", () => {
  const { lines, log } = openLog()
  log.child({ controller: "c" }).info({ object: "ns/a", text: "two\nlines" }, "done")
  assert.equal(lines.length, 1)
  assert.equal(lines[0]?.trimEnd().includes("\n"), false)
  const line = JSON.parse(lines[0] ?? "")
  assert.equal(line.level, "info")
  assert.equal(line.controller, "c")
  assert.equal(line.object, "ns/a")
  assert.equal(line.msg, "done")
  assert.ok(Temporal.Instant.from(line.time))
})

test("the level can be changed while running, for children made before as well", () => {
  const { lines, log } = openLog("warn")
  const child = log.child({})
  child.info({}, "unheard")
  log.level = "debug"
  child.debug({}, "heard")
  log.level = "error"
  child.warn({}, "unheard")
  assert.deepEqual(
    lines.map(line => JSON.parse(line).msg),
    ["heard"],
  )
})

for (const fields of [
  { password: "hunter2" },
  { nested: { clientSecret: "hunter2" } },
  { list: [{ access_token: "hunter2" }] },
  { headers: { Authorization: "hunter2" } },
  { subject: "hunter2" },
  { attendees: ["hunter2"] },
  { text: "Authorization: Bearer hunter2" },
  { error: Object.assign(new Error("x"), { response: { body: "hunter2" } }) },
  { error: new Error("Bearer hunter2") },
  { error: new Error("outer", { cause: new Error("Basic hunter2") }) },
])
  test(`no secret gets out of ${JSON.stringify(Object.keys(fields))}: ${JSON.stringify(fields).slice(0, 40)}`, () => {
    const { lines, log } = openLog()
    log.info(fields, "x")
    log.child(fields).info({}, "y")
    assert.equal(lines.length, 2)
    assert.doesNotMatch(lines.join(), /hunter2/)
  })

test("an error is told by name, reason, message, stack and cause", () => {
  const { lines, log } = openLog()
  const cause = Object.assign(new Error("inner"), { code: "ECONNRESET" })
  log.error({ error: Object.assign(new TypeError("outer", { cause }), { reason: "Unreachable" }) }, "x")
  const { error } = JSON.parse(lines[0] ?? "")
  assert.equal(error.name, "TypeError")
  assert.equal(error.reason, "Unreachable")
  assert.equal(error.cause.code, "ECONNRESET")
  assert.match(error.stack, /log\.test/)
})

test("what refers to itself, or is no plain object, does not hurt", () => {
  const { lines, log } = openLog()
  const loop: Record<string, unknown> = {}
  loop["self"] = loop
  log.info({ loop, map: new Map([["a", 1]]), instant: Temporal.Instant.from("2026-01-01T00:00:00Z"), big: 1n }, "x")
  assert.equal(JSON.parse(lines[0] ?? "").instant, "2026-01-01T00:00:00Z")
})
