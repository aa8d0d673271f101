import assert from "node:assert/strict"
import { after, afterEach, before, test } from "node:test"
import { setTimeout } from "node:timers/promises"
import { condition, type Seen } from "../world/cluster.ts"
import { account, binding, ewsConnection, secret } from "../world/manifests.ts"
import { openSchool, type School } from "../world/school.ts"

/** What goes wrong with an Exchange Server, and how far people are helped by what they are told. */

let school: School
before(async () => {
  const mailboxNames = ["anna", "bo", "principal"]
  school = await openSchool({ events: [{ uid: "one" }], mailboxNames, backend: "ews" })
  await school.cluster.startOperator()
  await school.cluster.untilCondition("Ready=True/Succeeded", () => school.cluster.sync())
})
after(() => school.close())

/** Every bad day has a connection of its own, so that none is another's cause. */
let number = 0
let name = ""
function open(...[changes, spec]: [Parameters<typeof ewsConnection>[1]?, Parameters<typeof ewsConnection>[2]?]): void {
  name = `bad-day-${++number}`
  school.cluster.apply(ewsConnection(school.exchange.ewsUrl, changes, spec, { name }))
}
const look = (): Seen | undefined => school.cluster.find("ExchangeConnection", name)
const until = (said: string) => school.cluster.untilCondition(said, look)
afterEach(async () => {
  if (name !== "") await school.cluster.remove("ExchangeConnection", name)
  name = ""
  school.exchange.admin.updateAccount(account.username, { impersonates: "everything", delegateOf: [] })
  school.exchange.admin.setServer({ webServices: "on", schemes: ["Negotiate", "NTLM", "Basic"] })
})

const proof = { allowed: "anna@contoso.com", denied: "principal@contoso.com" }
const accessPolicy = { domains: ["contoso.com"], proof }
const fromSecret = (secretName: string) => ({ credentials: { basicSecretRef: { name: secretName } } })
const told = (seen: Seen, type: string) => condition(seen, type)?.message ?? ""

test("a wrong password is InvalidClient, names the step and what the server offers, and is not hammered", async () => {
  school.cluster.apply(secret({ ...account, password: "wrong" }, { name: "wrong" }))
  open(fromSecret("wrong"))
  const seen = await until("Ready=False/InvalidClient")
  assert.match(told(seen, "CredentialsValid"), /^Authentication: .*Basic/)

  const before = school.exchange.admin.refusedLogins().length
  await setTimeout(300)
  assert.equal(school.exchange.admin.refusedLogins().length, before)
  assert.equal(before, 1, "a domain locks accounts after a few")
})

test("a corrected password is in use at once", async () => {
  school.cluster.apply(secret({ ...account, password: "wrong" }, { name: "corrected" }))
  open(fromSecret("corrected"))
  await until("Ready=False/InvalidClient")
  school.cluster.apply(secret({ ...account, password: `${account.password}\n` }, { name: "corrected" }))
  await until("CredentialsValid=True/Authenticated")
  await until("Ready=True/Succeeded")
})

test("a server that does not offer Basic says so to whoever comes with it", async () => {
  school.exchange.admin.setServer({ schemes: ["Negotiate", "NTLM"] })
  open()
  assert.match(told(await until("Stalled=True/UnsupportedServer"), "Ready"), /does not offer Basic.*NTLM/)
})

test("a Secret without a password is SecretNotFound, and heals", async () => {
  school.cluster.apply(secret({ username: account.username }, { name: "half" }))
  open(fromSecret("half"))
  assert.match(told(await until("Ready=False/SecretNotFound"), "Ready"), /Secret calendars\/half .*"password"/)
  school.cluster.apply(secret(account, { name: "half" }))
  await until("Ready=True/Succeeded")
})

test("a Secret that names the domain twice is InvalidSpec, and nothing is sent", async () => {
  school.cluster.apply(secret({ ...account, domain: "CONTOSO" }, { name: "twice" }))
  school.exchange.admin.resetCounters()
  open(fromSecret("twice"))
  assert.match(told(await until("Stalled=True/InvalidSpec"), "Ready"), /"username" names a domain already/)
  assert.equal(school.exchange.admin.counters().requests, 0)
})

