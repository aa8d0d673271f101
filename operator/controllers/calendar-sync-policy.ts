import { requestedAt } from "../resources/api-group.ts"
import { calendarSyncPolicies, readPolicy } from "../resources/calendar-sync-policy.ts"
import type { ReconcileContext, ReconcileResult } from "../runtime/controller.ts"
import type { ObjectKey } from "../runtime/objects.ts"
import type { ControllerDeps } from "./deps.ts"
import type { CalendarSyncPolicyObject } from "./objects.ts"
import { conclude, succeeded, suspended, type Verdict, verdictOf } from "./verdict.ts"
import { syncsOfPolicy } from "./who-depends.ts"

/** Says whether a policy can be used, and how many syncs use it. The syncs read it themselves. */
export function reconcilePolicy(deps: ControllerDeps) {
  return async (key: ObjectKey, { signal }: ReconcileContext): Promise<ReconcileResult> => {
    const object = deps.status.read(deps.caches.policies, calendarSyncPolicies, key)
    if (object === undefined) return undefined
    const generation = object.metadata.generation
    const handled = requestedAt(object.metadata.annotations)
    const next = {
      ...object.status,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      conditions: conclude(object.status?.conditions, judge(object), { generation, now: deps.now() }),
      syncs: syncsOfPolicy(deps.caches, key).length,
      ...(handled === undefined ? {} : { lastHandledReconcileAt: handled }),
    }
    await deps.status.write(calendarSyncPolicies, object, next, signal)
    return undefined
  }
}

function judge(object: CalendarSyncPolicyObject): Verdict {
  try {
    return readPolicy(object.spec).suspended
      ? suspended("spec.suspend is true: no sync under this policy reads or writes")
      : succeeded("the policy is valid")
  } catch (error) {
    return verdictOf(error)
  }
}
