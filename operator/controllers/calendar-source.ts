import { reasonOf, TemporaryError } from "../core/errors.ts"
import { shortHash } from "../core/origin.ts"
import type { Source, SourceReading } from "../core/ports.ts"
import { jitteredIntervalMs } from "../core/schedule.ts"
import { requestedAt } from "../resources/api-group.ts"
import { calendarSources, readSource, type SourcePlan } from "../resources/calendar-source.ts"
import { type Condition, findCondition, setCondition } from "../runtime/conditions.ts"
import type { ReconcileContext, ReconcileResult } from "../runtime/controller.ts"
import { keyOf, type ObjectKey, refOf } from "../runtime/objects.ts"
import type { ControllerDeps } from "./deps.ts"
import type { OpenedSource } from "./hub.ts"
import { type CalendarSourceObject, namespaceOf } from "./objects.ts"
import { loadSourceSettings, sourceReferences } from "./source-settings.ts"
import { secondsOf } from "./status-time.ts"
import { bugTold, conclude, isBug, succeeded, suspended, type Verdict, verdictOf } from "./verdict.ts"
import { syncsOfSource } from "./who-depends.ts"

/** `lastFetchTime` is told no more often than this: a status written every minute by every source helps nobody. */
const fetchTimeGrain = Temporal.Duration.from({ minutes: 15 })
/** A source that waits for a person is looked at again no more often than this. */
const attentionIntervalMs = 5 * 60_000
/** A feed's own wish (REFRESH-INTERVAL) lengthens the interval, up to here. */
const longestHintMs = 60 * 60_000

type Outcome = {
  readonly verdict: Verdict
  readonly fetched?: Pick<Condition, "status" | "reason" | "message">
  readonly reading?: SourceReading
  readonly changed: boolean
  readonly requeueAfterMs?: number
  /** Thrown after the status is written, so that the queue's back-off applies. */
  readonly retry?: unknown
}

/**
 * Reads a source once for all its mailboxes, at its interval, and wakes those whose identity changed. A failed, partial or
 * implausible read leaves the last good reading in force.
 */
export function reconcileSource(deps: ControllerDeps) {
  return async (key: ObjectKey, { signal }: ReconcileContext): Promise<ReconcileResult> => {
    const object = deps.status.read(deps.caches.sources, calendarSources, key)
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) {
      deps.references.release(holderOf(key))
      deps.hub.unreadSources.delete(key)
      await deps.hub.replaceSource(key, undefined)
      wakeAll(deps, key)
      return undefined
    }
    const before = deps.hub.sources.get(key)
    const outcome = await look(deps, key, object, signal)
    await writeStatus(deps, object, outcome, signal)
    const after = deps.hub.sources.get(key)?.reading
    if (deps.hub.markExamined("source", object)) wakeAll(deps, key)
    wakeChanged(deps, key, before?.reading, after)
    if (outcome.retry !== undefined) throw outcome.retry
    return outcome.requeueAfterMs === undefined
      ? undefined
      : { requeueAfterMs: jitteredIntervalMs(outcome.requeueAfterMs, deps.random) }
  }
}

async function look(
  deps: ControllerDeps,
  key: ObjectKey,
  object: CalendarSourceObject,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    const plan = readSource(object.spec)
    deps.references.hold(holderOf(key), sourceReferences(plan, namespaceOf(object)), () =>
      deps.controllers().sources.enqueue(key),
    )
    if (plan.suspended) return { verdict: suspended("spec.suspend is true: the source is not read"), changed: false }
    const outcome = await read(deps, key, object, plan, signal)
    deps.hub.unreadSources.delete(key)
    return outcome
  } catch (error) {
    if (error instanceof Error) deps.hub.unreadSources.set(key, error)
    return isBug(error, signal) ? { ...refused(bugTold(), object), retry: error } : refused(error, object)
  }
}

