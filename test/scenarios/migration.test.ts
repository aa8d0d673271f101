import assert from "node:assert/strict"
import { afterEach, describe, test } from "node:test"
import { parseMark } from "../../operator/core/origin.ts"
import type { FeedEvent } from "../world/feed-text.ts"
import { binding, connection, ewsConnection, inDays } from "../world/manifests.ts"
import { type School, startSchool } from "../world/school.ts"
import type { Backend } from "../world/world.ts"

/** A mailbox moves between Exchange Server and Exchange Online: the binding gets another connection, and nothing is doubled. */

const anna = "anna@contoso.com"
const compact = (days: number) => inDays(days).replaceAll("-", "")
const timetable: readonly FeedEvent[] = [
  { uid: "maths" },
  { uid: "physics", day: 3, lines: ["DESCRIPTION:Bring <goggles> & a pencil", "LOCATION:Lab", "CLASS:PRIVATE"] },
  {
    uid: "choir",
    day: 2,
    at: "1600",
    lines: ["RRULE:FREQ=WEEKLY;COUNT=6", `EXDATE;TZID=Europe/Copenhagen:${compact(9)}T160000`],
  },
  {
    uid: "choir",
    subject: "Subject of choir, moved",
    day: 17,
    at: "1700",
    lines: [`RECURRENCE-ID;TZID=Europe/Copenhagen:${compact(16)}T160000`],
  },
  { uid: "late", day: 4, at: "2200", until: "2330", zone: "America/New_York" },
]

let school: School | undefined
afterEach(async () => {
  await school?.close()
  school = undefined
})

const moves: readonly { readonly what: string; readonly from: Backend; readonly to: Backend }[] = [
  { what: "a mailbox moved to the cloud", from: "ews", to: "graph" },
  { what: "a mailbox moved back to the server", from: "graph", to: "ews" },
]

for (const { what, from, to } of moves)
  describe(what, () => {
    test("keeps every copy: nothing is made twice, nothing deleted, nothing written again", async () => {
      school = await startSchool({ backend: from, events: timetable })
      const before = copies(school)

      await moveTo(to, school)

      assert.deepEqual(copies(school), before)
      const sync = school.cluster.sync()
      assert.equal(sync?.status.events.inSync, before.length)
      assert.deepEqual(written(sync?.status.lastPass), {})
    })

    test("is written through its new connection from then on, copy by copy", async () => {
      school = await startSchool({ backend: from, events: timetable })
      const before = copies(school)
      await moveTo(to, school)

      school.publish(...timetable.map(event => (event.uid === "maths" ? { ...event, at: "1300" } : event)).slice(0, -1))
      await school.pass()

      const left = before.filter(({ subject }) => subject !== "Subject of late")
      const after = copies(school)
      assert.deepEqual(after.map(idOf), left.map(idOf))
      const changed = after.filter((copy, index) => copy.version !== left[index]?.version)
      assert.deepEqual(
        changed.map(({ subject }) => subject),
        ["Subject of maths"],
      )
    })

    test("has what somebody changed meanwhile put back, not made again", async () => {
      school = await startSchool({ backend: from, events: timetable })
      const { cluster, exchange } = school
      await cluster.stopOperators()
      const [some] = copies(school)
      exchange.admin.updateEvent(anna, some?.id ?? "", { subject: "My own words" })

      pointAt(to, school)
      await cluster.startOperator()
      await settled(school)

      assert.equal(copies(school).length, 4)
      assert.equal(cluster.sync()?.status.lastPass.created, 0)
      assert.ok(!school.subjects().includes("My own words"))
    })

    test("leaves a duplicate that somebody made before the move to them", async () => {
      school = await startSchool({ backend: from, events: timetable })
      const { exchange, cluster } = school
      await cluster.stopOperators()
      const [some] = copies(school)
      exchange.admin.advance(3 * 3_600_000)
      const duplicate = exchange.admin.copyEvent(anna, some?.id ?? "", { subject: "My own note" })

      pointAt(to, school)
      await cluster.startOperator()
      await settled(school)

      const theirs = exchange.admin.events(anna).find(({ id }) => id === duplicate)
      assert.equal(theirs?.["subject"], "My own note")
      assert.equal(copies(school).length, 4)
    })
  })

async function moveTo(to: Backend, school: School): Promise<void> {
  pointAt(to, school)
  await settled(school)
}

const name = "new-home"

/** The manifests of the other side are applied, and the binding is pointed at them. */
function pointAt(to: Backend, { cluster, exchange }: School): void {
  cluster.apply(
    to === "graph"
      ? connection(exchange.url, {}, { name })
      : ewsConnection(exchange.ewsUrl, { timeZone: "Europe/Copenhagen" }, {}, { name }),
  )
  cluster.apply(binding({ connectionRef: { name } }))
}

async function settled({ cluster }: School): Promise<void> {
  await cluster.untilCondition("Ready=True/Succeeded", () => cluster.find("ExchangeConnection", name))
  await cluster.request(cluster.sync())
  await cluster.untilCondition("Ready=True/Succeeded", () => cluster.sync())
}

type Copy = { readonly id: string; readonly version: unknown; readonly subject: string }

function idOf({ id }: Copy): string {
  return id
}

/** What carries a mark, in the order of its making. */
function copies({ exchange }: School): readonly Copy[] {
  return exchange.admin
    .events(anna)
    .filter(({ properties }) => Object.values(properties).some(value => parseMark(`${value}`) !== undefined))
    .map(event => ({ id: event.id, version: event["@odata.etag"], subject: `${event["subject"]}` }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

/** What a pass did, without the zeros. */
function written(lastPass: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  const verbs = ["created", "updated", "deleted", "adopted", "restored", "stripped"]
  return Object.fromEntries(Object.entries(lastPass).filter(([verb, count]) => verbs.includes(verb) && count !== 0))
}
