import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"

type Lockfile = {
  readonly packages: Readonly<
    Record<string, { readonly integrity?: string; readonly resolved?: string; readonly link?: boolean }>
  >
}

const text = readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8")
const lockfile: Lockfile = JSON.parse(text)
const installed = Object.entries(lockfile.packages).filter(([path]) => path.startsWith("node_modules/"))

test("the lockfile names no registry, so that it installs from whichever one a machine has", () => {
  assert.deepEqual(
    installed.filter(([, { resolved }]) => resolved !== undefined),
    [],
  )
})

test("every package in the lockfile carries the hash of what must be installed", () => {
  assert.ok(installed.length > 0)
  assert.deepEqual(
    installed.filter(([, { integrity, link }]) => integrity === undefined && link !== true).map(([path]) => path),
    [],
  )
})
