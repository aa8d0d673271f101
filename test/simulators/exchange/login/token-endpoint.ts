import { createHash, createPublicKey, randomUUID, verify, X509Certificate } from "node:crypto"
import type { App, Directory, FederatedCredential } from "../directory/directory.ts"
import type { VirtualClock } from "../store/clock.ts"
import { type Json, jsonAt, numberAt, parseJson, textAt } from "../store/json.ts"
import { type AccessTokens, TOKEN_SECONDS } from "./access-tokens.ts"

/**
 * The client credentials flow: client secret, signed certificate assertion, federated assertion.
 * https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 */

export type LoginReply = { readonly status: number; readonly body: Json }

const FEDERATED_AUDIENCE = "api://AzureADTokenExchange"
const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

class LoginError extends Error {
  readonly status: number
  readonly error: string
  readonly code: number

  constructor(status: number, error: string, code: number, message: string) {
    super(message)
    this.status = status
    this.error = error
    this.code = code
  }
}

export class TokenEndpoint {
  readonly #directory: Directory
  readonly #tokens: AccessTokens
  readonly #clock: VirtualClock

  constructor(given: { readonly directory: Directory; readonly tokens: AccessTokens; readonly clock: VirtualClock }) {
    this.#directory = given.directory
    this.#tokens = given.tokens
    this.#clock = given.clock
  }

  /** `url` is the endpoint as the client called it, which a certificate assertion must name as its audience. */
  answer(request: { readonly tenant: string; readonly url: string; readonly form: URLSearchParams }): LoginReply {
    try {
      return { status: 200, body: this.#grant(request) }
    } catch (error) {
      if (error instanceof LoginError) return this.#refusal(error)
      throw error
    }
  }

  knowsTenant(tenant: string): boolean {
    const { tenantId, tenantName } = this.#directory
    return [tenantId, tenantName].includes(tenant.toLowerCase())
  }

  #grant(request: { readonly tenant: string; readonly url: string; readonly form: URLSearchParams }): Json {
    const { tenant, url, form } = request
    if (!this.knowsTenant(tenant))
      throw new LoginError(
        400,
        "invalid_request",
        90002,
        `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`,
      )
    if (form.get("grant_type") !== "client_credentials")
      throw new LoginError(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
    const scope = form.get("scope") ?? ""
    if (!scope.split(" ").some(entry => entry.endsWith("/.default")))
      throw new LoginError(
        400,
        "invalid_scope",
        1002012,
        `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
      )
    const clientId = form.get("client_id") ?? ""
    const app = this.#directory.apps.get(clientId.toLowerCase())
    if (!app)
      throw new LoginError(
        400,
        "unauthorized_client",
        700016,
        `Application with identifier '${clientId}' was not found in the directory '${this.#directory.tenantName}'.`,
      )
    this.#authenticate(app, form, url)
    const { tenantId } = this.#directory
    const access_token = this.#tokens.issue({
      appId: app.clientId,
      tenantId,
      roles: app.permissions,
      audience: scope.replace(/\/\.default.*$/, ""),
      issuer: `https://sts.windows.net/${tenantId}/`,
    })
    return { token_type: "Bearer", expires_in: TOKEN_SECONDS, ext_expires_in: TOKEN_SECONDS, access_token }
  }

