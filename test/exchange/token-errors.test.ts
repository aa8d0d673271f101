import assert from "node:assert/strict"
import { test } from "node:test"
import { AuthError } from "@azure/msal-node"
import { NeedsAttentionError, TemporaryError } from "../../operator/core/errors.ts"
import { tokenError } from "../../operator/exchange/token-errors.ts"

const about = { host: "login.example", failure: undefined, retryAfterMs: undefined }

for (const [code, reason] of [
  ["7000215", "InvalidClient"],
  ["7000222", "Expired"],
  ["1000502", "Expired"],
  ["700016", "InvalidClient"],
  ["90002", "InvalidClient"],
  ["700213", "InvalidClient"],
  ["65001", "ConsentRevoked"],
  ["7000112", "ConsentRevoked"],
  ["7000229", "ConsentRevoked"],
  ["500011", "ConsentRevoked"],
] as const) {
  test(`AADSTS${code} asks a person for help, for the reason ${reason}`, () => {
    const told = new AuthError("invalid_client", "", `AADSTS${code}: Tenant contoso.example, in any language.`)

    const error = tokenError(told, about)

    assert.ok(error instanceof NeedsAttentionError)
    assert.equal(error.reason, reason)
    assert.match(error.message, new RegExp(`AADSTS${code}`))
    assert.doesNotMatch(error.message, /contoso/)
  })
}

test("a refusal whose number nobody knows is the application's, and told with its number", () => {
  const error = tokenError(new AuthError("invalid_client", "", "AADSTS123456: something new"), about)

  assert.ok(error instanceof NeedsAttentionError)
  assert.equal(error.reason, "InvalidClient")
  assert.match(error.message, /AADSTS123456/)
})

test("an answer that is no refusal is waited out, as long as it asks", () => {
  const error = tokenError(new AuthError("temporarily_unavailable", "", "AADSTS90033: busy"), {
    ...about,
    retryAfterMs: 7_000,
  })

  assert.ok(error instanceof TemporaryError)
  assert.equal(error.retryAfterMs, 7_000)
})
