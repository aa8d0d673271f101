import type { Ownership } from "../../operator/core/copies.ts"
import type { CalendarEvent } from "../../operator/core/event.ts"
import { ownerOf } from "../../operator/core/origin.ts"
import { type PolicySpec, parsePolicy, syncWindow } from "../../operator/core/policy.ts"
import type { Calendar, CalendarChoice, SourceCalendar, Window } from "../../operator/core/ports.ts"
import { expand } from "../../operator/core/recurrence.ts"
import type { PassKind, SyncReport } from "../../operator/sync/report.ts"
import { runSync, type SyncState } from "../../operator/sync/run-sync.ts"
import type { Random } from "../fakes/random.ts"
import { RandomSource } from "../fakes/random-source.ts"
import { someEvent } from "./some-event.ts"

/** Enough for every kind of meeting, and for more than one batch; more only makes walks slower. */
const mostEvents = 30
const looks = [
  {},
  { showAs: "Free" },
  { subject: "{{type}}: {{subject}}", reminder: "15m" },
  { hideSubject: "Busy" },
  { categories: ["Timetable"], allDayTypes: ["Trip"], includeLocation: false },
  { defaultDuration: "30m", sensitivity: "Private", reminder: "FromSource" },
] as const

export type PassOver = {
  readonly mailbox: Calendar
  readonly now: Temporal.Instant
  readonly knownOwners: ReadonlySet<string>
  readonly kind: PassKind
  /** The source could not be read whole: this many of its events, and it says so. */
  readonly onlyFirst?: number
}

/** One CalendarSync on its walk: a source, a policy, and what its status would say. */
export class WalkingSync {
  readonly calendar: CalendarChoice
  readonly source: RandomSource
  readonly #name: string
  readonly #matchExisting: boolean
  #renamed = 0
  #state: SyncState = { firstSyncDone: false }
  #policy: PolicySpec = {}

  constructor({
    name,
    calendar,
    matchExisting,
    today,
  }: {
    readonly name: string
    readonly calendar: CalendarChoice
    readonly matchExisting: boolean
    readonly today: () => Temporal.PlainDate
  }) {
    this.calendar = calendar
    this.#name = name
    this.#matchExisting = matchExisting
    const make = (key: string, random: Random) => someEvent(key, random, today())
    this.source = new RandomSource({ make, mostEvents, keyPrefix: name })
  }

  get owner(): string {
    const calendar = this.calendar.kind === "Named" ? this.calendar.name : undefined
    const bindingName = `${this.#name}-${this.#renamed}`
    return ownerOf({ bindingNamespace: "calendars", bindingName, identity: "teacher/AN", calendar })
  }

  get firstSyncDone(): boolean {
    return this.#state.firstSyncDone
  }

  window(now: Temporal.Instant): Window {
    return syncWindow(parsePolicy(this.#spec()), now)
  }

  /** The keys of all that the source has in it. */
  keysIn(window: Window): readonly string[] {
    return this.source.events.filter(event => isIn(event, window)).map(({ key }) => key)
  }

  /** One pass, whose report is kept as the status is. */
  async pass(over: PassOver, signal: AbortSignal): Promise<SyncReport> {
    const report = await this.#run(over, this.#state, signal)
    this.#state = {
      firstSyncDone: this.#state.firstSyncDone || report.firstSyncDone,
      lastGoodPassAt: report.goodPassAt ?? this.#state.lastGoodPassAt,
      approvedToken: report.hold?.token,
    }
    return report
  }

  /** A pass of the same wishes over a mailbox that has not seen us before; our own status stays as it is. */
  async firstPassOver(over: PassOver, signal: AbortSignal): Promise<SyncReport> {
    return this.#run(over, { firstSyncDone: false }, signal)
  }

  /** Another look, another way with series or with what people change. */
  changePolicy(random: Random): void {
    this.#policy = {
      appearance: random.pick(looks),
      series: random.pick(["Auto", "Auto", "Expand"] as const),
      drift: random.pick(["Correct", "Warn", "Ignore"] as const),
      management: random.pick(["Full", "Full", "Full", "UpsertOnly", "CreateOnly", "ObserveOnly"] as const),
    }
  }

  /** Nothing is tolerated and nothing withheld, so that all mailboxes come to look alike. */
  insist(): void {
    this.#policy = { ...this.#policy, drift: "Correct", management: "Full" }
  }

  /** The binding gets another name: all its copies have lost their owner. */
  rename(): void {
    this.#renamed += 1
    this.#state = { firstSyncDone: false }
  }

  /** The cluster was rebuilt from Git: the status is gone, the names are not. */
  forgetStatus(): void {
    this.#state = { firstSyncDone: false }
  }

  #spec(): PolicySpec {
    return {
      window: { past: "7d", future: "30d" },
      firstSync: { matchExisting: this.#matchExisting },
      deletion: { guard: { maxPercent: 100, maxCount: 10_000 } },
      ...this.#policy,
    }
  }

  async #run(
    { mailbox, now, knownOwners, kind, onlyFirst }: PassOver,
    state: SyncState,
    signal: AbortSignal,
  ): Promise<SyncReport> {
    const ownership: Ownership = {
      installation: "school",
      cluster: "cluster-a",
      owner: this.owner,
      takeOver: [],
      knownOwners,
    }
    const source: SourceCalendar = {
      identity: "teacher/AN",
      fingerprint: "",
      events: this.source.events.slice(0, onlyFirst),
      complete: onlyFirst === undefined,
      problems: [],
    }
    return runSync({ source, mailbox, policy: parsePolicy(this.#spec()), ownership, state, kind, now }, signal)
  }
}

function isIn(event: CalendarEvent, window: Window): boolean {
  return expand(event, window, { zone: "UTC", limit: 10_000 }).length > 0
}

/** Whether the pass changed anything outside, or would have liked to. */
export function isQuiet({ lastPass, hold, failuresTotal, stopped, goodPassAt }: SyncReport): boolean {
  const { created, updated, deleted, adopted, restored, stripped } = lastPass
  const wrote = created + updated + deleted + adopted + restored + stripped
  return wrote === 0 && !hold && failuresTotal === 0 && !stopped && goodPassAt !== undefined
}
