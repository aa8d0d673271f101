import type { ProbeRequest } from "../core/ports.ts"
import type { AccessPolicy } from "../core/scope.ts"
import { describeKind } from "./api-group.ts"
import { type CaBundleRef, readCaBundle } from "./ca-bundle.ts"
import { type ExchangeBackend, readBackend } from "./exchange-backend.ts"
import type { ExchangeConnectionSpec, ExchangeConnectionStatus } from "./generated/exchange-connection.ts"
import { type NamespaceGate, readNamespaceGate } from "./namespace-gate.ts"

export type { ExchangeConnectionSpec, ExchangeConnectionStatus }

export const exchangeConnections = describeKind("ExchangeConnection", "exchangeconnections")

/** An ExchangeConnection.spec with its defaults applied. */
export type Connection = {
  readonly backend: ExchangeBackend
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

/**
 * Four is what Exchange Online allows. Exchange Server allows an account 27 over all mailboxes together, and counts time
 * rather than requests: the pace is the same, and it says itself when it wants less.
 */
const usualLimits: Connection["limits"] = { concurrencyPerMailbox: 4, requestsPerSecond: 50 }

export function readConnection(spec: ExchangeConnectionSpec): Connection {
  const { accessPolicy } = spec
  const proof = accessPolicy.proof
  return {
    backend: readBackend(spec),
    ...readCaBundle(spec.tls?.caBundle),
    accessPolicy,
    proof: proof ?? {},
    requireProof: accessPolicy.requireProof ?? proof?.denied !== undefined,
    allowedNamespaces: readNamespaceGate(spec.allowedNamespaces),
    limits: { ...usualLimits, ...spec.limits },
    takeOver: spec.takeOver ?? [],
    suspended: spec.suspend ?? false,
  }
}
