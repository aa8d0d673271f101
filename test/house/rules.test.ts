import assert from "node:assert/strict"
import { join } from "node:path"
import { test } from "node:test"
import { readCrds } from "../../scripts/crd.ts"
import { rulesOf } from "../../scripts/kind-reference.ts"
import { type Manifest, ManifestCheck } from "./manifest-check.ts"
import { type RuleCase, ruleCases } from "./rule-cases.ts"

const crds = readCrds(join(import.meta.dirname, "../../crds"))
const checks = new Map(crds.map(crd => [crd.spec.names.kind, new ManifestCheck(crd)]))

for (const { kind, path, message, accepted, refused, old } of ruleCases) {
  test(`${kind} ${path}: ${message}`, () => {
    assert.deepEqual(problems(kind, accepted, old), [])
    assert.deepEqual(problems(kind, refused, old), [message])
  })
}

test("every rule of every kind has a case, and every case a rule", () => {
  const rules = crds.flatMap(crd =>
    rulesOf("", crd.spec.versions[0].schema.openAPIV3Schema).map(
      ({ path, message }) => `${crd.spec.names.kind} ${path}: ${message}`,
    ),
  )
  const cases = ruleCases.map(({ kind, path, message }) => `${kind} ${path}: ${message}`)
  assert.deepEqual(cases.toSorted(), rules.toSorted())
})

function problems(kind: string, spec: RuleCase["accepted"], old: RuleCase["old"]): readonly string[] {
  const check = checks.get(kind)
  assert.ok(check, kind)
  return check.problems(manifest(kind, spec), old === undefined ? undefined : manifest(kind, old))
}

function manifest(kind: string, spec: object): Manifest {
  return { apiVersion: "calsync.dev/v1alpha1", kind, metadata: { name: "one", namespace: "calendars" }, spec }
}
