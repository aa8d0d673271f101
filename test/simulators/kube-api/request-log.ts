export type LoggedRequest = {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly user: string
  readonly userAgent: string
  readonly contentType: string
  /** 0 until it is answered. */
  readonly code: number
}

/** Every request the server met, in the order they came. */
export class RequestLog {
  #entries: LoggedRequest[] = []

  /** Logs a request; the returned function fills in how it was answered. */
  begin(request: Omit<LoggedRequest, "code">): (code: number) => void {
    const index = this.#entries.push({ ...request, code: 0 }) - 1
    const entries = this.#entries
    return code => {
      entries[index] = { ...request, code }
    }
  }

  /** Those of a method and a path, all by default. */
  find({ method, path }: { readonly method?: string; readonly path?: RegExp } = {}): readonly LoggedRequest[] {
    return this.#entries.filter(
      entry => (method === undefined || entry.method === method) && (path === undefined || path.test(entry.path)),
    )
  }

  clear(): void {
    this.#entries = []
  }
}
