import { resolveWallClock } from "../core/time.ts"
import { canonicalZone } from "../core/time-zones.ts"
import type { Component } from "./components.ts"
import { type CustomZone, readCustomZone, steadyZone } from "./custom-zone.ts"
import { customInstant } from "./custom-zone-onsets.ts"
import type { Moment } from "./moments.ts"
import { unescapeText } from "./text-values.ts"
import { UnusableEventError } from "./unusable-event.ts"
import { zoneLike } from "./zone-match.ts"

/**
 * What the zones of one calendar mean. A name that is known wins over the VTIMEZONE that comes with it; an unknown one
 * is known by its VTIMEZONE's behaviour; one without either floats, as times without any zone do.
 *
 * | written                              | meant                                                    |
 * |--------------------------------------|----------------------------------------------------------|
 * | a name of IANA or Windows, any spelling | that zone                                             |
 * | `EST`, `GMT+1` with a VTIMEZONE that changes its clocks | the IANA zone that behaves so      |
 * | a name with a VTIMEZONE              | the IANA zone or offset that behaves so, else itself     |
 * | a name shown by Outlook              | the zone of that time, offset or first known city        |
 * | nothing, or anything else            | X-WR-TIMEZONE, the source's zone, the only VTIMEZONE     |
 */
export type Zone =
  | { readonly kind: "named"; readonly id: string }
  | { readonly kind: "custom"; readonly rules: CustomZone }

/** More definitions than any calendar needs; what comes later is not read. */
const maxDefinitions = 200
/** A list of cities is long; a name beyond this is none. */
const maxNameLength = 500

export class Zones {
  readonly #definitions = new Map<string, Component>()
  readonly #resolved = new Map<string, Zone | undefined>()
  readonly #floating: Zone | undefined

  constructor(calendar: Component, configured: string | undefined) {
    for (const component of calendar.components) this.#define(component)
    this.#floating = this.#named(headerZone(calendar)) ?? this.#named(configured) ?? this.#only()
  }

  /** The zone of times without one; undefined when nothing tells it. */
  get floating(): Zone | undefined {
    return this.#floating
  }

  /** The zone that `tzid` names, else the one of floating times. */
  resolve(tzid: string | undefined): Zone | undefined {
    if (tzid === undefined) return this.#floating
    if (!this.#resolved.has(tzid)) this.#resolved.set(tzid, this.#find(tzid))
    return this.#resolved.get(tzid) ?? this.#floating
  }

  #define(component: Component): void {
    if (component.name !== "VTIMEZONE" || this.#definitions.size >= maxDefinitions) return
    const ids = component.properties.filter(line => line.name === "TZID").map(line => plainName(line.value))
    for (const id of ids) if (!this.#definitions.has(id)) this.#definitions.set(id, component)
  }

  #named(name: string | undefined): Zone | undefined {
    const id = name === undefined ? undefined : canonicalZone(plainName(name))
    return id === undefined ? undefined : { kind: "named", id }
  }

  #find(tzid: string): Zone | undefined {
    const name = plainName(tzid)
    return this.#misnamed(name) ?? this.#named(name) ?? this.#defined(name) ?? this.#named(displayedZone(name))
  }

  /** `EST` or `GMT` with a definition that changes its clocks: who wrote that meant New York or London. */
  #misnamed(name: string): Zone | undefined {
    if (!abbreviation.test(name) || !this.#definitions.has(name)) return undefined
    const zone = this.#defined(name)
    return zone?.kind === "named" && changesClocks(zone.id) ? zone : undefined
  }

  #defined(name: string): Zone | undefined {
    const definition = this.#definitions.get(name)
    if (definition === undefined) return undefined
    const location = definition.properties.find(line => line.name === "X-LIC-LOCATION")
    const rules = readCustomZone(definition)
    const like = rules && zoneLike(rules)
    if (like !== undefined) return { kind: "named", id: like }
    const steady = rules && steadyZone(rules)
    return this.#named(location?.value) ?? this.#named(steady) ?? (rules && { kind: "custom", rules })
  }

  #only(): Zone | undefined {
    const [name, ...others] = this.#definitions.keys()
    return name === undefined || others.length > 0 ? undefined : this.#find(name)
  }
}

