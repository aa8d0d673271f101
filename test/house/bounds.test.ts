import assert from "node:assert/strict"
import { join } from "node:path"
import { test } from "node:test"
import { parsePolicy } from "../../operator/core/policy.ts"
import { readCrds } from "../../scripts/crd.ts"
import { ManifestCheck } from "./manifest-check.ts"

/** What the API server lets through can be read, and what cannot be read it refuses. */

const crd = readCrds(join(import.meta.dirname, "../../crds")).find(
  ({ spec }) => spec.names.kind === "CalendarSyncPolicy",
)
assert.ok(crd)
const check = new ManifestCheck(crd)

function isAccepted(spec: object): boolean {
  const manifest = { apiVersion: "calsync.dev/v1alpha1", kind: "CalendarSyncPolicy", metadata: { name: "one" }, spec }
  return check.problems(manifest).length === 0
}

function isRead(spec: Parameters<typeof parsePolicy>[0]): boolean {
  try {
    parsePolicy(spec)
    return true
  } catch {
    return false
  }
}

for (const { field, good, bad } of [
  {
    field: "reminder",
    good: ["None", "FromSource", "0m", "15m", "014d", "14d", "336h", "20160m"],
    bad: ["15d", "100d", "337h", "20161m", "9999999d", "9999999h", "soon"],
  },
  {
    field: "defaultDuration",
    good: ["0s", "45m", "7d", "168h", "10080m", "604800s"],
    bad: ["8d", "70d", "169h", "10081m", "604801s", "9999999d", "9999999h", "long"],
  },
] as const) {
  test(`${field} has the same bounds in the schema as where it is read`, () => {
    const specs = (values: readonly string[]) => values.map(value => ({ appearance: { [field]: value } }))
    assert.deepEqual(
      specs(good).filter(spec => !isAccepted(spec) || !isRead(spec)),
      [],
    )
    assert.deepEqual(specs(bad).filter(isAccepted), [])
    assert.deepEqual(specs(bad).filter(isRead), [])
  })
}
