import type { Clock } from "./clock.ts"
import type { QueueController } from "./controller.ts"
import type { EventLoopLag } from "./event-loop-lag.ts"
import type { LeaderElector } from "./leader-election.ts"
import type { Check } from "./probes.ts"
import type { ReflectorHealth } from "./reflector.ts"

/** What the checks look at. */
export type Vitals = {
  readonly clock: Clock
  readonly lag: Pick<EventLoopLag, "takeWorstMs">
  readonly reflectors: () => readonly ReflectorHealth[]
  /** Those of them that the process cannot do without; an object watched by name is its referrer's concern. */
  readonly essential: () => readonly ReflectorHealth[]
  readonly controllers: () => readonly QueueController[]
  readonly elector: Pick<LeaderElector, "lastAttemptMs" | "timing"> | undefined
}

const longestLagMs = 10_000
// A reconcile past its time limit has been told to end and gets this long to do so.
const overtimeMs = 60_000

/** Is every loop of this process still turning? An API server that does not answer is not our death. */
export function liveChecks({ clock, lag, reflectors, controllers, elector }: Vitals): readonly Check[] {
  return [
    { name: "event-loop", problem: () => (lag.takeWorstMs() > longestLagMs ? "was blocked too long" : undefined) },
    {
      name: "reflectors",
      problem: () => {
        const nowMs = clock.monotonicMs()
        return listed(
          reflectors().filter(({ lastStepMs, silenceLimitMs }) => nowMs - lastStepMs > silenceLimitMs),
          ({ resource }) => `${resource} stands still`,
        )
      },
    },
    {
      name: "reconciles",
      problem: () =>
        listed(
          controllers().filter(({ queue, timeoutMs }) => queue.longestRunningMs() > timeoutMs + overtimeMs),
          ({ name }) => `${name} does not end`,
        ),
    },
    { name: "lease", problem: () => (elector === undefined ? undefined : leaseProblem(clock, elector)) },
  ]
}

/** Does this replica see what it must see? A standby that does is ready. */
export function readyChecks({ essential }: Vitals): readonly Check[] {
  return [
    {
      name: "caches",
      problem: () =>
        listed(
          essential().filter(({ synced }) => !synced),
          ({ resource }) => `${resource} not listed yet`,
        ),
    },
    {
      name: "permissions",
      problem: () =>
        listed(
          essential().filter(({ denied }) => denied !== undefined),
          ({ resource, denied }) => `${denied} of ${resource} denied`,
        ),
    },
    {
      name: "kinds",
      problem: () =>
        listed(
          essential().filter(({ missing }) => missing),
          ({ resource }) => `${resource} not served`,
        ),
    },
  ]
}

/** A leader that cannot renew gives up by itself; this is about one that does not even try. */
function leaseProblem(clock: Clock, elector: NonNullable<Vitals["elector"]>): string | undefined {
  const { durationMs, renewDeadlineMs, retryMs } = elector.timing
  const longestMs = durationMs + 2 * (renewDeadlineMs + retryMs)
  const { lastAttemptMs } = elector
  const still = lastAttemptMs !== undefined && clock.monotonicMs() - lastAttemptMs > longestMs
  return still ? "is not asked for any more" : undefined
}

function listed<T>(bad: readonly T[], describe: (one: T) => string): string | undefined {
  return bad.length === 0 ? undefined : bad.map(describe).join(", ")
}
