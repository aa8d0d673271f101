import { isIP } from "node:net"
import type { EwsVersion } from "../core/exchange-settings.ts"
import type { ExchangeConnectionSpec } from "./generated/exchange-connection.ts"
import { invalidField, zoneField } from "./spec-field.ts"

/** Which Exchange a connection leads to, and as whom; secrets are still references. */
export type ExchangeBackend = GraphBackend | EwsBackend

export type GraphBackend = {
  readonly kind: "graph"
  readonly tenantId: string
  readonly clientId: string
  /** Without a slash at the end. */
  readonly endpoints: { readonly login: string; readonly graph: string }
  readonly credential: AppCredentialRef
}

export type EwsBackend = {
  readonly kind: "ews"
  readonly url: string
  readonly resolveTo?: string
  readonly version?: EwsVersion
  readonly access: "Impersonation" | "Delegate"
  readonly timeZone?: string
  readonly credential: EwsCredentialRef
}

/** How an application registered in Entra ID proves who it is. */
export type AppCredentialRef =
  | { readonly kind: "workloadIdentity"; readonly audience: string }
  | { readonly kind: "certificate"; readonly secretName: string }
  | { readonly kind: "secret"; readonly secretName: string; readonly key: string }

export type EwsCredentialRef =
  | { readonly kind: "basic" | "ntlm"; readonly secretName: string }
  | {
      readonly kind: "oauth"
      /** Without a slash at the end. */
      readonly login: string
      readonly tenantId: string
      readonly clientId: string
      readonly app: AppCredentialRef
    }

/** The keys of a certificate's Secret, as kubernetes.io/tls has them. */
export const certificateKeys = { certificate: "tls.crt", privateKey: "tls.key" } as const
/** The keys of an account's Secret, as kubernetes.io/basic-auth has them, and the domain. */
export const accountKeys = { username: "username", password: "password", domain: "domain" } as const

type GraphSpec = NonNullable<ExchangeConnectionSpec["graph"]>
type EwsSpec = NonNullable<ExchangeConnectionSpec["ews"]>
type OAuthSpec = NonNullable<EwsSpec["credentials"]["oauth"]>
type Cloud = NonNullable<GraphSpec["cloud"]>

/** https://learn.microsoft.com/graph/deployments */
const cloudEndpoints: Readonly<Record<Cloud, GraphBackend["endpoints"]>> = {
  Global: { login: "https://login.microsoftonline.com", graph: "https://graph.microsoft.com" },
  USGov: { login: "https://login.microsoftonline.us", graph: "https://graph.microsoft.us" },
  USGovDoD: { login: "https://login.microsoftonline.us", graph: "https://dod-graph.microsoft.us" },
  China: { login: "https://login.partner.microsoftonline.cn", graph: "https://microsoftgraph.chinacloudapi.cn" },
}

export function readBackend({ graph, ews }: ExchangeConnectionSpec): ExchangeBackend {
  return graph === undefined ? readEws(ews) : readGraph(graph)
}

/**
 * What a schema cannot check. Throws NeedsAttentionError (InvalidSpec). Not part of reading, which bindings do as well:
 * what keeps a connection from being opened must not keep them from being looked at.
 */
export function checkBackend(backend: ExchangeBackend): void {
  if (backend.kind === "graph") return
  if (backend.timeZone !== undefined) zoneField("spec.ews.timeZone", backend.timeZone)
  if (backend.resolveTo !== undefined && isIP(backend.resolveTo) === 0) {
    throw invalidField("spec.ews.resolveTo", "must be an IP address, such as 10.1.2.3")
  }
}

function readGraph({ tenantId, clientId, cloud, endpoints, credentials }: GraphSpec): GraphBackend {
  const usual = cloudEndpoints[cloud ?? "Global"]
  return {
    kind: "graph",
    tenantId,
    clientId,
    endpoints: {
      login: withoutSlash(endpoints?.login ?? usual.login),
      graph: withoutSlash(endpoints?.graph ?? usual.graph),
    },
    credential: readAppCredential(credentials),
  }
}

function readEws({ url, resolveTo, version, access, timeZone, credentials }: EwsSpec): EwsBackend {
  return {
    kind: "ews",
    url,
    ...(resolveTo === undefined ? {} : { resolveTo }),
    ...(version === undefined ? {} : { version }),
    access: access ?? "Impersonation",
    ...(timeZone === undefined ? {} : { timeZone }),
    credential: readEwsCredential(credentials),
  }
}

function readEwsCredential({ basicSecretRef, ntlmSecretRef, oauth }: EwsSpec["credentials"]): EwsCredentialRef {
  if (basicSecretRef !== undefined) return { kind: "basic", secretName: basicSecretRef.name }
  if (ntlmSecretRef !== undefined) return { kind: "ntlm", secretName: ntlmSecretRef.name }
  const { tenantId, clientId, cloud, endpoints } = oauth
  const login = withoutSlash(endpoints?.login ?? cloudEndpoints[cloud ?? "Global"].login)
  return { kind: "oauth", login, tenantId, clientId, app: readAppCredential(oauth) }
}

function readAppCredential(credentials: GraphSpec["credentials"] | OAuthSpec): AppCredentialRef {
  if ("workloadIdentity" in credentials && credentials.workloadIdentity !== undefined) {
    const audience = credentials.workloadIdentity.audience ?? "api://AzureADTokenExchange"
    return { kind: "workloadIdentity", audience }
  }
  if (credentials.certificateSecretRef !== undefined) {
    return { kind: "certificate", secretName: credentials.certificateSecretRef.name }
  }
  const { name, key = "clientSecret" } = credentials.clientSecretRef
  return { kind: "secret", secretName: name, key }
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, "")
}
