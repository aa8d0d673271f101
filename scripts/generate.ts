import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { staleFiles } from "./generated-files.ts"

/**
 * Makes everything that is made from something else: types and reference from the CRDs, the zone table from CLDR.
 * With --check nothing is written; any difference is named and fails.
 */

const root = join(import.meta.dirname, "..")
const isCheck = process.argv.includes("--check")

for (const { path, text } of staleFiles(root)) {
  if (isCheck) {
    console.error(`${path} is not what its source says: run npm run generate`)
    process.exitCode = 1
  } else {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}
