import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { onBothBackends } from "../world/both-backends.ts"
import { condition } from "../world/cluster.ts"
import { feedOf } from "../world/feed-text.ts"
import { binding, configMap, feedSource, inDays, policy } from "../world/manifests.ts"
import { type School, startSchool } from "../world/school.ts"

onBothBackends(({ backend }) => {
  const anna = "anna@contoso.com"
  let school: School
  before(async () => {
    school = await startSchool({ backend, events: [{ uid: "good" }], mailboxNames: ["anna", "bo", "cleo"] })
  })
  after(() => school.close())

  /** What one strange event does to the others: nothing. */
  const strangers = [
    {
      name: "a rule that cannot be expanded",
      event: { uid: "odd", lines: ["RRULE:FREQ=SECONDLY"] },
      reason: "RecurrenceTooComplex",
      inMailbox: ["Subject of fine", "Subject of good"],
    },
    {
      name: "a rule that is none",
      event: { uid: "odd", lines: ["RRULE:FREQ=FORTNIGHTLY"] },
      reason: "UnreadableRule",
      inMailbox: ["Subject of fine", "Subject of good", "Subject of odd"],
    },
    {
      name: "an end before its start",
      event: { uid: "odd", at: "1000", until: "0900" },
      reason: "EndsBeforeStart",
      inMailbox: ["Subject of fine", "Subject of good"],
    },
  ] as const

  for (const { name, event, reason, inMailbox } of strangers) {
    test(`an event with ${name} is told as ${reason}, and costs no other event`, async () => {
      school.publish({ uid: "good" }, event, { uid: "fine", day: 3 })
      const sync = await school.pass()
      assert.deepEqual(
        sync.status.failures.map((failure: { reason: string }) => failure.reason),
        [reason],
      )
      assert.equal(condition(sync, "Synced")?.reason, "PartiallyApplied")
      assert.deepEqual(school.subjects(), inMailbox)

      school.publish({ uid: "good" })
      const healed = await school.pass()
      assert.equal(condition(healed, "Synced")?.reason, "InSync")
      assert.deepEqual(school.subjects(), ["Subject of good"])
    })
  }

  test("an event without length is written as one", async () => {
    school.publish({ uid: "good" }, { uid: "moment", at: "1000", until: "1000" })
    await school.pass()
    const moment = school.exchange.admin.events(anna).find(({ subject }) => subject === "Subject of moment")
    assert.deepEqual(moment?.["start"], moment?.["end"])
  })

  test("a series keeps its exceptions when somebody edits an occurrence of it in Outlook", async () => {
    const date = inDays(8).replaceAll("-", "")
    const series = {
      uid: "series",
      lines: ["RRULE:FREQ=WEEKLY;COUNT=4", `EXDATE;TZID=Europe/Copenhagen:${date}T100000`],
    }
    school.publish(series)
    await school.pass()
    const view = () =>
      school.exchange.admin
        .view(anna, { start: `${inDays(0)}T00:00:00Z`, end: `${inDays(60)}T00:00:00Z` })
        .filter(({ subject }) => subject !== "Subject of good")
    const before = view().map(({ start, subject }) => JSON.stringify([start, subject]))
    assert.equal(before.length, 3)

    school.exchange.admin.updateEvent(anna, view()[1]?.id ?? "", { subject: "Edited" })
    await school.cluster.request(school.cluster.sync())
    assert.deepEqual(
      view().map(({ start, subject }) => JSON.stringify([start, subject])),
      before,
    )
  })

  test("a feed per identity: one that fails costs only its own mailbox", async () => {
    const { cluster, feeds } = school
    const mailboxes = ["bo", "cleo"].map(name => ({ address: `${name}@contoso.com`, identity: name }))
    feeds.set("per-bo", { body: feedOf({ uid: "of-bo" }) })
    const each = { name: "each" }
    cluster.apply(feedSource({ urlTemplate: `${feeds.url}/per-{identity}` }, {}, each), policy({}, each))
    cluster.apply(binding({ sourceRef: each, policyRef: each, mailboxes }, each))

    await cluster.untilCondition("Ready=True/Succeeded", () => cluster.sync("bo@contoso.com", "each"))
    await cluster.untilCondition("Synced=False/DependencyNotReady", () => cluster.sync("cleo@contoso.com", "each"))
    await cluster.untilCondition("SourceFetched=False/PartialRead", () => cluster.find("CalendarSource", "each"))
    assert.deepEqual(school.subjects("bo@contoso.com"), ["Subject of of-bo"])

    feeds.set("per-cleo", { body: feedOf({ uid: "of-cleo" }) })
    await cluster.request(cluster.find("CalendarSource", "each"))
    await cluster.untilCondition("Ready=True/Succeeded", () => cluster.sync("cleo@contoso.com", "each"))

    feeds.set("per-bo", { body: "<html>", contentType: "text/html" })
    await cluster.request(cluster.find("CalendarSource", "each"))
    await cluster.request(cluster.sync("bo@contoso.com", "each"))
    assert.deepEqual(school.subjects("bo@contoso.com"), ["Subject of of-bo"])
  })

  test("a feed in a ConfigMap is followed at once", async () => {
    const { cluster } = school
    const text = { name: "text" }
    const textOf = (...uids: readonly string[]) =>
      configMap({ "calendar.ics": feedOf(...uids.map(uid => ({ uid }))) }, text)
    cluster.apply(textOf("in-map"), feedSource({ configMapRef: text }, {}, text))
    cluster.apply(binding({ sourceRef: text, calendar: { name: "Text" } }, text))
    await cluster.untilCondition("Ready=True/Succeeded", () => cluster.sync(anna, "text"))

    cluster.apply(textOf("in-map", "more"))
    await cluster.until("it follows", () => school.subjects(anna, "Text").length === 2)
  })

  test("a reading that brought something new is told from one that did not", async () => {
    const look = () => school.cluster.find("CalendarSource")
    school.publish({ uid: "good" }, { uid: "more" })
    assert.equal(condition(await school.cluster.request(look()), "SourceFetched")?.reason, "Fetched")
    const asked = school.feeds.requests("school")
    assert.equal(condition(await school.cluster.request(look()), "SourceFetched")?.reason, "Unchanged")
    assert.equal(school.feeds.requests("school"), asked + 1)
  })

  test("flux reconcile's annotation works as ours does", async () => {
    await school.cluster.annotate(school.cluster.sync(), { "reconcile.fluxcd.io/requestedAt": "9999-flux" })
    await school.cluster.until(
      "it is handled",
      () => school.cluster.sync()?.status.lastHandledReconcileAt === "9999-flux",
    )
  })

  test("a token on the binding or the policy asks for a pass of all its mailboxes", async () => {
    const { cluster, exchange } = school
    for (const kind of ["MailboxBinding", "CalendarSyncPolicy"] as const) {
      exchange.admin.resetCounters()
      await cluster.annotate(cluster.find(kind), { "calsync.dev/requestedAt": `now-${kind}` })
      await cluster.until("a pass ran", () => exchange.admin.counters().mailboxes[anna] !== undefined)
    }
  })
})