async function read(
  deps: ControllerDeps,
  key: ObjectKey,
  object: CalendarSourceObject,
  plan: SourcePlan,
  signal: AbortSignal,
): Promise<Outcome> {
  const { settings, manifests } = await loadSourceSettings(deps, key, plan, signal)
  const settingsHash = shortHash([JSON.stringify(settings)], 22)
  const before = deps.hub.sources.get(key)
  const source = before?.settingsHash === settingsHash ? before.source : deps.openSource(settings)
  const identities = wantedIdentities(deps, key)
  const reading = await readOrClose(source, before, identities, signal)
  const changed = before?.reading
    ? changedIdentities(before.reading, reading).length > 0
    : reading.revision !== object.status?.revision
  await deps.hub.replaceSource(key, { settingsHash, source, reading, asked: new Set(identities), manifests })
  wakeManifests(deps, key, before?.manifests, manifests)
  return { ...told(reading, changed), reading, changed, ...nextLook(plan, reading) }
}

/** Under changed settings the old source and its reading stay in force until the new one was read once. */
async function readOrClose(
  source: Source,
  before: OpenedSource | undefined,
  identities: readonly string[],
  signal: AbortSignal,
): Promise<SourceReading> {
  try {
    return await source.read({ identities }, signal)
  } catch (error) {
    if (source !== before?.source) await source.close()
    throw error
  }
}

function nextLook({ origin, intervalMs }: SourcePlan, { refreshHintMs = 0 }: SourceReading) {
  // Manifests tell of their changes themselves.
  if (origin.kind === "events") return {}
  return { requeueAfterMs: Math.max(intervalMs, Math.min(refreshHintMs, longestHintMs)) }
}

/** The identities that bindings ask for by hand: a source addressed by template cannot know them otherwise. */
function wantedIdentities(deps: ControllerDeps, key: ObjectKey): readonly string[] {
  const bindings = deps.caches.bindings.byIndex("source", key)
  return [...new Set(bindings.flatMap(({ spec }) => (spec.mailboxes ?? []).map(({ identity }) => identity)))].toSorted()
}

function changedIdentities(before: SourceReading | undefined, after: SourceReading): readonly string[] {
  const all = new Set([...(before?.calendars.keys() ?? []), ...after.calendars.keys()])
  return [...all].filter(identity => signature(before, identity) !== signature(after, identity))
}

/** Those that could not be read and now can, or the other way: who waits for such a one must hear of it. */
function changedFailures(before: SourceReading | undefined, after: SourceReading): readonly string[] {
  const [failedBefore, failedNow] = [before, after].map(reading => (reading?.failed ?? []).map(one => one.identity))
  return [...new Set(failedBefore).symmetricDifference(new Set(failedNow))]
}

/** What of an identity's calendar a mailbox must hear about: its events, and whether all of it could be read. */
function signature(reading: SourceReading | undefined, identity: string): string | undefined {
  const calendar = reading?.calendars.get(identity)
  return calendar && `${calendar.fingerprint} ${calendar.complete} ${calendar.problems.length}`
}

function told(reading: SourceReading, changed: boolean): Pick<Outcome, "verdict" | "fetched"> {
  const { failed: missing } = reading
  if (missing.length > 0) {
    const message = `${missing.length} of the calendars asked for could not be read (first: ${reasonOf(missing[0]?.error)}); their last good state stays in force`
    return {
      verdict: { ...succeeded(message), reconciling: { reason: "ProgressingWithRetry", message } },
      fetched: { status: "False", reason: "PartialRead", message },
    }
  }
  const problems = problemsOf(reading)
  const message =
    problems === 0 ? "the source was read" : `the source was read; ${problems} events in it cannot be used`
  const fetched = { status: "True" as const, reason: changed ? "Fetched" : "Unchanged", message }
  return { verdict: succeeded(message), fetched }
}

function refused(error: unknown, object: CalendarSourceObject): Outcome {
  const told = verdictOf(error)
  const { reason, message } = told.ready
  const fetched = { status: "False" as const, reason, message: `${message}; the last good state stays in force` }
  const verdict = error instanceof TemporaryError ? withPatience(told, object) : told
  if (error instanceof TemporaryError) return { verdict, fetched, changed: false, retry: error }
  return { verdict, fetched, changed: false, requeueAfterMs: attentionIntervalMs }
}

/** So many readings may fail in a row before a source that was Ready is so no more; `SourceFetched` tells at once. */
const patientFailures = 2

function withPatience(verdict: Verdict, { status }: CalendarSourceObject): Verdict {
  const ready = findCondition(status?.conditions, "Ready")
  if (ready?.status !== "True" || (status?.consecutiveFailures ?? 0) >= patientFailures) return verdict
  const { reason, message } = verdict.ready
  return { ready, reconciling: verdict.reconciling ?? { reason, message } }
}

