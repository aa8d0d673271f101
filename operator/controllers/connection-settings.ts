import type { ConnectionSettings } from "../core/exchange-settings.ts"
import { type AppCredentialRef, checkBackend, type ExchangeBackend } from "../resources/exchange-backend.ts"
import type { Connection } from "../resources/exchange-connection.ts"
import { type ObjectKey, refOf } from "../runtime/objects.ts"
import { loadAppCredential, loadEwsCredential } from "./connection-credentials.ts"
import type { ControllerDeps } from "./deps.ts"
import type { Reference } from "./references.ts"

/** The Secrets and ConfigMaps a connection refers to: all in its own namespace. */
export function connectionReferences({ backend, caBundle }: Connection, namespace: string): readonly Reference[] {
  const secretName = secretNameOf(backend)
  return [
    ...(secretName === undefined ? [] : [{ kind: "Secret" as const, namespace, name: secretName }]),
    ...(caBundle === undefined ? [] : [{ kind: "ConfigMap" as const, namespace, name: caBundle.configMapName }]),
  ]
}

/** The connection's spec with what its references hold. Throws NeedsAttentionError naming what is missing or wrong. */
export async function loadConnectionSettings(
  deps: ControllerDeps,
  key: ObjectKey,
  { backend, limits, caBundle }: Connection,
  signal: AbortSignal,
): Promise<ConnectionSettings> {
  const { namespace = "" } = refOf(key)
  checkBackend(backend)
  const settings = { ...(await loadBackend(deps, backend, namespace, signal)), name: key, limits }
  if (caBundle === undefined) return settings
  const reference = { kind: "ConfigMap" as const, namespace, name: caBundle.configMapName }
  return { ...settings, caBundlePem: await deps.references.read(reference, caBundle.key, signal) }
}

async function loadBackend(deps: ControllerDeps, backend: ExchangeBackend, namespace: string, signal: AbortSignal) {
  switch (backend.kind) {
    case "graph":
      return { ...backend, credential: await loadAppCredential(deps, backend.credential, namespace, signal) }
    case "ews":
      return { ...backend, credential: await loadEwsCredential(deps, backend.credential, namespace, signal) }
    default:
      return backend satisfies never
  }
}

function secretNameOf({ credential }: ExchangeBackend): string | undefined {
  return credential.kind === "oauth" ? secretNameOfApp(credential.app) : secretNameOfApp(credential)
}

function secretNameOfApp(
  credential: AppCredentialRef | { readonly kind: "basic" | "ntlm"; readonly secretName: string },
): string | undefined {
  return credential.kind === "workloadIdentity" ? undefined : credential.secretName
}
