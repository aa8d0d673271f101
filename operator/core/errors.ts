/**
 * The errors every room speaks. Adapters translate at their edge; nobody above reads a status code or searches a
 * message. Anything else that is thrown is a bug and stays an ordinary error.
 *
 * `reason` is CamelCase and fit for a condition (the closed list of docs/reasons.md). Messages name ids, counts, hosts
 * and steps; never a secret, a token, a subject or a body.
 */

type ErrorDetails = {
  /** CamelCase, from the closed list of condition reasons. */
  readonly reason: string
  readonly cause?: unknown
}

/** Waiting helps: retry with back-off, or not before `retryAfterMs` when the other side said so. */
export class TemporaryError extends Error {
  override readonly name = "TemporaryError"
  readonly reason: string
  readonly retryAfterMs: number | undefined

  constructor(message: string, { reason, retryAfterMs, cause }: ErrorDetails & { readonly retryAfterMs?: number }) {
    super(message, { cause })
    this.reason = reason
    this.retryAfterMs = retryAfterMs
  }
}

/** A person must change something; the message says what. Not retried on a timer faster than the ordinary interval. */
export class NeedsAttentionError extends Error {
  override readonly name = "NeedsAttentionError"
  readonly reason: string
  /** Of `MailboxNotFound`: there is a mailbox, which answers to this address only. Never shown: nobody named it to us. */
  readonly primaryAddress: string | undefined

  constructor(message: string, { reason, primaryAddress, cause }: ErrorDetails & { readonly primaryAddress?: string }) {
    super(message, { cause })
    this.reason = reason
    this.primaryAddress = primaryAddress
  }
}

/** The item was changed or removed by somebody since it was listed: list again, plan again. */
export class ChangedMeanwhileError extends Error {
  override readonly name = "ChangedMeanwhileError"
  readonly reason = "ChangedMeanwhile"
  readonly itemId: string

  constructor(itemId: string, options: { readonly cause?: unknown } = {}) {
    super(`item ${itemId} was changed by somebody else meanwhile`, options)
    this.itemId = itemId
  }
}

export type CoreError = TemporaryError | NeedsAttentionError | ChangedMeanwhileError

/** Everything else that is thrown is an abort, a lost lease or a bug. */
export function isCoreError(error: unknown): error is CoreError {
  return (
    error instanceof TemporaryError || error instanceof NeedsAttentionError || error instanceof ChangedMeanwhileError
  )
}

/** The reason a failure carries, or `InternalError` for a bug. */
export function reasonOf(error: unknown): string {
  return isCoreError(error) ? error.reason : "InternalError"
}

/** Whether this is the answer to our own abort rather than a failure to report. */
export function isAbort(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && (error === signal.reason || (error instanceof Error && error.name === "AbortError"))
}
