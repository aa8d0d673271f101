import type { Appearance, AppearanceSpec } from "./appearance.ts"
import { parseAppearance } from "./appearance.ts"
import { NeedsAttentionError } from "./errors.ts"
import { type EventFilter, parseFilter } from "./filter.ts"
import type { Window } from "./ports.ts"
import { type FullResyncSchedule, parseSchedule } from "./schedule.ts"
import { durationMs, parseDuration, type WindowLengths, windowAround } from "./time.ts"

/** `Full` may do everything; the others each less: no deletions, nothing but creating, nothing at all. */
type Management = "Full" | "UpsertOnly" | "CreateOnly" | "ObserveOnly"
/** What happens to a copy somebody changed: put right, reported, or left without a word. */
type DriftMode = "Correct" | "Warn" | "Ignore"
/** What happens when somebody deleted a copy. `Respect` needs a memory of what was there. */
type OnExchangeDelete = "Recreate" | "Respect"
type SeriesMode = "Auto" | "Series" | "Expand"
type OnUnbind = "Retain" | "Purge"

/** Held when either is exceeded; guard.ts has the small print. */
type DeletionGuard = { readonly maxPercent: number; readonly maxCount: number }

/** A CalendarSyncPolicy ready for use: parsed, defaults applied, nothing left that could fail for a reason of spelling. */
export type SyncPolicy = {
  readonly window: WindowLengths
  readonly schedule: { readonly intervalMs: number; readonly fullResync: FullResyncSchedule }
  readonly filter: EventFilter
  readonly appearance: Appearance
  readonly firstSync: {
    readonly matchExisting: boolean
    /** Nothing that ended longer ago is created, unless it recurs into the future. */
    readonly skipOlderThan: Temporal.Duration
    readonly requireApproval: boolean
  }
  readonly drift: DriftMode
  readonly onExchangeDelete: OnExchangeDelete
  readonly series: SeriesMode
  readonly management: Management
  readonly deletion: { readonly guard: DeletionGuard; readonly onUnbind: OnUnbind }
}

/** The parts of CalendarSyncPolicy.spec that planning reads, as they are written in a manifest. */
export type PolicySpec = {
  readonly window?: { readonly past?: string | undefined; readonly future?: string | undefined } | undefined
  readonly schedule?:
    | {
        readonly interval?: string | undefined
        readonly fullResync?:
          | {
              readonly cron?: string | undefined
              readonly timeZone?: string | undefined
              readonly spread?: string | undefined
            }
          | undefined
      }
    | undefined
  readonly include?:
    | {
        readonly types?: readonly string[] | undefined
        readonly excludeTypes?: readonly string[] | undefined
        readonly when?: string | undefined
      }
    | undefined
  readonly appearance?: AppearanceSpec | undefined
  readonly firstSync?:
    | {
        readonly matchExisting?: boolean | undefined
        readonly skipOlderThan?: string | undefined
        readonly requireApproval?: boolean | undefined
      }
    | undefined
  readonly drift?: DriftMode | undefined
  readonly onExchangeDelete?: OnExchangeDelete | undefined
  readonly series?: SeriesMode | undefined
  readonly management?: Management | undefined
  readonly deletion?:
    | {
        readonly guard?:
          | { readonly maxPercent?: number | undefined; readonly maxCount?: number | undefined }
          | undefined
        readonly onUnbind?: OnUnbind | undefined
      }
    | undefined
}

/** Reads a spec and applies the defaults. Throws NeedsAttentionError (InvalidSpec) naming the field. */
export function parsePolicy(spec: PolicySpec): SyncPolicy {
  return {
    window: parseWindow(spec.window),
    schedule: {
      intervalMs: durationMs(duration("schedule.interval", spec.schedule?.interval, "5m")),
      fullResync: parseFullResync(spec.schedule?.fullResync),
    },
    filter: parseFilter(spec.include ?? {}),
    appearance: parseAppearance(spec.appearance ?? {}),
    firstSync: {
      matchExisting: spec.firstSync?.matchExisting ?? true,
      skipOlderThan: duration("firstSync.skipOlderThan", spec.firstSync?.skipOlderThan, "30d"),
      requireApproval: spec.firstSync?.requireApproval ?? false,
    },
    drift: spec.drift ?? "Correct",
    onExchangeDelete: spec.onExchangeDelete ?? "Recreate",
    series: spec.series ?? "Auto",
    management: spec.management ?? "Full",
    deletion: {
      guard: {
        maxPercent: spec.deletion?.guard?.maxPercent ?? 30,
        maxCount: spec.deletion?.guard?.maxCount ?? 100,
      },
      onUnbind: spec.deletion?.onUnbind ?? "Retain",
    },
  }
}

/**
 * The interval a pass looks after: [now − past, now + future), widened to whole UTC days. Whole days, so that plans,
 * approvals and delta tokens stay the same from one pass to the next.
 */
export function syncWindow(policy: Pick<SyncPolicy, "window">, now: Temporal.Instant): Window {
  const { start, end } = windowAround(now, policy.window)
  return { start: startOfUtcDay(start), end: startOfUtcDay(end).add({ hours: 24 }) }
}

function startOfUtcDay(instant: Temporal.Instant): Temporal.Instant {
  return instant.toZonedDateTimeISO("UTC").startOfDay().toInstant()
}

function parseWindow(spec: PolicySpec["window"]): WindowLengths {
  return {
    past: duration("window.past", spec?.past, "7d"),
    future: duration("window.future", spec?.future, "200d"),
  }
}

type FullResyncSpec = NonNullable<NonNullable<PolicySpec["schedule"]>["fullResync"]>

/** Every night, spread over two hours, unless the policy says otherwise: a full pass is what heals the unforeseen. */
function parseFullResync(spec: FullResyncSpec | undefined): FullResyncSchedule {
  return parseSchedule({
    cron: spec?.cron ?? "0 2 * * *",
    timeZone: spec?.timeZone ?? "UTC",
    spreadMs: durationMs(duration("schedule.fullResync.spread", spec?.spread, "2h")),
  })
}

function duration(field: string, text: string | undefined, otherwise: string): Temporal.Duration {
  try {
    return parseDuration(text ?? otherwise)
  } catch (cause) {
    throw new NeedsAttentionError(`${field} must be a whole number with d, h, m or s, such as ${otherwise}`, {
      reason: "InvalidSpec",
      cause,
    })
  }
}
