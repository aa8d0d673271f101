import { windowsZones } from "./generated/windows-zones.ts"

/**
 * Zones by whatever name people write them. Feeds carry IANA names in odd spelling, Windows ids with quotes and counters,
 * paths of old libraries and bare offsets; inside calsync a zone has one name.
 */

/**
 * Names ICU keeps for stability where IANA has moved on (CLDR marks them with `iana` in bcp47/timezone.xml). People look
 * for the new ones.
 */
const currentNames: ReadonlyMap<string, string> = new Map([
  ["Africa/Asmera", "Africa/Asmara"],
  ["America/Buenos_Aires", "America/Argentina/Buenos_Aires"],
  ["America/Catamarca", "America/Argentina/Catamarca"],
  ["America/Coral_Harbour", "America/Atikokan"],
  ["America/Cordoba", "America/Argentina/Cordoba"],
  ["America/Godthab", "America/Nuuk"],
  ["America/Indianapolis", "America/Indiana/Indianapolis"],
  ["America/Jujuy", "America/Argentina/Jujuy"],
  ["America/Louisville", "America/Kentucky/Louisville"],
  ["America/Mendoza", "America/Argentina/Mendoza"],
  ["Asia/Calcutta", "Asia/Kolkata"],
  ["Asia/Katmandu", "Asia/Kathmandu"],
  ["Asia/Rangoon", "Asia/Yangon"],
  ["Asia/Saigon", "Asia/Ho_Chi_Minh"],
  ["Atlantic/Faeroe", "Atlantic/Faroe"],
  ["Europe/Kiev", "Europe/Kyiv"],
  ["Pacific/Enderbury", "Pacific/Kanton"],
  ["Pacific/Ponape", "Pacific/Pohnpei"],
  ["Pacific/Truk", "Pacific/Chuuk"],
])

/** Windows ids that CLDR no longer lists and old calendars still carry. */
const retiredWindowsIds: ReadonlyMap<string, string> = new Map([
  ["kamchatka standard time", "Asia/Kamchatka"],
  ["mid-atlantic standard time", "Etc/GMT+2"],
])

const universalTime =
  /^(?:z|zulu|utc|gmt|uct|universal|greenwich|etc\/(?:utc|gmt|uct|universal|zulu|greenwich|gmt[+-]?0)|gmt[+-]?0)$/i
const offsetPattern = /^(?:utc|gmt)?\s*([+-])\s*([0-9]{1,2})(?::?([0-9]{2}))?$/i
/** Longer than any zone; a foreign text beyond it is not looked at. */
const longestName = 200

/** Zones by lower-case Windows id: territory → the zones there. */
const byWindowsId = new Map(Object.entries(windowsZones).map(([id, territories]) => [id.toLowerCase(), territories]))

/** The IANA name (or fixed offset, `+05:30`) a zone written by anybody means; undefined when nothing is known by it. */
export function canonicalZone(text: string): string | undefined {
  if (text.length > longestName) return undefined
  const name = text.replaceAll(/["\\]/g, "").trim()
  return knownZone(name) ?? knownZone(name.replace(/\s+[0-9]+$/, "")) ?? zoneInPath(name)
}

function knownZone(name: string): string | undefined {
  if (universalTime.test(name)) return "UTC"
  return offsetZone(name) ?? ianaZone(name) ?? namedZone(name)
}

/** `/freeassociation.sourceforge.net/Tzfile/Europe/Berlin`, `/Europe/Berlin`, `tzone://Microsoft/Utc`: the longest end that is a zone. */
function zoneInPath(name: string): string | undefined {
  const segments = name.split("/").filter(segment => segment !== "")
  for (let skipped = 0; skipped < segments.length; skipped++) {
    const zone = knownZone(segments.slice(skipped).join("/"))
    if (zone !== undefined) return zone
  }
  return undefined
}

/** Read as people mean it, east is plus; whole hours get the IANA name, whose sign is the other way round. */
function offsetZone(name: string): string | undefined {
  const [, sign, hours, minutes = "00"] = offsetPattern.exec(name) ?? []
  if (sign === undefined || hours === undefined || Number(hours) > 14 || Number(minutes) > 59) return undefined
  if (Number(minutes) > 0) return `${sign}${hours.padStart(2, "0")}:${minutes}`
  if (Number(hours) === 0) return "UTC"
  const west = sign === "-"
  if (west && Number(hours) > 12) return undefined
  return `Etc/GMT${west ? "+" : "-"}${Number(hours)}`
}

const primaryZones = new Set(Intl.supportedValuesOf("timeZone"))
const primaryOf = new Map<string, string>()

/** Only zones of the runtime reach the cache, so it stays small whatever feeds write. */
function namedZone(name: string): string | undefined {
  const id = runtimeZone(name.replaceAll(" ", "_"))
  if (id === undefined) return undefined
  const known = primaryOf.get(id)
  if (known !== undefined) return known
  const primary = primaryZones.has(id) ? id : (aliasOf(id) ?? id)
  const current = currentNames.get(primary) ?? primary
  primaryOf.set(id, current)
  return current
}

/** The runtime's spelling of the name. The pattern keeps out what Temporal would also read: offsets and whole timestamps. */
function runtimeZone(name: string): string | undefined {
  if (!/^[a-z][a-z0-9_+-]*(?:\/[a-z0-9_+-]+)*$/i.test(name)) return undefined
  try {
    return epoch.toZonedDateTimeISO(name).timeZoneId
  } catch {
    return undefined
  }
}

const epoch = Temporal.Instant.fromEpochMilliseconds(0)

/** Two zoned times are equal when their zones are one zone under two names. */
function aliasOf(id: string): string | undefined {
  const sought = epoch.toZonedDateTimeISO(id)
  return [...primaryZones].find(primary => sought.equals(epoch.toZonedDateTimeISO(primary)))
}

/** The IANA zone of a Windows id, in the territory (ISO 3166, `DE`) when it has one of its own there. */
export function ianaZone(windows: string, territory?: string): string | undefined {
  const id = windows.trim().toLowerCase()
  const territories = byWindowsId.get(id)
  const zones = territories?.[territory?.toUpperCase() ?? "001"] ?? territories?.["001"] ?? retiredWindowsIds.get(id)
  const usual = zones?.split(" ")[0]
  if (usual === undefined) return undefined
  return universalTime.test(usual) ? "UTC" : namedZone(usual)
}

/** The Windows id of an IANA zone, as Exchange names it; undefined when Windows has none. */
export function windowsZone(iana: string): string | undefined {
  const zone = canonicalZone(iana)
  windowsIds ??= windowsIdsByZone()
  return zone === undefined ? undefined : windowsIds.get(zone)
}

let windowsIds: ReadonlyMap<string, string> | undefined

/** Built once, at the first question, from every zone the table names. */
function windowsIdsByZone(): ReadonlyMap<string, string> {
  const ids = new Map<string, string>([["UTC", "UTC"]])
  for (const [windowsId, territories] of Object.entries(windowsZones)) {
    for (const name of Object.values(territories).flatMap(zones => zones.split(" "))) {
      const zone = canonicalZone(name)
      if (zone !== undefined && !ids.has(zone)) ids.set(zone, windowsId)
    }
  }
  return ids
}
