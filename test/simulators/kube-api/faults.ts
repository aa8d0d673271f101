export type FaultAction =
  | {
      readonly kind: "answer"
      readonly status: number
      readonly reason?: string
      readonly message?: string
      readonly retryAfterSeconds?: number
    }
  | { readonly kind: "delay"; readonly ms: number }
  /** The connection breaks before anything is answered. */
  | { readonly kind: "reset" }
  /** The request is carried out, but half of its answer is lost with the connection. */
  | { readonly kind: "truncate" }
  /** Nothing is ever answered. */
  | { readonly kind: "silence" }

export type Fault = {
  readonly method?: string
  /** Matched against path and query. */
  readonly path?: RegExp
  /** Name of the user; all of them by default. */
  readonly user?: string
  /** How many requests it meets; 1 by default. */
  readonly times?: number
  readonly action: FaultAction
}

export type Request = { readonly method: string; readonly url: string; readonly user: string }

/** Faults that wait for their requests. */
export class Faults {
  #waiting: { readonly fault: Fault; left: number }[] = []

  /** Returns a function that takes the fault back. */
  add(fault: Fault): () => void {
    const entry = { fault, left: fault.times ?? 1 }
    this.#waiting.push(entry)
    return () => {
      this.#waiting = this.#waiting.filter(each => each !== entry)
    }
  }

  /** The next fault that this request meets; it counts as met. */
  take(request: Request): FaultAction | undefined {
    const found = this.#waiting.find(({ fault }) => isMeant(fault, request))
    if (found === undefined) return undefined
    found.left -= 1
    if (found.left <= 0) this.#waiting = this.#waiting.filter(each => each !== found)
    return found.fault.action
  }

  clear(): void {
    this.#waiting = []
  }
}

function isMeant({ method, path, user }: Fault, request: Request): boolean {
  return (
    (method === undefined || method === request.method) &&
    (path === undefined || path.test(request.url)) &&
    (user === undefined || user === request.user)
  )
}
