import { NeedsAttentionError } from "../core/errors.ts"
import type { AppCredential, EwsCredential, UserCredential } from "../core/exchange-settings.ts"
import {
  type AppCredentialRef,
  accountKeys,
  certificateKeys,
  type EwsCredentialRef,
} from "../resources/exchange-backend.ts"
import type { ControllerDeps } from "./deps.ts"
import { type Content, type References, withoutLineEnd } from "./references.ts"

type Deps = Pick<ControllerDeps, "readFederatedToken"> & { readonly references: Pick<References, "fetch"> }

/** Throws NeedsAttentionError naming the Secret and key that is missing. */
export async function loadAppCredential(
  { references, readFederatedToken }: Deps,
  credential: AppCredentialRef,
  namespace: string,
  signal: AbortSignal,
): Promise<AppCredential> {
  if (credential.kind === "workloadIdentity") {
    return { kind: "workloadIdentity", readAssertion: assertionFor(readFederatedToken, credential.audience) }
  }
  const content = await references.fetch({ kind: "Secret", namespace, name: credential.secretName }, signal)
  if (credential.kind === "secret") return { kind: "secret", secret: content.read(credential.key).trim() }
  return {
    kind: "certificate",
    certificatePem: content.read(certificateKeys.certificate),
    privateKeyPem: content.read(certificateKeys.privateKey),
  }
}

/** Throws NeedsAttentionError naming the Secret and key that is missing, or contradicts another. */
export async function loadEwsCredential(
  deps: Deps,
  credential: EwsCredentialRef,
  namespace: string,
  signal: AbortSignal,
): Promise<EwsCredential> {
  if (credential.kind === "oauth") {
    return { ...credential, app: await loadAppCredential(deps, credential.app, namespace, signal) }
  }
  const content = await deps.references.fetch({ kind: "Secret", namespace, name: credential.secretName }, signal)
  const account = readAccount(content)
  // Basic ends the name at the first colon, and takes what follows for the password.
  if (credential.kind === "basic" && account.username.includes(":"))
    throw contradiction(content, `"${accountKeys.username}" holds a colon, which Basic cannot carry: use ntlmSecretRef`)
  return { kind: credential.kind, ...account }
}

/** Whoever writes `CONTOSO\svc` means the same as with a domain of its own; NTLM needs both apart. */
function readAccount(content: Content): UserCredential {
  const username = content.read(accountKeys.username, text => text.trim())
  const password = content.read(accountKeys.password, withoutLineEnd)
  const domain = content.readOptional(accountKeys.domain)?.trim()
  const [, ownDomain, ownName] = /^([^\\]*)\\(.*)$/.exec(username) ?? []
  if (domain && (ownName !== undefined || username.includes("@"))) {
    throw contradiction(content, `"${accountKeys.username}" names a domain already: remove "${accountKeys.domain}"`)
  }
  if (ownName === undefined) return { username, password, ...(domain && { domain }) }
  if (ownName !== "" && ownDomain) return { username: ownName, password, domain: ownDomain }
  throw contradiction(content, `"${accountKeys.username}" must be DOMAIN\\name, name@domain, or a name alone`)
}

function contradiction({ name }: Content, text: string): NeedsAttentionError {
  return new NeedsAttentionError(`${name}: ${text}`, { reason: "InvalidSpec" })
}

/** Entra ID refuses a token of another audience with a message nobody understands; here it is said plainly. */
function assertionFor(readToken: ControllerDeps["readFederatedToken"], audience: string): () => Promise<string> {
  return async () => {
    if (readToken === undefined) {
      throw new NeedsAttentionError(
        "workloadIdentity needs a projected service account token: mount one and name it with --federated-token-file",
        { reason: "SecretNotFound" },
      )
    }
    const token = (await readToken()).trim()
    if (audiencesOf(token).includes(audience)) return token
    throw new NeedsAttentionError(
      `the projected service account token is not made for the audience "${audience}": change the volume's audience or workloadIdentity.audience`,
      { reason: "InvalidClient" },
    )
  }
}

function audiencesOf(token: string): readonly unknown[] {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"))
    const audience: unknown = typeof claims === "object" && claims !== null && "aud" in claims ? claims.aud : undefined
    return Array.isArray(audience) ? audience : [audience]
  } catch {
    return []
  }
}
