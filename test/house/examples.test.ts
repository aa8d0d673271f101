import assert from "node:assert/strict"
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { parseAllDocuments } from "yaml"
import { readCrds } from "../../scripts/crd.ts"
import { type Manifest, ManifestCheck } from "./manifest-check.ts"

const root = join(import.meta.dirname, "../..")
const checks = new Map(readCrds(join(root, "crds")).map(crd => [crd.spec.names.kind, new ManifestCheck(crd)]))
const folders = readdirSync(join(root, "examples"), { withFileTypes: true }).filter(entry => entry.isDirectory())

for (const { name } of folders) {
  test(`the manifests of ${name} would be accepted as they are`, () => {
    const manifests = manifestsOf(name).filter(({ apiVersion }) => apiVersion === "calsync.dev/v1alpha1")
    assert.ok(manifests.length > 0)
    for (const manifest of manifests) {
      const check = checks.get(manifest.kind)
      assert.ok(check, manifest.kind)
      assert.deepEqual(check.problems(manifest), [], `${manifest.kind} ${manifest.metadata?.["name"]}`)
    }
  })

  test(`${name} is explained, and listed in the table`, () => {
    assert.ok(existsSync(join(root, "examples", name, "README.md")))
    assert.ok(readFileSync(join(root, "examples/README.md"), "utf8").includes(`[${name}](${name})`))
  })

  test(`what ${name} refers to is in the folder or in the quickstart`, () => {
    const known = new Set(
      [...manifestsOf(name), ...manifestsOf("quickstart")].map(({ kind, metadata }) => `${kind} ${metadata?.["name"]}`),
    )
    for (const binding of manifestsOf(name).filter(({ kind }) => kind === "MailboxBinding")) {
      const text = JSON.stringify(binding.spec)
      for (const [, field, target] of text.matchAll(/"(connection|source|policy)Ref":\{"name":"([^"]+)"/g)) {
        assert.ok(known.has(`${kindOf(field)} ${target}`), `${field} ${target}`)
      }
    }
  })
}

test("a field that does not exist is noticed", () => {
  const [connection] = manifestsOf("workload-identity")
  assert.ok(connection)
  const problems = checks
    .get("ExchangeConnection")
    ?.problems({ ...connection, spec: { ...Object(connection.spec), sspend: true } })
  assert.match(problems?.join() ?? "", /sspend/)
})

function manifestsOf(folder: string): readonly Manifest[] {
  return globSync(join(root, "examples", folder, "*.yaml")).flatMap(file =>
    parseAllDocuments(readFileSync(file, "utf8"), { strict: true, uniqueKeys: true }).map(document => {
      assert.deepEqual(document.errors, [], file)
      const manifest: Manifest = document.toJS()
      return manifest
    }),
  )
}

function kindOf(field: string | undefined): string {
  return { connection: "ExchangeConnection", source: "CalendarSource", policy: "CalendarSyncPolicy" }[field ?? ""] ?? ""
}
