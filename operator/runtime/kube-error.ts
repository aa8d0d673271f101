/** What the API server answered when it did not do as asked: its Status object. Code 0: it did not answer at all. */
export class KubeApiError extends Error {
  override readonly name = "KubeApiError"
  readonly code: number
  /** The server's own word (`NotFound`, `Conflict`, `Expired`…), or `Unreachable`, `Timeout`, `InvalidAnswer`. */
  readonly reason: string
  readonly retryAfterMs: number | undefined

  constructor(
    message: string,
    options: {
      readonly code: number
      readonly reason: string
      readonly retryAfterMs?: number
      readonly cause?: unknown
    },
  ) {
    super(message, { cause: options.cause })
    this.code = options.code
    this.reason = options.reason
    this.retryAfterMs = options.retryAfterMs
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof KubeApiError && error.code === 404
}

/** Somebody else wrote first. Not `AlreadyExists`, which has the same code. */
export function isConflict(error: unknown): boolean {
  return error instanceof KubeApiError && error.code === 409 && error.reason !== "AlreadyExists"
}

export function isAlreadyExists(error: unknown): boolean {
  return error instanceof KubeApiError && error.code === 409 && error.reason === "AlreadyExists"
}

/** The version asked for is too old to be watched or paged from. */
export function isGone(error: unknown): boolean {
  return error instanceof KubeApiError && (error.code === 410 || error.reason === "Expired")
}

export function isForbidden(error: unknown): boolean {
  return error instanceof KubeApiError && (error.code === 401 || error.code === 403)
}
