import assert from "node:assert/strict"
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { test } from "node:test"
import { staleFiles } from "../../scripts/generated-files.ts"

const root = join(import.meta.dirname, "../..")

test("everything generated is as its source says", () => {
  assert.deepEqual(
    staleFiles(root).map(({ path }) => path),
    [],
  )
})

test("a file that is missing, edited by hand or made from an older CRD is named", () => {
  const place = mkdtempSync(join(tmpdir(), "calsync-generated-"))
  try {
    cpSync(join(root, "crds"), join(place, "crds"), { recursive: true })
    const missing = staleFiles(place)
    assert.equal(missing.length, 8)
    for (const { path, text } of missing) {
      mkdirSync(dirname(join(place, path)), { recursive: true })
      writeFileSync(join(place, path), text)
    }
    assert.deepEqual(staleFiles(place), [])

    appendFileSync(join(place, "operator/resources/generated/calendar-event.ts"), "// by hand\n")
    assert.deepEqual(
      staleFiles(place).map(({ path }) => path),
      ["operator/resources/generated/calendar-event.ts"],
    )
  } finally {
    rmSync(place, { recursive: true })
  }
})
