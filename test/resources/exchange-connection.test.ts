import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { type ExchangeConnectionSpec, readConnection } from "../../operator/resources/exchange-connection.ts"

type Changes = {
  readonly graph?: Partial<ExchangeConnectionSpec["graph"]>
  readonly accessPolicy?: ExchangeConnectionSpec["accessPolicy"]
  readonly rest?: Partial<Omit<ExchangeConnectionSpec, "graph" | "accessPolicy">>
}

function connection({ graph, accessPolicy, rest }: Changes = {}): ExchangeConnectionSpec {
  return {
    graph: {
      tenantId: "contoso.onmicrosoft.com",
      clientId: "22222222-2222-4222-8222-222222222222",
      credentials: { clientSecretRef: { name: "contoso" } },
      ...graph,
    },
    accessPolicy: accessPolicy ?? { domains: ["contoso.com"] },
    ...rest,
  }
}

describe("an ExchangeConnection", () => {
  test("with only what must be given is careful and open to nobody else", () => {
    const read = readConnection(connection())

    assert.deepEqual(read.endpoints, {
      login: "https://login.microsoftonline.com",
      graph: "https://graph.microsoft.com",
    })
    assert.deepEqual(read.credential, { kind: "secret", secretName: "contoso", key: "clientSecret" })
    assert.deepEqual(read.limits, { concurrencyPerMailbox: 4, requestsPerSecond: 50 })
    assert.deepEqual(read.allowedNamespaces, { from: "Same" })
    assert.deepEqual([read.proof, read.takeOver, read.suspended, read.requireProof], [{}, [], false, false])
    assert.equal("caBundle" in read, false)
  })

  for (const [cloud, login, graph] of [
    ["USGov", "https://login.microsoftonline.us", "https://graph.microsoft.us"],
    ["USGovDoD", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us"],
    ["China", "https://login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn"],
  ] as const) {
    test(`in the cloud ${cloud} asks the servers of that cloud`, () => {
      assert.deepEqual(readConnection(connection({ graph: { cloud } })).endpoints, { login, graph })
    })
  }

  test("takes the one endpoint that is given instead of the cloud's, without the slash at its end", () => {
    const { endpoints } = readConnection(connection({ graph: { endpoints: { graph: "https://127.0.0.1:8443/" } } }))
    assert.deepEqual(endpoints, { login: "https://login.microsoftonline.com", graph: "https://127.0.0.1:8443" })
  })

  test("with workload identity asks for a token of the usual audience", () => {
    const { credential } = readConnection(connection({ graph: { credentials: { workloadIdentity: {} } } }))
    assert.deepEqual(credential, { kind: "workloadIdentity", audience: "api://AzureADTokenExchange" })
  })

  test("with a certificate names its Secret", () => {
    const { credential } = readConnection(
      connection({ graph: { credentials: { certificateSecretRef: { name: "cert" } } } }),
    )
    assert.deepEqual(credential, { kind: "certificate", secretName: "cert" })
  })

  test("that names a mailbox to be refused needs that proof, unless it says otherwise", () => {
    const proof = { allowed: "anna@contoso.com", denied: "ceo@contoso.com" }
    const given = readConnection(connection({ accessPolicy: { domains: ["contoso.com"], proof } }))
    const waived = readConnection(
      connection({ accessPolicy: { domains: ["contoso.com"], proof, requireProof: false } }),
    )
    const halfGiven = readConnection(
      connection({ accessPolicy: { domains: ["contoso.com"], proof: { allowed: proof.allowed } } }),
    )

    assert.deepEqual([given.requireProof, waived.requireProof, halfGiven.requireProof], [true, false, false])
    assert.deepEqual(given.proof, proof)
  })

  test("trusts the bundle under the usual key", () => {
    const { caBundle } = readConnection(
      connection({ rest: { tls: { caBundle: { configMapRef: { name: "corp-ca" } } } } }),
    )
    assert.deepEqual(caBundle, { configMapName: "corp-ca", key: "ca.crt" })
  })
})