test("a zone nobody knows is InvalidSpec, and keeps no other connection from working", async () => {
  open({ timeZone: "Europe/Kopenhagen" })
  assert.match(told(await until("Stalled=True/InvalidSpec"), "Ready"), /spec\.ews\.timeZone/)
  await school.pass()
  await school.cluster.untilCondition("Synced=True/InSync", () => school.cluster.sync())
})

test("an account that may not impersonate is told what to assign, and that it may take a while", async () => {
  school.exchange.admin.updateAccount(account.username, { impersonates: [] })
  open()
  assert.match(told(await until("AccessScoped=False/ProbeDenied"), "AccessScoped"), /ApplicationImpersonation/)
  await until("CredentialsValid=True/Authenticated")
  await until("Reconciling=True/ProgressingWithRetry")

  school.exchange.admin.updateAccount(account.username, { impersonates: "everything" })
  await school.cluster.request(look())
  await until("Ready=True/Succeeded")
})

test("one mailbox outside the management scope is AccessDenied, and the others are synced", async () => {
  school.exchange.admin.updateAccount(account.username, { impersonates: ["anna@contoso.com"] })
  open()
  const { cluster } = school
  const mailboxes = ["anna", "bo"].map(who => ({ address: `${who}@contoso.com`, identity: who }))
  cluster.apply(binding({ connectionRef: { name }, mailboxes, calendar: { name: "Scoped" } }, { name: "scoped" }))

  await cluster.untilCondition("Synced=False/AccessDenied", () => cluster.sync("bo@contoso.com", "scoped"))
  await cluster.untilCondition("Ready=True/Succeeded", () => cluster.sync("anna@contoso.com", "scoped"))
  await until("Ready=True/Succeeded")
  await cluster.remove("MailboxBinding", "scoped")
})

test("a management scope that holds is ScopeVerified", async () => {
  school.exchange.admin.updateAccount(account.username, { impersonates: ["anna@contoso.com"] })
  open({}, { accessPolicy })
  await until("AccessScoped=True/ScopeVerified")
  await until("Ready=True/Succeeded")
})

test("an account that may impersonate everybody is OverPrivileged", async () => {
  open({}, { accessPolicy })
  assert.match(told(await until("AccessScoped=False/OverPrivileged"), "AccessScoped"), /management scope/)
  await until("Stalled=True/OverPrivileged")
})

test("a delegate comes in where it has rights, and is told which it lacks where not", async () => {
  school.exchange.admin.updateAccount(account.username, { impersonates: [], delegateOf: ["anna@contoso.com"] })
  open({ access: "Delegate" }, { accessPolicy })
  await until("AccessScoped=True/ScopeVerified")

  school.exchange.admin.updateAccount(account.username, { delegateOf: [] })
  await school.cluster.request(look())
  assert.match(told(await until("AccessScoped=False/ProbeDenied"), "AccessScoped"), /Editor on its calendar/)
})

for (const webServices of ["offForOrganisation", "offInExchangeOnline"] as const) {
  test(`EWS that is switched off (${webServices}) is UnsupportedServer, for good, and names Graph`, async () => {
    school.exchange.admin.setServer({ webServices })
    open()
    const seen = await until("Stalled=True/UnsupportedServer")
    assert.match(told(seen, "Ready"), /switched off.*Graph/)
    assert.equal(condition(seen, "Reconciling"), undefined)
    assert.equal(condition(seen, "CredentialsValid")?.reason, "UnsupportedServer")

    school.exchange.admin.setServer({ webServices: "on" })
    await school.cluster.request(look())
    await until("Ready=True/Succeeded")
  })
}

test("an address that is not that of EWS is UnsupportedServer", async () => {
  name = `bad-day-${++number}`
  const url = school.exchange.ewsUrl.replace("/EWS/Exchange.asmx", "/autodiscover/service.asmx")
  school.cluster.apply(ewsConnection(url, {}, {}, { name }))
  await until("Stalled=True/UnsupportedServer")
})

test("no object, Event or log line holds a password", () => {
  const { kube, logLines } = school.cluster
  const objects = ["events.events.k8s.io", "configmaps"].flatMap(resource => kube.admin.stored(resource))
  const everything = [JSON.stringify(objects), school.cluster.tell(), ...logLines].join("\n")
  assert.match(everything, /InvalidClient/)
  for (const value of [account.password, Buffer.from(`${account.username}:${account.password}`).toString("base64")]) {
    assert.ok(!everything.includes(value))
  }
})
