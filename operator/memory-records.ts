import type { RecordStore } from "./memory/in-cluster.ts"
import { apiGroup, apiVersion, labels } from "./resources/api-group.ts"
import { calendarSyncs } from "./resources/calendar-sync.ts"
import type { KubeClient } from "./runtime/kube-client.ts"
import { isNotFound } from "./runtime/kube-error.ts"
import { type KubeResource, type ResourceKind, refOf } from "./runtime/objects.ts"

const configMaps = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap" } as const satisfies ResourceKind
const field = "pairs"

type RecordMap = KubeResource & { readonly binaryData?: Readonly<Record<string, string>> }

/** Records as ConfigMaps of the CalendarSync's name, owned by it: they go with it. */
export function clusterRecords(client: KubeClient): RecordStore {
  return {
    read: async (sync, signal) => {
      const map = await client.get<RecordMap>(configMaps, refOf(sync), signal).catch(absentIfNotFound)
      const value = map?.binaryData?.[field]
      return value === undefined ? undefined : Buffer.from(value, "base64")
    },
    write: async (sync, value, signal) => {
      const { uid, name } = (await client.get(calendarSyncs, refOf(sync), signal)).metadata
      const ownerReferences = [{ apiVersion: `${apiGroup}/${apiVersion}`, kind: calendarSyncs.kind, name, uid }]
      await client.apply(
        configMaps,
        {
          metadata: { ...refOf(sync), labels: { [labels.managedBy]: "calsync" }, ownerReferences },
          binaryData: { [field]: Buffer.from(value).toString("base64") },
        },
        { fieldManager: "calsync", force: true },
        signal,
      )
    },
    remove: (sync, signal) => client.delete(configMaps, refOf(sync), {}, signal),
  }
}

function absentIfNotFound(error: unknown): undefined {
  if (isNotFound(error)) return undefined
  throw error
}
