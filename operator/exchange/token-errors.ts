import { AuthError } from "@azure/msal-node"
import { NeedsAttentionError, TemporaryError } from "../core/errors.ts"
import { networkFailure } from "../http/network-failure.ts"

const unmatchedWorkload = {
  reason: "InvalidClient",
  text: "no federated credential matches this workload's issuer, subject and audience",
}

/**
 * What the directory's numbers mean: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 * Only the number is read; the sentence around it is localised and names the tenant.
 */
const meanings: Readonly<Record<string, { readonly reason: string; readonly text: string }>> = {
  "7000215": { reason: "InvalidClient", text: "the client secret is wrong (its value is needed, not its id)" },
  "7000222": { reason: "Expired", text: "the client secret has expired; make a new one and put it into the Secret" },
  "1000502": { reason: "Expired", text: "the certificate is outside its period of validity" },
  "700016": { reason: "InvalidClient", text: "the directory knows no such clientId" },
  "90002": { reason: "InvalidClient", text: "there is no such tenant; check tenantId and cloud" },
  "900023": { reason: "InvalidClient", text: "tenantId is neither an id nor a domain name" },
  "700027": { reason: "InvalidClient", text: "the certificate is not one of this application's keys" },
  "700024": { reason: "InvalidClient", text: "the assertion is outside its time; check the clock of this machine" },
  "70021": unmatchedWorkload,
  "700211": unmatchedWorkload,
  "700212": unmatchedWorkload,
  "700213": unmatchedWorkload,
  "7000229": { reason: "ConsentRevoked", text: "the application is not installed in this tenant; grant admin consent" },
  "7000112": { reason: "ConsentRevoked", text: "the application is disabled in this tenant" },
  "65001": { reason: "ConsentRevoked", text: "nobody has consented to the application; grant admin consent" },
  "500011": {
    reason: "ConsentRevoked",
    text: "the tenant does not know what the token is for: for Graph check cloud and endpoints, for a server register its address in Entra ID",
  },
}

/** The core error for what the token library threw. `failure` is what the network said, if it came to that. */
export function tokenError(
  error: unknown,
  {
    host,
    failure,
    retryAfterMs,
  }: { readonly host: string; readonly failure: unknown; readonly retryAfterMs: number | undefined },
): Error {
  if (failure !== undefined) return noAnswer(failure, host)
  if (error instanceof NeedsAttentionError) return error
  if (!(error instanceof AuthError)) {
    const text = "the credential cannot be used: certificate and private key, or the workload's token, are not readable"
    return new NeedsAttentionError(text, { reason: "InvalidClient", cause: error })
  }
  const code = /AADSTS(\d+)/.exec(error.errorMessage)?.[1]
  const meaning = code === undefined ? undefined : meanings[code]
  if (meaning) return new NeedsAttentionError(`${meaning.text} (AADSTS${code})`, { reason: meaning.reason })
  if (isClientFault(error.errorCode)) {
    const told = code === undefined ? error.errorCode : `AADSTS${code}`
    return new NeedsAttentionError(`${host} refuses these credentials (${told})`, { reason: "InvalidClient" })
  }
  const pause = retryAfterMs === undefined ? {} : { retryAfterMs }
  // Whatever answered may have put any text there.
  const told = /^\w{1,60}$/.test(error.errorCode) ? error.errorCode : "no code"
  return new TemporaryError(`${host} gave no token (${told})`, {
    reason: "Unreachable",
    ...pause,
  })
}

function noAnswer(failure: unknown, host: string): Error {
  const { reason, code } = networkFailure(failure)
  if (reason === "TLSFailed") {
    return new NeedsAttentionError(`the certificate of ${host} is not trusted (${code}); check tls.caBundle`, {
      reason,
    })
  }
  return new TemporaryError(`${host} does not answer (${code})`, { reason })
}

const clientFaults = new Set([
  "invalid_client",
  "unauthorized_client",
  "invalid_grant",
  "invalid_request",
  "invalid_scope",
  "invalid_resource",
])

function isClientFault(errorCode: string): boolean {
  return clientFaults.has(errorCode)
}
