/** What stopped a request before an answer came: the host could not be reached, or its certificate was not accepted. */
export type NetworkFailure = { readonly reason: "Unreachable" | "TLSFailed"; readonly code: string }

/** Reads the error of undici or node:net; codes are safe to print. */
export function networkFailure(error: unknown): NetworkFailure {
  const code = codeOf(error)
  return { reason: isCertificateCode(code) ? "TLSFailed" : "Unreachable", code }
}

/** The first code down the chain of causes: fetch wraps what really happened. */
function codeOf(error: unknown): string {
  for (let current = error, depth = 0; current instanceof Error && depth < 5; current = current.cause, depth += 1) {
    if ("code" in current && typeof current.code === "string" && current.code !== "") return current.code
  }
  return error instanceof Error ? error.name : "unknown"
}

const certificateCodes = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "HOSTNAME_MISMATCH",
  // Key too short, or signed with SHA-1: OpenSSL has no code of its own for it, and Node this name.
  "UNSPECIFIED",
])

function isCertificateCode(code: string): boolean {
  return certificateCodes.has(code) || /^(ERR_TLS_|ERR_SSL_|CERT_|EPROTO)/.test(code)
}
