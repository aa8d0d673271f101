import { apiGroup, apiVersion, cleanupFinalizer, labels, requestedAt } from "../resources/api-group.ts"
import { calendarSyncName, calendarSyncs } from "../resources/calendar-sync.ts"
import { type MailboxMap, readMailboxMap } from "../resources/mailbox-address.ts"
import { type BindingPlan, mailboxBindings } from "../resources/mailbox-binding.ts"
import { setCondition } from "../runtime/conditions.ts"
import type { ReconcileContext, ReconcileResult } from "../runtime/controller.ts"
import { keyOf, type ObjectKey } from "../runtime/objects.ts"
import { type ResolvedBinding, resolveBinding } from "./binding-refs.ts"
import { type BindingOutcome, countsOf, judgeBinding, withBadLines, withHold } from "./binding-verdict.ts"
import { claimsOfOthers } from "./claims.ts"
import type { ControllerDeps } from "./deps.ts"
import { hasFinalizer, setFinalizer } from "./finalizers.ts"
import { holdUnbinding } from "./hold-unbinding.ts"
import { type Matching, matchMailboxes, type Pair, type Unmatched } from "./match-mailboxes.ts"
import { type CalendarSyncObject, type MailboxBindingObject, namespaceOf } from "./objects.ts"
import { conclude, progressing, verdictOf } from "./verdict.ts"

/** So many unmatched identities are named in status; all are counted. */
const namedUnmatched = 20

/** How many objects are made or removed at once: a binding of 2,000 mailboxes must not flood the API server. */
const writesAtOnce = 8

/** Keeps one CalendarSync for each mailbox and identity the binding means, and counts how they fare. */
export function reconcileBinding(deps: ControllerDeps) {
  return async (key: ObjectKey, { signal }: ReconcileContext): Promise<ReconcileResult> => {
    const binding = deps.status.read(deps.caches.bindings, mailboxBindings, key)
    if (binding === undefined) {
      deps.references.release(holderOf(key))
      return undefined
    }
    if (binding.metadata.deletionTimestamp !== undefined) return await unbind(deps, binding, signal)
    await writeStatus(deps, binding, await bind(deps, key, binding, signal), signal)
    if (deps.hub.markExamined("binding", binding)) wakeFirstSyncs(deps)
    return undefined
  }
}

/** Once every binding had its turn it is known whose copies are nobody's, which first syncs wait for. */
function wakeFirstSyncs(deps: ControllerDeps): void {
  if (deps.owners.isSettling) return
  for (const { metadata, status } of deps.caches.syncs.list()) {
    if (status?.firstSyncTime === undefined) deps.controllers().syncs.enqueue(keyOf(metadata))
  }
}

async function bind(
  deps: ControllerDeps,
  key: ObjectKey,
  binding: MailboxBindingObject,
  signal: AbortSignal,
): Promise<BindingOutcome> {
  try {
    const resolved = await resolveBinding(deps, binding, signal)
    const { plan, policy, reading } = resolved
    const isPurged = policy.sync.deletion.onUnbind === "Purge"
    await setFinalizer(
      deps,
      { kind: mailboxBindings, object: binding, finalizer: cleanupFinalizer, wanted: isPurged },
      signal,
    )
    const map = await loadMap(deps, key, binding, plan, signal)
    const matching = withoutClaimed(deps, binding, resolved, matchMailboxes({ ...resolved, map }))
    await ensureSyncs(deps, binding, matching.pairs, signal)
    if (plan.match !== undefined && reading === undefined) {
      return { verdict: progressing("waiting for the source to be read for the first time") }
    }
    const isEmptied = matching.pairs.length === 0 && matching.unmatched.length === 0
    // Nothing at all is what a broken source looks like: what is bound stays bound until somebody says otherwise.
    const others = isEmptied ? [] : othersThan(deps, key, binding, matching)
    const hold = holdUnbinding(binding, resolved, others)
    await removeSyncs(deps, hold ? others.filter(sync => !hold.held.has(sync)) : others, signal)
    return withBadLines(withHold(judgeBinding(deps, key, plan, matching), hold), map)
  } catch (error) {
    return { verdict: verdictOf(error) }
  }
}

async function loadMap(
  deps: ControllerDeps,
  key: ObjectKey,
  binding: MailboxBindingObject,
  { match }: BindingPlan,
  signal: AbortSignal,
): Promise<MailboxMap | undefined> {
  const namespace = namespaceOf(binding)
  const origin = match?.address
  const reference =
    origin?.kind === "Map" ? { kind: "ConfigMap" as const, namespace, name: origin.configMapName } : undefined
  deps.references.hold(holderOf(key), reference === undefined ? [] : [reference], () =>
    deps.controllers().bindings.enqueue(key),
  )
  if (reference === undefined || origin?.kind !== "Map") return undefined
  return readMailboxMap(await deps.references.read(reference, origin.key, signal))
}

