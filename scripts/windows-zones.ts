import { readFileSync } from "node:fs"
import { createRequire } from "node:module"

/** https://github.com/unicode-org/cldr-json: which IANA zones each Windows id stands for, territory by territory. */
type MapZone = { readonly _other: string; readonly _type: string; readonly _territory: string }

const cldrFile = createRequire(import.meta.url).resolve("cldr-core/supplemental/windowsZones.json")

/** The text of operator/core/generated/windows-zones.ts, made from CLDR. */
export function windowsZonesModule(): string {
  const { version, zones } = readCldr()
  const byWindows = Map.groupBy(zones, zone => zone._other)
  const entries = [...byWindows].sort(([one], [other]) => (one < other ? -1 : 1)).map(([id, found]) => entry(id, found))
  return [
    `// Generated from CLDR ${version} by scripts/windows-zones.ts; \`npm run generate\` makes it anew.`,
    "// Unicode License v3, https://www.unicode.org/license.txt",
    "",
    "/** Windows id → territory (`001`: the world) → IANA zones, the usual one first, apart by spaces. */",
    "export const windowsZones: Readonly<Record<string, Readonly<Record<string, string>>>> = {",
    ...entries,
    "}",
    "",
  ].join("\n")
}

function entry(windowsId: string, zones: readonly MapZone[]): string {
  const territories = zones.map(zone => `${JSON.stringify(zone._territory)}: ${JSON.stringify(zone._type)}`)
  return `  ${JSON.stringify(windowsId)}: { ${territories.join(", ")} },`
}

function readCldr(): { readonly version: string; readonly zones: readonly MapZone[] } {
  const file = JSON.parse(readFileSync(cldrFile, "utf8")) as {
    supplemental: {
      version: { _cldrVersion: string }
      windowsZones: { mapTimezones: readonly { mapZone: MapZone }[] }
    }
  }
  const { version, windowsZones } = file.supplemental
  return { version: version._cldrVersion, zones: windowsZones.mapTimezones.map(({ mapZone }) => mapZone) }
}
