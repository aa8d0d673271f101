import { NeedsAttentionError } from "../core/errors.ts"
import type { ConnectionSettings, AppCredential } from "../core/ports.ts"
import { type Connection, certificateKeys } from "../resources/exchange-connection.ts"
import { type ObjectKey, refOf } from "../runtime/objects.ts"
import type { ControllerDeps } from "./deps.ts"
import type { Reference } from "./references.ts"

/** The Secrets and ConfigMaps a connection refers to: all in its own namespace. */
export function connectionReferences({ credential, caBundle }: Connection, namespace: string): readonly Reference[] {
  return [
    ...(credential.kind === "workloadIdentity"
      ? []
      : [{ kind: "Secret" as const, namespace, name: credential.secretName }]),
    ...(caBundle === undefined ? [] : [{ kind: "ConfigMap" as const, namespace, name: caBundle.configMapName }]),
  ]
}

/** The connection's spec with what its references hold. Throws NeedsAttentionError naming what is missing. */
export async function loadConnectionSettings(
  deps: ControllerDeps,
  key: ObjectKey,
  connection: Connection,
  signal: AbortSignal,
): Promise<ConnectionSettings> {
  const { namespace = "" } = refOf(key)
  const { tenantId, clientId, endpoints, limits, caBundle } = connection
  const credential = await loadCredential(deps, connection, namespace, signal)
  const settings = { kind: "graph" as const, name: key, tenantId, clientId, endpoints, credential, limits }
  if (caBundle === undefined) return settings
  const reference = { kind: "ConfigMap" as const, namespace, name: caBundle.configMapName }
  return { ...settings, caBundlePem: await deps.references.read(reference, caBundle.key, signal) }
}

async function loadCredential(
  deps: ControllerDeps,
  { credential }: Connection,
  namespace: string,
  signal: AbortSignal,
): Promise<AppCredential> {
  if (credential.kind === "workloadIdentity") {
    return { kind: "workloadIdentity", readAssertion: assertionFor(deps.readFederatedToken, credential.audience) }
  }
  const secret = { kind: "Secret" as const, namespace, name: credential.secretName }
  const read = (field: string) => deps.references.read(secret, field, signal)
  if (credential.kind === "secret") return { kind: "secret", secret: (await read(credential.key)).trim() }
  return {
    kind: "certificate",
    certificatePem: await read(certificateKeys.certificate),
    privateKeyPem: await read(certificateKeys.privateKey),
  }
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
