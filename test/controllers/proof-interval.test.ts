import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { proofIntervalMs, proofStandsMs } from "../../operator/controllers/proof-interval.ts"
import { NeedsAttentionError } from "../../operator/core/errors.ts"
import type { EwsBackend, GraphBackend } from "../../operator/resources/exchange-backend.ts"

const minute = 60_000
const refused = new NeedsAttentionError("the account is refused", { reason: "InvalidClient" })
const denied = new NeedsAttentionError("the mailbox is refused", { reason: "ProbeDenied" })

const account: EwsBackend = {
  kind: "ews",
  url: "https://mail.contoso.com/EWS/Exchange.asmx",
  access: "Impersonation",
  credential: { kind: "ntlm", secretName: "svc" },
}
const application = {
  login: "https://login.example.com",
  tenantId: "contoso.com",
  clientId: "22222222-2222-4222-8222-222222222222",
  app: { kind: "secret", secretName: "app", key: "clientSecret" },
} as const
const hybrid: EwsBackend = { ...account, credential: { kind: "oauth", ...application } }
const online: GraphBackend = {
  kind: "graph",
  tenantId: application.tenantId,
  clientId: application.clientId,
  endpoints: { login: application.login, graph: "https://graph.example.com" },
  credential: application.app,
}

describe("an account that is refused", () => {
  test("is tried once or twice in half an hour, in which domains lock after five", () => {
    assert.equal(proofIntervalMs(account, refused), 30 * minute)
  })

  test("is not tried again because mailboxes come and go", () => {
    assert.equal(proofStandsMs(account, refused), 15 * minute)
    assert.ok(proofStandsMs(account, refused) < proofIntervalMs(account, refused) * 0.9, "due when its time has come")
  })
})

describe("what waits for a person", () => {
  for (const [told, backend, error] of [
    ["a right the account lacks", account, denied],
    ["a server that does not accept the token of hybrid authentication", hybrid, refused],
    ["a directory that does not know the application", online, refused],
  ] as const) {
    test(`${told} is looked at every five minutes, for no account is locked by it`, () => {
      assert.equal(proofIntervalMs(backend, error), 5 * minute)
      assert.equal(proofStandsMs(backend, error), minute)
    })
  }
})

test("a connection that works is proved every quarter of an hour", () => {
  for (const backend of [account, hybrid, online]) assert.equal(proofIntervalMs(backend, undefined), 15 * minute)
})
