import assert from "node:assert/strict"
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto"
import { test } from "node:test"
import { ConfidentialClientApplication, type INetworkModule, type NetworkRequestOptions } from "@azure/msal-node"
import { type Dispatcher, request } from "undici"
import { makeSigningCertificate } from "./signing-certificate.ts"
import { isJson, listAt, parseJson, textAt } from "./store/json.ts"
import { anna, codeOf, type Talk, talk } from "./talk.ts"

const scopes = ["https://graph.microsoft.com/.default"]

test("msal gets a token with a client secret, and Graph takes it", async () => {
  await using exchange = await talk()
  const client = msal(exchange, { clientSecret: exchange.secret })

  const token = await client.acquireTokenByClientCredential({ scopes })

  const answer = await exchange.get("/calendar", { authorization: `Bearer ${token?.accessToken}` })
  assert.equal(answer.status, 200)
  const claims = parseJson(Buffer.from(token?.accessToken.split(".")[1] ?? "", "base64url").toString())
  assert.equal(textAt(claims, "tid"), exchange.admin.tenantId)
  assert.equal(textAt(claims, "appid"), exchange.clientId)
  assert.ok(listAt(claims, "roles")?.includes("Calendars.ReadWrite"))
})

test("msal gets a token with a registered certificate, and none with another", async () => {
  await using exchange = await talk()
  const [registered, other] = [makeSigningCertificate("registered"), makeSigningCertificate("other")]
  const { clientId } = exchange.admin.addApp({ certificatesPem: [registered.certPem] })

  const good = await msal(exchange, certificate(registered), clientId).acquireTokenByClientCredential({ scopes })
  assert.ok(good?.accessToken)

  await assert.rejects(
    msal(exchange, certificate(other), clientId).acquireTokenByClientCredential({ scopes }),
    /AADSTS700027/,
  )
})

test("msal gets a token with a projected service account token", async () => {
  await using exchange = await talk()
  const issuer = "https://kubernetes.default.svc"
  const subject = "system:serviceaccount:calsync:calsync"
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  const publicKeyPem = publicKey.export({ type: "spki", format: "pem" }).toString()
  const { clientId } = exchange.admin.addApp({ federated: [{ issuer, subject, publicKeyPem }] })
  const nowSeconds = Math.floor(exchange.admin.now().epochMilliseconds / 1000)
  const claims = {
    iss: issuer,
    sub: subject,
    aud: ["api://AzureADTokenExchange"],
    exp: nowSeconds + 600,
    nbf: nowSeconds,
  }
  const jwt = (changes: object) => signed({ ...claims, ...changes }, privateKey)
  const attempt = (assertion: string) =>
    msal(exchange, { clientAssertion: assertion }, clientId).acquireTokenByClientCredential({ scopes })

  assert.ok((await attempt(jwt({})))?.accessToken)

  await assert.rejects(attempt(jwt({ iss: "https://elsewhere.example" })), /AADSTS700211/)
  await assert.rejects(attempt(jwt({ sub: "system:serviceaccount:other:calsync" })), /AADSTS700213/)
  await assert.rejects(attempt(jwt({ aud: ["api://else"] })), /AADSTS700212/)
  await assert.rejects(attempt(jwt({ exp: nowSeconds - 4000 })), /AADSTS700024/)
  const forged = signed(claims, generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey)
  await assert.rejects(attempt(forged), /AADSTS5000223/)
})

test("what is wrong with a token request is said with the code Entra uses", async () => {
  await using exchange = await talk()
  const expired = { value: "old", expiresMs: exchange.admin.now().epochMilliseconds - 1 }
  const withExpired = exchange.admin.addApp({ secrets: [expired] })
  const good = { client_id: exchange.clientId, client_secret: exchange.secret }
  const cases = [
    { code: 7000215, form: { ...good, client_secret: "wrong" } },
    { code: 7000218, form: { client_id: exchange.clientId } },
    { code: 7000222, form: { client_id: withExpired.clientId, client_secret: "old" } },
    { code: 700016, form: { ...good, client_id: "11111111-2222-3333-4444-555555555555" } },
    { code: 70003, form: { ...good, grant_type: "password" } },
    { code: 1002012, form: { ...good, scope: "https://graph.microsoft.com/Calendars.Read" } },
    { code: 90002, form: good, tenant: "99999999-0000-0000-0000-000000000000" },
  ]
  for (const { code, form, tenant } of cases) {
    const { status, body } = await askToken(exchange, form, tenant)
    assert.deepEqual(listAt(body, "error_codes"), [code])
    assert.match(textAt(body, "error_description") ?? "", new RegExp(`^AADSTS${code}: `))
    assert.ok(status === 400 || status === 401)
    assert.ok(textAt(body, "trace_id") && textAt(body, "correlation_id") && textAt(body, "timestamp"))
  }
})

