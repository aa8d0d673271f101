/** What Microsoft's own clients send at most; more only waits longer for its answer. */
export const mostItems = 100

/**
 * How many items a call may hold. A server that does not come to an end in time gets half as many from then on, and more
 * again while it does.
 */
export class BatchSize {
  #items = mostItems

  get items(): number {
    return this.#items
  }

  /** After so many at once were too many. What was sent before the last time counts with that. False when it cannot be less. */
  shrink(tooMany: number): boolean {
    if (tooMany > this.#items) return true
    if (this.#items === 1) return false
    this.#items = Math.floor(this.#items / 2)
    return true
  }

  grow(): void {
    this.#items = Math.min(this.#items * 2, mostItems)
  }
}