  #authenticate(app: App, form: URLSearchParams, url: string): void {
    const assertion = form.get("client_assertion")
    if (assertion === null) {
      this.#checkSecret(app, form.get("client_secret"))
      return
    }
    if (form.get("client_assertion_type") !== ASSERTION_TYPE)
      throw new LoginError(401, "invalid_client", 50027, "JWT token is invalid or malformed.")
    const jwt = readJwt(assertion)
    const ownAssertion = textAt(jwt.claims, "iss")?.toLowerCase() === app.clientId
    if (ownAssertion) this.#checkCertificate(app, jwt, url)
    else this.#checkFederated(app, jwt)
  }

  #checkSecret(app: App, secret: string | null): void {
    if (secret === null)
      throw new LoginError(
        401,
        "invalid_client",
        7000218,
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
      )
    const found = app.secrets.find(entry => entry.value === secret)
    if (!found)
      throw new LoginError(
        401,
        "invalid_client",
        7000215,
        `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${app.clientId}'.`,
      )
    if (found.expiresMs !== undefined && found.expiresMs <= this.#clock.now())
      throw new LoginError(
        401,
        "invalid_client",
        7000222,
        `The provided client secret keys for app '${app.clientId}' are expired.`,
      )
  }

  #checkCertificate(app: App, jwt: Jwt, url: string): void {
    const thumbprint = textAt(jwt.header, "x5t#S256")
    const older = textAt(jwt.header, "x5t")
    const certificate = app.certificatesPem
      .map(pem => new X509Certificate(pem))
      .find(({ raw }) => thumbprintOf(raw, "sha256") === thumbprint || thumbprintOf(raw, "sha1") === older)
    if (!certificate)
      throw new LoginError(
        401,
        "invalid_client",
        700027,
        "The certificate with identifier used to sign the client assertion is not registered on application.",
      )
    if (!signedBy(jwt, certificate.publicKey))
      throw new LoginError(401, "invalid_client", 700027, "Client assertion contains an invalid signature.")
    const audience = textAt(jwt.claims, "aud") ?? ""
    const accepted = [url, url.replace(/oauth2\/v2\.0\/token$/, "v2.0"), url.replace(/\/oauth2\/v2\.0\/token$/, "")]
    if (!accepted.includes(audience))
      throw new LoginError(
        401,
        "invalid_client",
        700023,
        `Client assertion audience claim does not match Realm issuer. The audience is '${audience}'.`,
      )
    if (textAt(jwt.claims, "sub")?.toLowerCase() !== app.clientId)
      throw new LoginError(
        401,
        "invalid_client",
        700021,
        "Client assertion application identifier doesn't match 'client_id' parameter.",
      )
    this.#checkLife(jwt)
  }

  #checkFederated(app: App, jwt: Jwt): void {
    const issuer = textAt(jwt.claims, "iss") ?? ""
    const ofIssuer = app.federated.filter(credential => credential.issuer === issuer)
    if (ofIssuer.length === 0)
      throw new LoginError(
        401,
        "invalid_client",
        700211,
        `No matching federated identity record found for presented assertion issuer '${issuer}'.`,
      )
    const subject = textAt(jwt.claims, "sub") ?? ""
    const ofSubject = ofIssuer.filter(credential => credential.subject === subject)
    if (ofSubject.length === 0)
      throw new LoginError(
        401,
        "invalid_client",
        700213,
        `No matching federated identity record found for presented assertion subject '${subject}'.`,
      )
    const audiences = [jwt.claims["aud"]].flat()
    const credential = ofSubject.find(entry => audiences.includes(entry.audience ?? FEDERATED_AUDIENCE))
    if (!credential)
      throw new LoginError(
        401,
        "invalid_client",
        700212,
        `No matching federated identity record found for presented assertion audience '${audiences.join(" ")}'.`,
      )
    if (!signatureHolds(jwt, credential))
      throw new LoginError(
        401,
        "invalid_client",
        5000223,
        "The signature of the assertion could not be validated with the keys of its issuer.",
      )
    this.#checkLife(jwt)
  }

  #checkLife({ claims }: Jwt): void {
    const nowSeconds = this.#clock.now() / 1000
    const expires = numberAt(claims, "exp") ?? 0
    const begins = numberAt(claims, "nbf") ?? 0
    if (expires < nowSeconds - SKEW_SECONDS || begins > nowSeconds + SKEW_SECONDS)
      throw new LoginError(401, "invalid_client", 700024, "Client assertion is not within its valid time range.")
  }

  #refusal({ status, error, code, message }: LoginError): LoginReply {
    const at = Temporal.Instant.fromEpochMilliseconds(this.#clock.now()).toString({ smallestUnit: "second" })
    const [trace_id, correlation_id] = [randomUUID(), randomUUID()]
    const timestamp = at.replace("T", " ")
    return {
      status,
      body: {
        error,
        error_description: `AADSTS${code}: ${message} Trace ID: ${trace_id} Correlation ID: ${correlation_id} Timestamp: ${timestamp}`,
        error_codes: [code],
        timestamp,
        trace_id,
        correlation_id,
        error_uri: `https://login.microsoftonline.com/error?code=${code}`,
      },
    }
  }
}

