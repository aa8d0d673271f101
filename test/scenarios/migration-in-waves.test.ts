import assert from "node:assert/strict"
import { afterEach, test } from "node:test"
import type { MailboxBindingSpec } from "../../operator/resources/mailbox-binding.ts"
import { manyEvents } from "../world/feed-text.ts"
import { binding, connection } from "../world/manifests.ts"
import { type School, startSchool } from "../world/school.ts"

/** Mailboxes move a few at a time, from the binding of the server to that of the cloud, while both bindings go on. */

const [anna, bo, clara] = ["anna@contoso.com", "bo@contoso.com", "clara@contoso.com"]
let school: School | undefined
afterEach(async () => {
  await school?.close()
  school = undefined
})

const of = (...addresses: readonly string[]): Partial<MailboxBindingSpec> => ({
  mailboxes: addresses.map(address => ({ address, identity: "feed" })),
})
const onServer = (...addresses: readonly string[]) => binding(of(...addresses))
const inCloud = (...addresses: readonly string[]) =>
  binding({ ...of(...addresses), connectionRef: { name: "cloud" } }, { name: "cloud" })

for (const onUnbind of ["Retain", "Purge"] as const)
  test(`${onUnbind}: who moves to another binding keeps every copy, though the old binding keeps its others`, async () => {
    school = await startSchool({
      backend: "ews",
      events: manyEvents(3, "lesson"),
      mailboxNames: ["anna", "bo", "clara"],
      binding: of(anna, bo),
      policy: { deletion: { onUnbind, guard: { maxPercent: 100 } } },
    })
    const { cluster, exchange, subjects } = school
    await cluster.untilCondition("Ready=True/Succeeded", () => cluster.sync(bo))
    cluster.apply(connection(exchange.url, {}, { name: "cloud" }))

    const ids = idsOf(school, anna)

    cluster.apply(inCloud(anna, clara), onServer(bo))
    await cluster.untilCondition("Ready=True/Succeeded", () => cluster.sync(anna, "cloud"))
    await cluster.until("the server let go", () => cluster.sync(anna, "main") === undefined)
    await cluster.request(cluster.sync(anna, "cloud"))

    assert.equal(subjects(anna).length, 3)
    assert.equal(subjects(bo).length, 3)
    if (onUnbind === "Retain") assert.deepEqual(idsOf(school, anna), ids)

    cluster.apply(onServer(anna, bo), inCloud(clara))
    await cluster.untilCondition("Ready=True/Succeeded", () => cluster.sync(anna, "main"))
    await cluster.request(cluster.sync(anna, "main"))
    assert.equal(subjects(anna).length, 3)
    assert.equal(subjects(clara).length, 3)
  })

function idsOf({ exchange }: School, mailbox: string): readonly string[] {
  return exchange.admin.events(mailbox).map(({ id }) => id)
}
