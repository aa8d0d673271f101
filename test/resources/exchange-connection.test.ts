import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { checkBackend, type EwsBackend, type GraphBackend } from "../../operator/resources/exchange-backend.ts"
import { type ExchangeConnectionSpec, readConnection } from "../../operator/resources/exchange-connection.ts"

type GraphSpec = NonNullable<ExchangeConnectionSpec["graph"]>
type EwsSpec = NonNullable<ExchangeConnectionSpec["ews"]>

const tenantId = "contoso.onmicrosoft.com"
const clientId = "22222222-2222-4222-8222-222222222222"
const accessPolicy = { domains: ["contoso.com"] }

function connection(changes: Partial<Omit<ExchangeConnectionSpec, "graph" | "ews">> = {}): ExchangeConnectionSpec {
  return { graph: graphSpec(), accessPolicy, ...changes }
}

function graphSpec(changes: Partial<GraphSpec> = {}): GraphSpec {
  return { tenantId, clientId, credentials: { clientSecretRef: { name: "contoso" } }, ...changes }
}

function graph(changes: Partial<GraphSpec> = {}): GraphBackend {
  const { backend } = readConnection({ graph: graphSpec(changes), accessPolicy })
  assert.ok(backend.kind === "graph")
  return backend
}

function ews(changes: Partial<EwsSpec> = {}): EwsBackend {
  const url = "https://mail.contoso.com/EWS/Exchange.asmx"
  const spec = { url, credentials: { basicSecretRef: { name: "svc" } }, ...changes }
  const { backend } = readConnection({ ews: spec, accessPolicy })
  assert.ok(backend.kind === "ews")
  return backend
}

describe("an ExchangeConnection", () => {
  test("with only what must be given is careful and open to nobody else", () => {
    const read = readConnection(connection())

    assert.deepEqual(read.limits, { concurrencyPerMailbox: 4, requestsPerSecond: 50 })
    assert.deepEqual(read.allowedNamespaces, { from: "Same" })
    assert.deepEqual([read.proof, read.takeOver, read.suspended, read.requireProof], [{}, [], false, false])
    assert.equal("caBundle" in read, false)
  })

  test("keeps the limit that is given, beside the usual other one", () => {
    const { limits } = readConnection(connection({ limits: { requestsPerSecond: 10 } }))
    assert.deepEqual(limits, { concurrencyPerMailbox: 4, requestsPerSecond: 10 })
  })

  test("that names a mailbox to be refused needs that proof, unless it says otherwise", () => {
    const proof = { allowed: "anna@contoso.com", denied: "ceo@contoso.com" }
    const given = readConnection(connection({ accessPolicy: { ...accessPolicy, proof } }))
    const waived = readConnection(connection({ accessPolicy: { ...accessPolicy, proof, requireProof: false } }))
    const halfGiven = readConnection(
      connection({ accessPolicy: { ...accessPolicy, proof: { allowed: proof.allowed } } }),
    )

    assert.deepEqual([given.requireProof, waived.requireProof, halfGiven.requireProof], [true, false, false])
    assert.deepEqual(given.proof, proof)
  })

  test("trusts the bundle under the usual key", () => {
    const { caBundle } = readConnection(connection({ tls: { caBundle: { configMapRef: { name: "corp-ca" } } } }))
    assert.deepEqual(caBundle, { configMapName: "corp-ca", key: "ca.crt" })
  })
})

