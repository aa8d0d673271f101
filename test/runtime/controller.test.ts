import assert from "node:assert/strict"
import { test } from "node:test"
import { DeadlineExceededError } from "../../operator/runtime/clock.ts"
import { type ControllerOptions, QueueController } from "../../operator/runtime/controller.ts"
import { NotLeaderError } from "../../operator/runtime/fence.ts"
import { createLog } from "../../operator/runtime/log.ts"
import { createMetrics } from "../../operator/runtime/metrics.ts"
import { settle, VirtualClock } from "./virtual-clock.ts"

class BusyError extends Error {
  readonly retryAfterMs: number | undefined
  constructor(retryAfterMs?: number) {
    super("busy")
    this.retryAfterMs = retryAfterMs
  }
}
class WrongError extends Error {}

function startController(options: Partial<ControllerOptions> & Pick<ControllerOptions, "reconcile">) {
  const clock = new VirtualClock()
  const metrics = createMetrics()
  const lines: string[] = []
  const log = createLog({ level: "debug", write: line => lines.push(line) })
  const classify = (error: unknown) =>
    error instanceof BusyError
      ? ({ kind: "temporary", ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }) } as const)
      : error instanceof WrongError
        ? ({ kind: "terminal" } as const)
        : ({ kind: "bug" } as const)
  const controller = new QueueController({ name: "c", concurrency: 2, classify, ...options }, { clock, log, metrics })
  controller.start()
  const value = async (name: string) => {
    const text = await metrics.registry.metrics()
    return Number(text.match(new RegExp(`^${name} (.+)$`, "m"))?.[1] ?? 0)
  }
  return { clock, controller, lines, value }
}

test("a key is reconciled, and again after the time asked for", async () => {
  const at: number[] = []
  const { clock, controller, value } = startController({
    reconcile: async () => {
      at.push(clock.monotonicMs())
      return { requeueAfterMs: 60_000 }
    },
  })
  controller.enqueue("a")
  await clock.advance(180_000)
  assert.deepEqual(at, [0, 60_000, 120_000, 180_000])
  assert.equal(await value('controller_runtime_reconcile_total{controller="c",result="requeue_after"}'), 4)
})

test("whoever asks to be called again at once still gets a breath in between", async () => {
  const at: number[] = []
  const { clock, controller } = startController({
    reconcile: async () => {
      at.push(clock.monotonicMs())
      return { requeueAfterMs: 0 }
    },
  })
  controller.enqueue("a")
  await clock.advance(3_000)
  assert.deepEqual(at, [0, 1_000, 2_000, 3_000])
})

test("no key is worked on twice at once, and no more keys than workers", async () => {
  const running: string[] = []
  let most = 0
  const { clock, controller } = startController({
    reconcile: async key => {
      assert.ok(!running.includes(key))
      running.push(key)
      most = Math.max(most, running.length)
      await new Promise<void>(resolve => clock.setTimeout(resolve, 1_000))
      running.splice(running.indexOf(key), 1)
      return undefined
    },
  })
  for (const key of ["a", "b", "c", "a", "d"]) controller.enqueue(key)
  await clock.advance(500)
  controller.enqueue("a")
  await clock.advance(10_000)
  assert.equal(most, 2)
})

test("a temporary failure backs off and is forgotten by a success", async () => {
  const at: number[] = []
  let failing = true
  const { clock, controller } = startController({
    reconcile: async () => {
      at.push(clock.monotonicMs() / 1000)
      if (failing) throw new BusyError()
      return undefined
    },
  })
  controller.enqueue("a")
  await clock.advance(7_000)
  assert.deepEqual(at, [0, 1, 3, 7])
  failing = false
  await clock.advance(8_000)
  assert.equal(controller.queue.failures("a"), 0)
})

test("a time the other side asked for is kept to, and a wish for at once is not", async () => {
  const at: number[] = []
  const { clock, controller } = startController({
    reconcile: async () => {
      at.push(clock.monotonicMs())
      throw new BusyError(at.length === 1 ? 90_000 : 0)
    },
  })
  controller.enqueue("a")
  await clock.advance(89_999)
  assert.equal(at.length, 1)
  await clock.advance(20_000)
  assert.ok((at[1] ?? 0) >= 90_000)
  assert.ok(at.length <= 6, "a server that says 0 is not hammered")
})

