import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { onBothBackends } from "../world/both-backends.ts"
import { fastForward } from "../world/fast-forward.ts"
import { policy } from "../world/manifests.ts"
import { type School, startSchool } from "../world/school.ts"
import { ShiftingClock } from "../world/shifting-clock.ts"

/** The nightly full pass, in nights that take no time. */

onBothBackends(({ backend, faults }) => {
  const clock = new ShiftingClock()
  const nightly = { schedule: { fullResync: { cron: "0 2 * * *", timeZone: "Europe/Copenhagen", spread: "1h" } } }
  let school: School
  before(async () => {
    school = await startSchool({ backend, events: [{ uid: "one" }, { uid: "two", day: 40 }], clock, policy: nightly })
  })
  after(() => school.close())

  const status = () => school.cluster.sync()?.status
  const hourOf = (time: string) => Temporal.Instant.from(time).toZonedDateTimeISO("Europe/Copenhagen").hour
  /** The clock of Exchange goes along: its tokens end with the nights. */
  function sleep(duration: Temporal.DurationLike): void {
    school.exchange.admin.advance(Temporal.Duration.from(duration).total("milliseconds"))
    clock.advance(duration)
  }

  test("the next full pass is told, at its place in the spread after two o'clock", () => {
    assert.equal(status().lastPass.kind, "Full")
    assert.equal(hourOf(status().nextFullResyncTime), 2)
  })

  test("when the night comes the full pass comes by itself, once", async () => {
    const before = status().lastFullResyncTime
    const next = Temporal.Instant.from(status().nextFullResyncTime)
    sleep(clock.now().until(next).add({ seconds: 30 }))

    const another = () => school.cluster.until("a full pass ran", () => status().lastFullResyncTime !== before)
    await fastForward(clock, another, { seconds: 20 })
    assert.equal(status().lastPass.kind, "Full")
    const after = await school.cluster.request(school.cluster.sync())
    assert.equal(after.status.lastFullResyncTime, status().lastFullResyncTime)
    assert.ok(Temporal.Instant.compare(after.status.nextFullResyncTime, next) > 0)
  })

  test("any number of missed nights are caught up once", async () => {
    await school.cluster.stopOperators()
    const before = status().lastFullResyncTime
    sleep({ hours: 24 * 5 })
    await school.cluster.startOperator()

    await school.cluster.until("a full pass ran", () => status().lastFullResyncTime !== before)
    const caughtUp = status().lastFullResyncTime
    for (let pass = 0; pass < 3; pass++) await school.cluster.request(school.cluster.sync())
    assert.equal(status().lastFullResyncTime, caughtUp)
  })

  test("somebody who asks for a full pass gets one, once", async () => {
    const before = status().lastFullResyncTime
    sleep({ seconds: 2 })
    const done = await school.cluster.request(school.cluster.sync(), "fullResyncAt")
    assert.notEqual(done.status.lastFullResyncTime, before)
    const again = await school.cluster.request(school.cluster.sync())
    assert.equal(again.status.lastFullResyncTime, done.status.lastFullResyncTime)
  })

  test("a night that fails is tried again until it is good", async () => {
    const before = status().lastFullResyncTime
    const fault = school.exchange.admin.addFault({ ...faults.denied, mailbox: "anna@contoso.com" })
    sleep({ hours: 24 })
    await school.cluster.untilCondition("Synced=False/AccessDenied", () => school.cluster.sync())
    assert.equal(status().lastFullResyncTime, before)

    school.exchange.admin.removeFault(fault)
    const another = () => school.cluster.until("a full pass ran", () => status().lastFullResyncTime !== before)
    await fastForward(clock, another, { seconds: 20 })
  })

  test("a mailbox refused for more than two hours needs a person", async () => {
    school.exchange.admin.addFault({ ...faults.denied, mailbox: "anna@contoso.com" })
    await school.cluster.request(school.cluster.sync())
    await school.cluster.untilCondition("Reconciling=True/ProgressingWithRetry", () => school.cluster.sync())
    sleep({ hours: 2, minutes: 1 })
    await school.cluster.untilCondition("Stalled=True/AccessDenied", () => school.cluster.sync())
    school.exchange.admin.clearFaults()
    await school.cluster.request(school.cluster.sync())
    await school.cluster.untilCondition("Ready=True/Succeeded", () => school.cluster.sync())
  })

  test("the window moves with the days: what comes into it is written, what leaves it stays", async () => {
    school.cluster.apply(policy({ ...nightly, window: { past: "1d", future: "35d" } }))
    await school.cluster.until("one is in the window", () => school.cluster.sync()?.status.events.summary === "1/1")
    assert.equal(school.subjects().length, 2)
  })
})
