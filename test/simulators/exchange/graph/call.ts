import type { Sink } from "../ews/event-stream.ts"
import type { Store } from "../store/store.ts"
import type { Preferences } from "./preferences.ts"
import type { Query } from "./query.ts"

/** Who calls: what the bearer token says. */
export type Caller = {
  readonly appId: string
  readonly tenantId: string
  /** Permissions consented in the directory when the token was made. */
  readonly roles: readonly string[]
}

/** One request, whether it came alone or as a step of a batch. */
export type Call = {
  readonly store: Store
  readonly caller: Caller
  readonly method: string
  /** Behind `/v1.0`, percent-decoded. */
  readonly segments: readonly string[]
  readonly query: Query
  /** For nextLinks: the path as it was asked, and the origin. */
  readonly origin: string
  readonly path: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: unknown
  readonly preferences: Preferences
  /** False under Calendars.ReadBasic: bodies and extended properties stay hidden. */
  readonly seesContent: boolean
}

export type Reply = {
  readonly status: number
  /** Several values of one name are several headers. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: unknown
  /** In place of a body: writes the answer while it goes on. */
  readonly stream?: (sink: Sink) => void
  /** The connection ends here without an answer, or in the middle of it. */
  readonly dropped?: "silently" | "midBody"
}

export function ok(body: unknown): Reply {
  return { status: 200, body }
}
