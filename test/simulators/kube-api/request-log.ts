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

/** So many are kept at most; a long demonstration makes more than anybody reads. */
const LIMIT = 50_000

type Entry = { readonly request: Omit<LoggedRequest, "code">; code: number }

/** Every request the server met, in the order they came. */
export class RequestLog {
  #entries: Entry[] = []

  /** Logs a request; the returned function fills in how it was answered. */
  begin(request: Omit<LoggedRequest, "code">): (code: number) => void {
    const entry: Entry = { request, code: 0 }
    this.#entries.push(entry)
    if (this.#entries.length > LIMIT * 2) this.#entries = this.#entries.slice(-LIMIT)
    return code => {
      entry.code = code
    }
  }

  /** Those of a method and a path, all by default. */
  find({ method, path }: { readonly method?: string; readonly path?: RegExp } = {}): readonly LoggedRequest[] {
    return this.#entries
      .filter(
        ({ request }) =>
          (method === undefined || request.method === method) && (path === undefined || path.test(request.path)),
      )
      .map(({ request, code }) => ({ ...request, code }))
  }

  clear(): void {
    this.#entries = []
  }
}
