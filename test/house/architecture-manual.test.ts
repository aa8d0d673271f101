import assert from "node:assert/strict"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { codeOf, read, root, rowsOf } from "./manuals.ts"

const text = read("docs/architecture.md")
const asBuilt = text.slice(0, text.indexOf("## 9"))

test("every file and room of code it names is there", () => {
  const named = [...asBuilt.matchAll(/`((?:[\w-]+\/)+(?:[\w.-]+\.ts)?)`/g)].map(([, path = ""]) => path)
  assert.ok(named.length > 40)
  const missing = named.filter(path => !["", "operator"].some(base => existsSync(join(root, base, path))))
  assert.deepEqual(missing, ["dist/"])
})

test("every room and every file at the top of operator/ is explained", () => {
  const explained = rowsOf(asBuilt).map(([name]) => codeOf(name)?.replace(/^operator\/|\/$/g, ""))
  const there = readdirSync(join(root, "operator"))
  assert.deepEqual(
    there.filter(name => !explained.includes(name)),
    [],
  )
})
