import assert from "node:assert/strict"
import { beforeEach, describe, test } from "node:test"
import { TemporaryError } from "../../operator/core/errors.ts"
import { type Outcome, Throttle } from "../../operator/exchange/throttle.ts"
import { settle, VirtualClock } from "./virtual-clock.ts"

const never = new AbortController().signal
const answered: Outcome = { kind: "Answered" }
const failed: Outcome = { kind: "Failed" }

let clock: VirtualClock

beforeEach(() => {
  clock = new VirtualClock()
})

describe("places of a mailbox", () => {
  test("four requests run at a time, the fifth when one is done", async () => {
    const throttle = open()
    const running = await Promise.all([1, 2, 3, 4].map(() => throttle.enter({ mailbox: "anna", cost: 1 }, never)))
    const fifth = watch(throttle.enter({ mailbox: "anna", cost: 1 }, never))
    await settle()
    assert.equal(fifth.state, "waiting")

    running[0]?.(answered)
    await settle()

    assert.equal(fifth.state, "done")
  })

  test("a batch takes them all, and is not overtaken by what came after it", async () => {
    const throttle = open()
    const single = await throttle.enter({ mailbox: "anna", cost: 1 }, never)
    const batch = watch(throttle.enter({ mailbox: "anna", cost: 20 }, never))
    const later = watch(throttle.enter({ mailbox: "anna", cost: 1 }, never))
    await settle()
    assert.deepEqual([batch.state, later.state], ["waiting", "waiting"])

    single(answered)
    await settle()

    assert.deepEqual([batch.state, later.state], ["done", "waiting"])
  })

  test("one mailbox waits for no other", async () => {
    const throttle = open()
    await throttle.enter({ mailbox: "anna", cost: 20 }, never)

    await throttle.enter({ mailbox: "bob", cost: 20 }, never)
  })

  test("who gives up waiting leaves the queue in order", async () => {
    const throttle = open()
    const first = await throttle.enter({ mailbox: "anna", cost: 4 }, never)
    const impatient = new AbortController()
    const second = watch(throttle.enter({ mailbox: "anna", cost: 4 }, impatient.signal))
    const third = watch(throttle.enter({ mailbox: "anna", cost: 1 }, never))

    impatient.abort(new Error("gave up"))
    first(answered)
    await settle()

    assert.deepEqual([second.state, third.state], ["failed", "done"])
  })

  test("giving a place back twice gives it back once", async () => {
    const throttle = open()
    const [first] = await Promise.all([1, 2, 3, 4].map(() => throttle.enter({ mailbox: "anna", cost: 1 }, never)))
    const waiting = [1, 2].map(() => watch(throttle.enter({ mailbox: "anna", cost: 1 }, never)))

    first?.(answered)
    first?.(answered)
    await settle()

    assert.deepEqual(
      waiting.map(one => one.state),
      ["done", "waiting"],
    )
  })
})

describe("requests per second", () => {
  test("beyond the burst they come at the rate, first come first served", async () => {
    const throttle = open({ requestsPerSecond: 50 })
    const times: number[] = []
    const startMs = clock.monotonicMs()
    const all = Array.from({ length: 150 }, async (_, index) => {
      const leave = await throttle.enter({ mailbox: `mailbox-${index}`, cost: 1 }, never)
      times.push(clock.monotonicMs() - startMs)
      leave(answered)
    })
    await clock.advance(10_000)
    await Promise.all(all)

    assert.equal(times.filter(ms => ms === 0).length, 50)
    assert.equal(times.at(-1), 2_000)
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    )
  })

  test("what was given up while waiting is given back", async () => {
    const throttle = open({ requestsPerSecond: 20 })
    await throttle.enter({ cost: 20 }, never)
    const impatient = new AbortController()
    const given = watch(throttle.enter({ cost: 1_000 }, impatient.signal))
    await settle()
    impatient.abort(new Error("gave up"))
    await settle()
    assert.equal(given.state, "failed")

    const next = watch(throttle.enter({ cost: 1 }, never))
    await clock.advance(100)

    assert.equal(next.state, "done")
  })
})

describe("pauses", () => {
  test("a short one is sat out, by this mailbox alone", async () => {
    const throttle = open()
    const first = await throttle.enter({ mailbox: "anna", cost: 1 }, never)
    first({ kind: "Paused", retryAfterMs: 10_000 })

    const anna = watch(throttle.enter({ mailbox: "anna", cost: 1 }, never))
    const bob = watch(throttle.enter({ mailbox: "bob", cost: 1 }, never))
    await clock.advance(9_000)
    assert.deepEqual([anna.state, bob.state], ["waiting", "done"])
    await clock.advance(1_000)

    assert.equal(anna.state, "done")
  })

  test("a long one is handed to the caller with the time that is left, and nothing is sent", async () => {
    const throttle = open()
    const first = await throttle.enter({ mailbox: "anna", cost: 1 }, never)
    first({ kind: "Paused", retryAfterMs: 300_000 })
    await clock.advance(100_000)

    await assert.rejects(throttle.enter({ mailbox: "anna", cost: 1 }, never), {
      name: "TemporaryError",
      reason: "Throttled",
      retryAfterMs: 200_000,
    })
  })

  test("an absurd one ends after ten minutes", async () => {
    const throttle = open()
    const first = await throttle.enter({ mailbox: "anna", cost: 1 }, never)
    first({ kind: "Paused", retryAfterMs: 86_400_000 })

    await clock.advance(600_000)
    await throttle.enter({ mailbox: "anna", cost: 1 }, never)
  })
})

