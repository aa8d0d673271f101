import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { type Crd, readCrds } from "./crd.ts"
import { kindReference } from "./kind-reference.ts"
import { kindTypes } from "./kind-types.ts"
import { windowsZonesModule } from "./windows-zones.ts"

/**
 * Makes everything that is made from something else: types and reference from the CRDs, the zone table from CLDR.
 * With --check nothing is written; any difference is named and fails.
 */

const root = join(import.meta.dirname, "..")

function generatedFiles(crds: readonly Crd[]): ReadonlyMap<string, string> {
  return new Map([
    ...crds.map(crd => [`operator/resources/generated/${fileName(crd)}.ts`, kindTypes(crd)] as const),
    ["docs/kinds.md", kindReference(crds)] as const,
    ["operator/core/generated/windows-zones.ts", windowsZonesModule()] as const,
  ])
}

function fileName(crd: Crd): string {
  return crd.spec.names.kind.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase()
}

function differs(path: string, text: string): boolean {
  const full = join(root, path)
  return !existsSync(full) || readFileSync(full, "utf8") !== text
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

const isCheck = process.argv.includes("--check")
const stale = [...generatedFiles(readCrds(join(root, "crds")))].filter(([path, text]) => differs(path, text))
for (const [path, text] of stale) {
  if (isCheck) console.error(`${path} is not what its source says: run npm run generate`)
  else write(path, text)
}
if (isCheck && stale.length > 0) process.exitCode = 1
