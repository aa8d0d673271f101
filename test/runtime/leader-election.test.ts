import assert from "node:assert/strict"
import { afterEach, beforeEach, test } from "node:test"
import type { Clock } from "../../operator/runtime/clock.ts"
import { NotLeaderError } from "../../operator/runtime/fence.ts"
import { KubeClient } from "../../operator/runtime/kube-client.ts"
import { LeaderElector, LeaseLostError, leaseKind } from "../../operator/runtime/leader-election.ts"
import { silentLog } from "../../operator/runtime/log.ts"
import type { KubeResource } from "../../operator/runtime/objects.ts"
import { ApiStub, statusReply } from "./api-stub.ts"
import { eventually, settle, VirtualClock } from "./virtual-clock.ts"

const never = new AbortController().signal
const path = "/apis/coordination.k8s.io/v1/namespaces/ops/leases/lead"
const lease = { namespace: "ops", name: "lead" }

let api: ApiStub
let closing: KubeClient[]

beforeEach(async () => {
  api = await new ApiStub().listen()
  closing = []
})

afterEach(async () => {
  await Promise.all(closing.map(client => client.close()))
  await api.close()
})

/** A replica with a clock of its own. */
function replica(identity: string, clock = new VirtualClock(), own: Clock = clock) {
  const client = new KubeClient({ kubeConfig: api.kubeConfig(), clock })
  closing.push(client)
  const elector = new LeaderElector({ client, clock: own, log: silentLog, lease, identity })
  const stop = new AbortController()
  const state = { leads: false, lost: undefined as unknown }
  const run = async () => {
    try {
      await elector.acquire(stop.signal)
      state.leads = true
      await elector.hold(stop.signal)
    } catch (error) {
      state.lost = error
    }
  }
  return { clock, client, elector, stop, state, run }
}

const spec = () => (api.object(path)?.["spec"] ?? {}) as Record<string, unknown>
const mayWrite = (elector: LeaderElector) => {
  try {
    elector.mayWrite()
    return true
  } catch (error) {
    assert.ok(error instanceof NotLeaderError)
    return false
  }
}

/** Lets time pass in steps that leave requests time to come back. */
async function passing(clock: VirtualClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 250) {
    await clock.advance(Math.min(250, left))
    await settle(15)
  }
}

