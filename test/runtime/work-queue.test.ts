import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { createMetrics } from "../../operator/runtime/metrics.ts"
import { WorkQueue } from "../../operator/runtime/work-queue.ts"
import { settle, VirtualClock } from "./virtual-clock.ts"

function makeQueue() {
  const clock = new VirtualClock()
  const metrics = createMetrics()
  return { clock, metrics, queue: new WorkQueue({ name: "q", clock, metrics: metrics.queue }) }
}

/** What is ready now, in order, each taken and done. */
async function drain(queue: WorkQueue): Promise<string[]> {
  const keys: string[] = []
  while (queue.depth > 0) {
    const key = await queue.next()
    assert.ok(key !== undefined)
    keys.push(key)
    queue.done(key)
  }
  return keys
}

test("a key added many times is handed out once", async () => {
  const { queue } = makeQueue()
  for (let i = 0; i < 5; i++) queue.add("a")
  assert.deepEqual(await drain(queue), ["a"])
})

test("a key added while it is worked on comes back when that is done, once", async () => {
  const { queue } = makeQueue()
  queue.add("a")
  const key = await queue.next()
  assert.equal(key, "a")

  queue.add("a")
  queue.add("a")
  assert.equal(queue.depth, 0)
  queue.done("a")

  assert.deepEqual(await drain(queue), ["a"])
})

test("what people do overtakes what time does, and keeps its order", async () => {
  const { queue } = makeQueue()
  for (const key of ["r1", "r2"]) queue.add(key, "routine")
  for (const key of ["u1", "u2"]) queue.add(key, "user")
  assert.deepEqual(await drain(queue), ["u1", "u2", "r1", "r2"])
})

test("a routine key that a person then edits moves to the front", async () => {
  const { queue } = makeQueue()
  queue.add("a", "routine")
  queue.add("b", "routine")
  queue.add("b", "user")
  assert.deepEqual(await drain(queue), ["b", "a"])
})

test("a person's edit stays one when time asks for the same key, even while it is worked on", async () => {
  const { queue } = makeQueue()
  queue.add("a")
  await queue.next()
  queue.add("a", "user")
  queue.add("a", "routine")
  queue.add("b", "user")
  queue.done("a")
  queue.add("c", "user")
  assert.deepEqual(await drain(queue), ["b", "a", "c"])
})

test("a flood of edits does not starve the periodic passes", async () => {
  const { queue } = makeQueue()
  queue.add("patient", "routine")
  for (let i = 0; i < 50; i++) queue.add(`u${i}`, "user")
  const order = await drain(queue)
  assert.ok(order.indexOf("patient") < 10, `it was number ${order.indexOf("patient")}`)
})

test("of several wishes for later the earliest is kept", async () => {
  const { queue, clock } = makeQueue()
  queue.addAfter("a", 5_000)
  queue.addAfter("a", 1_000)
  queue.addAfter("a", 9_000)
  assert.equal(clock.pending, 1)

  await clock.advance(999)
  assert.equal(queue.depth, 0)
  await clock.advance(1)
  assert.deepEqual(await drain(queue), ["a"])
  await clock.advance(60_000)
  assert.equal(queue.depth, 0)
})

test("a failing key waits 1 s, doubling to 15 min, until it is forgotten", async () => {
  const { queue, clock } = makeQueue()
  const waits: number[] = []
  for (let i = 0; i < 12; i++) {
    queue.addRateLimited("a")
    const startMs = clock.monotonicMs()
    while (queue.depth === 0) await clock.advance(1_000)
    waits.push((clock.monotonicMs() - startMs) / 1000)
    await drain(queue)
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900])

  queue.forget("a")
  queue.addRateLimited("a")
  await clock.advance(1_000)
  assert.equal(queue.depth, 1)
})

for (const [chance, seconds] of [
  [0, 0.8],
  [0.999999, 1.2],
] as const)
  test(`back-off is spread: with luck ${chance} the first is about ${seconds} s`, async () => {
    const { queue, clock } = makeQueue()
    clock.chance = chance
    queue.addRateLimited("a")
    await clock.advance(seconds * 1000 - 10)
    assert.equal(queue.depth, 0)
    await clock.advance(20)
    assert.equal(queue.depth, 1)
  })

