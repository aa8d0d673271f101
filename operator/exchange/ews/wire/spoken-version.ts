import type { EwsVersion } from "../../../core/exchange-settings.ts"
import type { EwsProblem } from "./problem.ts"

/**
 * From the newest that has something we say to the oldest servers there are. Later servers know it too, and newer names
 * would add nothing but a second try for each server in between.
 */
const newest = "Exchange2013"
const newestFirst: readonly EwsVersion[] = [newest, "Exchange2010_SP2", "Exchange2007_SP1"]

/** The version requests are written for: as told, or found out by going down until the server knows it. */
export class SpokenVersion {
  readonly #isFixed: boolean
  #current: EwsVersion
  /** An answer in this version was seen: what is refused from then on has other reasons. */
  #isKnown = false

  constructor(told: EwsVersion | undefined) {
    this.#isFixed = told !== undefined
    this.#current = told ?? newest
  }

  get current(): EwsVersion {
    return this.#current
  }

  /**
   * Learns from the answer to a request in that version. Whether the request is worth being written anew, in what is
   * current then. A schema that is refused may be that of the version (2007 says no more about it), or of the request
   * itself: where no version helps, the next request begins at the top.
   */
  isToBeChanged(version: EwsVersion, problem: EwsProblem | undefined): boolean {
    const code = problem?.code
    if (this.#isFixed || code === "") return false
    if (code === undefined || !refusals.has(code)) {
      this.#isKnown ||= version === this.#current
      return false
    }
    if (version !== this.#current) return true
    if (this.#isKnown && code !== "ErrorInvalidServerVersion") return false
    const older = newestFirst[newestFirst.indexOf(version) + 1]
    this.#current = older ?? newest
    this.#isKnown = false
    return older !== undefined
  }
}

const refusals = new Set(["ErrorInvalidServerVersion", "ErrorSchemaValidation"])
