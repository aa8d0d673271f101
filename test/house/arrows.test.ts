import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { copyFileSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, relative } from "node:path"
import { after, before, test } from "node:test"

/**
 * docs/architecture.md §2: what each room may import, with the rooms inside it unless `*.ts` says otherwise. A room that is
 * not here is out of reach until it is named.
 */
const arrows: Readonly<Record<string, readonly string[]>> = {
  core: [],
  runtime: [],
  http: ["core"],
  icalendar: ["core"],
  memory: ["core"],
  sync: ["core"],
  resources: ["core"],
  exchange: ["core", "http"],
  "exchange/graph": ["core", "http", "exchange/*.ts"],
  "exchange/ews": ["core", "http", "exchange/*.ts"],
  "exchange/ews/wire": ["core", "http", "exchange/*.ts"],
  "exchange/ews/event": ["core", "http", "exchange/*.ts", "exchange/ews/wire"],
  "exchange/ews/operations": ["core", "http", "exchange/*.ts", "exchange/ews/wire", "exchange/ews/event"],
  sources: ["core", "http", "icalendar"],
  "sources/ical": ["core", "http", "icalendar", "sources"],
  controllers: ["core", "sync", "resources", "runtime"],
  cli: ["core", "resources", "runtime"],
}

/** One import of each form the language has; the line number tells which of them was caught. */
const forms = [
  { name: "value", line: (path: string) => `import { one } from "${path}"` },
  { name: "type-only", line: (path: string) => `import type { Two } from "${path}"` },
  { name: "inline type", line: (path: string) => `import { type Three, four } from "${path}"` },
  { name: "re-export", line: (path: string) => `export { five } from "${path}"` },
  { name: "re-export of everything", line: (path: string) => `export * from "${path}"` },
  { name: "dynamic", line: (path: string) => `export const six = () => import("${path}")` },
] as const

const root = join(import.meta.dirname, "../..")
const place = mkdtempSync(join(tmpdir(), "calsync-arrows-"))
const caught = new Set<string>()

before(() => {
  copyFileSync(join(root, "biome.jsonc"), join(place, "biome.jsonc"))
  writeFileSync(join(place, ".gitignore"), "node_modules/\n")
  for (const from of Object.keys(arrows)) for (const to of [...Object.keys(arrows), "newcomer"]) writeProbe(from, to)
  writeProbe("", "../test")
  writeProbe("../test/simulators", "core")
  for (const finding of lint()) caught.add(finding)
})

after(() => rmSync(place, { recursive: true }))

for (const [from, allowed] of Object.entries(arrows)) {
  test(`${from}/ can import ${allowed.length === 0 ? "nothing of ours" : allowed.join(", ")} and is refused everything else, in every form`, () => {
    for (const to of [...Object.keys(arrows), "newcomer"]) {
      if (to === from || to.startsWith(`${from}/`)) continue
      const expected = isAllowed(allowed, to) ? [] : forms.map(({ name }) => name)
      assert.deepEqual(caughtForms(from, to), expected, `${from} → ${to}`)
    }
  })
}

test("operator/ imports nothing from outside itself", () => {
  assert.equal(caughtForms("", "../test").length, forms.length)
})

test("a simulator never imports what it is to judge", () => {
  assert.equal(caughtForms("../test/simulators", "core").length, forms.length)
})

test("an import that breaks no arrow is not refused", () => {
  assert.deepEqual(caughtForms("controllers", "core"), [])
})

test("generated files import nothing, for no linter reads them", () => {
  const files = globSync("operator/**/generated/*.ts", { cwd: root })
  assert.ok(files.length > 0)
  for (const file of files)
    assert.doesNotMatch(readFileSync(join(root, file), "utf8"), /^\s*(import|export .* from)\b/m, file)
})

function isAllowed(allowed: readonly string[], to: string): boolean {
  return allowed.some(room => room === to || room === `${to}/*.ts` || to.startsWith(`${room}/`))
}

function writeProbe(from: string, to: string): void {
  const file = probeFile(from, to)
  const target = relative(dirname(file), join(place, "operator", to, "thing.ts"))
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, forms.map(({ line }) => line(target)).join("\n"))
}

function probeFile(from: string, to: string): string {
  return join(place, "operator", from, `probe-${to.replaceAll(/[./]/g, "-")}.ts`)
}

function caughtForms(from: string, to: string): readonly string[] {
  const path = relative(place, probeFile(from, to))
  return forms.filter((_, index) => caught.has(`${path}:${index + 1}`)).map(({ name }) => name)
}

type Report = {
  readonly diagnostics: readonly {
    readonly location: { readonly path: string; readonly start: { readonly line: number } }
  }[]
}

function lint(): readonly string[] {
  const options = ["lint", "--reporter=json", "--max-diagnostics=none", "--only=style/noRestrictedImports", "."]
  const { stdout } = spawnSync(join(root, "node_modules/.bin/biome"), options, { cwd: place, encoding: "utf8" })
  const report: Report = JSON.parse(stdout)
  return report.diagnostics.map(({ location }) => `${location.path}:${location.start.line}`)
}
