import type { ProbeRequest } from "../core/ports.ts"
import type { AccessPolicy } from "../core/scope.ts"
import { describeKind } from "./api-group.ts"
import { type CaBundleRef, readCaBundle } from "./ca-bundle.ts"
import type { ExchangeConnectionSpec, ExchangeConnectionStatus } from "./generated/exchange-connection.ts"
import { type NamespaceGate, readNamespaceGate } from "./namespace-gate.ts"

export type { ExchangeConnectionSpec, ExchangeConnectionStatus }

export const exchangeConnections = describeKind("ExchangeConnection", "exchangeconnections")

/** How the application proves who it is; secrets are still references. */
type CredentialRef =
  | { readonly kind: "workloadIdentity"; readonly audience: string }
  | { readonly kind: "certificate"; readonly secretName: string }
  | { readonly kind: "secret"; readonly secretName: string; readonly key: string }

/** An ExchangeConnection.spec with its defaults applied. */
export type Connection = {
  readonly tenantId: string
  readonly clientId: string
  /** Without a slash at the end. */
  readonly endpoints: { readonly login: string; readonly graph: string }
  readonly credential: CredentialRef
  readonly caBundle?: CaBundleRef
  readonly accessPolicy: AccessPolicy
  readonly proof: ProbeRequest
  /** Nothing is synced while the denied mailbox of the proof can be reached. */
  readonly requireProof: boolean
  readonly allowedNamespaces: NamespaceGate
  readonly limits: { readonly concurrencyPerMailbox: number; readonly requestsPerSecond: number }
  readonly takeOver: readonly string[]
  readonly suspended: boolean
}

/** The keys of a certificate's Secret, as kubernetes.io/tls has them. */
export const certificateKeys = { certificate: "tls.crt", privateKey: "tls.key" } as const

type Cloud = NonNullable<ExchangeConnectionSpec["graph"]["cloud"]>

/** https://learn.microsoft.com/graph/deployments */
const cloudEndpoints: Readonly<Record<Cloud, Connection["endpoints"]>> = {
  Global: { login: "https://login.microsoftonline.com", graph: "https://graph.microsoft.com" },
  USGov: { login: "https://login.microsoftonline.us", graph: "https://graph.microsoft.us" },
  USGovDoD: { login: "https://login.microsoftonline.us", graph: "https://dod-graph.microsoft.us" },
  China: { login: "https://login.partner.microsoftonline.cn", graph: "https://microsoftgraph.chinacloudapi.cn" },
}

export function readConnection(spec: ExchangeConnectionSpec): Connection {
  const { graph, accessPolicy } = spec
  const proof = accessPolicy.proof
  return {
    tenantId: graph.tenantId,
    clientId: graph.clientId,
    endpoints: readEndpoints(graph),
    credential: readCredential(graph.credentials),
    ...readCaBundle(spec.tls?.caBundle),
    accessPolicy,
    proof: proof ?? {},
    requireProof: accessPolicy.requireProof ?? proof?.denied !== undefined,
    allowedNamespaces: readNamespaceGate(spec.allowedNamespaces),
    limits: {
      concurrencyPerMailbox: spec.limits?.concurrencyPerMailbox ?? 4,
      requestsPerSecond: spec.limits?.requestsPerSecond ?? 50,
    },
    takeOver: spec.takeOver ?? [],
    suspended: spec.suspend ?? false,
  }
}

function readEndpoints({ cloud, endpoints }: ExchangeConnectionSpec["graph"]): Connection["endpoints"] {
  const usual = cloudEndpoints[cloud ?? "Global"]
  return {
    login: withoutSlash(endpoints?.login ?? usual.login),
    graph: withoutSlash(endpoints?.graph ?? usual.graph),
  }
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, "")
}

function readCredential(credentials: ExchangeConnectionSpec["graph"]["credentials"]): CredentialRef {
  if (credentials.workloadIdentity !== undefined) {
    const audience = credentials.workloadIdentity.audience ?? "api://AzureADTokenExchange"
    return { kind: "workloadIdentity", audience }
  }
  if (credentials.certificateSecretRef !== undefined) {
    return { kind: "certificate", secretName: credentials.certificateSecretRef.name }
  }
  const { name, key = "clientSecret" } = credentials.clientSecretRef
  return { kind: "secret", secretName: name, key }
}
