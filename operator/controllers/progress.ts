import { type CalendarSyncStatus, calendarSyncs } from "../resources/calendar-sync.ts"
import { findCondition } from "../runtime/conditions.ts"
import type { PassKind } from "../sync/report.ts"
import type { ControllerDeps } from "./deps.ts"
import type { CalendarSyncObject } from "./objects.ts"
import { conclude, progressing } from "./verdict.ts"

/** So often at most: a first load of hours must be seen to move, without becoming a load of its own. */
const grain = Temporal.Duration.from({ seconds: 2 })

/** Tells in status how far a long pass has come. Failing to tell never stops the pass. */
export class Progress {
  readonly #deps: ControllerDeps
  readonly #signal: AbortSignal
  #sync: CalendarSyncObject
  #toldAt: Temporal.Instant
  #kind: PassKind = "Incremental"
  #telling: Promise<void> = Promise.resolve()

  constructor(deps: ControllerDeps, sync: CalendarSyncObject, signal: AbortSignal) {
    this.#deps = deps
    this.#sync = sync
    this.#signal = signal
    this.#toldAt = deps.now()
  }

  begin(kind: PassKind): void {
    this.#kind = kind
    this.#toldAt = this.#deps.now()
  }

  tell(progress: { readonly done: number; readonly total: number }): void {
    const now = this.#deps.now()
    if (Temporal.Instant.compare(this.#toldAt.add(grain), now) > 0) return
    this.#toldAt = now
    this.#telling = this.#telling.then(() => this.#write(progress, now))
  }

  /** The object with the last progress written. */
  async finished(): Promise<CalendarSyncObject> {
    await this.#telling
    return this.#sync
  }

  async #write(progress: { readonly done: number; readonly total: number }, now: Temporal.Instant): Promise<void> {
    const status: CalendarSyncStatus = {
      ...this.#sync.status,
      ...this.#conditions(progress, now),
      initialSync: progress,
    }
    try {
      this.#sync = (await this.#deps.status.write(calendarSyncs, this.#sync, status, this.#signal)) ?? this.#sync
    } catch (error) {
      this.#deps.manager.log.debug({ error }, "progress could not be told")
    }
  }

  /** A mailbox that was Ready before stays so; one that never was is seen to be on its way. */
  #conditions(progress: { readonly done: number; readonly total: number }, now: Temporal.Instant) {
    const { conditions } = this.#sync.status ?? {}
    const message = `${progress.done} of ${progress.total} changes are written`
    const about = { generation: this.#sync.metadata.generation, now }
    const ready = findCondition(conditions, "Ready")
    if (ready?.status !== "True") return { conditions: conclude(conditions, progressing(message), about) }
    if (this.#kind !== "Full") return {}
    return { conditions: conclude(conditions, { ready, reconciling: { reason: "FullResync", message } }, about) }
  }
}
