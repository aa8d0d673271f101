import { isAbort, NeedsAttentionError, reasonOf, TemporaryError } from "../../core/errors.ts"
import type { ICalSettings, Source, SourceCalendar, SourceReading } from "../../core/ports.ts"
import { identityNamed } from "../source-calendar.ts"
import type { Feed, FeedState } from "./feed.ts"
import { identityAddress } from "./feed-address.ts"
import { feedsAtOnce, type ICalDeps, openFeedConnection } from "./feed-connection.ts"

/** A feed for each identity. One that cannot be read keeps its last good calendar and costs the others nothing. */
export function openFeedPerIdentity(
  deps: ICalDeps,
  settings: ICalSettings,
  location: { readonly template: string },
): Source {
  const connection = openFeedConnection(deps, settings)
  const feeds = new FeedsByIdentity(identity => connection.feed(identityAddress(location.template, identity)), deps.now)
  return { read: ({ identities }, signal) => feeds.read(identities, signal), close: connection.close }
}

type Failure = { readonly identity: string; readonly error: Error }
type Known = { readonly state: FeedState; readonly calendar: SourceCalendar }

class FeedsByIdentity {
  readonly #open: (identity: string) => Feed
  readonly #now: () => Temporal.Instant
  #feeds = new Map<string, Feed>()
  #known = new Map<string, Known>()
  #revision = ""

  constructor(open: (identity: string) => Feed, now: () => Temporal.Instant) {
    this.#open = open
    this.#now = now
  }

  async read(asked: readonly string[], signal: AbortSignal): Promise<SourceReading> {
    const identities = [...new Set(asked)]
    const failed = await this.#readAll(identities, signal)
    if (failed.length > 0 && failed.length === identities.length) throw nothingRead(failed.map(({ error }) => error))
    const unchanged = this.#remember(identities)
    const hints = [...this.#known.values()].flatMap(({ state }) => state.refreshHintMs ?? [])
    return {
      revision: this.#revision,
      identities: identities.map(identityNamed),
      calendars: new Map([...this.#known].map(([identity, { calendar }]) => [identity, calendar])),
      failed,
      unchanged,
      ...(hints.length === 0 ? {} : { refreshHintMs: hints.reduce((one, other) => Math.min(one, other)) }),
    }
  }

  async #readAll(identities: readonly string[], signal: AbortSignal): Promise<readonly Failure[]> {
    const waiting = [...identities]
    const failed: Failure[] = []
    const work = async () => {
      for (let identity = waiting.shift(); identity !== undefined; identity = waiting.shift()) {
        const error = await this.#readOne(identity, signal)
        if (error !== undefined) failed.push({ identity, error })
      }
    }
    await Promise.all(Array.from({ length: feedsAtOnce }, work))
    return failed.toSorted((one, other) => identities.indexOf(one.identity) - identities.indexOf(other.identity))
  }

  async #readOne(identity: string, signal: AbortSignal): Promise<Error | undefined> {
    try {
      const feed = this.#feeds.get(identity) ?? this.#open(identity)
      this.#feeds.set(identity, feed)
      await feed.read(signal)
      return undefined
    } catch (error) {
      if (isAbort(error, signal) || signal.aborted || !(error instanceof Error)) throw error
      return error
    }
  }

  /** Takes over what the feeds say now, and forgets those nobody asks for. Whether all is as it was before. */
  #remember(identities: readonly string[]): boolean {
    const before = this.#known
    const feeds = new Map(identities.flatMap(identity => entry(identity, this.#feeds.get(identity))))
    this.#feeds = feeds
    this.#known = new Map(
      [...feeds].flatMap(([identity, { state }]) => entry(identity, state && knownAs(identity, state, before))),
    )
    const isSame = ([identity, { state }]: readonly [string, Known]) => before.get(identity)?.state === state
    const unchanged = before.size === this.#known.size && [...this.#known].every(isSame) && this.#revision !== ""
    if (!unchanged) this.#revision = this.#now().toString({ smallestUnit: "second" })
    return unchanged
  }
}

function entry<T>(identity: string, value: T | undefined): [string, T][] {
  return value === undefined ? [] : [[identity, value]]
}

function knownAs(identity: string, state: FeedState, before: ReadonlyMap<string, Known>): Known {
  const known = before.get(identity)
  return known?.state === state ? known : { state, calendar: { identity, ...state.calendar } }
}

/** One error for all: it passes by itself if any of them does, and not before that one says. */
function nothingRead(errors: readonly Error[]): Error {
  const temporary = errors.find(error => error instanceof TemporaryError)
  const told = temporary ?? errors[0] ?? new TemporaryError("no feed was read", { reason: "Unreachable" })
  if (errors.length === 1) return told
  const message = `none of ${errors.length} feeds could be read; one of them: ${told.message}`
  if (told instanceof NeedsAttentionError) return new NeedsAttentionError(message, { reason: told.reason, cause: told })
  const retryAfterMs = temporary?.retryAfterMs
  return new TemporaryError(message, {
    reason: reasonOf(told),
    cause: told,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}