/** A mailbox and identity that another binding claims for the same calendar, or has not let go of yet, is left to it. */
function withoutClaimed(
  deps: ControllerDeps,
  binding: MailboxBindingObject,
  resolved: ResolvedBinding,
  { pairs, unmatched }: Matching,
): Matching {
  const isClaimed = claimsOfOthers(deps, binding, resolved)
  const claimed = pairs.filter(isClaimed)
  return {
    pairs: pairs.filter(pair => !claimed.includes(pair)),
    unmatched: [...unmatched, ...claimed.map(({ identity }) => ({ identity, reason: "AddressConflict" as const }))],
  }
}

async function ensureSyncs(
  deps: ControllerDeps,
  binding: MailboxBindingObject,
  pairs: readonly Pair[],
  signal: AbortSignal,
): Promise<void> {
  const namespace = namespaceOf(binding)
  const absent = pairs
    .map(pair => ({ pair, name: calendarSyncName({ binding: binding.metadata.name, ...pair }) }))
    .filter(({ name }) => deps.caches.syncs.get(keyOf({ namespace, name })) === undefined)
  await inSlices(absent, ({ pair, name }) =>
    deps.manager.client.apply(
      calendarSyncs,
      syncObject(binding, name, pair),
      { fieldManager: "calsync", force: true },
      signal,
    ),
  )
}

function syncObject(binding: MailboxBindingObject, name: string, { mailbox, identity }: Pair) {
  return {
    metadata: {
      namespace: namespaceOf(binding),
      name,
      labels: { [labels.managedBy]: "calsync", [labels.binding]: labelValue(binding.metadata.name) },
      ownerReferences: [
        {
          apiVersion: `${apiGroup}/${apiVersion}`,
          kind: "MailboxBinding",
          name: binding.metadata.name,
          uid: binding.metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: { mailbox, identity, bindingRef: { name: binding.metadata.name } },
  }
}

/** Label values end at 63 characters; names may be longer. */
function labelValue(name: string): string {
  return name.slice(0, 63).replace(/[^A-Za-z0-9]+$/, "")
}

/** The syncs that the binding does not mean any more. */
function othersThan(
  deps: ControllerDeps,
  key: ObjectKey,
  binding: MailboxBindingObject,
  { pairs }: Matching,
): readonly CalendarSyncObject[] {
  const wanted = new Set(pairs.map(pair => calendarSyncName({ binding: binding.metadata.name, ...pair })))
  return deps.caches.syncs.byIndex("binding", key).filter(({ metadata }) => !wanted.has(metadata.name))
}

async function removeSyncs(
  deps: ControllerDeps,
  syncs: readonly CalendarSyncObject[],
  signal: AbortSignal,
): Promise<void> {
  const staying = syncs.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  await inSlices(staying, ({ metadata }) =>
    deps.manager.client.delete(calendarSyncs, metadata, { uid: metadata.uid }, signal),
  )
}

async function inSlices<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  for (let start = 0; start < items.length; start += writesAtOnce) {
    await Promise.all(items.slice(start, start + writesAtOnce).map(work))
  }
}

/** With `onUnbind: Purge` the binding stays until the last copy is gone, because cleaning needs what it refers to. */
async function unbind(deps: ControllerDeps, binding: MailboxBindingObject, signal: AbortSignal): Promise<undefined> {
  if (!hasFinalizer(binding, cleanupFinalizer)) return undefined
  const syncs = deps.caches.syncs.byIndex("binding", keyOf(binding.metadata))
  await removeSyncs(deps, syncs, signal)
  if (syncs.length > 0) return undefined
  const change = { kind: mailboxBindings, object: binding, finalizer: cleanupFinalizer, wanted: false }
  await setFinalizer(deps, change, signal)
  return undefined
}

async function writeStatus(
  deps: ControllerDeps,
  binding: MailboxBindingObject,
  { verdict, matched, unmatched }: BindingOutcome,
  signal: AbortSignal,
): Promise<void> {
  const now = deps.now()
  const generation = binding.metadata.generation
  const observed = generation === undefined ? {} : { observedGeneration: generation }
  let conditions = conclude(binding.status?.conditions, verdict, { generation, now })
  if (matched) conditions = setCondition(conditions, { type: "Matched", ...matched, ...observed }, now)
  const key = keyOf(binding.metadata)
  const { ready, failing } = countsOf(deps, key)
  const handled = requestedAt(binding.metadata.annotations)
  const next = {
    ...binding.status,
    ...observed,
    conditions,
    mailboxes: {
      matched: deps.caches.syncs.byIndex("binding", key).length,
      ready,
      failed: failing,
      unmatched: unmatched?.length ?? binding.status?.mailboxes?.unmatched ?? 0,
    },
    ...(unmatched === undefined ? {} : { unmatched: named(unmatched) }),
    ...(handled === undefined ? {} : { lastHandledReconcileAt: handled }),
  }
  await deps.status.write(mailboxBindings, binding, next, signal)
}

/** Each identity once, as the schema has it, however many of its mailboxes it was refused. */
function named(unmatched: readonly Unmatched[]): readonly Unmatched[] {
  return [...new Map(unmatched.map(one => [one.identity, one])).values()].slice(0, namedUnmatched)
}

function holderOf(key: ObjectKey): string {
  return `MailboxBinding ${key}`
}
