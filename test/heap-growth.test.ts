import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { test } from "node:test"
import { heapGrowthFlag } from "../operator/heap-growth.ts"

test("the flag that bounds the heap is one this Node knows: unknown flags are passed over in silence", () => {
  const options = execFileSync(process.execPath, ["--v8-options"], { encoding: "utf8" })

  assert.ok(options.includes(heapGrowthFlag))
})
