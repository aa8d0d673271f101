/** Bad days, as the admin orders them: for a mailbox or all, for an operation or all, always or now and then. */
export type Fault = {
  /** Address or id; absent means every mailbox. */
  readonly mailbox?: string
  /** `events.create`, `calendarView.delta`, or a prefix such as `events`; absent means every operation. */
  readonly operation?: string
  /** 0…1; 1 when absent. */
  readonly probability?: number
  /** How many requests it hits before it is over; without end when absent. */
  readonly times?: number
  /** Lets this many matching requests pass first. */
  readonly after?: number
} & (
  | {
      readonly kind: "status"
      readonly status: number
      readonly code?: string
      readonly message?: string
      /** EWS with status 200: the code the error wraps. */
      readonly inner?: string
      /** Seconds; absent means no Retry-After header. */
      readonly retryAfter?: number
      /** The answer's body instead of an error object, to imitate a proxy. */
      readonly text?: string
    }
  /** The connection ends before anything happened, after it did (the answer is lost), or in the middle of the answer. */
  | { readonly kind: "drop"; readonly when: "before" | "after" | "midBody" }
  /** 504 at once, and the write happens later all the same. */
  | { readonly kind: "delayedCommit"; readonly delayMs: number }
  /** What is asked for is done late; with `answering` (EWS only) it is done at once, and answered late. */
  | { readonly kind: "slow"; readonly delayMs: number; readonly when?: "answering" }
  /** EWS only: the row at this place (from 0) fails, those before it are done, and those behind it not come to. */
  | { readonly kind: "batchStopped"; readonly at: number; readonly code?: string }
)

export type ActiveFault = Fault & { readonly id: number }

/** Decides which fault a request meets; `random` is seeded, so a run can be repeated. */
export class Faults {
  #faults: { readonly fault: ActiveFault; hits: number; seen: number }[] = []
  #nextId = 1
  #seed = 1

  get active(): readonly ActiveFault[] {
    return this.#faults.map(({ fault }) => fault)
  }

  add(fault: Fault): number {
    const id = this.#nextId++
    this.#faults.push({ fault: { ...fault, id }, hits: 0, seen: 0 })
    return id
  }

  remove(id: number): void {
    this.#faults = this.#faults.filter(({ fault }) => fault.id !== id)
  }

  clear(): void {
    this.#faults = []
  }

  seed(value: number): void {
    this.#seed = value
  }

  /** The first fault that strikes this request. */
  strike(request: { readonly operation: string; readonly mailboxNames: readonly string[] }): ActiveFault | undefined {
    for (const entry of this.#faults) {
      const { fault } = entry
      if (!matches(fault, request)) continue
      if (entry.seen++ < (fault.after ?? 0)) continue
      if (entry.hits >= (fault.times ?? Number.POSITIVE_INFINITY)) continue
      if (this.#random() >= (fault.probability ?? 1)) continue
      entry.hits++
      return fault
    }
    return undefined
  }

  /** A small linear congruential generator (Numerical Recipes' constants). */
  #random(): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0
    return this.#seed / 2 ** 32
  }
}

function matches(
  fault: Fault,
  request: { readonly operation: string; readonly mailboxNames: readonly string[] },
): boolean {
  const { operation, mailbox } = fault
  if (operation !== undefined && operation !== request.operation && !request.operation.startsWith(`${operation}.`))
    return false
  return mailbox === undefined || request.mailboxNames.includes(mailbox.toLowerCase())
}
