import assert from "node:assert/strict"
import { afterEach, test } from "node:test"
import { manyEvents } from "../world/feed-text.ts"
import { binding } from "../world/manifests.ts"
import { type School, startSchool } from "../world/school.ts"

let school: School | undefined
afterEach(async () => {
  await school?.close()
  school = undefined
})

test("Purge: a mailbox that got a new address keeps its copies, and none is taken for deleted", async () => {
  school = await startSchool({
    events: manyEvents(6, "lesson"),
    policy: { deletion: { onUnbind: "Purge" }, onExchangeDelete: "Respect" },
  })
  const { cluster, exchange, subjects } = school
  const bound = (address: string) => binding({ mailboxes: [{ address, identity: "clara" }] })
  exchange.admin.addMailbox({ address: "clara.new@contoso.com", aliases: ["clara.old@contoso.com"] })
  cluster.apply(bound("clara.old@contoso.com"))
  await cluster.untilCondition("Ready=True/Succeeded", () => cluster.sync("clara.old@contoso.com"))
  const ids = exchange.admin.events("clara.new@contoso.com").map(({ id }) => id)

  cluster.apply(bound("clara.new@contoso.com"))
  await cluster.untilCondition("Ready=True/Succeeded", () => cluster.sync("clara.new@contoso.com"))
  await cluster.until("the old sync is gone", () => cluster.sync("clara.old@contoso.com") === undefined)

  assert.equal(subjects("clara.new@contoso.com").length, 6)
  assert.deepEqual(
    exchange.admin.events("clara.new@contoso.com").map(({ id }) => id),
    ids,
  )
})
