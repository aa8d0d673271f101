import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { openSession, rowsOf } from "./session.ts"

const root = join(import.meta.dirname, "../..")

function manifestsOf(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter(name => /\.ya?ml$/u.test(name))
    .map(name => join(root, folder, name))
}

test("our definitions are taken, established, explained and listed by their category", async context => {
  const { kubectl } = await openSession(context)
  const files = manifestsOf("crds")
  assert.ok(files.length > 0, "no definitions in crds/")

  for (const file of files) {
    const applied = await kubectl(["apply", "-f", file])
    assert.equal(applied.code, 0, applied.stderr)
  }
  const waited = await kubectl("wait --for=condition=Established crd --all --timeout=10s")
  assert.equal(waited.code, 0, waited.stderr)

  const known = rowsOf(await kubectl("api-resources --api-group=calsync.dev --no-headers"))
  assert.equal(known.length, files.length)
  for (const [plural = ""] of known) {
    const explained = await kubectl(["explain", `${plural}.spec`])
    assert.equal(explained.code, 0, `${plural}: ${explained.stderr}`)
    const listed = await kubectl(["get", plural, "-A"])
    assert.match(listed.stderr, /No resources found/u)
  }
  assert.match((await kubectl("get calsync -A")).stderr, /No resources found/u)
})

test("our examples are taken, and taken again without a change", async context => {
  const { api, kubectl } = await openSession(context)
  for (const file of manifestsOf("crds")) api.admin.load(readFileSync(file, "utf8"))
  const files = manifestsOf("examples")
  assert.ok(files.length > 0, "no examples")
  for (const namespace of namespacesIn(files)) {
    api.admin.load(`apiVersion: v1\nkind: Namespace\nmetadata: { name: ${namespace} }`)
  }

  for (const file of files) {
    const first = await kubectl(["apply", "-f", file])
    assert.equal(first.code, 0, `${file}\n${first.stderr}`)
    const revision = api.admin.revision
    const second = await kubectl(["apply", "-f", file])
    assert.equal(second.code, 0, second.stderr)
    assert.equal(api.admin.revision, revision, `${file} was written again`)
  }
})

function namespacesIn(files: readonly string[]): readonly string[] {
  const found = files.flatMap(file => [
    ...readFileSync(file, "utf8").matchAll(/^\s*(?:metadata: *\{.*)?namespace: *([a-z0-9-]+)/gmu),
  ])
  return [...new Set(found.map(([, name]) => name ?? ""))].filter(name => name !== "default")
}
