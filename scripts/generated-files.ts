import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { type Crd, readCrds } from "./crd.ts"
import { kindReference } from "./kind-reference.ts"
import { kindTypes } from "./kind-types.ts"
import { windowsZonesModule } from "./windows-zones.ts"

export type GeneratedFile = { readonly path: string; readonly text: string }

/** What must be written under `root` so that everything made from something else is as its source says. */
export function staleFiles(root: string): readonly GeneratedFile[] {
  return generatedFiles(readCrds(join(root, "crds"))).filter(({ path, text }) => {
    const full = join(root, path)
    return !existsSync(full) || readFileSync(full, "utf8") !== text
  })
}

function generatedFiles(crds: readonly Crd[]): readonly GeneratedFile[] {
  return [
    ...crds.map(crd => ({ path: `operator/resources/generated/${fileName(crd)}.ts`, text: kindTypes(crd) })),
    { path: "docs/kinds.md", text: kindReference(crds) },
    { path: "operator/core/generated/windows-zones.ts", text: windowsZonesModule() },
  ]
}

function fileName(crd: Crd): string {
  return crd.spec.names.kind.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase()
}
