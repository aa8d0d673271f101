import assert from "node:assert/strict"
import { test } from "node:test"
import { readSettings } from "../../operator/settings.ts"
import { codeOf, manuals, read, rowsOf } from "./manuals.ts"

const source = read("operator/settings.ts")
const rows = rowsOf(read("docs/settings.md"))
const documented = rows
  .filter(([first]) => codeOf(first)?.startsWith("--"))
  .map(([flag, fallback]) => ({ name: codeOf(flag)?.slice(2) ?? "", fallback: codeOf(fallback) }))

/** The table of flags as the process has it. */
const flags = [
  ...(/^const flags = \{\n([\s\S]*?)^\}/m.exec(source)?.[1] ?? "").matchAll(/^ {2}"?([\w-]+)"?: \{(.*)\}/gm),
].map(([, name = "", rest = ""]) => ({ name, fallback: /default: "([^"]*)"/.exec(rest)?.[1] }))

test("every flag is explained with its default, and no flag is explained that does not exist", () => {
  assert.ok(flags.length > 10)
  assert.deepEqual(
    documented.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    flags.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  )
})

test("every environment variable that is read is explained, and none besides", () => {
  const isRead = [...source.matchAll(/environment\["(\w+)"\]/g)].map(([, name = ""]) => name)
  const told = rows.flatMap(([first]) =>
    [...(first ?? "").matchAll(/`([A-Za-z][A-Za-z_]+)`/g)].map(([, name = ""]) => name),
  )
  assert.deepEqual([...new Set(told)].toSorted(), [...new Set(isRead)].toSorted())
})

test("a flag may come from the environment as the manual says", () => {
  const { installationId } = readSettings([], { CALSYNC_INSTALLATION_ID: "school" }, "pod-1")
  assert.equal(installationId, "school")
})

test("every flag another manual sends people here for exists", () => {
  const named = manuals.flatMap(path =>
    [...read(path).matchAll(/`--([\w-]+)`\]\((?:docs\/)?settings\.md\)/g)].map(([, name = ""]) => name),
  )
  assert.ok(named.length > 2)
  assert.deepEqual(
    named.filter(name => !flags.some(flag => flag.name === name)),
    [],
  )
})
