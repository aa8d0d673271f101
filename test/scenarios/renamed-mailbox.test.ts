import assert from "node:assert/strict"
import { afterEach, test } from "node:test"
import { onBothBackends } from "../world/both-backends.ts"
import type { Cluster } from "../world/cluster.ts"
import { manyEvents } from "../world/feed-text.ts"
import { binding } from "../world/manifests.ts"
import { type School, startSchool } from "../world/school.ts"
import type { Backend } from "../world/world.ts"

/** Somebody gets another address. What Exchange Online finds under any of them, Exchange Server finds under the primary one. */

const before = "clara.old@contoso.com"
const afterwards = "clara.new@contoso.com"

let school: School | undefined
afterEach(async () => {
  await school?.close()
  school = undefined
})

/** Clara's mailbox is bound by the address it has, and in step. */
async function open(backend: Backend): Promise<School> {
  school = await startSchool({
    backend,
    events: manyEvents(6, "lesson"),
    mailboxNames: ["anna", "clara.old"],
    policy: { deletion: { onUnbind: "Purge" }, onExchangeDelete: "Respect" },
    binding: bound(before),
  })
  return school
}

const bound = (address: string) => ({ mailboxes: [{ address, identity: "clara" }] })
const idsIn = ({ exchange }: School, address: string) => exchange.admin.events(address).map(({ id }) => id)

/** What was told when syncs ended. */
function endings({ kube }: Cluster): readonly unknown[] {
  const reasons = ["Kept", "Purged", "Abandoned"]
  return kube.admin
    .stored("events.events.k8s.io")
    .map(({ reason }) => reason)
    .filter(reason => reasons.includes(`${reason}`))
}

async function untilGone({ cluster }: School, address: string): Promise<void> {
  await cluster.until(`the sync of ${address} is gone`, () => cluster.sync(address) === undefined)
  await cluster.until("how it ended is told", () => endings(cluster).length > 0)
}

onBothBackends(({ backend }) => {
  test("Purge: a mailbox that got a new address keeps its copies, and none is taken for deleted", async () => {
    const world = await open(backend)
    const ids = idsIn(world, before)
    world.exchange.admin.renameMailbox(before, afterwards)

    world.cluster.apply(binding(bound(afterwards)))
    await world.cluster.untilCondition("Ready=True/Succeeded", () => world.cluster.sync(afterwards))
    await untilGone(world, before)

    assert.deepEqual(idsIn(world, afterwards), ids)
    assert.deepEqual(endings(world.cluster), ["Kept"])
  })

  test("Purge: a mailbox that got a new address nobody wrote down is emptied all the same when it is let go", async () => {
    const world = await open(backend)
    world.exchange.admin.renameMailbox(before, afterwards)

    await world.cluster.remove("MailboxBinding")
    await untilGone(world, before)

    assert.deepEqual(world.subjects(afterwards), [])
    assert.deepEqual(endings(world.cluster), ["Purged"])
  })

  test("Purge: a mailbox bound anew by an address that is not its primary one loses nothing", async () => {
    const world = await open(backend)
    world.exchange.admin.renameMailbox(before, afterwards)
    world.exchange.admin.renameMailbox(afterwards, before)
    const ids = idsIn(world, before)

    world.cluster.apply(binding(bound(afterwards)))
    const said = backend === "graph" ? "Ready=True/Succeeded" : "Synced=False/MailboxNotFound"
    await world.cluster.untilCondition(said, () => world.cluster.sync(afterwards))
    await untilGone(world, before)

    assert.deepEqual(idsIn(world, before), ids)
    assert.deepEqual(endings(world.cluster), ["Kept"])
  })
})

test("Exchange Server says that the primary address is needed, and a mailbox out of bounds holds its sync", async () => {
  const world = await open("ews")
  world.exchange.admin.renameMailbox(before, "clara@elsewhere.example")

  const sync = await world.pass()
  assert.match(JSON.stringify(sync.status.conditions), /primary address is needed/)
  assert.ok(!JSON.stringify(sync.status).includes("elsewhere"), "an address that nobody named is not told")

  await world.cluster.remove("MailboxBinding")
  const told = () => JSON.stringify(world.cluster.sync(before)?.status.conditions)
  await world.cluster.until("how to let go of it is told", () => /calsync\.dev\/abandon=true/.test(told()))
  assert.deepEqual([world.subjects("clara@elsewhere.example").length, endings(world.cluster)], [6, []])
})
