import assert from "node:assert/strict"
import { createServer } from "node:net"
import { after, afterEach, before, test } from "node:test"
import { condition, type Seen } from "../world/cluster.ts"
import { binding, configMap, connection, feedSource, policy, secret, tenant } from "../world/manifests.ts"
import { openSchool, type School } from "../world/school.ts"

let school: School
before(async () => {
  school = await openSchool({ events: [{ uid: "one" }], mailboxNames: ["anna", "principal"] })
  await school.cluster.startOperator()
  await school.cluster.untilCondition("Ready=True/Succeeded", () => school.cluster.sync())
})
after(() => school.close())

/** Every bad day has a connection of its own, so that none is another's cause. */
let number = 0
let name = ""
function open(spec: Parameters<typeof connection>[1] = {}, url = school.exchange.url): void {
  name = `bad-day-${++number}`
  school.cluster.apply(connection(url, spec, { name }))
}
const look = (): Seen | undefined => school.cluster.find("ExchangeConnection", name)
const until = (said: string) => school.cluster.untilCondition(said, look)
afterEach(async () => {
  if (name !== "") await school.cluster.remove("ExchangeConnection", name)
  name = ""
  school.exchange.admin.setAccessPolicies([])
})

const graph = () => ({ endpoints: { login: school.exchange.url, graph: school.exchange.url }, ...tenantIds })
const tenantIds = { tenantId: tenant.tenantId, clientId: tenant.clientId }
const credentials = (secretName: string) => ({ credentials: { clientSecretRef: { name: secretName } } })

test("a wrong secret is InvalidClient, and is not hammered", async () => {
  school.cluster.apply(secret({ clientSecret: "wrong" }, { name: "wrong" }))
  open({ graph: { ...graph(), ...credentials("wrong") } })
  await until("Ready=False/InvalidClient")
  const { operations } = school.exchange.admin.counters()
  await new Promise(resolve => setTimeout(resolve, 300))
  assert.equal(school.exchange.admin.counters().operations["token"], operations["token"])
})

test("an expired secret is Expired", async () => {
  const expired = { value: "an-expired-one", expiresMs: Temporal.Now.instant().epochMilliseconds - 1000 }
  const other = school.exchange.admin.addApp({ secrets: [expired] })
  school.cluster.apply(secret({ clientSecret: expired.value }, { name: "expired" }))
  open({ graph: { ...graph(), clientId: other.clientId, ...credentials("expired") } })
  await until("CredentialsValid=False/Expired")
  await until("Ready=False/Expired")
})

test("an unknown tenant is InvalidClient, and says what to compare", async () => {
  open({ graph: { ...graph(), tenantId: "99999999-9999-4999-8999-999999999999", ...credentials("app") } })
  const { status } = await until("Ready=False/InvalidClient")
  assert.match(JSON.stringify(status.conditions), /tenant/)
})

test("an application that nobody consented to is told from the mailbox's refusal", async () => {
  const other = school.exchange.admin.addApp({ permissions: [] })
  school.cluster.apply(secret({ clientSecret: other.secret }, { name: "unconsented" }))
  open({ graph: { ...graph(), clientId: other.clientId, ...credentials("unconsented") } })
  await until("AccessScoped=False/ProbeDenied")
  await until("Reconciling=True/ProgressingWithRetry")
})

test("a host that does not answer is Unreachable, and is tried again by itself", async () => {
  const server = createServer().listen(0, "127.0.0.1")
  await new Promise(resolve => server.once("listening", resolve))
  const address = server.address()
  const port = typeof address === "object" ? address?.port : 0
  await new Promise(resolve => server.close(resolve))
  open({}, `https://127.0.0.1:${port}`)
  const seen = await until("Ready=False/Unreachable")
  assert.match(condition(seen, "CredentialsValid")?.message ?? "", /^TCP/)
  await until("Reconciling=True/ProgressingWithRetry")
})

test("a certificate of an unknown authority is TLSFailed until the authority is named", async () => {
  school.cluster.apply(configMap({ "ca.crt": "" }, { name: "no-ca" }))
  open({ tls: {} })
  const seen = await until("Ready=False/TLSFailed")
  assert.match(condition(seen, "CredentialsValid")?.message ?? "", /^TLS/)

  school.cluster.apply(connection(school.exchange.url, {}, { name }))
  await until("Ready=True/Succeeded")
})

test("a caBundle whose ConfigMap is not there is RefNotFound, and heals", async () => {
  open({ tls: { caBundle: { configMapRef: { name: "later-ca" } } } })
  await until("Stalled=True/RefNotFound")
  school.cluster.apply(configMap({ "ca.crt": school.exchange.caPem }, { name: "later-ca" }))
  await until("Ready=True/Succeeded")
})

const proof = { allowed: "anna@contoso.com", denied: "principal@contoso.com" }
const accessPolicy = { domains: ["contoso.com"], proof }

test("without a denied mailbox nothing is proved, and the connection works", async () => {
  open()
  await until("AccessScoped=Unknown/ProofNotConfigured")
  await until("Ready=True/Succeeded")
})

test("an application that reaches what it must not is OverPrivileged, and nothing is synced through it", async () => {
  open({ accessPolicy })
  await until("AccessScoped=False/OverPrivileged")
  const { cluster } = school
  cluster.apply(binding({ connectionRef: { name }, calendar: { name: "Unsafe" } }, { name: "unsafe" }))
  await cluster.untilCondition("Stalled=True/OverPrivileged", () => cluster.sync("anna@contoso.com", "unsafe"))
  assert.deepEqual(school.exchange.admin.calendars("anna@contoso.com"), ["Calendar"])
  await cluster.remove("MailboxBinding", "unsafe")
})

test("a scope in Exchange that holds is ScopeVerified", async () => {
  const group = school.exchange.admin.addGroup({ mail: "scope@contoso.com", members: ["anna@contoso.com"] })
  school.exchange.admin.setAccessPolicies([{ appId: tenant.clientId, right: "RestrictAccess", group: group.id }])
  open({ accessPolicy })
  await until("AccessScoped=True/ScopeVerified")
  await until("Ready=True/Succeeded")
})

test("a denied mailbox that does not exist proves nothing", async () => {
  open({ accessPolicy: { ...accessPolicy, proof: { ...proof, denied: "nobody@contoso.com" } } })
  await until("AccessScoped=Unknown/ProbeInconclusive")
})

test("a suspended connection asks nothing, and its syncs say so", async () => {
  const { cluster } = school
  cluster.apply(connection(school.exchange.url, { suspend: true }))
  await cluster.untilCondition("Ready=True/Suspended", () => cluster.find("ExchangeConnection"))
  await cluster.untilCondition("Ready=True/Suspended", () => cluster.sync())
  school.exchange.admin.resetCounters()
  await cluster.request(cluster.sync())
  assert.equal(school.exchange.admin.counters().requests, 0)

  cluster.apply(
    connection(school.exchange.url, { suspend: false }),
    policy(),
    feedSource({ url: `${school.feeds.url}/school` }),
  )
  await cluster.untilCondition("Ready=True/Succeeded", () => cluster.sync())
  assert.equal(cluster.sync()?.status.consecutiveFailures, 0)
})
