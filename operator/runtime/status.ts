import { type Clock, jitter, sleep, systemClock } from "./clock.ts"
import type { KubeClient } from "./kube-client.ts"
import { isConflict, isNotFound } from "./kube-error.ts"
import type { KubeObject, ResourceKind } from "./objects.ts"

export type StatusWrite<Spec, Status> = {
  readonly client: KubeClient
  readonly kind: ResourceKind
  /** As last read: nothing is written when its status already says `next`. */
  readonly object: KubeObject<Spec, Status>
  readonly next: Status
  readonly clock?: Clock
}

const mostAttempts = 5
const firstPauseMs = 10

/**
 * One merge patch on /status with what differs, and no request at all when nothing does. After a conflict looks at the
 * live object and tries again, five times. Returns the object as it then is, or undefined when it is gone.
 */
export async function patchStatus<Spec, Status>(
  { client, kind, object, next, clock = systemClock }: StatusWrite<Spec, Status>,
  signal: AbortSignal,
): Promise<KubeObject<Spec, Status> | undefined> {
  let seen = object
  for (let attempt = 1; ; attempt++) {
    const status = mergePatchOf(seen.status ?? {}, next)
    if (status === undefined) return seen
    try {
      return await client.mergePatch(kind, seen.metadata, { status }, { subresource: "status" }, signal)
    } catch (error) {
      if (isNotFound(error)) return undefined
      if (!isConflict(error) || attempt >= mostAttempts) throw error
    }
    await sleep(clock, jitter(clock, firstPauseMs * 2 ** attempt, 0.5), signal)
    const live = await look<Spec, Status>(client, kind, object, signal)
    if (live === undefined) return undefined
    seen = live
  }
}

/** The live object; undefined when it is gone, or was made anew and so never asked for this status. */
async function look<Spec, Status>(
  client: KubeClient,
  kind: ResourceKind,
  { metadata }: KubeObject<Spec, Status>,
  signal: AbortSignal,
): Promise<KubeObject<Spec, Status> | undefined> {
  try {
    const live = await client.get<KubeObject<Spec, Status>>(kind, metadata, signal)
    return live.metadata.uid === metadata.uid ? live : undefined
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/**
 * The JSON merge patch (RFC 7386) that turns `before` into `after`; undefined when they mean the same. An absent and an
 * undefined field are the same, and so is any order of fields.
 */
export function mergePatchOf(before: unknown, after: unknown): unknown {
  if (!isRecord(before) || !isRecord(after)) return isEqual(before, after) ? undefined : after
  const removed = Object.keys(before)
    .filter(name => before[name] !== undefined && (after[name] === undefined || after[name] === null))
    .map(name => [name, null])
  const changed = Object.entries(after)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => [name, before[name] === undefined ? value : mergePatchOf(before[name], value)])
    .filter(([, value]) => value !== undefined)
  return removed.length + changed.length === 0 ? undefined : Object.fromEntries([...removed, ...changed])
}

function isEqual(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((one, at) => isEqual(one, b[at]))
  if (!isRecord(a) || !isRecord(b)) return Object.is(a, b)
  return mergePatchOf(a, b) === undefined
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