async function writeStatus(
  deps: ControllerDeps,
  object: CalendarSourceObject,
  { verdict, fetched, reading, changed }: Outcome,
  signal: AbortSignal,
): Promise<void> {
  const now = deps.now()
  const generation = object.metadata.generation
  const observed = generation === undefined ? {} : { observedGeneration: generation }
  let conditions = conclude(object.status?.conditions, verdict, { generation, now })
  if (fetched) conditions = setCondition(conditions, { type: "SourceFetched", ...fetched, ...observed }, now)
  const handled = requestedAt(object.metadata.annotations)
  const next = {
    ...object.status,
    ...observed,
    kind: object.spec.ical === undefined ? ("events" as const) : ("ical" as const),
    conditions,
    ...(reading === undefined ? {} : countsOf(object, reading, { changed, now })),
    consecutiveFailures: fetched?.status === "False" ? (object.status?.consecutiveFailures ?? 0) + 1 : 0,
    ...(handled === undefined ? {} : { lastHandledReconcileAt: handled }),
  }
  await deps.status.write(calendarSources, object, next, signal)
}

function countsOf(
  object: CalendarSourceObject,
  reading: SourceReading,
  { changed, now }: { readonly changed: boolean; readonly now: Temporal.Instant },
) {
  const time = secondsOf(now)
  const { lastFetchTime: fetchedBefore, lastChangeTime: changedBefore } = object.status ?? {}
  const isStale =
    fetchedBefore === undefined ||
    Temporal.Instant.compare(Temporal.Instant.from(fetchedBefore).add(fetchTimeGrain), now) <= 0
  return {
    identities: {
      total: reading.identities.length,
      withAddress: reading.identities.filter(({ address }) => address !== undefined).length,
    },
    events: [...reading.calendars.values()].reduce((sum, { events }) => sum + events.length, 0),
    problems: problemsOf(reading),
    ...(changed ? { revision: reading.revision } : {}),
    lastFetchTime: changed || isStale ? time : fetchedBefore,
    ...(changed || changedBefore === undefined ? { lastChangeTime: time } : {}),
  }
}

function problemsOf(reading: SourceReading): number {
  return [...reading.calendars.values()].reduce((sum, { problems }) => sum + problems.length, 0)
}

/** Only mailboxes whose identity changed are worked; a binding is asked again when identities came, went or moved. */
function wakeChanged(
  deps: ControllerDeps,
  key: ObjectKey,
  before: SourceReading | undefined,
  after: SourceReading | undefined,
): void {
  if (after === undefined || before === after) return
  const changed = new Set([...changedIdentities(before, after), ...changedFailures(before, after)])
  for (const sync of syncsOfSource(deps.caches, key)) {
    if (!changed.has(sync.spec.identity)) continue
    const syncKey = keyOf(sync.metadata)
    if (before !== undefined) deps.hub.changedAt.set(syncKey, deps.now())
    deps.controllers().syncs.enqueue(syncKey, { priority: before === undefined ? "routine" : "user" })
  }
  if (rosterOf(before) !== rosterOf(after)) wakeBindings(deps, key)
}

/** They count the mailboxes they stand in, and begin anew when they are read anew. */
function wakeManifests(
  deps: ControllerDeps,
  key: ObjectKey,
  before: ReadonlyMap<string, string> | undefined,
  after: ReadonlyMap<string, string>,
): void {
  const { namespace = "" } = refOf(key)
  for (const [name, version] of after) {
    if (before?.get(name) !== version) deps.controllers().events.enqueue(keyOf({ namespace, name }), { afterMs: 500 })
  }
}

function rosterOf(reading: SourceReading | undefined): string {
  return JSON.stringify(reading?.identities ?? null)
}

function wakeAll(deps: ControllerDeps, key: ObjectKey): void {
  for (const sync of syncsOfSource(deps.caches, key)) deps.controllers().syncs.enqueue(keyOf(sync.metadata))
  wakeBindings(deps, key)
}

function wakeBindings(deps: ControllerDeps, key: ObjectKey): void {
  for (const binding of deps.caches.bindings.byIndex("source", key)) {
    deps.controllers().bindings.enqueue(keyOf(binding.metadata))
  }
}

function holderOf(key: ObjectKey): string {
  return `CalendarSource ${key}`
}