const SKEW_SECONDS = 300

type Jwt = { readonly header: Json; readonly claims: Json; readonly signed: string; readonly signature: Buffer }

function readJwt(text: string): Jwt {
  const parts = text.trim().split(".")
  const [head = "", body = "", signature = ""] = parts
  const decoded = [head, body].map(part => parseJson(Buffer.from(part, "base64url").toString("utf8")))
  const header = jsonAt({ value: decoded[0] }, "value")
  const claims = jsonAt({ value: decoded[1] }, "value")
  if (parts.length !== 3 || !header || !claims)
    throw new LoginError(401, "invalid_client", 50027, "JWT token is invalid or malformed.")
  return { header, claims, signed: `${head}.${body}`, signature: Buffer.from(signature, "base64url") }
}

function thumbprintOf(der: Buffer, algorithm: "sha256" | "sha1"): string {
  return createHash(algorithm).update(der).digest("base64url")
}

const PSS_PADDING = 6
const PSS_SALT = 32

function signedBy({ header, signed, signature }: Jwt, key: ReturnType<typeof createPublicKey>): boolean {
  const algorithm = textAt(header, "alg")
  const data = Buffer.from(signed)
  if (algorithm === "RS256") return verify("sha256", data, key, signature)
  if (algorithm === "PS256")
    return verify("sha256", data, { key, padding: PSS_PADDING, saltLength: PSS_SALT }, signature)
  if (algorithm === "ES256") return verify("sha256", data, { key, dsaEncoding: "ieee-p1363" }, signature)
  return false
}

function signatureHolds(jwt: Jwt, { publicKeyPem }: FederatedCredential): boolean {
  return publicKeyPem === undefined || signedBy(jwt, createPublicKey(publicKeyPem))
}

/** `/{tenant}/v2.0/.well-known/openid-configuration` */
export function openIdConfiguration(origin: string, tenant: string): Json {
  return {
    token_endpoint: `${origin}/${tenant}/oauth2/v2.0/token`,
    token_endpoint_auth_methods_supported: ["client_secret_post", "private_key_jwt", "client_secret_basic"],
    jwks_uri: `${origin}/${tenant}/discovery/v2.0/keys`,
    response_modes_supported: ["query", "fragment", "form_post"],
    subject_types_supported: ["pairwise"],
    id_token_signing_alg_values_supported: ["RS256"],
    response_types_supported: ["code", "id_token", "code id_token", "id_token token"],
    scopes_supported: ["openid", "profile", "email", "offline_access"],
    issuer: `${origin}/${tenant}/v2.0`,
    request_uri_parameter_supported: false,
    authorization_endpoint: `${origin}/${tenant}/oauth2/v2.0/authorize`,
    end_session_endpoint: `${origin}/${tenant}/oauth2/v2.0/logout`,
    cloud_instance_name: "microsoftonline.com",
    msgraph_host: "graph.microsoft.com",
  }
}

/** `/common/discovery/instance` */
export function instanceDiscovery(origin: string, tenant: string): Json {
  const { host } = new URL(origin)
  return {
    tenant_discovery_endpoint: `${origin}/${tenant}/v2.0/.well-known/openid-configuration`,
    "api-version": "1.1",
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
  }
}
