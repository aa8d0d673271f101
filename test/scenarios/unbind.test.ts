import assert from "node:assert/strict"
import { afterEach, test } from "node:test"
import { onBothBackends } from "../world/both-backends.ts"
import type { Cluster, KindName } from "../world/cluster.ts"
import { manyEvents } from "../world/feed-text.ts"
import { binding, policy } from "../world/manifests.ts"
import { type School, startSchool } from "../world/school.ts"

onBothBackends(({ backend, operations, perRequest }) => {
  const purge = { deletion: { onUnbind: "Purge" as const } }
  const lessons = manyEvents(6, "lesson")
  let school: School | undefined
  afterEach(async () => {
    await school?.close()
    school = undefined
  })

  async function begin(options: Parameters<typeof startSchool>[0] = {}): Promise<School> {
    school = await startSchool({ backend, events: lessons, ...options })
    return school
  }

  async function untilGone(cluster: Cluster, ...kinds: readonly KindName[]): Promise<void> {
    await cluster.until(`${kinds} are gone`, () => kinds.every(kind => cluster.all(kind).length === 0))
  }

  test("Retain: a binding that goes leaves the copies where they are", async () => {
    const { cluster, subjects } = await begin()
    await cluster.remove("MailboxBinding")
    await untilGone(cluster, "MailboxBinding", "CalendarSync")
    assert.equal(subjects().length, 6)
  })

  test("Purge: every copy goes with the binding, also one that has left the window; nothing else does", async () => {
    const world = await begin({ policy: { ...purge, window: { past: "1d", future: "200d" } } })
    const { cluster, exchange, subjects } = world
    const own = { subject: "Dentist", start: at("2030-01-01T10:00:00"), end: at("2030-01-01T11:00:00") }
    exchange.admin.createEvent("anna@contoso.com", own)
    const [copy] = exchange.admin.events("anna@contoso.com")
    exchange.admin.updateEvent("anna@contoso.com", copy?.id ?? "", {
      start: at("2020-01-01T10:00:00"),
      end: at("2020-01-01T11:00:00"),
    })

    await cluster.remove("MailboxBinding")
    await untilGone(cluster, "MailboxBinding", "CalendarSync")

    assert.deepEqual(subjects(), ["Dentist"])
  })

  test("Purge: a mailbox taken off the binding's list is emptied, the others are not touched", async () => {
    const both = ["anna", "bo"].map(name => ({ address: `${name}@contoso.com`, identity: name }))
    const { cluster, subjects } = await begin({
      policy: purge,
      binding: { mailboxes: both },
      mailboxNames: ["anna", "bo"],
    })
    await cluster.untilCondition("Ready=True/Succeeded", () => cluster.sync("bo@contoso.com"))

    cluster.apply(binding({ mailboxes: both.slice(0, 1) }))

    await cluster.until("the sync is gone", () => cluster.sync("bo@contoso.com") === undefined)
    assert.deepEqual([subjects("bo@contoso.com").length, subjects().length], [0, 6])
  })

  test("Purge: a mailbox is searched through once, and that it was emptied is told once", async () => {
    const { cluster, exchange } = await begin({ policy: purge })
    exchange.admin.resetCounters()
    await cluster.remove("MailboxBinding")
    await untilGone(cluster, "MailboxBinding", "CalendarSync")
    await cluster.stopOperators()

    const { operations: asked } = exchange.admin.counters()
    assert.equal(asked[operations.remove], Math.ceil(6 / perRequest))
    // Besides the search there is the look that the binding's end gave rise to.
    const looks = new Set([operations.list, operations.changes])
    assert.equal(
      [...looks].map(name => asked[name] ?? 0).reduce((a, b) => a + b),
      2,
    )
    const told = cluster.kube.admin.stored("events.events.k8s.io").filter(({ reason }) => reason === "Purged")
    assert.deepEqual([told.length, told[0]?.["series"]], [1, undefined])
  })

  test("Purge: bound again after that, the copies are made again", async () => {
    const { cluster, subjects } = await begin({ policy: purge })
    await cluster.remove("MailboxBinding")
    await untilGone(cluster, "MailboxBinding", "CalendarSync")
    assert.equal(subjects().length, 0)

    cluster.apply(binding())

    await cluster.untilCondition("Ready=True/Succeeded", () => cluster.sync())
    assert.equal(subjects().length, 6)
  })

  test("Purge: everything deleted at once, as `kubectl delete -f` does, still removes the copies, and then itself", async () => {
    const { cluster, subjects } = await begin({ policy: purge })
    await cluster.until(
      "the connection is held",
      () => (cluster.find("ExchangeConnection")?.metadata.finalizers ?? []).length > 0,
    )

    const all = ["Secret", "ConfigMap", "ExchangeConnection", "CalendarSyncPolicy", "CalendarSource"] as const
    const names: Partial<Record<KindName, string>> = {
      Secret: backend === "graph" ? "app" : "svc",
      ConfigMap: "exchange-ca",
    }
    await Promise.all([...all, "MailboxBinding" as const].map(kind => cluster.remove(kind, names[kind])))

    await untilGone(cluster, "MailboxBinding", "CalendarSync", "ExchangeConnection")
    assert.equal(subjects().length, 0)
  })

  test("Purge: a namespace that is deleted is not held up, and its mailboxes are emptied", async () => {
    const { cluster, subjects } = await begin({ policy: purge })
    await cluster.until(
      "the connection is held",
      () => (cluster.find("ExchangeConnection")?.metadata.finalizers ?? []).length > 0,
    )

    await cluster.remove("Namespace", "calendars")

    await cluster.until("the namespace is gone", () =>
      cluster.all("Namespace", "").every(({ metadata }) => metadata.name !== "calendars"),
    )
    assert.equal(subjects().length, 0)
  })

  test("Purge: a mailbox that cannot be reached holds the sync, which says how to let go of it", async () => {
    const { cluster, exchange } = await begin({ policy: purge })
    exchange.admin.setMailboxState("anna@contoso.com", "softDeleted")
    await cluster.remove("MailboxBinding")

    const held = await cluster.untilCondition("Ready=False", () => cluster.sync())
    const { message } = held.status.conditions.find((one: { type: string }) => one.type === "Ready")
    assert.match(message, /kubectl annotate -n calendars calendarsync .* calsync\.dev\/abandon=true/)

    await cluster.annotate(held, { "calsync.dev/abandon": "true" })
    await untilGone(cluster, "MailboxBinding", "CalendarSync")
  })

  test("Purge: suspended means suspended; the copies go when it ends", async () => {
    const { cluster, subjects } = await begin({ policy: purge })
    cluster.apply(policy({ ...purge, suspend: true }))
    await cluster.untilCondition("Ready=True/Suspended", () => cluster.sync())
    await cluster.remove("MailboxBinding")
    await cluster.untilCondition("Ready=False/DependencyNotReady", () => cluster.sync())
    assert.equal(subjects().length, 6)

    cluster.apply(policy({ ...purge, suspend: false }))
    await untilGone(cluster, "MailboxBinding", "CalendarSync")
    assert.equal(subjects().length, 0)
  })

  test("Purge that became Retain before the end: what the policy says at the end counts", async () => {
    const { cluster, subjects } = await begin({ policy: purge })
    cluster.apply(policy({ deletion: { onUnbind: "Retain" } }))
    await cluster.remove("MailboxBinding")
    await untilGone(cluster, "MailboxBinding", "CalendarSync")
    assert.equal(subjects().length, 6)
  })

  test("a CalendarSync deleted by hand is made again, and finds its copies", async () => {
    const { cluster, exchange, subjects } = await begin()
    const { uid, name } = cluster.sync()?.metadata ?? { uid: "", name: "" }
    const made = exchange.admin.counters().operations[operations.create]

    await cluster.remove("CalendarSync", name)

    await cluster.untilCondition("Ready=True/Succeeded", () => {
      const again = cluster.sync()
      return again?.metadata.uid === uid ? undefined : again
    })
    assert.equal(exchange.admin.counters().operations[operations.create], made)
    assert.equal(subjects().length, 6)
  })

  function at(dateTime: string): { readonly dateTime: string; readonly timeZone: string } {
    return { dateTime, timeZone: "UTC" }
  }
})