test("a terminal failure waits for a change, however long", async () => {
  let count = 0
  const { clock, controller, value } = startController({
    reconcile: async () => {
      count += 1
      throw new WrongError()
    },
  })
  controller.enqueue("a")
  await clock.advance(24 * 3_600_000)
  assert.equal(count, 1)
  assert.equal(clock.pending, 0)
  assert.equal(await value('controller_runtime_terminal_reconcile_errors_total{controller="c"}'), 1)
  controller.enqueue("a")
  await clock.advance(0)
  assert.equal(count, 2)
})

test("a bug is shouted about with its stack, retried, and counted", async () => {
  const { clock, controller, lines, value } = startController({
    reconcile: async () => {
      throw new TypeError("undefined is not a plan")
    },
  })
  controller.enqueue("ns/a")
  await clock.advance(100)
  const line = JSON.parse(lines.at(-1) ?? "{}")
  assert.equal(line.level, "error")
  assert.equal(line.object, "ns/a")
  assert.match(line.error.stack, /controller\.test/)
  assert.equal(await value('controller_runtime_reconcile_panics_total{controller="c"}'), 1)
  await clock.advance(1_000)
  assert.equal(await value('controller_runtime_reconcile_errors_total{controller="c"}'), 2)
})

test("a classifier that throws makes the failure a bug, not a dead worker", async () => {
  let count = 0
  const { clock, controller } = startController({
    reconcile: async () => {
      count += 1
      throw new Error("x")
    },
    classify: () => {
      throw new Error("y")
    },
  })
  controller.enqueue("a")
  await clock.advance(1_000)
  assert.equal(count, 2)
})

test("a reconcile past its time is aborted, counted and tried again", async () => {
  const reasons: unknown[] = []
  const { clock, controller, value } = startController({
    timeoutMs: 10_000,
    reconcile: (_, { signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => {
          reasons.push(signal.reason)
          reject(signal.reason)
        })
      }),
  })
  controller.enqueue("a")
  await clock.advance(10_000)
  assert.ok(reasons[0] instanceof DeadlineExceededError)
  assert.equal(await value('controller_runtime_reconcile_timeouts_total{controller="c"}'), 1)
  await clock.advance(12_000)
  assert.equal(reasons.length, 2)
})

test("a timeout is counted also when the reconcile dresses its abort as something else", async () => {
  const { clock, controller, value } = startController({
    timeoutMs: 10_000,
    reconcile: (_, { signal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(new BusyError()))),
  })
  controller.enqueue("a")
  await clock.advance(10_500)
  assert.equal(await value('controller_runtime_reconcile_timeouts_total{controller="c"}'), 1)
})

test("a reconcile that ignores its signal blocks its key and shows as the longest running, but not the others", async () => {
  const done: string[] = []
  const { clock, controller } = startController({
    timeoutMs: 10_000,
    reconcile: async key => {
      if (key === "stuck") await new Promise(() => undefined)
      done.push(key)
      return undefined
    },
  })
  controller.enqueue("stuck")
  controller.enqueue("a")
  await clock.advance(60_000)
  controller.enqueue("stuck")
  controller.enqueue("b")
  await clock.advance(1_000)
  assert.deepEqual(done, ["a", "b"])
  assert.equal(controller.queue.longestRunningMs(), 61_000)
})

test("what is under way when it stops may end; nothing else begins", async () => {
  const done: string[] = []
  const { clock, controller } = startController({
    concurrency: 1,
    reconcile: async key => {
      await new Promise<void>(resolve => clock.setTimeout(resolve, 5_000))
      done.push(key)
      return { requeueAfterMs: 1_000 }
    },
  })
  controller.enqueue("a")
  controller.enqueue("b")
  await settle()
  controller.stop()
  const finished = controller.finished()
  await clock.advance(60_000)
  await finished
  assert.deepEqual(done, ["a"])
  assert.equal(clock.pending, 0)
})

test("aborted because the process ends: no failure is counted, and none is shouted about", async () => {
  const { clock, controller, lines, value } = startController({
    reconcile: (_, { signal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  })
  controller.enqueue("a")
  await settle()
  controller.stop()
  controller.abort(new Error("the process stops"))
  await controller.finished()
  assert.equal(await value('controller_runtime_reconcile_errors_total{controller="c"}'), 0)
  assert.ok(lines.every(line => JSON.parse(line).level === "info"))
  assert.equal(clock.pending, 0)
})

test("the fence's refusal is not a failure of the key", async () => {
  const { clock, controller, value } = startController({
    reconcile: async () => {
      throw new NotLeaderError()
    },
  })
  controller.enqueue("a")
  await clock.advance(100)
  assert.equal(await value('controller_runtime_reconcile_errors_total{controller="c"}'), 0)
  assert.equal(clock.pending, 1)
})
