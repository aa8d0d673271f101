import type { ProbeReport } from "../../../core/ports.ts"

/** Exchange 2019 ended with 15.2.1748 (CU15), Subscription Edition began with 15.2.2562. */
const firstOfSubscriptionEdition = 2000

/**
 * The product of a version such as `15.2.1544.9`, as far as its numbers tell.
 * https://learn.microsoft.com/exchange/new-features/build-numbers-and-release-dates
 */
export function serverOf(version: string | undefined): ProbeReport["server"] {
  if (version === undefined) return undefined
  const [major = 0, minor = 0, build = 0] = version.split(".").map(Number)
  return { product: `Exchange Server${nameOf(major, minor, build)}`, version }
}

function nameOf(major: number, minor: number, build: number): string {
  if (major === 8) return " 2007"
  if (major === 14) return " 2010"
  if (major !== 15 || minor > 2) return ""
  if (minor === 2) return build < firstOfSubscriptionEdition ? " 2019" : " Subscription Edition"
  return minor === 1 ? " 2016" : " 2013"
}