test("a token lives an hour of the virtual clock, and dies when it is revoked", async () => {
  await using exchange = await talk()
  assert.equal((await exchange.get("/calendar")).status, 200)

  exchange.admin.advance(3_600_000)
  const late = await exchange.get("/calendar")
  assert.deepEqual([late.status, codeOf(late)], [401, "InvalidAuthenticationToken"])

  await exchange.login()
  assert.equal((await exchange.get("/calendar")).status, 200)
  exchange.admin.revokeTokens()
  assert.equal((await exchange.get("/calendar")).status, 401)
})

test("a token nobody here made is refused, and so is none at all", async () => {
  await using exchange = await talk()
  const token = await msal(exchange, { clientSecret: exchange.secret }).acquireTokenByClientCredential({ scopes })
  const [head, body, signature] = token?.accessToken.split(".") ?? []
  const altered = Buffer.from(
    JSON.stringify({ ...Object(parseJson(Buffer.from(body ?? "", "base64url").toString())), roles: ["Everything"] }),
  ).toString("base64url")
  for (const authorization of [`Bearer ${head}.${altered}.${signature}`, "Bearer x", "Basic eDp5"]) {
    const answer = await exchange.get("/calendar", { authorization })
    assert.deepEqual([answer.status, codeOf(answer)], [401, "InvalidAuthenticationToken"])
    assert.match(String(answer.headers["www-authenticate"]), /^Bearer /)
  }
})

test("discovery tells where the endpoints are", async () => {
  await using exchange = await talk()
  const tenant = exchange.admin.tenantId
  const found = await exchange.get(`//${tenant}/v2.0/.well-known/openid-configuration`)
  assert.equal(textAt(found.body, "token_endpoint"), `${exchange.url}/${tenant}/oauth2/v2.0/token`)
  const instance = await exchange.get("//common/discovery/instance?api-version=1.1")
  assert.equal(instance.status, 200)
})

type MsalAuth = ConstructorParameters<typeof ConfidentialClientApplication>[0]["auth"]

function msal(
  exchange: Talk,
  credential: Partial<MsalAuth>,
  clientId = exchange.clientId,
): ConfidentialClientApplication {
  return new ConfidentialClientApplication({
    auth: {
      clientId,
      authority: `${exchange.url}/${exchange.admin.tenantId}`,
      knownAuthorities: [new URL(exchange.url).host],
      ...credential,
    },
    system: { networkClient: networkOver(exchange.dispatcher) },
  })
}

function certificate({ certPem, keyPem }: { readonly certPem: string; readonly keyPem: string }): Partial<MsalAuth> {
  const der = Buffer.from(certPem.replace(/-----[^-]+-----|\s/g, ""), "base64")
  return { clientCertificate: { thumbprintSha256: thumbprint(der), privateKey: keyPem } }
}

function thumbprint(der: Buffer): string {
  return createHash("sha256").update(der).digest("hex")
}

/** msal's network over the simulator's own authority. */
function networkOver(dispatcher: Dispatcher): INetworkModule {
  const send = async <T>(method: "GET" | "POST", url: string, options?: NetworkRequestOptions) => {
    const answer = await request(url, {
      method,
      dispatcher,
      headers: options?.headers ?? {},
      body: options?.body ?? null,
    })
    const headers = Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, String(value)]))
    const body: T = JSON.parse(await answer.body.text())
    return { headers, body, status: answer.statusCode }
  }
  return {
    sendGetRequestAsync: (url, options) => send("GET", url, options),
    sendPostRequestAsync: (url, options) => send("POST", url, options),
  }
}

function signed(claims: object, key: KeyObject): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url")
  const text = `${part({ alg: "RS256", typ: "JWT", kid: "k" })}.${part(claims)}`
  return `${text}.${sign("sha256", Buffer.from(text), key).toString("base64url")}`
}

async function askToken(exchange: Talk, form: Readonly<Record<string, string>>, tenant = exchange.admin.tenantId) {
  const defaults = { grant_type: "client_credentials", scope: "https://graph.microsoft.com/.default" }
  const answer = await request(`${exchange.url}/${tenant}/oauth2/v2.0/token`, {
    method: "POST",
    dispatcher: exchange.dispatcher,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ ...defaults, ...form }).toString(),
  })
  const body: unknown = await answer.body.json()
  assert.ok(isJson(body))
  assert.ok(!JSON.stringify(body).includes(anna))
  return { status: answer.statusCode, body }
}
