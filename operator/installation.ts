import { randomUUID } from "node:crypto"
import type { Installation } from "./controllers/deps.ts"
import { shortHash } from "./core/origin.ts"
import type { KubeClient } from "./runtime/kube-client.ts"
import { isAlreadyExists, isNotFound } from "./runtime/kube-error.ts"
import type { KubeResource, ResourceKind } from "./runtime/objects.ts"

const configMaps = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap" } as const satisfies ResourceKind
const namespaces = { group: "", version: "v1", plural: "namespaces", kind: "Namespace" } as const satisfies ResourceKind

const installationName = "calsync-installation"

type IdMap = KubeResource & { readonly data?: Readonly<Record<string, string>> }

/**
 * Who this process is on every mark. A given id is taken as it is; without one it is made once and kept in the operator's
 * namespace. A cluster is known by its kube-system namespace, which is never made twice.
 */
export async function findInstallation(
  client: KubeClient,
  { namespace, installationId }: { readonly namespace: string; readonly installationId: string | undefined },
  signal: AbortSignal,
): Promise<Installation & { readonly isGiven: boolean }> {
  const id = installationId ?? (await keptId(client, namespace, signal))
  return { id, cluster: await clusterName(client, signal), isGiven: installationId !== undefined }
}

async function keptId(client: KubeClient, namespace: string, signal: AbortSignal): Promise<string> {
  const kept = await readId(client, namespace, signal)
  if (kept !== undefined) return kept
  const id = `calsync-${randomUUID().slice(0, 13)}`
  try {
    await client.create(configMaps, { metadata: { namespace, name: installationName }, data: { id } }, signal)
    return id
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
    return (await readId(client, namespace, signal)) ?? id
  }
}

async function readId(client: KubeClient, namespace: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const map = await client.get<IdMap>(configMaps, { namespace, name: installationName }, signal)
    if (map.data?.["id"]) return map.data["id"]
    throw new Error(
      `ConfigMap ${namespace}/${installationName} has no "id": give --installation-id, or delete it only if no mailbox holds copies yet`,
    )
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** Short, because it stands on every copy; 60 bits tell clusters apart. */
async function clusterName(client: KubeClient, signal: AbortSignal): Promise<string> {
  const { metadata } = await client.get(namespaces, { name: "kube-system" }, signal)
  return shortHash(["cluster", metadata.uid], 10).replaceAll(/[-_]/g, "0")
}
