import assert from "node:assert/strict"
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { conditionsOf, eventReasons, reasons } from "../../operator/resources/reasons.ts"

const root = join(import.meta.dirname, "../..")
const rows = readFileSync(join(root, "docs/reasons.md"), "utf8")
  .split("\n")
  .map(line => /^\| `(\w+)` \| (.+) \| (.+) \|$/.exec(line))
  .flatMap(match => (match === null ? [] : [{ name: match[1] ?? "", means: match[2] ?? "", advice: match[3] ?? "" }]))

test("every reason is explained where it occurs, and nothing is explained that does not exist", () => {
  const conditions: readonly string[] = Object.values(conditionsOf).flat()
  const documented = rows.map(({ name }) => name).filter(name => !conditions.includes(name) || name === "Matched")
  assert.deepEqual(documented.toSorted(), [...Object.keys(reasons), ...eventReasons, "Matched"].toSorted())
})

test("every condition is explained, on the kinds that have it", () => {
  const kindsOf = Map.groupBy(
    Object.entries(conditionsOf).flatMap(([kind, types]) => types.map(type => ({ kind, type }))),
    ({ type }) => type,
  )
  for (const [type, found] of kindsOf) {
    const row = rows.find(({ name }) => name === type)
    const kinds = found
      .map(({ kind }) => kind)
      .toSorted()
      .join(", ")
    assert.ok(row, type)
    assert.equal(row.means, row.means === "all" ? "all" : kinds, type)
  }
})

test("each explanation says what it means and what to do, in sentences", () => {
  for (const { name, means, advice } of rows.filter(({ name }) => Object.hasOwn(reasons, name) && name !== "Matched")) {
    assert.match(means, /^[A-Z`].*\.$/, name)
    assert.match(advice, /^[A-Z`].*[.?`]$/, name)
  }
})

test("every reason an error of the operator carries is one of the closed list", () => {
  const carried = [
    /new (?:TemporaryError|NeedsAttentionError)\((?:(?!\bnew \w+Error)[\s\S]){0,400}?\breason: "(\w+)"/g,
    /new UnusableEventError\("(\w+)"/g,
  ]
  const known = new Set<string>([...Object.keys(reasons), ...eventReasons])
  const strangers = globSync("operator/**/*.ts", { cwd: root }).flatMap(file =>
    carried
      .flatMap(pattern => [...readFileSync(join(root, file), "utf8").matchAll(pattern)])
      .map(match => match[1] ?? "")
      .filter(reason => !known.has(reason))
      .map(reason => `${file}: ${reason}`),
  )
  assert.deepEqual(strangers, [])
})
