import assert from "node:assert/strict"
import { test } from "node:test"
import { age } from "./age.ts"
import { expressionProblem } from "./cel.ts"
import { hasFormat } from "./formats.ts"
import { findAll } from "./jsonpath.ts"
import { mergePatch } from "./merge-patch.ts"

test("an age is worded as kubectl's users know it", () => {
  const now = Temporal.Instant.from("2026-11-24T12:00:00Z")
  const cases: readonly (readonly [Temporal.DurationLike, string])[] = [
    [{ seconds: 0 }, "0s"],
    [{ seconds: 119 }, "119s"],
    [{ seconds: 121 }, "2m1s"],
    [{ minutes: 10, seconds: 5 }, "10m"],
    [{ hours: 3 }, "3h"],
    [{ hours: 3, minutes: 7 }, "3h7m"],
    [{ hours: 47 }, "47h"],
    [{ hours: 50 }, "2d2h"],
    [{ hours: 24 * 9 }, "9d"],
    [{ hours: 24 * 800 }, "2y70d"],
    [{ hours: -1 }, "<invalid>"],
  ]

  for (const [ago, words] of cases) assert.equal(age(now.subtract(ago).toString(), now), words)
})

test("a JSONPath finds fields, positions, everything and what matches", () => {
  const object = {
    a: { "b.c": [1, 2] },
    list: [
      { type: "x", v: 1 },
      { type: "Ready", v: 2 },
    ],
    m: { x: "y" },
  }
  const cases: readonly (readonly [string, readonly unknown[]])[] = [
    [".a.b\\.c[1]", [2]],
    [".a['b.c'][0]", [1]],
    [".list[*].v", [1, 2]],
    ['.list[?(@.type=="Ready")].v', [2]],
    [".list[?(@.type!='Ready')].v", [1]],
    ["{.m.x}", ["y"]],
    [".nothing.here", []],
  ]

  for (const [path, found] of cases) assert.deepEqual(findAll(object, path), found, path)
})

test("formats are checked, unknown ones are not", () => {
  assert.ok(hasFormat("2026-02-28T10:00:00.5+01:00", "date-time"))
  assert.ok(!hasFormat("2026-02-30T10:00:00Z", "date-time"))
  assert.ok(!hasFormat("2026-02-28", "date-time"))
  assert.ok(hasFormat("10.0.0.0/8", "cidr"))
  assert.ok(!hasFormat("10.0.0.0/64", "cidr"))
  assert.ok(hasFormat("1h30m", "duration"))
  assert.ok(!hasFormat("soon", "duration"))
  assert.ok(hasFormat("anything", "no-such-format"))
})

test("a merge patch removes with null, also below what was not there", () => {
  assert.deepEqual(mergePatch({ a: { b: 1, c: 2 }, d: [1] }, { a: { b: null }, d: [2], e: { f: null } }), {
    a: { c: 2 },
    d: [2],
    e: {},
  })
})

test("an expression that does not compile is told from one that does", () => {
  const fine = [
    "has(self.a) && self.a.all(x, x.size() > 0)",
    "sets.contains(self.a, ['b'])",
    "self.find('a+') == 'aa'",
    "self.?a.orValue('b') == 'b'",
  ]

  for (const expression of fine) assert.equal(expressionProblem(expression), undefined, expression)
  for (const expression of ["self.a ==", "nothing(self)", "other.a"])
    assert.notEqual(expressionProblem(expression), undefined, expression)
})
