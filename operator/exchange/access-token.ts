import { createHash, X509Certificate } from "node:crypto"
import { type AuthenticationResult, ConfidentialClientApplication, type Configuration } from "@azure/msal-node"
import type { Dispatcher } from "undici"
import { NeedsAttentionError, TemporaryError } from "../core/errors.ts"
import type { AppCredential } from "../core/exchange-settings.ts"
import type { ProbeReport } from "../core/ports.ts"
import { retryAfterMs } from "../http/retry-after.ts"
import { type Clock, untilAborted } from "./clock.ts"
import { tokenError } from "./token-errors.ts"
import { TokenTransport } from "./token-transport.ts"

/** Renewed this long before it ends, so that no request leaves with a token that dies on the way. */
const renewBeforeMs = 300_000
const shortestUsefulMs = 30_000
/** After a failure everybody who asks is told the same without asking again: two hundred mailboxes are one credential. */
const firstRestMs = 5_000
const longestRestMs = 60_000

export type AccessTokenSettings = {
  readonly login: string
  readonly tenantId: string
  readonly clientId: string
  /** What the token is for: the Graph endpoint. */
  readonly resource: string
  readonly credential: AppCredential
}

export type AccessTokenDeps = {
  readonly clock: Clock
  readonly dispatcher: Dispatcher
  readonly seen: (request: { readonly method: string; readonly status: number }) => void
}

/** The application's own token: asked for once for all who need it, kept until shortly before it ends. */
export class AccessToken {
  readonly #clock: Clock
  readonly #settings: AccessTokenSettings
  readonly #transport: TokenTransport
  readonly #certificate: X509Certificate | undefined
  #app: ConfidentialClientApplication | undefined
  #token: { readonly text: string; readonly endsAtMs: number } | undefined
  #flight: Promise<string> | undefined
  #rest: { readonly error: Error; readonly untilMs: number; readonly lengthMs: number } | undefined

  constructor({ clock, dispatcher, seen }: AccessTokenDeps, settings: AccessTokenSettings) {
    this.#clock = clock
    this.#settings = settings
    this.#transport = new TokenTransport(dispatcher, seen)
    this.#certificate = readCertificate(settings.credential)
  }