describe("the breaker", () => {
  test("ten failures in a row stop everything, and one request tries after the rest", async () => {
    const throttle = open()
    for (let failure = 0; failure < 10; failure += 1) (await throttle.enter({ cost: 1 }, never))(failed)
    await assert.rejects(throttle.enter({ mailbox: "anna", cost: 1 }, never), { reason: "Unreachable" })

    await clock.advance(15_000)
    const attempt = await throttle.enter({ cost: 1 }, never)
    await assert.rejects(throttle.enter({ cost: 1 }, never), TemporaryError)
    attempt(answered)

    await throttle.enter({ cost: 1 }, never)
  })

  test("a failed try makes the next rest longer", async () => {
    const throttle = open()
    for (let failure = 0; failure < 10; failure += 1) (await throttle.enter({ cost: 1 }, never))(failed)
    await clock.advance(15_000)
    const attempt = await throttle.enter({ cost: 1 }, never)
    attempt(failed)

    await clock.advance(15_000)
    await assert.rejects(throttle.enter({ cost: 1 }, never))
    await clock.advance(15_000)
    await throttle.enter({ cost: 1 }, never)
  })

  test("an abandoned try lets another one try", async () => {
    const throttle = open()
    for (let failure = 0; failure < 10; failure += 1) (await throttle.enter({ cost: 1 }, never))(failed)
    await clock.advance(15_000)
    const attempt = await throttle.enter({ cost: 1 }, never)
    attempt({ kind: "Abandoned" })

    await throttle.enter({ cost: 1 }, never)
  })

  test("a success between failures means that only some are unlucky", async () => {
    const throttle = open()
    for (let request = 0; request < 100; request += 1) {
      const leave = await throttle.enter({ cost: 1 }, never)
      leave(request % 9 === 0 ? answered : failed)
    }
  })

  test("a refused request leaves no place taken", async () => {
    const throttle = open()
    for (let failure = 0; failure < 10; failure += 1) (await throttle.enter({ cost: 1 }, never))(failed)
    for (let refused = 0; refused < 10; refused += 1) {
      await assert.rejects(throttle.enter({ mailbox: "anna", cost: 4 }, never))
    }
    await clock.advance(15_000)

    await throttle.enter({ mailbox: "anna", cost: 4 }, never)
  })
})

describe("retries", () => {
  test("wait longer each time, and end", () => {
    const throttle = open()

    assert.deepEqual(
      [1, 2, 3, 4].map(attempt => throttle.retryDelayMs(attempt, undefined)),
      [1_000, 2_000, 4_000, undefined],
    )
  })

  test("wait as long as they were asked to, and give up when that is too long", () => {
    const throttle = open()

    assert.equal(throttle.retryDelayMs(1, 7_000), 7_000)
    assert.equal(throttle.retryDelayMs(1, 60_000), undefined)
  })

  test("are paid from a purse that only successes fill: trouble never means more requests", async () => {
    const throttle = open()
    const retries = Array.from({ length: 100 }, () => throttle.retryDelayMs(1, undefined)).filter(Boolean)
    assert.equal(retries.length, 20)

    for (let success = 0; success < 30; success += 1) (await throttle.enter({ cost: 1 }, never))(answered)

    const later = Array.from({ length: 100 }, () => throttle.retryDelayMs(1, undefined)).filter(Boolean)
    assert.equal(later.length, 3)
  })

  test("are spread, never earlier than asked", () => {
    const delays = [0, 0.5, 0.999].map(random => open({}, () => random).retryDelayMs(1, 4_000) ?? 0)

    assert.deepEqual(delays, [4_000, 4_500, 4_999])
  })
})

function open(limits: Partial<{ requestsPerSecond: number }> = {}, random: () => number = () => 0) {
  return new Throttle({ clock, random, limits: { concurrencyPerMailbox: 4, requestsPerSecond: 1_000, ...limits } })
}

function watch(work: Promise<unknown>): { readonly state: "waiting" | "done" | "failed" } {
  const watched: { state: "waiting" | "done" | "failed" } = { state: "waiting" }
  work.then(
    () => {
      watched.state = "done"
    },
    () => {
      watched.state = "failed"
    },
  )
  return watched
}