test("one key's failures do not slow another", async () => {
  const { queue, clock } = makeQueue()
  for (let i = 0; i < 6; i++) queue.addRateLimited("bad")
  queue.addRateLimited("good")
  await clock.advance(1_000)
  assert.ok((await drain(queue)).includes("good"))
})

test("a worker that waits gets the next key at once", async () => {
  const { queue } = makeQueue()
  const waiting = queue.next()
  queue.add("a")
  assert.equal(await waiting, "a")
})

test("after the shutdown nothing is handed out, no timer is left, and the drain waits for what is in hands", async () => {
  const { queue, clock } = makeQueue()
  queue.add("in hands")
  await queue.next()
  queue.add("queued")
  queue.addAfter("later", 1_000)
  await queue.next()
  const waitingWorker = queue.next()

  queue.shutDown()
  queue.add("too late")
  queue.addRateLimited("too late")

  assert.equal(await waitingWorker, undefined)
  assert.equal(await queue.next(), undefined)
  assert.equal(clock.pending, 0)
  let drained = false
  const drain = queue.drained().then(() => {
    drained = true
  })
  queue.done("in hands")
  await settle()
  assert.equal(drained, false)
  queue.done("queued")
  await drain
})

test("the metrics carry client-go's names and tell waiting, work and retries", async () => {
  const { queue, clock, metrics } = makeQueue()
  queue.add("a")
  queue.add("b")
  await clock.advance(2_000)
  await queue.next()
  await clock.advance(3_000)
  queue.addRateLimited("c")
  queue.refreshMetrics()

  const text = await metrics.registry.metrics()
  assert.match(text, /^workqueue_depth\{name="q"\} 1$/m)
  assert.match(text, /^workqueue_adds_total\{name="q"\} 2$/m)
  assert.match(text, /^workqueue_retries_total\{name="q"\} 1$/m)
  assert.match(text, /^workqueue_longest_running_processor_seconds\{name="q"\} 3$/m)
  assert.match(text, /^workqueue_unfinished_work_seconds\{name="q"\} 3$/m)
  assert.match(text, /^workqueue_queue_duration_seconds_sum\{name="q"\} 2$/m)
})

// The properties, over any history of adds, takes, finishes and passing time.
type Step =
  | { readonly do: "add" | "addAfter" | "retry" | "forget"; readonly key: string; readonly user: boolean }
  | { readonly do: "take" | "finish" | "wait"; readonly key: string; readonly user: boolean }

const steps = fc.array(
  fc.record({
    do: fc.constantFrom("add", "addAfter", "retry", "forget", "take", "finish", "wait") as fc.Arbitrary<Step["do"]>,
    key: fc.constantFrom("a", "b", "c"),
    user: fc.boolean(),
  }),
  { maxLength: 60, size: "max" },
)

test("no key is ever in two hands, none that was added is lost, and depth never exceeds the keys", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async history => {
      const { queue, clock } = makeQueue()
      const inHands = new Set<string>()
      const wanted = new Set<string>()
      const take = async () => {
        if (queue.depth === 0) return
        const key = await queue.next()
        assert.ok(key !== undefined && !inHands.has(key), "one key in two hands")
        inHands.add(key)
        wanted.delete(key)
      }
      const finish = (key: string) => {
        if (inHands.delete(key)) queue.done(key)
      }
      for (const step of history) {
        if (step.do === "add") queue.add(step.key, step.user ? "user" : "routine")
        else if (step.do === "addAfter") queue.addAfter(step.key, 500)
        else if (step.do === "retry") queue.addRateLimited(step.key)
        else if (step.do === "forget") queue.forget(step.key)
        else if (step.do === "take") await take()
        else if (step.do === "finish") finish(step.key)
        else await clock.advance(700)
        if (["add", "addAfter", "retry"].includes(step.do)) wanted.add(step.key)
        assert.ok(queue.depth <= 3)
      }

      await clock.advance(16 * 60_000)
      for (const key of [...inHands]) finish(key)
      while (queue.depth > 0) {
        await take()
        for (const key of [...inHands]) finish(key)
      }
      assert.deepEqual([...wanted], [], "a wish was lost")
      assert.equal(clock.pending, 0)
    }),
    { numRuns: 60 },
  )
})
