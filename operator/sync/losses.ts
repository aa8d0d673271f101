import type { SyncReport } from "./report.ts"

/** How long passes count together: long enough for a source that breaks little by little, short enough for ordinary weeks. */
const remembered = Temporal.Duration.from({ hours: 24 })

type Loss = { readonly at: Temporal.Instant; readonly count: number }

/** What the passes of this process removed without making others, by sync. Losing it loses one of several guards. */
export class Losses {
  readonly #bySync = new Map<string, readonly Loss[]>()

  /** Never below zero: what was made in the morning gives nobody a right to remove as much in the evening. */
  within(sync: string, now: Temporal.Instant): number {
    return sumOf(this.#recent(sync, now))
  }

  /** What a person approved is forgotten with all that led to it. */
  note(sync: string, { losses }: Pick<SyncReport, "losses">, now: Temporal.Instant): void {
    if (losses === undefined) return
    const recent = losses.areApproved ? [] : [...this.#recent(sync, now), { at: now, count: losses.count }]
    if (sumOf(recent) === 0) this.#bySync.delete(sync)
    else this.#bySync.set(sync, recent)
  }

  forget(sync: string): void {
    this.#bySync.delete(sync)
  }

  #recent(sync: string, now: Temporal.Instant): readonly Loss[] {
    const since = now.subtract(remembered)
    return (this.#bySync.get(sync) ?? []).filter(({ at }) => Temporal.Instant.compare(at, since) > 0)
  }
}

function sumOf(losses: readonly Loss[]): number {
  return losses.reduce((sum, { count }) => Math.max(0, sum + count), 0)
}
