import { gunzipSync, gzipSync } from "node:zlib"
import { TemporaryError } from "../core/errors.ts"
import type { RememberedPair, SyncMemory } from "../core/ports.ts"

/**
 * What was in step after the last good pass, kept beside the sync it belongs to: ids and hashes, no content. Losing it
 * falls back to first-sync matching, never to deletion.
 */

/** Where records live: one small binary value per sync. */
export type RecordStore = {
  read(sync: string, signal: AbortSignal): Promise<Uint8Array | undefined>
  write(sync: string, value: Uint8Array, signal: AbortSignal): Promise<void>
  remove(sync: string, signal: AbortSignal): Promise<void>
}

export type ClusterMemory = SyncMemory & { forget(sync: string, signal: AbortSignal): Promise<void> }

/** A ConfigMap holds 1 MiB in all; base64 takes a third of it. */
const mostBytes = 700_000
const version = 1

export function openMemory(records: RecordStore): ClusterMemory {
  return {
    load: async (sync, signal) => {
      const value = await records.read(sync, signal)
      return value === undefined ? undefined : decode(value)
    },
    save: async (sync, pairs, signal) => {
      const value = encode(pairs)
      if (value.byteLength > mostBytes) {
        throw new TemporaryError(`${pairs.length} events are more than can be remembered for one mailbox`, {
          reason: "ApplyFailed",
        })
      }
      await records.write(sync, value, signal)
    },
    forget: (sync, signal) => records.remove(sync, signal),
  }
}

/** Rows instead of objects: the names of five fields, a thousand times, are not worth keeping. */
function encode(pairs: readonly RememberedPair[]): Uint8Array {
  const rows = pairs.map(pair => [
    pair.key,
    pair.occurrence ?? "",
    pair.sourceFingerprint,
    pair.copyId,
    pair.copyFingerprint,
  ])
  return gzipSync(JSON.stringify({ version, rows }))
}

/** Undefined when it cannot be read: as good as lost, which is safe. */
function decode(value: Uint8Array): readonly RememberedPair[] | undefined {
  try {
    const record: unknown = JSON.parse(gunzipSync(value).toString("utf8"))
    if (typeof record !== "object" || record === null || !("version" in record) || !("rows" in record)) return undefined
    if (record.version !== version || !Array.isArray(record.rows)) return undefined
    const pairs = record.rows.map(readRow)
    return pairs.every(pair => pair !== undefined) ? pairs : undefined
  } catch {
    return undefined
  }
}

function readRow(row: unknown): RememberedPair | undefined {
  if (!Array.isArray(row) || row.length < 5 || !row.every(cell => typeof cell === "string")) return undefined
  const [key = "", occurrence = "", sourceFingerprint = "", copyId = "", copyFingerprint = ""] = row
  const pair = { key, sourceFingerprint, copyId, copyFingerprint }
  return occurrence === "" ? pair : { ...pair, occurrence }
}
