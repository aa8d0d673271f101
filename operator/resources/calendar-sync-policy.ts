import { parsePolicy, type SyncPolicy } from "../core/policy.ts"
import { describeKind } from "./api-group.ts"
import type { CalendarSyncPolicySpec, CalendarSyncPolicyStatus } from "./generated/calendar-sync-policy.ts"
import { durationField } from "./spec-field.ts"

export type { CalendarSyncPolicySpec, CalendarSyncPolicyStatus }

export const calendarSyncPolicies = describeKind("CalendarSyncPolicy", "calendarsyncpolicies")

/** A CalendarSyncPolicy.spec with its defaults applied. */
export type PolicyPlan = {
  readonly sync: SyncPolicy
  /** From when on trouble makes a mailbox not Ready. */
  readonly alerts: { readonly afterFailures: number; readonly staleAfterMs: number }
  readonly suspended: boolean
}

/** Exchange lists at most five years at once. */
const longestWindow = "1825d"

/** Throws NeedsAttentionError (InvalidSpec) naming the field. */
export function readPolicy(spec: CalendarSyncPolicySpec): PolicyPlan {
  checkWindow(spec)
  return {
    sync: parsePolicy(spec),
    alerts: {
      afterFailures: spec.alerts?.afterFailures ?? 3,
      staleAfterMs: durationField("spec.alerts.staleAfter", spec.alerts?.staleAfter, { otherwise: "1h", least: "1m" }),
    },
    suspended: spec.suspend ?? false,
  }
}

function checkWindow({ window }: CalendarSyncPolicySpec): void {
  durationField("spec.window.past", window?.past, { otherwise: "7d", most: longestWindow })
  durationField("spec.window.future", window?.future, { otherwise: "200d", least: "1h", most: longestWindow })
}
