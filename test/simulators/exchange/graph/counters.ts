/** How many requests came, by operation and by mailbox; batch steps count as what they are, and the batch itself once. */
export class Counters {
  #total = 0
  readonly #byOperation = new Map<string, number>()
  readonly #byMailbox = new Map<string, Map<string, number>>()
  readonly #byStatus = new Map<number, number>()

  count(operation: string, mailbox: string | undefined): void {
    add(this.#byOperation, operation)
    if (mailbox === undefined) return
    const own = this.#byMailbox.get(mailbox) ?? new Map<string, number>()
    this.#byMailbox.set(mailbox, own)
    add(own, operation)
  }

  /** One HTTP request on the wire, whatever is in it. */
  countRequest(status: number): void {
    this.#total++
    add(this.#byStatus, status)
  }

  countStatus(status: number): void {
    add(this.#byStatus, status)
  }

  reset(): void {
    this.#total = 0
    this.#byOperation.clear()
    this.#byMailbox.clear()
    this.#byStatus.clear()
  }

  /** `operations` counts steps, `requests` counts what went over the wire. */
  get snapshot(): CounterSnapshot {
    return {
      requests: this.#total,
      operations: Object.fromEntries(this.#byOperation),
      mailboxes: Object.fromEntries([...this.#byMailbox].map(([name, own]) => [name, Object.fromEntries(own)])),
      statuses: Object.fromEntries(this.#byStatus),
    }
  }
}

export type CounterSnapshot = {
  readonly requests: number
  readonly operations: Readonly<Record<string, number>>
  readonly mailboxes: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly statuses: Readonly<Record<string, number>>
}

function add<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
