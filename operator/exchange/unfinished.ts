import type { Mark } from "../core/origin.ts"

/**
 * The mark of a series whose occurrences are still to be written: a process that ends there leaves one that is seen to be
 * behind the source, not one that somebody changed.
 */
export function unfinished(mark: Mark): Mark {
  return { ...mark, fingerprint: "unfinished" }
}
