import { createHash } from "node:crypto"
import { NeedsAttentionError, TemporaryError } from "../../core/errors.ts"
import { decodeCalendar } from "../../icalendar/decode.ts"
import { type CalendarReading, type ReadOptions, readCalendar } from "../../icalendar/read.ts"
import { type CalendarContent, calendarContent } from "../source-calendar.ts"
import { type FeedRequest, fetchFeed, type Validators } from "./fetch-feed.ts"

/** What a feed said last, and what that is called. */
export type FeedState = {
  readonly calendar: CalendarContent
  readonly refreshHintMs: number | undefined
  /** The server's name of the version, or the time at which it was read. */
  readonly revision: string
}

/** It is shown to people; some servers put half a page into an ETag. */
const longestRevision = 200

type FeedDeps = Omit<FeedRequest, "validators"> & { readonly reading: ReadOptions }

/** One feed and its last good answer. Reading again costs an exchange of headers while nothing changed. */
export class Feed {
  readonly #deps: FeedDeps
  #validators: Validators = {}
  #bodyHash = ""
  #state: FeedState | undefined

  constructor(deps: FeedDeps) {
    this.#deps = deps
  }

  /** The last good answer, if there was one. */
  get state(): FeedState | undefined {
    return this.#state
  }

  /** The state after looking; the same object while the events are the same. Throws core errors and keeps its state. */
  async read(signal: AbortSignal): Promise<FeedState> {
    const known = this.#state
    const validators = known === undefined ? {} : this.#validators
    const answer = await fetchFeed({ ...this.#deps, validators }, signal)
    if (answer.kind === "notModified" && known !== undefined) return known
    if (answer.kind === "notModified") throw this.#implausible("says that nothing changed before it said anything")
    const bodyHash = createHash("sha256").update(answer.bytes).digest("base64")
    const isKnown = known !== undefined && bodyHash === this.#bodyHash
    const state = isKnown
      ? known
      : await this.#parse(decodeCalendar(answer.bytes, answer.charset), answer.validators, signal)
    this.#validators = answer.validators
    this.#bodyHash = bodyHash
    this.#state = state
    return state
  }

  async #parse(text: string, validators: Validators, signal: AbortSignal): Promise<FeedState> {
    const { refreshHintMs, ...read } = await this.#readText(text, signal)
    const calendar = calendarContent(read)
    if (calendar.fingerprint === this.#state?.calendar.fingerprint) return this.#state
    const revision = validators.etag ?? validators.lastModified ?? this.#deps.now().toString({ smallestUnit: "second" })
    return { calendar, refreshHintMs, revision: revision.slice(0, longestRevision) }
  }

  /** An error page or half a file is the server's bad moment, and mostly passes. */
  async #readText(text: string, signal: AbortSignal): Promise<CalendarReading> {
    try {
      return await readCalendar(text, this.#deps.reading, signal)
    } catch (error) {
      if (!(error instanceof NeedsAttentionError)) throw error
      throw this.#implausible(`gave no calendar: ${error.message}`, error)
    }
  }

  #implausible(what: string, cause?: NeedsAttentionError): TemporaryError {
    return new TemporaryError(`${this.#deps.url.host} ${what}`, { reason: cause?.reason ?? "Implausible", cause })
  }
}
