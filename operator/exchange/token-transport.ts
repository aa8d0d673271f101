import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from "@azure/msal-node"
import { type Dispatcher, request } from "undici"

/** The directory answers in well under a second; one that takes this long is not answering. */
const answerWithinMs = 20_000

type Seen = (request: { readonly method: string; readonly status: number }) => void

/** How the token library reaches the directory: through our certificates, proxy and timeouts, remembering what failed. */
export class TokenTransport implements INetworkModule {
  readonly #dispatcher: Dispatcher
  readonly #seen: Seen
  /** What kept the last request from being answered, before the library rewords it. */
  failure: unknown
  retryAfter: string | undefined

  constructor(dispatcher: Dispatcher, seen: Seen) {
    this.#dispatcher = dispatcher
    this.#seen = seen
  }

  sendGetRequestAsync<T>(url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    return this.#send("GET", url, options)
  }

  sendPostRequestAsync<T>(url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    return this.#send("POST", url, options)
  }

  async #send<T>(method: "GET" | "POST", url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    this.failure = undefined
    try {
      const answer = await request(url, {
        method,
        dispatcher: this.#dispatcher,
        signal: AbortSignal.timeout(answerWithinMs),
        headers: options?.headers ?? {},
        body: options?.body ?? null,
      })
      this.#seen({ method, status: answer.statusCode })
      const headers = plainHeaders(answer.headers)
      this.retryAfter = headers["retry-after"]
      // The library asks for whatever type it hopes for; it checks the fields itself.
      const body = (await answer.body.json()) as T
      return { headers, body, status: answer.statusCode }
    } catch (error) {
      this.failure = error
      throw error
    }
  }
}

function plainHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]],
    ),
  )
}
