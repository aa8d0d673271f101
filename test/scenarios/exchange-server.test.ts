import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { condition } from "../world/cluster.ts"
import type { FeedEvent } from "../world/feed-text.ts"
import { calendarEvent, connection, eventsSource, inDays, binding as makeBinding } from "../world/manifests.ts"
import { type School, startSchool } from "../world/school.ts"

/** The main path, once from end to end, with an Exchange Server where other stories have Exchange Online. */

const names = ["anna", "bo"]
const address = (name: string) => `${name}@contoso.com`
const mailboxes = names.map(name => ({ address: address(name), identity: name }))

const assembly: FeedEvent = { uid: "assembly", day: 1, at: "0800", lines: ["RRULE:FREQ=WEEKLY;COUNT=6"] }
const lessons: readonly FeedEvent[] = ["one", "two", "three", "four"].map((uid, index) => ({ uid, day: 3 + index }))
const everything = [assembly, ...lessons]

let school: School
before(async () => {
  const binding = { mailboxes, calendar: { name: "Timetable" } }
  const policy = { deletion: { guard: { maxPercent: 30, maxCount: 2 } } }
  school = await startSchool({ events: everything, mailboxNames: names, backend: "ews", binding, policy })
  school.cluster.apply(
    eventsSource({}, { name: "git" }),
    calendarEvent("holiday", { start: { date: inDays(2) }, identities: names }),
    makeBinding({ mailboxes, sourceRef: { name: "git" } }, { name: "git" }),
  )
  await school.cluster.until("the holiday is there", () =>
    names.every(name => school.subjects(address(name)).length > 0),
  )
  await allAreReady("git")
  await allAreReady()
})
after(() => school.close())

async function allAreReady(from = "main"): Promise<void> {
  for (const name of names) {
    await school.cluster.untilCondition("Ready=True/Succeeded", () => school.cluster.sync(address(name), from))
  }
}

/** The source is read, and every mailbox has its turn. */
async function passAll(): Promise<void> {
  await school.pass()
  for (const name of names) await school.cluster.request(school.cluster.sync(address(name)))
}

const copies = (name: string) => school.subjects(address(name), "Timetable")
const subjectsOf = (events: readonly FeedEvent[]) => events.map(({ uid }) => `Subject of ${uid}`).toSorted()

/** What was written since the counters were reset, by operation. */
function writes(): Readonly<Record<string, number>> {
  const { operations } = school.exchange.admin.counters()
  return Object.fromEntries(
    Object.entries(operations).filter(([name]) => /^ews\.(Create|Update|Delete|Move|Send)/.test(name)),
  )
}

test("the connection says what it found, and with what it logs in", async () => {
  const connection = await school.cluster.untilCondition("CredentialsValid=True/Authenticated", () =>
    school.cluster.find("ExchangeConnection"),
  )
  assert.match(connection.status.server.product, /^Exchange Server/)
  assert.match(connection.status.server.version, /^15\.2\.\d+/)
  assert.equal(connection.status.credentials.kind, "basic")
  assert.equal(connection.status.mailboxes, names.length)
})

test("every mailbox has every event of the feed, in a calendar made for it", () => {
  for (const name of names) assert.deepEqual(copies(name), subjectsOf(everything))
})

test("an event from Git is in everybody's own calendar, all day on its day", () => {
  for (const name of names) {
    const [holiday, ...others] = school.exchange.admin.events(address(name))
    assert.deepEqual([holiday?.["subject"], holiday?.["isAllDay"], others], ["Subject of holiday", true, []])
    assert.match(JSON.stringify(holiday?.["start"]), new RegExp(`"${inDays(2)}T00:00:00`))
  }
})

test("a series is one series, and means the same days", () => {
  const at = (day: number) => `${inDays(day)}T00:00:00Z`
  const weeks = school.exchange.admin
    .view(address("anna"), { start: at(0), end: at(60), calendar: "Timetable" })
    .filter(({ subject }) => subject === "Subject of assembly")
  assert.equal(weeks.length, 6)
})

test("a second pass asks one question for each mailbox, and writes nothing", async () => {
  await passAll()
  school.exchange.admin.resetCounters()
  await passAll()

  const { operations, mailboxes: asked } = school.exchange.admin.counters()
  assert.deepEqual(Object.keys(operations), ["ews.SyncFolderItems"])
  assert.deepEqual(Object.keys(asked).toSorted(), names.map(address))
})

test("one change is one write in each mailbox", async () => {
  school.exchange.admin.resetCounters()
  school.publish(assembly, { uid: "one", day: 3, subject: "Subject of moved" }, ...lessons.slice(1))
  await passAll()

  assert.deepEqual(writes(), { "ews.UpdateItem": names.length })
  for (const name of names) assert.ok(copies(name).includes("Subject of moved"))
})

test("a copy that somebody moved is put back, and that is told", async () => {
  const copy = () => {
    const found = school.exchange.admin
      .events(address("bo"), "Timetable")
      .find(one => one["subject"] === "Subject of two")
    assert.ok(found)
    return found
  }
  const start = JSON.stringify(copy()["start"])
  school.exchange.admin.moveEvent(address("bo"), copy().id, { minutes: 90 })
  assert.notEqual(JSON.stringify(copy()["start"]), start)

  const sync = await school.cluster.request(school.cluster.sync(address("bo")))
  assert.equal(condition(sync, "Drifted")?.reason, "DriftCorrected")
  assert.equal(JSON.stringify(copy()["start"]), start)
})

test("when half the feed is gone the deletions wait for a person", async () => {
  school.publish(assembly, ...lessons.slice(3))
  await passAll()

  for (const name of names) {
    await school.cluster.untilCondition("Stalled=True/DeletionGuard", () => school.cluster.sync(address(name)))
    assert.equal(copies(name).length, everything.length)
  }
  school.publish(...everything)
  await passAll()
  await allAreReady()
})

test("an operator started again finds every copy, and writes nothing", async () => {
  await school.cluster.stopOperators()
  school.exchange.admin.resetCounters()
  await school.cluster.startOperator()
  await passAll()
  await allAreReady()

  assert.deepEqual(writes(), {})
  for (const name of names) assert.deepEqual(copies(name), subjectsOf(everything))
})

test("a connection that changes its backend, as its organisation moved, finds every copy and writes nothing", async () => {
  school.exchange.admin.resetCounters()
  school.cluster.apply(connection(school.exchange.url))
  await school.cluster.untilCondition("CredentialsValid=True/TokenAcquired", () =>
    school.cluster.find("ExchangeConnection"),
  )
  await passAll()
  await allAreReady()

  const { operations } = school.exchange.admin.counters()
  assert.deepEqual(
    Object.keys(operations).filter(name => /^events\.(create|update|delete)/.test(name)),
    [],
  )
  for (const name of names) assert.deepEqual(copies(name), subjectsOf(everything))
})