  /** What is known of the credential without asking anybody. */
  get credential(): NonNullable<ProbeReport["credential"]> {
    const { kind } = this.#settings.credential
    if (this.#certificate === undefined) return { kind }
    return { kind, expiresAt: Temporal.Instant.fromEpochMilliseconds(this.#certificate.validToDate.getTime()) }
  }

  /** A token good for some minutes. Throws core errors with the reasons of CredentialsValid. */
  get(signal: AbortSignal): Promise<string> {
    const token = this.#token
    if (token && token.endsAtMs - this.#now() > renewBeforeMs) return Promise.resolve(token.text)
    return untilAborted(
      this.#fly().catch(error => this.#orStillGood(error)),
      signal,
    )
  }

  /** Another token than the one that was refused. Many may ask at once; one request is made. */
  getInsteadOf(refused: string, signal: AbortSignal): Promise<string> {
    if (this.#token?.text === refused) this.#token = undefined
    return this.get(signal)
  }

  #fly(): Promise<string> {
    const rest = this.#rest
    if (rest && rest.untilMs > this.#clock.monotonicMs()) return Promise.reject(rest.error)
    this.#flight ??= this.#acquire().finally(() => {
      this.#flight = undefined
    })
    return this.#flight
  }

  /** A directory that is down for a moment costs nothing while the token at hand still lives. */
  #orStillGood(error: unknown): string {
    const token = this.#token
    if (error instanceof TemporaryError && token && token.endsAtMs - this.#now() > shortestUsefulMs) return token.text
    throw error
  }

  async #acquire(): Promise<string> {
    this.#checkCertificate()
    try {
      this.#app ??= new ConfidentialClientApplication(configure(this.#settings, this.#transport))
      const scopes = [`${this.#settings.resource.replace(/\/+$/, "")}/.default`]
      // Past its cache: when to renew is decided here, by the clock we were given.
      return this.#keep(await this.#app.acquireTokenByClientCredential({ scopes, skipCache: true }))
    } catch (error) {
      this.#app = undefined // it would answer the next call from its memory of the failure
      throw this.#restAfter(this.#translated(error))
    }
  }

  #keep(result: AuthenticationResult | null): string {
    if (!result?.accessToken) throw new Error("the token library returned no token and no error")
    const endsAtMs = result.expiresOn?.getTime() ?? this.#now()
    this.#token = { text: result.accessToken, endsAtMs }
    this.#rest = undefined
    return result.accessToken
  }

  #checkCertificate(): void {
    const endedAt = this.credential.expiresAt
    if (endedAt === undefined || endedAt.epochMilliseconds > this.#now()) return
    throw new NeedsAttentionError(`the certificate ended at ${endedAt}; put a new one into the Secret`, {
      reason: "Expired",
    })
  }

  #restAfter(failure: Error): Error {
    const asked = failure instanceof TemporaryError ? (failure.retryAfterMs ?? 0) : longestRestMs
    const lengthMs = Math.max(asked, this.#rest ? Math.min(this.#rest.lengthMs * 2, longestRestMs) : firstRestMs)
    const error = failure instanceof TemporaryError ? withPause(failure, lengthMs) : failure
    this.#rest = { error, untilMs: this.#clock.monotonicMs() + lengthMs, lengthMs }
    return error
  }

  #translated(error: unknown): Error {
    const { failure, retryAfter } = this.#transport
    const host = new URL(this.#settings.login).host
    return tokenError(error, { host, failure, retryAfterMs: retryAfterMs(retryAfter, this.#now()) })
  }

  #now(): number {
    return this.#clock.now().epochMilliseconds
  }
}

function withPause({ message, reason, cause }: TemporaryError, retryAfterMs: number): TemporaryError {
  return new TemporaryError(message, { reason, cause, retryAfterMs })
}

function configure(
  { login, tenantId, clientId, credential }: AccessTokenSettings,
  transport: TokenTransport,
): Configuration {
  const authority = new URL(login)
  const tenant = `${authority.origin}/${encodeURIComponent(tenantId)}`
  return {
    auth: {
      clientId,
      authority: tenant,
      authorityMetadata: endpointsOf(tenant),
      // With its port: otherwise the library asks login.microsoftonline.com whether it may believe this host.
      knownAuthorities: [authority.host],
      ...proofOf(credential),
    },
    system: { networkClient: transport, disableInternalRetries: true },
  }
}

/** Told, not discovered: one request less, and a tenant that does not exist is refused by number instead of by silence. */
function endpointsOf(tenant: string): string {
  return JSON.stringify({
    issuer: `${tenant}/v2.0`,
    authorization_endpoint: `${tenant}/oauth2/v2.0/authorize`,
    token_endpoint: `${tenant}/oauth2/v2.0/token`,
    jwks_uri: `${tenant}/discovery/v2.0/keys`,
    end_session_endpoint: `${tenant}/oauth2/v2.0/logout`,
  })
}

function proofOf(
  credential: AppCredential,
): Pick<Configuration["auth"], "clientSecret" | "clientCertificate" | "clientAssertion"> {
  switch (credential.kind) {
    case "secret":
      return { clientSecret: credential.secret }
    case "certificate": {
      const { certificatePem, privateKeyPem } = credential
      const thumbprintSha256 = createHash("sha256").update(new X509Certificate(certificatePem).raw).digest("hex")
      return { clientCertificate: { thumbprintSha256, privateKey: privateKeyPem, x5c: certificatePem } }
    }
    case "workloadIdentity":
      return { clientAssertion: credential.readAssertion }
    default:
      return credential satisfies never
  }
}

function readCertificate(credential: AppCredential): X509Certificate | undefined {
  if (credential.kind !== "certificate") return undefined
  try {
    return new X509Certificate(credential.certificatePem)
  } catch (cause) {
    throw new NeedsAttentionError("tls.crt holds no certificate that can be read", { reason: "InvalidClient", cause })
  }
}
