/** The IANA name (or fixed offset) a zone written by anybody means; undefined when nothing is known by it. */
export function canonicalZone(_text: string): string | undefined {
  throw new Error("not yet")
}

/** The Windows id of an IANA zone, as Exchange names it; undefined when Windows has none. */
export function windowsZone(_iana: string): string | undefined {
  throw new Error("not yet")
}

/** The IANA zone of a Windows id, in the territory (ISO 3166, `DE`) when it has one of its own there. */
export function ianaZone(_windows: string, _territory?: string): string | undefined {
  throw new Error("not yet")
}
