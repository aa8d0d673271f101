import type { Ownership } from "../../operator/core/copies.ts"
import type { CalendarEvent } from "../../operator/core/event.ts"
import { ownerOf } from "../../operator/core/origin.ts"
import { type PolicySpec, parsePolicy } from "../../operator/core/policy.ts"
import type { SourceCalendar } from "../../operator/core/ports.ts"
import type { SyncReport } from "../../operator/sync/report.ts"
import { runSync, type SyncRequest, type SyncState } from "../../operator/sync/run-sync.ts"
import { at } from "../fakes/lesson.ts"
import { MemoryCalendar } from "../fakes/memory-calendar.ts"

export const now = at("2026-11-25T12:00")

export function source(events: readonly CalendarEvent[], rest: Partial<SourceCalendar> = {}): SourceCalendar {
  return { identity: "teacher/AN", fingerprint: "", events, complete: true, problems: [], ...rest }
}

export function ownership(rest: Partial<Ownership> = {}): Ownership {
  return { installation: "school", cluster: "cluster-a", owner: owner("timetable"), takeOver: [], ...rest }
}

export function owner(bindingName: string): string {
  return ownerOf({ bindingNamespace: "calendars", bindingName, identity: "teacher/AN" })
}

type PassChange = Partial<Omit<SyncRequest, "source" | "policy" | "ownership">> & {
  readonly policy?: PolicySpec
  readonly ownership?: Partial<Ownership>
  readonly signal?: AbortSignal
}

/** One mailbox through many passes: state is kept from report to report, each pass a minute after the one before. */
export class MailboxStory {
  readonly calendar = new MemoryCalendar()
  state: SyncState = { firstSyncDone: false }
  clock = now

  /** One pass over these events. */
  async pass(events: readonly CalendarEvent[] | SourceCalendar, change: PassChange = {}): Promise<SyncReport> {
    const { policy, ownership: names, signal = new AbortController().signal, ...rest } = change
    this.clock = this.clock.add({ minutes: 1 })
    const report = await runSync(
      {
        source: "events" in events ? events : source(events),
        mailbox: this.calendar,
        policy: parsePolicy(policy ?? {}),
        ownership: ownership(names),
        state: this.state,
        kind: "Incremental",
        now: this.clock,
        ...rest,
      },
      signal,
    )
    this.state = {
      firstSyncDone: report.firstSyncDone,
      lastGoodPassAt: report.goodPassAt ?? this.state.lastGoodPassAt,
      expectedCopies: report.events.inSync + (report.events.unseen ?? 0),
      absence: report.absence,
    }
    return report
  }

  /** The ids of what is in the mailbox, oldest first. */
  get ids(): readonly string[] {
    return this.calendar.items.map(item => item.id)
  }

  get subjects(): readonly string[] {
    return this.calendar.items.map(item => item.event.subject).toSorted()
  }
}
