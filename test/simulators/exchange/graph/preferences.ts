import { findZone, utc, type Zone } from "../store/time-zones.ts"
import { unknownZone } from "./graph-error.ts"
import { splitOutside } from "./query.ts"

/** What the Prefer header asked for. https://learn.microsoft.com/graph/outlook-immutable-id */
export type Preferences = {
  readonly zone: Zone
  /** The name as it was asked for; answers carry it. */
  readonly zoneName: string
  readonly ids: "classic" | "immutable"
  readonly bodies: "html" | "text"
  readonly maxPageSize: number | undefined
  /** Value of Preference-Applied, if anything applied. */
  readonly applied: readonly string[]
}

export function parsePreferences(header: string | undefined): Preferences {
  const asked = new Map<string, string>()
  for (const preference of splitPreferences(header ?? "")) {
    const [name = "", ...value] = preference.split("=")
    asked.set(name.trim().toLowerCase(), value.join("=").trim().replace(/^"|"$/g, ""))
  }
  const zoneName = asked.get("outlook.timezone")
  const zone = zoneName === undefined ? utc : findZone(zoneName)
  if (!zone) throw unknownZone(zoneName ?? "")
  const ids = asked.get("idtype")?.toLowerCase() === "immutableid" ? "immutable" : "classic"
  const bodies = asked.get("outlook.body-content-type")?.toLowerCase() === "text" ? "text" : "html"
  const size = Number(asked.get("odata.maxpagesize"))
  const maxPageSize = Number.isInteger(size) && size > 0 ? size : undefined
  const applied = [
    ...(zoneName !== undefined ? [`outlook.timezone="${zoneName}"`] : []),
    ...(ids === "immutable" ? [`IdType="ImmutableId"`] : []),
    ...(asked.has("outlook.body-content-type") ? [`outlook.body-content-type="${bodies}"`] : []),
    ...(maxPageSize !== undefined ? [`odata.maxpagesize=${maxPageSize}`] : []),
  ]
  return { zone, zoneName: zoneName ?? "UTC", ids, bodies, maxPageSize, applied }
}

/** A zone's name may hold a comma only inside quotes. */
function splitPreferences(header: string): readonly string[] {
  return splitOutside(header.replaceAll('"', "'"), ",").map(part => part.replaceAll("'", '"'))
}
