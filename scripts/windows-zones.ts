/** The text of operator/core/generated/windows-zones.ts, made from CLDR. */
export function windowsZonesModule(): string {
  throw new Error("not yet")
}
