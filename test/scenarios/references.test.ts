import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import type { KindName } from "../world/cluster.ts"
import { condition } from "../world/cluster.ts"
import { binding, configMap, connection, feedSource, namespace, policy } from "../world/manifests.ts"
import { openSchool, type School } from "../world/school.ts"

let school: School
before(async () => {
  school = await openSchool({ events: [{ uid: "one" }] })
  await school.cluster.startOperator()
})
beforeEach(async () => {
  await school.cluster.untilCondition("Ready=True/Succeeded", () => school.cluster.sync())
})
after(() => school.close())

const referents: readonly { readonly kind: KindName; readonly again: () => string }[] = [
  { kind: "ExchangeConnection", again: () => connection(school.exchange.url) },
  { kind: "CalendarSource", again: () => feedSource({ url: `${school.feeds.url}/school` }) },
  { kind: "CalendarSyncPolicy", again: () => policy() },
]

for (const { kind, again } of referents) {
  test(`a missing ${kind} is a condition on binding and sync, and heals when it appears`, async () => {
    const { cluster, subjects } = school
    await cluster.remove(kind)
    await cluster.untilCondition("Stalled=True/RefNotFound", () => cluster.find("MailboxBinding"))
    const sync = await cluster.untilCondition("Ready=False/RefNotFound", () => cluster.sync())
    assert.equal(condition(sync, "Synced")?.reason, "DependencyNotReady")
    assert.match(condition(sync, "Ready")?.message ?? "", new RegExp(`${kind} calendars/main does not exist`))
    assert.deepEqual(subjects(), ["Subject of one"])

    cluster.apply(again())

    await cluster.untilCondition("Ready=True/Succeeded", () => cluster.sync())
    await cluster.untilCondition("Ready=True/Succeeded", () => cluster.find("MailboxBinding"))
    assert.deepEqual(subjects(), ["Subject of one"])
  })
}

test("a binding made before everything it refers to begins when the last of it is there", async () => {
  const { cluster } = school
  const refs = { connectionRef: { name: "late" }, sourceRef: { name: "late" }, policyRef: { name: "late" } }
  const late = { name: "late" }
  cluster.apply(binding({ ...refs, calendar: { name: "Late" } }, late))
  const waiting = await cluster.untilCondition("Stalled=True/RefNotFound", () => cluster.find("MailboxBinding", "late"))
  assert.equal(waiting.status.mailboxes.matched, 0)

  cluster.apply(policy({}, late), feedSource({ url: `${school.feeds.url}/school` }, {}, late))
  cluster.apply(connection(school.exchange.url, {}, late))

  await cluster.untilCondition("Ready=True/Succeeded", () => cluster.sync("anna@contoso.com", "late"))
  assert.deepEqual(school.subjects("anna@contoso.com", "Late"), ["Subject of one"])
})

test("a feed in a ConfigMap that is not there, or has not the key, is a condition that heals", async () => {
  const { cluster } = school
  const texts = { name: "texts" }
  cluster.apply(feedSource({ configMapRef: { name: "texts" } }, {}, texts))
  await cluster.untilCondition("Stalled=True/RefNotFound", () => cluster.find("CalendarSource", "texts"))

  cluster.apply(configMap({ "other.ics": "" }, texts))
  await cluster.untilCondition("Stalled=True/RefNotFound", () => cluster.find("CalendarSource", "texts"))

  cluster.apply(configMap({ "calendar.ics": "BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n" }, texts))
  await cluster.untilCondition("SourceFetched=True", () => cluster.find("CalendarSource", "texts"))
})

test("a policy that cannot be is InvalidSpec on itself and on all that follow it, and heals", async () => {
  const { cluster } = school
  cluster.apply(policy({ schedule: { fullResync: { cron: "0 0 31 2 *" } } }))
  await cluster.untilCondition("Stalled=True/InvalidSpec", () => cluster.find("CalendarSyncPolicy"))
  await cluster.untilCondition("Stalled=True/InvalidSpec", () => cluster.find("MailboxBinding"))
  await cluster.untilCondition("Stalled=True/InvalidSpec", () => cluster.sync())

  cluster.apply(policy({ schedule: { fullResync: { cron: "0 0 31 1 *" } } }))
  await cluster.untilCondition("!Stalled", () => cluster.sync())
  await cluster.untilCondition("Ready=True/Succeeded", () => cluster.find("CalendarSyncPolicy"))
})

test("nobody refers across namespaces unless the connection lets them, and a refusal does not tell what is there", async () => {
  const { cluster } = school
  cluster.apply(namespace("tenant"))
  const there = { namespace: "tenant" }
  cluster.apply(policy({}, there), feedSource({ url: `${school.feeds.url}/school` }, {}, there))
  const towards = (name: string) =>
    binding(
      {
        connectionRef: { name, namespace: "calendars" },
        mailboxes: [{ address: "anna@contoso.com", identity: name }],
        calendar: { name: "Tenant" },
      },
      { ...there, name },
    )
  cluster.apply(towards("main"), towards("nothing"))

  const refusals = await Promise.all(
    ["main", "nothing"].map(async name => {
      const look = () => cluster.find("MailboxBinding", name, "tenant")
      const refused = await cluster.untilCondition("Stalled=True/RefNotPermitted", look)
      return condition(refused, "Ready")?.message.replaceAll(`calendars/${name}`, "…")
    }),
  )
  assert.equal(refusals[0], refusals[1])
})

const ownSync = () => school.cluster.sync("anna@contoso.com", "main", "tenant")
const allow = (allowedNamespaces: NonNullable<Parameters<typeof connection>[1]>["allowedNamespaces"]) =>
  school.cluster.apply(connection(school.exchange.url, { ...(allowedNamespaces && { allowedNamespaces }) }))

test("from All permits it, and from Same takes it back at once", async () => {
  allow({ from: "All" })
  await school.cluster.untilCondition("Ready=True/Succeeded", ownSync)

  allow({ from: "Same" })
  await school.cluster.untilCondition("Ready=False/RefNotPermitted", ownSync)
})

test("from Selector follows a label that is put on a namespace and taken off again", async () => {
  allow({ from: "Selector", selector: { matchLabels: { calendars: "yes" } } })
  await school.cluster.untilCondition("Ready=False/RefNotPermitted", ownSync)

  await school.cluster.patch("Namespace", { metadata: { labels: { calendars: "yes" } } }, "tenant")
  await school.cluster.untilCondition("Ready=True/Succeeded", ownSync)

  await school.cluster.patch("Namespace", { metadata: { labels: { calendars: null } } }, "tenant")
  await school.cluster.untilCondition("Ready=False/RefNotPermitted", ownSync)
})
