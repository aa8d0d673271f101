import type { CalendarSyncObject } from "../../operator/controllers/objects.ts"
import { Content, type Reference } from "../../operator/controllers/references.ts"
import { readPolicy } from "../../operator/resources/calendar-sync-policy.ts"
import type { SyncReport } from "../../operator/sync/report.ts"

/** A CalendarSync as the cache holds it. */
export function syncObject(status: CalendarSyncObject["status"] = {}): CalendarSyncObject {
  return {
    apiVersion: "calsync.dev/v1alpha1",
    kind: "CalendarSync",
    metadata: { name: "anna", namespace: "calendars", uid: "u-1", resourceVersion: "7", generation: 1 },
    spec: { mailbox: "anna@contoso.com", identity: "anna", bindingRef: { name: "main" } },
    status,
  }
}

/** A pass that found everything in step. */
export function report(changes: Partial<SyncReport> = {}): SyncReport {
  return {
    kind: "Incremental",
    events: { desired: 2, inSync: 2, held: 0, failed: 0 },
    lastPass: { created: 0, updated: 0, deleted: 0, adopted: 0, restored: 0, stripped: 0, skipped: 0 },
    pending: { create: 0, update: 0, delete: 0, blockedBy: "" },
    drift: { found: 0, corrected: 0 },
    kept: { OutsideWindow: 0, SourceIncomplete: 0, MailboxIncomplete: 0, EventUnreadable: 0 },
    orphans: 0,
    ambiguous: 0,
    failures: [],
    failuresTotal: 0,
    failedReasons: [],
    failedKeys: new Set(),
    synced: { status: "True", reason: "InSync", message: "2 of 2 events are in sync" },
    goodPassAt: now,
    firstSyncDone: true,
    ...changes,
  }
}

export const now = Temporal.Instant.from("2027-03-01T12:00:00Z")
export const policy = readPolicy({})

export function ago(duration: Temporal.DurationLike): string {
  return now.subtract(duration).toString({ smallestUnit: "second" })
}

export function ready(status: "True" | "False", reason: string, since = ago({ hours: 1 })) {
  return { type: "Ready", status, reason, message: "as before", lastTransitionTime: since }
}

/** A cluster in which every Secret holds this. */
export function secretsWith(data: Readonly<Record<string, string | Uint8Array>>) {
  const stored = Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
  )
  return { fetch: async (reference: Reference) => new Content(reference, stored) }
}
