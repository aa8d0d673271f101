import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { binding, calendarEvent, eventsSource, inDays, policy } from "../world/manifests.ts"
import { basics, startWorld, type World } from "../world/world.ts"

/** CalendarEvents, for calendars kept in Git. */

const anna = "anna@contoso.com"
let world: World
before(async () => {
  world = await startWorld({ mailboxNames: ["anna", "bo"] })
  const mailboxes = ["anna", "bo"].map(name => ({ address: `${name}@contoso.com`, identity: name }))
  const { cluster } = world
  cluster.apply(
    ...basics(world.exchange),
    policy(),
    eventsSource({ selector: { matchLabels: { team: "a" } } }),
    binding({ mailboxes }),
  )
  await cluster.startOperator()
  await cluster.untilCondition("Ready=True/Succeeded", () => cluster.sync())
})
after(() => world.close())

const team = { labels: { team: "a" } }
const eventNow = (name: string) => world.cluster.find("CalendarEvent", name)
const instances = () =>
  world.exchange.admin.view(anna, { start: `${inDays(1)}T00:00:00Z`, end: `${inDays(60)}T00:00:00Z` })

test("a manifest comes into the mailboxes it names, and counts them", async () => {
  world.cluster.apply(calendarEvent("freeze", { identities: ["anna", "bo"] }, team))
  await world.cluster.until("both have it", () => eventNow("freeze")?.status?.mailboxes?.inSync === 2)
  assert.equal(eventNow("freeze")?.status.mailboxes.desired, 2)
  assert.equal(eventNow("freeze")?.status.start, inDays(3))
  assert.deepEqual([world.subjects(), world.subjects("bo@contoso.com")], [["Subject of freeze"], ["Subject of freeze"]])
})

test("a changed manifest changes the copies; an identity taken off loses its copy", async () => {
  world.cluster.apply(calendarEvent("freeze", { subject: "Subject of thaw", identities: ["anna"] }, team))
  await world.cluster.until("it follows", () => world.subjects()[0] === "Subject of thaw")
  await world.cluster.until("Bo's is gone", () => world.subjects("bo@contoso.com").length === 0)
  await world.cluster.until("it counts one", () => eventNow("freeze")?.status?.mailboxes?.desired === 1)
})

test("a series of a manifest is a series in Outlook, with the dates taken out", async () => {
  const recurrence = { rrule: "FREQ=WEEKLY;COUNT=4", exdates: [`${inDays(9)}T20:00:00`] }
  const start = { dateTime: `${inDays(2)}T20:00:00`, timeZone: "Europe/Copenhagen" }
  world.cluster.apply(calendarEvent("window", { start, duration: "2h", recurrence }, team))
  await world.cluster.until("it is in sync", () => eventNow("window")?.status?.mailboxes?.inSync === 1)
  const occurrences = instances().filter(({ subject }) => subject === "Subject of window")
  assert.equal(occurrences.length, 3)
  assert.equal(world.exchange.admin.events(anna).filter(({ subject }) => subject === "Subject of window").length, 1)
})

test("an occurrence that somebody moved in Outlook is put back", async () => {
  const days = () =>
    instances()
      .map(({ start }) => JSON.stringify(start))
      .toSorted()
  const before = days()
  const occurrence = instances().find(({ subject }) => subject === "Subject of window")
  world.exchange.admin.moveEvent(anna, occurrence?.id ?? "", { minutes: 60 })
  assert.notDeepEqual(days(), before)
  await world.cluster.request(world.cluster.sync())
  await world.cluster.until("it is where it was", () => JSON.stringify(days()) === JSON.stringify(before))
})

test("a manifest that cannot be is InvalidSpec, keeps its copy, and costs no other event", async () => {
  world.cluster.apply(
    calendarEvent(
      "freeze",
      { start: { dateTime: `${inDays(4)}T10:00:00`, timeZone: "Mars/Olympus" }, duration: "1h" },
      team,
    ),
    calendarEvent("other", {}, team),
  )
  await world.cluster.untilCondition("Stalled=True/InvalidSpec", () => eventNow("freeze"))
  const partly = await world.cluster.untilCondition("Synced=False/PartiallyApplied", () => world.cluster.sync())
  assert.deepEqual(
    partly.status.failures.map((one: { key: string }) => one.key),
    ["freeze"],
  )
  await world.cluster.until("the other one is there", () => world.subjects().includes("Subject of other"))
  assert.ok(world.subjects().includes("Subject of thaw"))
  assert.equal(eventNow("freeze")?.status.mailboxes.inSync, 0)
})

test("a deleted manifest takes its copies with it, and so does a label taken off", async () => {
  await world.cluster.remove("CalendarEvent", "freeze")
  await world.cluster.until("it is gone", () => !world.subjects().includes("Subject of thaw"))
  await world.cluster.patch("CalendarEvent", { metadata: { labels: { team: null } } }, "other")
  await world.cluster.until("it is gone", () => !world.subjects().includes("Subject of other"))
  await world.cluster.untilCondition("Ready=True/Succeeded", () => world.cluster.sync())
})

test("a restart does not make the counts of manifests flicker", async () => {
  await world.cluster.stopOperators()
  world.cluster.kube.admin.requests.clear()
  await world.cluster.startOperator()
  await world.cluster.request(world.cluster.sync())
  const told = world.cluster.kube.admin.requests.find({ method: "PATCH", path: /calendarevents\/window\/status/ })
  assert.equal(told.length, 0)
})
