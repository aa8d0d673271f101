import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { onBothBackends } from "../world/both-backends.ts"
import { manyEvents } from "../world/feed-text.ts"
import { binding, calendarEvent, eventsSource, feedSource, policy } from "../world/manifests.ts"
import { openSchool, type School } from "../world/school.ts"
import { ShiftingClock } from "../world/shifting-clock.ts"
import { basics } from "../world/world.ts"

/** A world in which nothing happens costs next to nothing. */

onBothBackends(({ backend }) => {
  const clock = new ShiftingClock()
  const names = ["anna", "bo", "carl"]
  const identities = names.map(name => ({ address: `${name}@contoso.com`, identity: name }))
  /** Half a year away: a full pass in these hours would be told at a time of its own. */
  const noNights = {
    schedule: { fullResync: { cron: `0 0 1 ${((clock.now().toZonedDateTimeISO("UTC").month + 5) % 12) + 1} *` } },
  }
  let school: School
  before(async () => {
    school = await openSchool({
      backend,
      events: manyEvents(20),
      mailboxNames: names,
      clock,
      binding: { mailboxes: identities },
      policy: noNights,
    })
    const git = { name: "git" }
    const respect = { name: "respect" }
    school.cluster.apply(
      ...basics(school.exchange, { backend }),
      policy({ ...noNights, onExchangeDelete: "Respect" }, respect),
      eventsSource({}, git),
      calendarEvent("one", { identities: ["anna"] }),
      feedSource({ url: `${school.feeds.url}/school` }),
      binding({ sourceRef: git, policyRef: respect, calendar: { name: "Git" } }, git),
    )
    await school.cluster.startOperator()
    const syncs = () => school.cluster.all("CalendarSync")
    await school.cluster.until("all are in sync", () => {
      const summaries = syncs().map(({ status }) => status?.events?.summary)
      return summaries.length === 4 && summaries.every(one => one === "20/20" || one === "1/1") && true
    })
    // What the first minutes bring besides: counts, `Unchanged` in place of `Fetched`, Events.
    for (let pass = 0; pass < 3; pass++) await interval()
    await untilTold()
  })
  after(() => school.close())

  const writesOf = () =>
    school.cluster.kube.admin.requests.find({}).filter(({ method, user }) => user === "operator" && method !== "GET")

  /** One interval of the policy goes by, and everything that it makes due is done. */
  async function interval(): Promise<void> {
    const looks = () => total(school.exchange.admin.counters().operations)
    const before = looks()
    clock.advance({ minutes: 6 })
    await school.cluster.until("every mailbox had its pass", () => looks() >= before + 4)
    await new Promise(resolve => setTimeout(resolve, 150))
  }

  /** Until an interval in which everything was told; the next one then has nothing to tell. */
  async function untilTold(): Promise<void> {
    for (let told = 0, intervals = 0; told < 4; intervals++) {
      assert.ok(intervals < 12, "there is an interval in which all is told")
      school.cluster.kube.admin.requests.clear()
      await interval()
      told = writesOf().filter(({ path }) => /calendarsyncs/.test(path)).length
    }
  }

  function total(operations: Readonly<Record<string, number>>): number {
    return Object.values(operations).reduce((sum, count) => sum + count, 0)
  }

  test("an idle interval writes nothing to Kubernetes and asks each mailbox once", async () => {
    school.cluster.kube.admin.requests.clear()
    school.exchange.admin.resetCounters()
    await interval()

    assert.deepEqual(
      writesOf().map(({ method, path }) => `${method} ${path}`),
      [],
    )
    const { mailboxes } = school.exchange.admin.counters()
    assert.deepEqual(total(mailboxes["bo@contoso.com"] ?? {}), 1)
    assert.deepEqual(total(mailboxes["carl@contoso.com"] ?? {}), 1)
    assert.deepEqual(total(mailboxes["anna@contoso.com"] ?? {}), 2, "Anna has two bindings")
  })

  test("an hour of idleness is told in status at its grain, and no more often", async () => {
    school.cluster.kube.admin.requests.clear()
    for (let pass = 0; pass < 10; pass++) await interval()
    const told = writesOf().filter(({ path }) => /calendarsyncs\/.*\/status/.test(path))
    assert.ok(told.length <= 4 * 4, `${told.length} writes for four syncs in an hour`)
    assert.ok(told.length >= 4, "that they are alive is told now and then")
  })
})
