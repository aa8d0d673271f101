import { type CalendarSyncStatus, calendarSyncs } from "../resources/calendar-sync.ts"
import { findCondition } from "../runtime/conditions.ts"
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
  #telling: Promise<void> = Promise.resolve()

  constructor(deps: ControllerDeps, sync: CalendarSyncObject, signal: AbortSignal) {
    this.#deps = deps
    this.#sync = sync
    this.#signal = signal
    this.#toldAt = deps.now()
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
    if (findCondition(this.#sync.status?.conditions, "Ready")?.status === "True") return {}
    const verdict = progressing(`${progress.done} of ${progress.total} changes are written`)
    const { generation } = this.#sync.metadata
    return { conditions: conclude(this.#sync.status?.conditions, verdict, { generation, now }) }
  }
}
