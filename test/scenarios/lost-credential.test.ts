import assert from "node:assert/strict"
import { afterEach, test } from "node:test"
import { onBothBackends } from "../world/both-backends.ts"
import { secret } from "../world/manifests.ts"
import { type School, startSchool } from "../world/school.ts"
import type { Backend } from "../world/world.ts"

const names = ["anna", "bo", "caro", "dan", "eva", "finn", "gerd", "hans"]
const mailboxes = names.map(name => ({ address: `${name}@contoso.com`, identity: name }))
const renewed = "a-password-nobody-told-the-operator"

let school: School | undefined
afterEach(async () => {
  await school?.close()
  school = undefined
})

async function open(backend: Backend): Promise<School> {
  school = await startSchool({ events: [{ uid: "one" }], mailboxNames: names, binding: { mailboxes }, backend })
  await allAre(school, "Ready=True/Succeeded")
  return school
}

async function allAre({ cluster }: School, said: string): Promise<void> {
  for (const { address } of mailboxes) await cluster.untilCondition(said, () => cluster.sync(address))
}

onBothBackends(({ backend, credential }) => {
  test("a credential that is taken back is asked about once or twice, not by every mailbox", async () => {
    const world = await open(backend)
    const { cluster, exchange } = world
    credential.change(exchange, renewed) // and not in the Secret
    exchange.admin.resetCounters()

    // The first mailbox to have its turn finds out; then the connection is known not to work.
    await cluster.request(cluster.sync("anna@contoso.com"))
    await cluster.untilCondition("CredentialsValid=False/InvalidClient", () => cluster.find("ExchangeConnection"))
    const asked = credential.refusals(exchange)
    for (const { address } of mailboxes) await cluster.request(cluster.sync(address))

    await allAre(world, "Synced=False/DependencyNotReady")
    assert.ok(asked > 0)
    assert.equal(credential.refusals(exchange), asked)

    cluster.apply(secret(credential.dataOf(renewed), { name: credential.secretName }))
    await cluster.untilCondition("Ready=True/Succeeded", () => cluster.find("ExchangeConnection"))
    await allAre(world, "Synced=True/InSync")
  })
})
