/** One request to Graph, before authentication, pacing and retries are added to it. */
export type GraphCall = {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE"
  /** `/users/…` with its query, or a link Graph gave. */
  readonly path: string
  readonly body?: unknown
  /** Preferences beside the immutable ids that are always asked for; lost on the next page unless sent again. */
  readonly prefer?: readonly string[]
  /** For metrics: `list`, `delta`, `batch` … */
  readonly operation: string
  readonly mailbox?: string
  /** Steps of a batch; 1 when absent. */
  readonly cost?: number
  /** Changes something outside: the fence is asked right before it leaves. */
  readonly writes: boolean
  /** Asked again by the client itself; false where the caller sorts out what a lost answer means. */
  readonly retry: boolean
}

/** Carries a call through the library to our own chain; found there by its class. */
export class CallOptions {
  readonly call: GraphCall
  readonly signal: AbortSignal

  constructor(call: GraphCall, signal: AbortSignal) {
    this.call = call
    this.signal = signal
  }
}

export const immutableIds = 'IdType="ImmutableId"'