/** Capitals, and perhaps an offset. Other names say where they mean, and their definitions may be out of date. */
const abbreviation = /^[A-Z]{2,4}(?:[+-]\d{1,2}(?::?\d{2})?)?$/

function changesClocks(zone: string): boolean {
  return Temporal.Instant.from("2020-01-01T00:00Z").toZonedDateTimeISO(zone).getTimeZoneTransition("next") !== null
}

function headerZone(calendar: Component): string | undefined {
  return calendar.properties.find(line => line.name === "X-WR-TIMEZONE")?.value
}

/** `TZID="…"` and `TZID=TZID=…` happen, and definitions escape commas where references do not. */
function plainName(text: string): string {
  return unescapeText(text.slice(0, maxNameLength))
    .replaceAll('"', "")
    .trim()
    .replace(/^TZID=/i, "")
    .trim()
}

/** Names that Outlook showed to people, and some wrote into files. */
function displayedZone(name: string): string | undefined {
  return standardTimeZone(name) ?? offsetZone(name) ?? cityZone(name)
}

/** `(UTC-05:00) Eastern Time (US & Canada)` → `Eastern Standard Time`. */
function standardTimeZone(name: string): string | undefined {
  const plain = name.replaceAll(/\([^()]*\)/g, "").trim()
  return plain.endsWith(" Time") ? canonicalZone(plain.replace(/(?: Standard)? Time$/, " Standard Time")) : undefined
}

/** `(GMT +01:00)` and no more: the offset is all that is said. */
function offsetZone(name: string): string | undefined {
  return /^\([^()]*\)$/.test(name) ? canonicalZone(name.slice(1, -1)) : undefined
}

/** `(UTC+01:00) Amsterdam, Berlin, Bern, Rome`: the first city that has a zone. */
function cityZone(name: string): string | undefined {
  const cities = name
    .replace(/^\([^()]*\)/, "")
    .split(/[,;&]/, 20)
    .map(city => city.trim().toLowerCase())
  const found = cities.find(city => zonesByCity().has(city))
  return found === undefined ? undefined : zonesByCity().get(found)
}

let cities: ReadonlyMap<string, string> | undefined

function zonesByCity(): ReadonlyMap<string, string> {
  cities ??= new Map(
    Intl.supportedValuesOf("timeZone")
      .filter(zone => !zone.startsWith("Etc/"))
      .map(zone => [(zone.split("/").at(-1) ?? zone).replaceAll("_", " ").toLowerCase(), zone]),
  )
  return cities
}

/**
 * The moment with its wall clock. Zones that no name fits give the moment in UTC. Throws UnusableEventError when nothing
 * tells the zone.
 */
export function zonedTime(
  moment: Exclude<Moment, { kind: "date" }>,
  zones: Zones,
  fallback?: string,
): Temporal.ZonedDateTime {
  if (moment.kind === "utc") return moment.instant.toZonedDateTimeISO("UTC")
  if (moment.tzid === undefined && fallback !== undefined) return resolveWallClock(moment.wall, fallback)
  const zone = zones.resolve(moment.tzid)
  if (zone === undefined && fallback !== undefined) return resolveWallClock(moment.wall, fallback)
  if (zone === undefined) throw unknownZone(moment.tzid)
  switch (zone.kind) {
    case "named":
      return resolveWallClock(moment.wall, zone.id)
    case "custom":
      return customInstant(zone.rules, moment.wall).toZonedDateTimeISO("UTC")
    default:
      return zone satisfies never
  }
}

function unknownZone(tzid: string | undefined): UnusableEventError {
  return tzid === undefined
    ? new UnusableEventError("FloatingTime", "its time has no zone; give the source a timeZone")
    : new UnusableEventError("UnknownTimeZone", "its time zone is unknown and not defined; give the source a timeZone")
}
