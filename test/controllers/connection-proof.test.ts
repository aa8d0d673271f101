import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { type Assessment, assess } from "../../operator/controllers/connection-proof.ts"
import { TemporaryError } from "../../operator/core/errors.ts"
import type { ProbeReport } from "../../operator/core/ports.ts"
import { type ExchangeConnectionSpec, readConnection } from "../../operator/resources/exchange-connection.ts"
import type { Condition } from "../../operator/runtime/conditions.ts"
import { ago, now } from "./builders.ts"

type EwsSpec = NonNullable<ExchangeConnectionSpec["ews"]>

const tenantId = "contoso.onmicrosoft.com"
const clientId = "22222222-2222-4222-8222-222222222222"
const app = { clientSecretRef: { name: "app" } }
const url = "https://mail.contoso.com/EWS/Exchange.asmx"

const online = { graph: { tenantId, clientId, credentials: app } }
const server = (changes: Partial<EwsSpec> = {}) => ({
  ews: { url, credentials: { basicSecretRef: { name: "svc" } }, ...changes },
})
const proof = { allowed: "anna@contoso.com", denied: "principal@contoso.com" }

type Proof = {
  readonly requireProof?: boolean
  readonly conditions?: readonly Condition[]
}

function assessed(
  backend: typeof online | ReturnType<typeof server>,
  report: Partial<ProbeReport>,
  { requireProof = false, conditions }: Proof = {},
): Assessment {
  const connection = readConnection({ ...backend, accessPolicy: { domains: ["contoso.com"], proof, requireProof } })
  return assess({ report: { steps: [], ...report }, connection, conditions, now })
}

const said = ({ status, reason }: { readonly status: string; readonly reason: string }) => `${status}/${reason}`
const failing = (step: ProbeReport["steps"][number]["step"], reason: string) => ({
  steps: [{ step, ok: false, reason, message: "that is what was seen" }],
})

describe("an accepted credential", () => {
  const proved = { allowed: "Reachable", denied: "Denied" } as const

  for (const [told, backend, reason, message] of [
    ["Microsoft Graph", online, "TokenAcquired", "Entra ID issued a token"],
    ["Exchange Server", server(), "Authenticated", "Exchange Server accepts the account"],
    [
      "Exchange Server with hybrid authentication",
      server({ credentials: { oauth: { tenantId, clientId, ...app } } }),
      "Authenticated",
      "Exchange Server accepts the token of Entra ID",
    ],
  ] as const) {
    test(`of ${told} is told in its words`, () => {
      const { credentials, scope, verdict, error } = assessed(backend, proved)
      assert.deepEqual(credentials, { status: "True", reason, message })
      assert.deepEqual(
        [scope && said(scope), said(verdict.ready), error],
        ["True/ScopeVerified", "True/Succeeded", undefined],
      )
    })
  }

  test("is shown with its kind, beside product and version of the server", () => {
    const found = { product: "Exchange Server 2019", version: "15.2.1544.9" }
    const { status } = assessed(server(), { ...proved, server: found, credential: { kind: "ntlm" } })
    assert.deepEqual(status, { server: found, credentials: { kind: "ntlm" } })
  })
})

describe("a mailbox that can be reached and must not be", () => {
  for (const [told, backend, must, never] of [
    ["an application", online, /RBAC for Applications.*consent/, /account|Impersonation/],
    [
      "an account that impersonates",
      server(),
      /ApplicationImpersonation.*management scope/,
      /Entra|consent|application /,
    ],
    ["a delegate", server({ access: "Delegate" }), /account's rights/, /Impersonation|Entra|consent/],
  ] as const) {
    test(`by ${told} says what to take back`, () => {
      const { scope, blocked, verdict } = assessed(backend, { denied: "Reachable" }, { requireProof: true })
      assert.equal(scope && said(scope), "False/OverPrivileged")
      assert.match(scope?.message ?? "", must)
      assert.doesNotMatch(scope?.message ?? "", never)
      assert.deepEqual([blocked?.reason, verdict.stalled?.reason], ["OverPrivileged", "OverPrivileged"])
    })
  }
})

describe("a mailbox that must be reached and is refused", () => {
  for (const [told, backend, must] of [
    ["an application", online, /grant the application access/],
    ["an account that impersonates", server(), /role ApplicationImpersonation over a management scope/],
    ["a delegate", server({ access: "Delegate" }), /full access.*Editor on its calendar/],
  ] as const) {
    test(`to ${told} says what to grant`, () => {
      const { scope } = assessed(backend, { allowed: "Denied" })
      assert.equal(scope && said(scope), "False/ProbeDenied")
      assert.match(scope?.message ?? "", must)
    })
  }

  test("may be refused for two hours before it is final", () => {
    const denied = (since: string): readonly Condition[] => [
      { type: "AccessScoped", status: "False", reason: "ProbeDenied", message: "", lastTransitionTime: since },
    ]
    const after = (since: string) => assessed(server(), { allowed: "Denied" }, { conditions: denied(since) }).verdict

    assert.deepEqual(
      [after(ago({ minutes: 119 })).ready.reason, after(ago({ minutes: 119 })).stalled],
      ["ProbeDenied", undefined],
    )
    assert.equal(after(ago({ minutes: 120 })).stalled?.reason, "AccessDenied")
  })
})

describe("a server without EWS", () => {
  for (const step of ["Authentication", "AllowedMailbox"] as const) {
    test(`is UnsupportedServer for good, when the step ${step} shows it`, () => {
      const { credentials, scope, verdict, error } = assessed(server(), failing(step, "UnsupportedServer"))

      assert.equal(said(credentials), "False/UnsupportedServer")
      assert.equal(credentials.message, `${step}: that is what was seen`)
      assert.deepEqual(
        [verdict.stalled?.reason, verdict.reconciling, scope],
        ["UnsupportedServer", undefined, undefined],
      )
      assert.ok(error !== undefined && !(error instanceof TemporaryError))
    })
  }
})

test("a server that does not answer is asked again", () => {
  const { credentials, error } = assessed(server(), failing("TCP", "Unreachable"))
  assert.equal(said(credentials), "False/Unreachable")
  assert.ok(error instanceof TemporaryError)
})

test("a refused mailbox is no refused credential", () => {
  const { credentials } = assessed(server(), { ...failing("AllowedMailbox", "AccessDenied"), allowed: "Denied" })
  assert.equal(said(credentials), "True/Authenticated")
})
