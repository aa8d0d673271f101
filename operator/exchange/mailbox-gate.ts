type Waiter = { readonly slots: number; readonly start: () => void }

/** Lets so many requests of one mailbox run at a time, first come first served; a batch takes several places. */
export class MailboxGate {
  readonly #places: number
  #taken = 0
  #waiting: Waiter[] = []
  /** Monotonic; nothing should be sent before. */
  pausedUntilMs = 0

  constructor(places: number) {
    this.#places = places
  }

  get idle(): boolean {
    return this.#taken === 0 && this.#waiting.length === 0
  }

  /** Waits for room; the returned function gives it back and may be called twice. */
  async enter(slots: number, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    const needed = Math.min(slots, this.#places)
    if (this.#waiting.length > 0 || this.#taken + needed > this.#places) await this.#turn(needed, signal)
    else this.#taken += needed
    return this.#leaveOnce(needed)
  }

  #turn(slots: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter = {
        slots,
        start: () => {
          signal.removeEventListener("abort", giveUp)
          this.#taken += slots
          resolve()
        },
      }
      const giveUp = () => {
        this.#waiting = this.#waiting.filter(other => other !== waiter)
        this.#admit()
        reject(signal.reason)
      }
      signal.addEventListener("abort", giveUp, { once: true })
      this.#waiting.push(waiter)
    })
  }

  #leaveOnce(slots: number): () => void {
    let left = false
    return () => {
      if (left) return
      left = true
      this.#taken -= slots
      this.#admit()
    }
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#taken + next.slots > this.#places) return
      this.#waiting.shift()
      next.start()
    }
  }
}
