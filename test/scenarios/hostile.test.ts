import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { says } from "../world/cluster.ts"
import { feedOf } from "../world/feed-text.ts"
import { binding, configMap, feedSource } from "../world/manifests.ts"
import { type School, startSchool } from "../world/school.ts"

/** What a tenant, or a server on the way, may write: none of it stops the objects from being told about, or the others. */

let school: School
before(async () => {
  school = await startSchool({ events: [{ uid: "one" }], mailboxNames: ["anna", "bert"] })
})
after(() => school.close())

test("a key longer than any status holds is cut there, and costs its neighbours nothing", async () => {
  const key = "long-".repeat(2_000)
  school.publish({ uid: "one" }, { uid: key, lines: ["RRULE:FREQ=NEVER"] }, { uid: "two" })

  const sync = await school.pass()

  assert.equal(school.subjects().length, 3)
  assert.equal(sync.status.failures.length, 1)
  assert.match(sync.status.failures[0].key, /^long-long-.{20,}…$/)
})

test("a version of a feed longer than any status holds is cut there", async () => {
  school.feeds.set("school", {
    body: feedOf({ uid: "one" }, { uid: "three" }),
    headers: { etag: `"${"v".repeat(3_000)}"` },
  })

  const sync = await school.pass()

  assert.equal(sync.status.events.inSync, 2)
  const { revision } = school.cluster.find("CalendarSource")?.status ?? {}
  assert.match(revision, /^"v{100,}$/)
})

test("a request longer than any status holds is handled once", async () => {
  for (const [annotation, handled] of [
    ["calsync.dev/requestedAt", "lastHandledReconcileAt"],
    ["calsync.dev/fullResyncAt", "lastHandledFullResyncAt"],
  ] as const) {
    await school.cluster.annotate(school.cluster.sync(), { [annotation]: `${handled} ${"x".repeat(3_000)}` })
    await school.cluster.until(annotation, () => school.cluster.sync()?.status[handled]?.startsWith(handled))
  }

  const sync = await school.cluster.request(school.cluster.sync())
  assert.equal(sync.status.lastPass.kind, "Incremental")
})

test("an identity refused twice is named once", async () => {
  const listed = ["anna", "bert"].map(name => ({ address: `${name}@contoso.com`, identity: "shared" }))
  // Which of two that come in the same second is the older one, their uids decide.
  const twins = ["one", "other"]
  school.cluster.apply(...twins.map(name => binding({ mailboxes: listed }, { name })))

  const refused = await school.cluster.until("one of the bindings is told of the conflict", () =>
    twins
      .map(name => school.cluster.find("MailboxBinding", name))
      .find(one => says(one, "Matched=False/AddressConflict")),
  )
  assert.deepEqual([refused.status.unmatched.length, refused.status.mailboxes.unmatched], [1, 2])
  for (const name of twins) await school.cluster.remove("MailboxBinding", name)
})

test("a key that every object has by nature is no key of a ConfigMap", async () => {
  school.cluster.apply(
    configMap({ "calendar.ics": feedOf({ uid: "one" }) }, { name: "texts" }),
    feedSource({ configMapRef: { name: "texts", key: "constructor" } }, {}, { name: "inherited" }),
  )

  await school.cluster.untilCondition("Ready=False/RefNotFound", () =>
    school.cluster.find("CalendarSource", "inherited"),
  )
})

test("a server that asks to be left alone for ever is asked again all the same", async () => {
  const headers = { "retry-after": "9".repeat(300) }
  school.feeds.set("school", { body: "", status: 503, headers })
  await school.cluster.request(school.cluster.find("CalendarSource"))
  await school.cluster.untilCondition("SourceFetched=False/Unreachable", () => school.cluster.find("CalendarSource"))

  school.publish({ uid: "one" })
  await school.cluster.request(school.cluster.find("CalendarSource"))
  await school.cluster.untilCondition("SourceFetched=True", () => school.cluster.find("CalendarSource"))
})