test("the first replica makes the lease and leads; times have exactly six digits", async () => {
  const a = replica("a")
  const running = a.run()
  await eventually(() => a.state.leads)
  assert.equal(spec()["holderIdentity"], "a")
  assert.equal(spec()["leaseDurationSeconds"], 15)
  assert.match(String(spec()["renewTime"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  assert.match(String(spec()["acquireTime"]), /\.\d{6}Z$/)
  assert.ok(mayWrite(a.elector))
  a.stop.abort()
  await running
})

test("before it leads a replica may not write", () => {
  assert.equal(mayWrite(replica("a").elector), false)
})

test("the leader renews in time, with one request each, and stays leader for an hour", async () => {
  const a = replica("a")
  const running = a.run()
  await eventually(() => a.state.leads)
  const asked = api.requests.length
  await passing(a.clock, 60_000)
  assert.ok(a.elector.isLeader && mayWrite(a.elector))
  const renewals = api.requests.length - asked
  assert.ok(renewals >= 28 && renewals <= 31, `${renewals}`)
  assert.equal(api.requests.slice(asked).filter(({ verb }) => verb === "get").length, 0)
  assert.equal(spec()["leaseTransitions"], 0)
  a.stop.abort()
  await running
})

for (const [whose, hours] of [
  ["a day ahead", 24],
  ["a day behind", -24],
] as const)
  test(`a replica whose clock is ${whose} waits as long as the leader renews, and follows when it no longer does`, async () => {
    const clock = new VirtualClock()
    const a = replica("a", clock)
    const skewed: Clock = {
      now: () => clock.now().add({ hours }),
      monotonicMs: () => clock.monotonicMs(),
      setTimeout: (run, ms) => clock.setTimeout(run, ms),
      random: () => clock.random(),
    }
    const b = replica("b", clock, skewed)
    const runs = [a.run()]
    await eventually(() => a.state.leads)
    runs.push(b.run())
    await passing(clock, 60_000)
    assert.equal(b.state.leads, false)
    assert.ok(a.elector.isLeader)

    a.stop.abort()
    await passing(clock, 18_000)
    assert.ok(b.state.leads)
    b.stop.abort()
    await Promise.all(runs)
  })

test("a dead leader is followed once its lease was seen unchanged for its duration, not earlier", async () => {
  const a = replica("a")
  const first = a.run()
  await eventually(() => a.state.leads)
  a.stop.abort()
  await first
  const b = replica("b")
  const running = b.run()
  await settle(20)
  await passing(b.clock, 14_500)
  assert.equal(b.state.leads, false)
  await passing(b.clock, 4_000)
  await eventually(() => b.state.leads)
  assert.equal(spec()["holderIdentity"], "b")
  assert.equal(spec()["leaseTransitions"], 1)
  b.stop.abort()
  await running
})

test("a released lease is taken over within a retry", async () => {
  const a = replica("a")
  const first = a.run()
  await eventually(() => a.state.leads)
  a.stop.abort()
  await first
  await a.elector.release(never)
  assert.equal(spec()["holderIdentity"], "")
  assert.equal(mayWrite(a.elector), false)

  const b = replica("b")
  const running = b.run()
  await passing(b.clock, 2_500)
  await eventually(() => b.state.leads)
  b.stop.abort()
  await running
})

test("a leader that cannot renew stops writing after ten seconds and is lost, before anybody may follow", async () => {
  const a = replica("a")
  const running = a.run()
  await eventually(() => a.state.leads)
  api.rule = () => statusReply(500, "InternalError")
  await passing(a.clock, 8_000)
  assert.ok(mayWrite(a.elector), "a short outage is survived")
  await passing(a.clock, 2_500)
  assert.equal(mayWrite(a.elector), false)
  await running
  assert.ok(a.state.lost instanceof LeaseLostError)
  assert.ok(a.clock.monotonicMs() < 15_000)
})

test("an API server that does not answer at all costs no more time than one that refuses", async () => {
  const a = replica("a")
  const running = a.run()
  await eventually(() => a.state.leads)
  api.rule = () => "silence"
  await passing(a.clock, 12_500)
  await running
  assert.ok(a.state.lost instanceof LeaseLostError)
  assert.equal(a.clock.pending, 0)
})

test("a machine that slept: the fence is shut before the first renewal tells what happened meanwhile", async () => {
  const a = replica("a")
  const running = a.run()
  await eventually(() => a.state.leads)
  a.clock.sleepThrough(60_000)
  assert.equal(mayWrite(a.elector), false)
  const other = replica("b")
  const theirs = other.run()
  await passing(other.clock, 20_000)
  await eventually(() => other.state.leads)
  await passing(a.clock, 3_000)
  await running
  assert.ok(a.state.lost instanceof LeaseLostError)
  other.stop.abort()
  await theirs
})

test("a sleep the monotonic clock did not notice shuts the fence as well", async () => {
  const a = replica("a")
  const running = a.run()
  await eventually(() => a.state.leads)
  a.clock.jumpWall(60_000)
  assert.equal(mayWrite(a.elector), false)
  await passing(a.clock, 2_500)
  assert.ok(mayWrite(a.elector), "a mere jump of the wall clock heals with the next renewal")
  assert.equal(a.state.lost, undefined)
  a.stop.abort()
  await running
})

test("a lease somebody else took is noticed at the next renewal", async () => {
  const a = replica("a")
  const running = a.run()
  await eventually(() => a.state.leads)
  const current = await a.client.get(leaseKind, lease, never)
  const theirs = { holderIdentity: "thief", leaseDurationSeconds: 15, renewTime: "2026-11-24T08:00:00.000000Z" }
  await a.client.replace(leaseKind, { ...current, spec: theirs }, never)
  await passing(a.clock, 3_000)
  await running
  assert.ok(a.state.lost instanceof LeaseLostError)
  assert.equal(spec()["holderIdentity"], "thief")
})

test("a deleted lease is made again by its leader", async () => {
  const a = replica("a")
  const running = a.run()
  await eventually(() => a.state.leads)
  api.remove(path)
  await passing(a.clock, 3_000)
  assert.equal(spec()["holderIdentity"], "a")
  assert.ok(a.elector.isLeader)
  a.stop.abort()
  await running
})

test("of two replicas that start together one leads, and never do both have the pen", async () => {
  const clock = new VirtualClock()
  const [a, b] = [replica("a", clock), replica("b", clock)]
  const runs = [a.run(), b.run()]
  const outage = { from: 20_000, to: 60_000 }
  api.rule = ({ body }) => {
    const holder = (body["spec"] as Record<string, unknown> | undefined)?.["holderIdentity"]
    const out = clock.monotonicMs() > outage.from && clock.monotonicMs() < outage.to
    return out && holder === "a" ? statusReply(500, "InternalError") : undefined
  }
  for (let step = 0; step < 240; step++) {
    await passing(clock, 250)
    assert.ok(!(mayWrite(a.elector) && mayWrite(b.elector)), `both at ${clock.monotonicMs()}`)
  }
  assert.ok(mayWrite(a.elector) !== mayWrite(b.elector))
  a.stop.abort()
  b.stop.abort()
  await Promise.all(runs)
})

test("a lease whose last renewal was cut off by the stop is released nevertheless", async () => {
  const a = replica("a")
  const running = a.run()
  await eventually(() => a.state.leads)
  const current = await a.client.get<KubeResource & { readonly spec: object }>(leaseKind, lease, never)
  await a.client.replace(
    leaseKind,
    { ...current, spec: { ...current.spec, renewTime: "2026-11-24T08:00:01.000000Z" } },
    never,
  )
  a.stop.abort()
  await running
  await a.elector.release(never)
  assert.equal(spec()["holderIdentity"], "")
})
