import { X509Certificate } from "node:crypto"
import { createSecureContext, getCACertificates, type SecureContext } from "node:tls"
import { type Dispatcher, EnvHttpProxyAgent } from "undici"
import { NeedsAttentionError } from "../core/errors.ts"

export type ProxySettings = { readonly httpProxy?: string; readonly httpsProxy?: string; readonly noProxy?: string }

export type DispatcherOptions = {
  readonly proxy: ProxySettings
  /** Trusted beside the system's own certificates (PEM, one or more). */
  readonly caBundlePem?: string
  /** Connections per origin at most. */
  readonly connections: number
  readonly connectTimeoutMs: number
  /** How long to wait for the response's head, and between two pieces of its body. */
  readonly answerTimeoutMs: number
}

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
}: DispatcherOptions): Dispatcher {
  const tls = caBundlePem === undefined ? {} : { secureContext: trustAlso(caBundlePem) }
  return new EnvHttpProxyAgent({
    // Empty strings, not undefined: undefined would read the process environment behind the settings' back.
    httpProxy: proxy.httpProxy ?? "",
    httpsProxy: proxy.httpsProxy ?? "",
    noProxy: proxy.noProxy ?? "",
    connections,
    connect: { timeout: connectTimeoutMs, ...tls },
    requestTls: { timeout: connectTimeoutMs, ...tls },
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
  })
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
