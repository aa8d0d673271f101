import assert from "node:assert/strict"
import { afterEach, describe, test } from "node:test"
import { account, secret, tenant } from "../world/manifests.ts"
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

/** Somebody changes the credential in Exchange, and not the Secret. */
function changeBehindOurBack({ exchange: { admin } }: School, backend: Backend): void {
  if (backend === "ews") {
    admin.updateAccount(account.username, { password: renewed })
  } else {
    admin.updateApp(tenant.clientId, { secrets: [{ value: renewed }] })
    admin.revokeTokens()
  }
}

/** Log-ins that were refused since the counters were reset. */
function refusals({ exchange }: School, backend: Backend): number {
  const { operations, statuses } = exchange.admin.counters()
  return (backend === "graph" ? operations["token"] : statuses["401"]) ?? 0
}

for (const backend of ["graph", "ews"] as const) {
  describe(`through ${backend}`, () => {
    test("a credential that is taken back is asked about once or twice, not by every mailbox", async () => {
      const world = await open(backend)
      const { cluster, exchange } = world
      changeBehindOurBack(world, backend)
      exchange.admin.resetCounters()

      // The first mailbox to have its turn finds out; then the connection is known not to work.
      await cluster.request(cluster.sync("anna@contoso.com"))
      await cluster.untilCondition("CredentialsValid=False/InvalidClient", () => cluster.find("ExchangeConnection"))
      const asked = refusals(world, backend)
      for (const { address } of mailboxes) await cluster.request(cluster.sync(address))

      await allAre(world, "Synced=False/DependencyNotReady")
      assert.ok(asked > 0)
      assert.equal(refusals(world, backend), asked)

      const right = backend === "ews" ? { ...account, password: renewed } : { clientSecret: renewed }
      cluster.apply(secret(right, { name: backend === "ews" ? "svc" : "app" }))
      await cluster.untilCondition("Ready=True/Succeeded", () => cluster.find("ExchangeConnection"))
      await allAre(world, "Synced=True/InSync")
    })
  })
}
