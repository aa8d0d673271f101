import assert from "node:assert/strict"
import { test } from "node:test"
import { EventLoopLag } from "../../operator/runtime/event-loop-lag.ts"
import { liveChecks, readyChecks, type Vitals } from "../../operator/runtime/health.ts"
import { usualLeaseTiming } from "../../operator/runtime/leader-election.ts"
import type { ReflectorHealth } from "../../operator/runtime/reflector.ts"
import { settle, VirtualClock } from "./virtual-clock.ts"

function reflectorHealth(idea: Partial<ReflectorHealth> = {}): ReflectorHealth {
  return {
    resource: "widgets",
    synced: true,
    denied: undefined,
    missing: false,
    lastStepMs: 0,
    silenceLimitMs: 300_000,
    lastActivityMs: 0,
    restarts: new Map(),
    corrections: 0,
    ...idea,
  }
}

function vitals(clock: VirtualClock, idea: Partial<Vitals> = {}): Vitals {
  const reflectors = () => [reflectorHealth()]
  const lag = { takeWorstMs: () => 0 }
  return { clock, lag, reflectors, essential: reflectors, controllers: () => [], elector: undefined, ...idea }
}

const problems = (checks: ReturnType<typeof liveChecks>) => checks.flatMap(({ problem }) => problem() ?? [])

test("an event loop blocked for more than ten seconds is a reason to be killed, a shorter block is not", () => {
  const blocked = (ms: number) => problems(liveChecks(vitals(new VirtualClock(), { lag: { takeWorstMs: () => ms } })))
  assert.deepEqual(blocked(9_999), [])
  assert.deepEqual(blocked(10_001), ["was blocked too long"])
})

test("a reflector whose loop stands still is a reason to be killed", async () => {
  const clock = new VirtualClock()
  const checks = liveChecks(vitals(clock))
  await clock.advance(300_000)
  assert.deepEqual(problems(checks), [])
  await clock.advance(1)
  assert.deepEqual(problems(checks), ["widgets stands still"])
})

test("a lease nobody asks for any more is a reason to be killed; one not asked for yet is not", async () => {
  const clock = new VirtualClock()
  const asked = (lastAttemptMs: number | undefined) =>
    problems(liveChecks(vitals(clock, { elector: { lastAttemptMs, timing: usualLeaseTiming } })))
  await clock.advance(60_000)
  assert.deepEqual(asked(undefined), [])
  assert.deepEqual(asked(58_000), [])
  assert.deepEqual(asked(0), ["is not asked for any more"])
})

test("a kind that is not served makes the replica not ready, and says which", () => {
  const essential = () => [reflectorHealth({ missing: true }), reflectorHealth({ resource: "gadgets" })]
  assert.deepEqual(problems(readyChecks(vitals(new VirtualClock(), { essential }))), ["widgets not served"])
})

test("a block of the event loop is seen once, with about its length", async () => {
  const lag = new EventLoopLag()
  lag.start()
  lag.takeWorstMs()
  const startMs = performance.now()
  while (performance.now() - startMs < 600);
  await settle()
  const seenMs = lag.takeWorstMs()
  assert.ok(seenMs > 300 && seenMs < 3_000, `${seenMs}`)
  assert.ok(lag.takeWorstMs() < seenMs / 2)
  lag.stop()
})
