import assert from "node:assert/strict"
import { after, afterEach, before, test } from "node:test"
import { onBothBackends } from "../world/both-backends.ts"
import { condition } from "../world/cluster.ts"
import { manyEvents } from "../world/feed-text.ts"
import { binding } from "../world/manifests.ts"
import { openSchool, type School } from "../world/school.ts"

onBothBackends(({ backend, perRequest, access, elsewhere }) => {
  /** More than are written in one go. */
  const many = Math.max(40, 4 * perRequest)
  const names = ["anna", "bo", "elsewhere", "denied", "leaver"]
  let school: School
  before(async () => {
    school = await openSchool({ backend, events: manyEvents(many), mailboxNames: names })
    school.exchange.admin.setMailboxState("elsewhere@contoso.com", elsewhere.state)
    await school.cluster.startOperator()
    await school.cluster.untilCondition("Ready=True/Succeeded", () => school.cluster.sync())
  })
  afterEach(() => {
    school.exchange.admin.clearFaults()
    access.toAll(school.exchange)
  })
  after(() => school.close())

  /** One more mailbox on the binding's list; Anna stays. */
  function bind(...addresses: readonly string[]): void {
    const mailboxes = ["anna@contoso.com", ...addresses].map(address => ({ address, identity: "anna" }))
    school.cluster.apply(binding({ mailboxes }))
  }

  test("a mailbox that does not exist is said, costs no other mailbox, and heals when it is made", async () => {
    bind("nobody@contoso.com")
    const { cluster } = school
    const sync = await cluster.untilCondition("Ready=False/MailboxNotFound", () => cluster.sync("nobody@contoso.com"))
    assert.equal(condition(sync, "Synced")?.reason, "MailboxNotFound")
    await cluster.untilCondition("Ready=True/Succeeded", () => cluster.sync())
    await cluster.untilCondition("Ready=False/PartiallyApplied", () => cluster.find("MailboxBinding"))

    school.exchange.admin.addMailbox({ address: "nobody@contoso.com" })
    await cluster.request(cluster.sync("nobody@contoso.com"))
    await cluster.untilCondition("Ready=True/Succeeded", () => cluster.sync("nobody@contoso.com"))
  })

  test(`a mailbox that is ${elsewhere.state} is told from one that does not exist`, async () => {
    bind("elsewhere@contoso.com")
    const look = () => school.cluster.sync("elsewhere@contoso.com")
    const sync = await school.cluster.untilCondition(`Synced=False/${elsewhere.reason}`, look)
    assert.match(condition(sync, "Synced")?.message ?? "", elsewhere.says)
  })

  test("a mailbox that the connection does not name is OutOfScope, and Exchange is not even asked", async () => {
    school.exchange.admin.addMailbox({ address: "guest@fabrikam.com" })
    school.exchange.admin.resetCounters()
    bind("guest@fabrikam.com")
    await school.cluster.untilCondition("Synced=False/OutOfScope", () => school.cluster.sync("guest@fabrikam.com"))
    assert.equal(school.exchange.admin.counters().mailboxes["guest@fabrikam.com"], undefined)

    school.cluster.apply(school.anotherConnection({ accessPolicy: { domains: ["contoso.com", "fabrikam.com"] } }))
    await school.cluster.untilCondition("Ready=True/Succeeded", () => school.cluster.sync("guest@fabrikam.com"))
  })

  test("a mailbox that Exchange itself refuses is AccessDenied, tried again as grants take time, and final later", async () => {
    access.onlyTo(school.exchange, "anna@contoso.com")
    bind("denied@contoso.com")
    const look = () => school.cluster.sync("denied@contoso.com")
    await school.cluster.untilCondition("Synced=False/AccessDenied", look)
    await school.cluster.untilCondition("Reconciling=True/ProgressingWithRetry", look)
    assert.equal(condition(look(), "Stalled"), undefined)
  })

  test("a mailbox deleted while it is written is said, and what is left is written when it is back", async () => {
    const { exchange, cluster } = school
    const look = () => cluster.sync("leaver@contoso.com")
    exchange.admin.setLatency(10)
    bind("leaver@contoso.com")
    await cluster.until("some are written", () => school.subjects("leaver@contoso.com").length > 4)
    exchange.admin.setMailboxState("leaver@contoso.com", "softDeleted")
    exchange.admin.setLatency(0)
    await cluster.untilCondition("Synced=False", look)
    const then = school.subjects("leaver@contoso.com").length
    assert.ok(then < many)

    exchange.admin.setMailboxState("leaver@contoso.com", "present")
    await cluster.request(look())
    await cluster.untilCondition("Ready=True/Succeeded", look)
    assert.equal(new Set(school.subjects("leaver@contoso.com")).size, many)
    assert.equal(school.subjects("leaver@contoso.com").length, many)
  })
})
