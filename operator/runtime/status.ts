import type { KubeClient } from "./kube-client.ts"
import type { KubeObject, ResourceKind } from "./objects.ts"

export type StatusWrite<Spec, Status> = {
  readonly client: KubeClient
  readonly kind: ResourceKind
  /** As last read: nothing is written when its status already says `next`. */
  readonly object: KubeObject<Spec, Status>
  readonly next: Status
}

/**
 * One merge patch on /status, and none when nothing differs in meaning. Returns the object as it then is, or undefined
 * when it is gone.
 */
export declare function patchStatus<Spec, Status>(
  write: StatusWrite<Spec, Status>,
  signal: AbortSignal,
): Promise<KubeObject<Spec, Status> | undefined>
