import type { RememberedPair, SyncMemory } from "../core/ports.ts"

/** A memory that lasts as long as the process. Losing it means that deleted copies are made again, never a deletion. */
export class InProcessMemory implements SyncMemory {
  readonly #pairs = new Map<string, readonly RememberedPair[]>()

  async load(sync: string): Promise<readonly RememberedPair[] | undefined> {
    return this.#pairs.get(sync)
  }

  async save(sync: string, pairs: readonly RememberedPair[]): Promise<void> {
    this.#pairs.set(sync, pairs)
  }
}