describe("a connection through Microsoft Graph", () => {
  test("asks the servers everybody asks, with the secret under the usual key", () => {
    const { endpoints, credential } = graph()
    assert.deepEqual(endpoints, { login: "https://login.microsoftonline.com", graph: "https://graph.microsoft.com" })
    assert.deepEqual(credential, { kind: "secret", secretName: "contoso", key: "clientSecret" })
  })

  for (const [cloud, login, host] of [
    ["USGov", "https://login.microsoftonline.us", "https://graph.microsoft.us"],
    ["USGovDoD", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us"],
    ["China", "https://login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn"],
  ] as const) {
    test(`in the cloud ${cloud} asks the servers of that cloud`, () => {
      assert.deepEqual(graph({ cloud }).endpoints, { login, graph: host })
    })
  }

  test("takes the one endpoint that is given instead of the cloud's, without the slash at its end", () => {
    const { endpoints } = graph({ endpoints: { graph: "https://127.0.0.1:8443/" } })
    assert.deepEqual(endpoints, { login: "https://login.microsoftonline.com", graph: "https://127.0.0.1:8443" })
  })

  test("with workload identity asks for a token of the usual audience", () => {
    const { credential } = graph({ credentials: { workloadIdentity: {} } })
    assert.deepEqual(credential, { kind: "workloadIdentity", audience: "api://AzureADTokenExchange" })
  })

  test("with a certificate names its Secret", () => {
    const { credential } = graph({ credentials: { certificateSecretRef: { name: "cert" } } })
    assert.deepEqual(credential, { kind: "certificate", secretName: "cert" })
  })
})

describe("a connection to Exchange Server", () => {
  test("with only what must be given impersonates, and leaves version, zone and address to be found out", () => {
    assert.deepEqual(ews(), {
      kind: "ews",
      url: "https://mail.contoso.com/EWS/Exchange.asmx",
      access: "Impersonation",
      credential: { kind: "basic", secretName: "svc" },
    })
  })

  test("keeps everything that is given", () => {
    const given = {
      resolveTo: "10.1.2.3",
      version: "Exchange2013",
      access: "Delegate",
      timeZone: "Europe/Copenhagen",
    } as const
    const read = ews({ ...given, credentials: { ntlmSecretRef: { name: "svc" } } })
    assert.deepEqual(read, { ...ews(), ...given, credential: { kind: "ntlm", secretName: "svc" } })
  })

  test("with hybrid modern authentication asks the token service of its cloud", () => {
    const app = { tenantId, clientId, certificateSecretRef: { name: "cert" } }
    const read = (oauth: EwsSpec["credentials"]["oauth"]) => ews({ credentials: { oauth: oauth ?? app } }).credential
    const credential = { kind: "oauth", tenantId, clientId, app: { kind: "certificate", secretName: "cert" } }

    assert.deepEqual(read(app), { ...credential, login: "https://login.microsoftonline.com" })
    assert.deepEqual(read({ ...app, cloud: "China" }), {
      ...credential,
      login: "https://login.partner.microsoftonline.cn",
    })
    assert.deepEqual(read({ ...app, endpoints: { login: "https://127.0.0.1:8443/" } }), {
      ...credential,
      login: "https://127.0.0.1:8443",
    })
  })

  test("with hybrid modern authentication finds a client secret under the usual key, or the one given", () => {
    const appOf = (clientSecretRef: { readonly name: string; readonly key?: string }) => {
      const { credential } = ews({ credentials: { oauth: { tenantId, clientId, clientSecretRef } } })
      return credential.kind === "oauth" && credential.app
    }
    assert.deepEqual(appOf({ name: "app" }), { kind: "secret", secretName: "app", key: "clientSecret" })
    assert.deepEqual(appOf({ name: "app", key: "value" }), { kind: "secret", secretName: "app", key: "value" })
  })

  for (const [field, value, must] of [
    ["timeZone", "Europe/Kopenhagen", /spec\.ews\.timeZone must be a known IANA time zone/],
    ["resolveTo", "10.1.2.300", /spec\.ews\.resolveTo must be an IP address/],
    ["resolveTo", "10:1", /spec\.ews\.resolveTo must be an IP address/],
  ] as const) {
    test(`cannot be opened with ${field} ${value}, and can be read all the same`, () => {
      const backend = ews({ [field]: value })
      assert.throws(() => checkBackend(backend), { name: "NeedsAttentionError", reason: "InvalidSpec", message: must })
    })
  }

  test("can be opened with a zone and an address of either family", () => {
    for (const resolveTo of ["10.1.2.3", "2001:db8::25", "::ffff:10.1.2.3"]) {
      assert.doesNotThrow(() => checkBackend(ews({ resolveTo, timeZone: "Europe/Copenhagen" })))
    }
  })
})
