import { calendarEvents, readCalendarEvent, startText } from "../resources/calendar-event.ts"
import { matchesLabels } from "../resources/label-selector.ts"
import type { ReconcileContext, ReconcileResult } from "../runtime/controller.ts"
import { keyOf, type ObjectKey } from "../runtime/objects.ts"
import type { ControllerDeps } from "./deps.ts"
import { type CalendarEventObject, type CalendarSourceObject, type CalendarSyncObject, namespaceOf } from "./objects.ts"
import { manifestVersion } from "./source-settings.ts"
import { conclude, succeeded, type Verdict, verdictOf } from "./verdict.ts"
import { syncsOfSource } from "./who-depends.ts"

/** Says whether a manifest can be used, and in how many mailboxes it stands as it should. */
export function reconcileEvent(deps: ControllerDeps) {
  return async (key: ObjectKey, { signal }: ReconcileContext): Promise<ReconcileResult> => {
    const object = deps.status.read(deps.caches.events, calendarEvents, key)
    if (object === undefined) return undefined
    const { verdict, start } = judge(object)
    const generation = object.metadata.generation
    const next = {
      ...object.status,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      conditions: conclude(object.status?.conditions, verdict, { generation, now: deps.now() }),
      ...(start === undefined ? {} : { start }),
      mailboxes: countMailboxes(deps, object, start !== undefined),
    }
    await deps.status.write(calendarEvents, object, next, signal)
    return undefined
  }
}

function judge(object: CalendarEventObject): { readonly verdict: Verdict; readonly start?: string } {
  try {
    return { verdict: succeeded("the event is valid"), start: startText(readCalendarEvent(object).time) }
  } catch (error) {
    return { verdict: verdictOf(error) }
  }
}

/**
 * In sync means: the last good pass of that mailbox was made from what its source says now, this event included. A process
 * just started has seen no pass; until it has, what was told before stands.
 */
function countMailboxes(deps: ControllerDeps, object: CalendarEventObject, isReadable: boolean) {
  const syncs = sourcesOf(deps, object).flatMap(source =>
    syncsOfSource(deps.caches, keyOf(source.metadata))
      .filter(({ spec }) => object.spec.identities.includes(spec.identity))
      .map(sync => ({ sync, opened: deps.hub.sources.get(keyOf(source.metadata)) })),
  )
  const inSync = syncs.filter(({ sync, opened }) => {
    const synced = deps.hub.synced.get(keyOf(sync.metadata))
    const calendar = opened?.reading?.calendars.get(sync.spec.identity)
    return (
      synced !== undefined &&
      opened?.manifests.get(object.metadata.name) === manifestVersion(object) &&
      synced.sourceFingerprint === calendar?.fingerprint &&
      !synced.failedKeys.has(object.metadata.name)
    )
  })
  const desired = syncs.length
  if (!isReadable) return { desired, inSync: 0 }
  const areAllAttempted = syncs.every(({ sync }) => deps.hub.attempted.has(keyOf(sync.metadata)))
  const told = areAllAttempted ? 0 : (object.status?.mailboxes?.inSync ?? 0)
  return { desired, inSync: Math.min(Math.max(inSync.length, told), desired) }
}

/** The sources of kind `events` that select this object. */
export function sourcesOf(deps: ControllerDeps, object: CalendarEventObject): readonly CalendarSourceObject[] {
  return deps.caches.sources
    .list()
    .filter(
      source =>
        namespaceOf(source) === namespaceOf(object) &&
        source.spec.events !== undefined &&
        matchesLabels(source.spec.events.selector ?? {}, object.metadata.labels),
    )
}

/** The manifests that stand in this mailbox: they count it. */
export function wakeEventsOf(deps: ControllerDeps, sync: CalendarSyncObject, source: ObjectKey): void {
  const selector = deps.caches.sources.get(source)?.spec.events?.selector
  if (deps.caches.sources.get(source)?.spec.events === undefined) return
  for (const event of deps.caches.events.byIndex("namespace", namespaceOf(sync))) {
    if (!event.spec.identities.includes(sync.spec.identity)) continue
    if (!matchesLabels(selector ?? {}, event.metadata.labels)) continue
    deps.controllers().events.enqueue(keyOf(event.metadata), { afterMs: 500 })
  }
}
