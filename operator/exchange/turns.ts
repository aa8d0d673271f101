/** One after the other, in the order of asking; a failure of one does not touch the next. */
export class Turns {
  #last: Promise<void> = Promise.resolve()

  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work)
    // Without its result: what the last turn gave would otherwise be kept until the next one.
    this.#last = turn.then(nothing, nothing)
    return turn
  }
}

function nothing(): void {}
