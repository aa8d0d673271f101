import { Cron } from "croner"
import { NeedsAttentionError } from "./errors.ts"
import { shortHash } from "./origin.ts"

/**
 * When a sync is due. All syncs of a policy share one cron line; each has its own place in the `spread` after it, always
 * the same, so that five hundred nightly passes do not begin together.
 */
export type FullResyncSchedule = {
  readonly cron: string
  readonly timeZone: string
  readonly spreadMs: number
}

/** Throws NeedsAttentionError (InvalidSpec) for a line that cannot be read, an unknown zone, or a time that never comes. */
export function parseSchedule(spec: {
  readonly cron: string
  readonly timeZone: string
  readonly spreadMs: number
}): FullResyncSchedule {
  let next: Date | null
  try {
    next = cronOf(spec).nextRun()
  } catch (cause) {
    throw new NeedsAttentionError("schedule.fullResync is not a cron line with a known time zone", {
      reason: "InvalidSpec",
      cause,
    })
  }
  if (!next)
    throw new NeedsAttentionError("schedule.fullResync.cron names a time that never comes", { reason: "InvalidSpec" })
  return spec
}

type Due = {
  readonly schedule: FullResyncSchedule
  /** The sync's `namespace/name`: decides its place in the spread. */
  readonly sync: string
}

/** The first due time after `after`, or undefined when there is none. */
export function nextFullResync({
  schedule,
  sync,
  after,
}: Due & { readonly after: Temporal.Instant }): Temporal.Instant | undefined {
  const offset = spreadOffset(schedule, sync)
  const next = cronOf(schedule).nextRun(new Date(after.epochMilliseconds - offset))
  return next ? Temporal.Instant.fromEpochMilliseconds(next.getTime() + offset) : undefined
}

/** Whether a due time has passed since the last full pass: any number of missed nights are caught up once. */
export function isFullResyncDue({
  schedule,
  sync,
  lastFullResyncAt,
  now,
}: Due & { readonly lastFullResyncAt: Temporal.Instant | undefined; readonly now: Temporal.Instant }): boolean {
  if (!lastFullResyncAt) return true
  const due = nextFullResync({ schedule, sync, after: lastFullResyncAt })
  return due !== undefined && Temporal.Instant.compare(due, now) <= 0
}

/** How far the interval may differ either way, so that syncs made together drift apart. */
const jitterShare = 0.1

/** The interval with its jitter. `random` is in [0, 1). */
export function jitteredIntervalMs(intervalMs: number, random: () => number): number {
  return Math.round(intervalMs * (1 - jitterShare + 2 * jitterShare * random()))
}

function cronOf(schedule: { readonly cron: string; readonly timeZone: string }): Cron {
  return new Cron(schedule.cron, { timezone: schedule.timeZone, paused: true, mode: "5-part" })
}

function spreadOffset(schedule: FullResyncSchedule, sync: string): number {
  const share = Number.parseInt(Buffer.from(shortHash(["spread", sync], 8), "base64url").toString("hex"), 16) / 2 ** 48
  // Whole seconds: croner counts in them.
  return Math.floor((schedule.spreadMs / 1000) * share) * 1000
}
