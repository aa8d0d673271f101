import { X509Certificate } from "node:crypto"
import type { Socket } from "node:net"
import { createSecureContext, getCACertificates, type SecureContext } from "node:tls"
import { buildConnector, type Dispatcher, EnvHttpProxyAgent } from "undici"
import { NeedsAttentionError } from "../core/errors.ts"

export type ProxySettings = { readonly httpProxy?: string; readonly httpsProxy?: string; readonly noProxy?: string }

export type DispatcherOptions = {
  readonly proxy: ProxySettings
  /** Trusted beside the system's own certificates (PEM, one or more). */
  readonly caBundlePem?: string | undefined
  /** Connections per origin at most. */
  readonly connections: number
  readonly connectTimeoutMs: number
  /** How long to wait for the response's head, and between two pieces of its body. */
  readonly answerTimeoutMs: number
  /** An answer that grows beyond this, as it comes over the wire, is broken off. */
  readonly largestAnswerBytes?: number
  /** Connect here; the URL's name stays the one the certificate must have. Direct connections only. */
  readonly resolveTo?: string | undefined
  /** Told of each new direct connection before anything is sent on it. It then carries one request at a time. */
  readonly onConnected?: ((socket: Socket) => void) | undefined
}

/** Nothing that is asked for is near this; what is, would fill the memory of the whole process. */
export const largestAnswerBytes = 128_000_000

/**
 * One pool of connections with its certificates, proxy and limits; the caller closes it. Throws a NeedsAttentionError
 * when the CA bundle cannot be read.
 */
export function openDispatcher({
  proxy,
  caBundlePem,
  connections,
  connectTimeoutMs,
  answerTimeoutMs,
  largestAnswerBytes: maxResponseSize = largestAnswerBytes,
  resolveTo,
  onConnected,
}: DispatcherOptions): Dispatcher {
  const tls = caBundlePem === undefined ? {} : { secureContext: trustAlso(caBundlePem) }
  return new EnvHttpProxyAgent({
    // Empty strings, not undefined: undefined would read the process environment behind the settings' back.
    httpProxy: proxy.httpProxy ?? "",
    httpsProxy: proxy.httpsProxy ?? "",
    noProxy: proxy.noProxy ?? "",
    connections,
    connect:
      resolveTo === undefined && onConnected === undefined
        ? { timeout: connectTimeoutMs, ...tls }
        : connectorTo({ timeout: connectTimeoutMs, ...tls }, { resolveTo, onConnected }),
    requestTls: { timeout: connectTimeoutMs, ...tls },
    maxResponseSize,
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
  })
}

function connectorTo(
  options: buildConnector.BuildOptions,
  { resolveTo, onConnected }: Pick<DispatcherOptions, "resolveTo" | "onConnected">,
): buildConnector.connector {
  // A resumed session would not show the server's certificate to who is told of the connection.
  const connect = buildConnector({ ...options, allowH2: false, maxCachedSessions: 0 })
  return (target, callback) => {
    const hostname = resolveTo ?? target.hostname
    connect({ ...target, hostname }, (...result) => {
      if (result[1]) onConnected?.(result[1])
      callback(...result)
    })
  }
}

/** Made once: reading a few hundred certificates costs ten milliseconds, too much to do for every socket. */
function trustAlso(caBundlePem: string): SecureContext {
  return createSecureContext({ ca: [...getCACertificates("default"), ...certificatesIn(caBundlePem)] })
}

/** TLS itself passes over what it cannot read, and the connection would fail later for no visible reason. */
function certificatesIn(pem: string): readonly string[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  try {
    return (blocks.length > 0 ? blocks : [pem]).map(block => new X509Certificate(block).toString())
  } catch (cause) {
    throw new NeedsAttentionError("the CA bundle holds no certificate that can be read", { reason: "TLSFailed", cause })
  }
}
