import { readFileSync } from "node:fs"
import { isJson, jsonAt, listAt, parseJson, textAt } from "./json.ts"

/**
 * Windows zone names as Unicode maps them. Exchange keeps the Windows zone of an event, whatever name it was given; a
 * zone without one keeps its IANA name.
 */

const windowsZones = readWindowsZones()
const windowsByIana = new Map<string, string>()
const ianaByWindows = new Map<string, { readonly name: string; readonly zone: string }>()
for (const { windows, territory, ianas } of windowsZones) {
  const first = ianas[0]
  if (territory === "001" && first) ianaByWindows.set(windows.toLowerCase(), { name: windows, zone: first })
  for (const iana of ianas) if (!windowsByIana.has(iana.toLowerCase())) windowsByIana.set(iana.toLowerCase(), windows)
}

type WindowsZone = { readonly windows: string; readonly territory: string; readonly ianas: readonly string[] }

function readWindowsZones(): readonly WindowsZone[] {
  const file = new URL(import.meta.resolve("cldr-core/supplemental/windowsZones.json"))
  const document = parseJson(readFileSync(file, "utf8"))
  const entries = listAt(jsonAt(jsonAt(document, "supplemental"), "windowsZones"), "mapTimezones") ?? []
  return entries.filter(isJson).map(entry => {
    const zone = jsonAt(entry, "mapZone")
    return {
      windows: textAt(zone, "_other") ?? "",
      territory: textAt(zone, "_territory") ?? "",
      ianas: (textAt(zone, "_type") ?? "").split(" "),
    }
  })
}

/** A zone as Exchange knows it: the name it gives back, and the rules it computes with. */
export type Zone = { readonly name: string; readonly zone: string }

export const utc: Zone = { name: "UTC", zone: "UTC" }

const known = new Map<string, Zone | undefined>()

/** The zone of a Windows or IANA name, or undefined when Exchange would refuse the name. */
export function findZone(name: string): Zone | undefined {
  if (!known.has(name)) known.set(name, lookUp(name))
  return known.get(name)
}

function lookUp(name: string): Zone | undefined {
  if (/^(utc|tzone:\/\/microsoft\/utc|etc\/utc|etc\/gmt)$/i.test(name)) return utc
  const byWindows = ianaByWindows.get(name.toLowerCase())
  if (byWindows) return byWindows
  if (!/^[A-Za-z]/.test(name) || !isIana(name)) return undefined
  const windows = windowsByIana.get(name.toLowerCase())
  return (windows ? ianaByWindows.get(windows.toLowerCase()) : undefined) ?? { name, zone: name }
}

function isIana(name: string): boolean {
  try {
    Temporal.PlainDateTime.from("2026-01-01").toZonedDateTime(name)
    return true
  } catch {
    return false
  }
}

/** All names of one kind, for `supportedTimeZones`. */
export function supportedZones(kind: "Windows" | "Iana"): readonly string[] {
  if (kind === "Windows") return [...ianaByWindows.values()].map(zone => zone.name).sort()
  return [...new Set(windowsZones.flatMap(zone => zone.ianas))].sort()
}

/** A local date and time in a zone as an instant; gaps and repeats resolve as RFC 5545 asks. */
export function instantOf(wall: string, zone: string): number {
  return Temporal.PlainDateTime.from(wall).toZonedDateTime(zone).epochMilliseconds
}

export function wallOf(ms: number, zone: string): Temporal.PlainDateTime {
  return Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).toPlainDateTime()
}
