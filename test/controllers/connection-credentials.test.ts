import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { loadEwsCredential } from "../../operator/controllers/connection-credentials.ts"
import type { EwsCredentialRef } from "../../operator/resources/exchange-backend.ts"
import { secretsWith } from "./builders.ts"

const never = new AbortController().signal

type SecretData = Parameters<typeof secretsWith>[0]

/** What the controllers make of a Secret with these keys. */
function load(data: SecretData, kind: "basic" | "ntlm" = "basic") {
  return loadWith(data, { kind, secretName: "svc" })
}

function loadWith(data: SecretData, credential: EwsCredentialRef) {
  return loadEwsCredential(
    { references: secretsWith(data), readFederatedToken: undefined },
    credential,
    "calendars",
    never,
  )
}

const password = "p ss\nwörd"

describe("an account's Secret", () => {
  for (const kind of ["basic", "ntlm"] as const) {
    test(`is the credential of kind ${kind}`, async () => {
      assert.deepEqual(await load({ username: "svc@contoso.com", password }, kind), {
        kind,
        username: "svc@contoso.com",
        password,
      })
    })
  }

  test("may name the domain beside the user or before it, which is the same", async () => {
    const apart = await load({ username: "svc", password, domain: "CONTOSO" })
    assert.deepEqual(apart, { kind: "basic", username: "svc", password, domain: "CONTOSO" })
    assert.deepEqual(await load({ username: "CONTOSO\\svc", password }), apart)
  })

  test("made from files loses the newline at their end, and a password nothing else", async () => {
    const made = await load({ username: "svc\n", password: ` ${password} \r\n`, domain: "CONTOSO\n" })
    assert.deepEqual(made, { kind: "basic", username: "svc", password: ` ${password} `, domain: "CONTOSO" })
  })

  test("with a domain of a newline only has none", async () => {
    assert.deepEqual(await load({ username: "svc", password, domain: "\n" }), {
      kind: "basic",
      username: "svc",
      password,
    })
  })

  for (const [told, data, key] of [
    ["without a username", { password }, "username"],
    ["with an empty username", { username: " \n", password }, "username"],
    ["without a password", { username: "svc" }, "password"],
    ["with a password of a newline only", { username: "svc", password: "\n" }, "password"],
  ] as const) {
    test(`${told} is refused, naming Secret and key`, async () => {
      await assert.rejects(load(data), {
        name: "NeedsAttentionError",
        reason: "SecretNotFound",
        message: `Secret calendars/svc has no key "${key}", or it is empty: add it`,
      })
    })
  }

  for (const username of ["CONTOSO\\svc", "svc@contoso.com"]) {
    test(`that names the domain in ${username} and once more is refused, without repeating the name`, async () => {
      await assert.rejects(load({ username, password, domain: "CONTOSO" }), {
        name: "NeedsAttentionError",
        reason: "InvalidSpec",
        message: 'Secret calendars/svc: "username" names a domain already: remove "domain"',
      })
    })
  }

  test("made by an editor that marks its texts has the password without the mark", async () => {
    assert.deepEqual(await load({ username: "\ufeffsvc", password: "\ufeffsecret\r\n" }), {
      kind: "basic",
      username: "svc",
      password: "secret",
    })
  })

  for (const [told, bytes] of [
    ["UTF-16", Buffer.from("\ufeffsecret", "utf16le")],
    ["UTF-16 without a mark", Buffer.from("secret", "utf16le")],
    ["Latin-1", Buffer.from("s\u00e4cret", "latin1")],
  ] as const) {
    test(`in ${told} is refused, for every log-in with it would be one on the way to a locked account`, async () => {
      await assert.rejects(load({ username: "svc", password: bytes }), {
        name: "NeedsAttentionError",
        reason: "InvalidSpec",
        message: 'Secret calendars/svc: "password" is not text in UTF-8: write it anew',
      })
    })
  }

  test("with a colon in the name is for NTLM only", async () => {
    await assert.rejects(load({ username: "svc:calendars", password }), {
      reason: "InvalidSpec",
      message: /"username" holds a colon.*ntlmSecretRef/,
    })
    assert.equal((await load({ username: "svc:calendars", password }, "ntlm")).kind, "ntlm")
  })

  for (const username of ["\\svc", "CONTOSO\\"]) {
    test(`with half of a name, ${username}, is refused`, async () => {
      await assert.rejects(load({ username, password }), { reason: "InvalidSpec", message: /must be DOMAIN\\name/ })
    })
  }
})

describe("the application of hybrid modern authentication", () => {
  const oauth = { kind: "oauth", login: "https://login.example.com", tenantId: "t", clientId: "c" } as const

  test("has its secret read from the key named", async () => {
    const app = { kind: "secret", secretName: "app", key: "value" } as const
    assert.deepEqual(await loadWith({ value: "a-secret\n" }, { ...oauth, app }), {
      ...oauth,
      app: { kind: "secret", secret: "a-secret" },
    })
  })

  test("has both halves of its certificate read", async () => {
    const app = { kind: "certificate", secretName: "app" } as const
    assert.deepEqual(await loadWith({ "tls.crt": "CERT", "tls.key": "KEY" }, { ...oauth, app }), {
      ...oauth,
      app: { kind: "certificate", certificatePem: "CERT", privateKeyPem: "KEY" },
    })
    await assert.rejects(loadWith({ "tls.crt": "CERT" }, { ...oauth, app }), {
      message: /Secret calendars\/app .*tls\.key/,
    })
  })
})
