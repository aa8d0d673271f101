import assert from "node:assert/strict"
import { afterEach, test } from "node:test"
import { onBothBackends } from "../world/both-backends.ts"
import { manyEvents } from "../world/feed-text.ts"
import { binding, policy } from "../world/manifests.ts"
import { type School, startSchool } from "../world/school.ts"

onBothBackends(({ backend }) => {
  let school: School | undefined
  afterEach(async () => {
    await school?.close()
    school = undefined
  })

  test("a binding renamed while the operator was away finds its copies, whatever other bindings wait for", async () => {
    school = await startSchool({
      backend,
      events: manyEvents(6, "lesson"),
      mailboxNames: ["anna", "bo"],
      policy: { firstSync: { matchExisting: false } },
    })
    const { cluster, exchange, subjects } = school
    cluster.apply(policy({ deletion: { onUnbind: "Purge" } }, { name: "purge" }))
    const mailboxes = [{ address: "bo@contoso.com", identity: "bo" }]
    cluster.apply(binding({ mailboxes, policyRef: { name: "purge" } }, { name: "leaving" }))
    await cluster.untilCondition("Ready=True/Succeeded", () => cluster.sync("bo@contoso.com", "leaving"))
    exchange.admin.setMailboxState("bo@contoso.com", "softDeleted")
    await cluster.remove("MailboxBinding", "leaving")
    await cluster.untilCondition("Ready=False", () => cluster.sync("bo@contoso.com", "leaving"))

    await cluster.stopOperators()
    await cluster.remove("MailboxBinding", "main")
    await cluster.until("its sync is gone", () => cluster.sync("anna@contoso.com") === undefined)
    cluster.apply(binding({}, { name: "renamed" }))
    await cluster.startOperator()
    await cluster.untilCondition("Ready=True/Succeeded", () => cluster.sync("anna@contoso.com", "renamed"))

    assert.equal(subjects().length, 6)
  })
})
