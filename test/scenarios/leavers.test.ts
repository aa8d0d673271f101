import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { onBothBackends } from "../world/both-backends.ts"
import { binding, calendarEvent, eventsSource, policy } from "../world/manifests.ts"
import { basics, startWorld, type World } from "../world/world.ts"

/** Under `match` the source says who belongs; with `onUnbind: Purge` its word alone must not empty a mailbox. */

onBothBackends(({ backend }) => {
  let world: World
  before(async () => {
    world = await startWorld({ backend, mailboxNames: ["anna", "bo"] })
    const match = { address: "Pattern" as const, pattern: "{name|lower}@contoso.com" }
    world.cluster.apply(
      ...basics(world.exchange, { backend }),
      policy({ deletion: { onUnbind: "Purge" } }),
      eventsSource(),
      calendarEvent("lesson", { identities: ["teacher/Anna", "teacher/Bo"] }),
      binding({ match, mailboxes: [] }),
    )
    await world.cluster.startOperator()
    await world.cluster.untilCondition("Ready=True/Succeeded", () => world.cluster.find("MailboxBinding"))
  })
  after(() => world.close())

  const bindingNow = () => world.cluster.find("MailboxBinding")

  test("an identity the source stops naming keeps its mailbox as it is, and the binding asks", async () => {
    world.cluster.apply(calendarEvent("lesson", { identities: ["teacher/Anna"] }))

    await world.cluster.untilCondition("Stalled=True/DeletionGuard", bindingNow)

    assert.ok(world.cluster.sync("bo@contoso.com"))
    assert.deepEqual(world.subjects("bo@contoso.com"), ["Subject of lesson"])
  })

  test("named again, nothing was lost and nobody is asked any more", async () => {
    world.cluster.apply(calendarEvent("lesson", { identities: ["teacher/Anna", "teacher/Bo"] }))

    await world.cluster.untilCondition("Ready=True/Succeeded", bindingNow)

    assert.deepEqual(world.subjects("bo@contoso.com"), ["Subject of lesson"])
  })

  test("gone for good, the token lets exactly that mailbox be emptied", async () => {
    world.cluster.apply(calendarEvent("lesson", { identities: ["teacher/Anna"] }))
    const asking = await world.cluster.untilCondition("Stalled=True/DeletionGuard", bindingNow)
    const message: string = asking.status.conditions.find(({ type }: { type: string }) => type === "Ready").message
    const token = /approve (\S+)$/.exec(message)?.[1] ?? ""

    await world.cluster.annotate(asking, { "calsync.dev/approve": token })

    await world.cluster.until("the sync is gone", () => world.cluster.sync("bo@contoso.com") === undefined)
    assert.deepEqual([world.subjects("bo@contoso.com"), world.subjects()], [[], ["Subject of lesson"]])
  })
})
