import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { onBothBackends } from "../world/both-backends.ts"
import { account, secret, tenant } from "../world/manifests.ts"
import { type School, startSchool } from "../world/school.ts"

onBothBackends(({ backend, credential }) => {
  const { secretName, dataOf } = credential
  const second = "the-second-secret-of-the-simulated-tenant"
  const apply = (data: Readonly<Record<string, string>>) => school.cluster.apply(secret(data, { name: secretName }))
  let school: School
  before(async () => {
    school = await startSchool({ backend, events: [{ uid: "one" }] })
  })
  after(() => school.close())

  const connectionNow = () => school.cluster.find("ExchangeConnection")

  test("a Secret that goes is said at once, while the credential in use stays in use", async () => {
    await school.cluster.remove("Secret", secretName)
    await school.cluster.untilCondition("CredentialsValid=False/SecretNotFound", connectionNow)

    school.publish({ uid: "one" }, { uid: "two" })
    await school.pass()
    assert.deepEqual(school.subjects(), ["Subject of one", "Subject of two"])
  })

  test("a Secret without the key is said as well", async () => {
    apply({ other: "x" })
    await school.cluster.untilCondition("CredentialsValid=False/SecretNotFound", connectionNow)
  })

  test("a wrong secret is said at once, while the credential in use stays in use", async () => {
    apply(dataOf("wrong"))
    await school.cluster.untilCondition("CredentialsValid=False/InvalidClient", connectionNow)

    school.publish({ uid: "one" })
    await school.pass()
    await school.cluster.until("the event is gone", () => school.subjects().length === 1)
  })

  test("a new secret is in use without a restart, and the old one no more", async () => {
    credential.change(school.exchange, second)
    apply(dataOf(second))

    await school.cluster.untilCondition(`CredentialsValid=True/${credential.accepted}`, connectionNow)
    await school.cluster.untilCondition("Ready=True/Succeeded", connectionNow)
    school.publish({ uid: "one" }, { uid: "three" })
    await school.pass()
    await school.cluster.until("the event is there", () => school.subjects().length === 2)
  })

  test("Secrets are read and watched one by one, by name", () => {
    const asked = school.cluster.kube.admin.requests
      .find({ path: /\/secrets/ })
      .filter(({ user }) => user === "operator")
    assert.ok(asked.length > 0)
    for (const { method, path } of asked) {
      assert.equal(method, "GET")
      assert.match(path, new RegExp(`/secrets/${secretName}$|fieldSelector=metadata\\.name(=|%3D)${secretName}`))
    }
  })

  test("no object, Event or log line holds a secret", () => {
    const { kube, logLines } = school.cluster
    const objects = ["events.events.k8s.io", "configmaps"].flatMap(resource => kube.admin.stored(resource))
    const everything = [JSON.stringify(objects), school.cluster.tell(), ...logLines].join("\n")
    for (const value of [tenant.secret, account.password, second]) assert.ok(!everything.includes(value))
  })
})
