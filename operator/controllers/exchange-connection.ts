import { TemporaryError } from "../core/errors.ts"
import type { ConnectionSettings } from "../core/exchange-settings.ts"
import { shortHash } from "../core/origin.ts"
import type { ExchangeConnection, ProbeReport } from "../core/ports.ts"
import { jitteredIntervalMs } from "../core/schedule.ts"
import { normalAddress } from "../core/scope.ts"
import { requestedAt } from "../resources/api-group.ts"
import { type Connection, exchangeConnections, readConnection } from "../resources/exchange-connection.ts"
import { setCondition } from "../runtime/conditions.ts"
import type { ReconcileContext, ReconcileResult } from "../runtime/controller.ts"
import { keyOf, type ObjectKey } from "../runtime/objects.ts"
import { type Assessment, assess } from "./connection-proof.ts"
import { connectionReferences, loadConnectionSettings } from "./connection-settings.ts"
import type { ControllerDeps } from "./deps.ts"
import { holdWhileInUse } from "./finalizers.ts"
import type { OpenedConnection } from "./hub.ts"
import { type ExchangeConnectionObject, namespaceOf } from "./objects.ts"
import { proofIntervalMs, proofStandsMs } from "./proof-interval.ts"
import { secondsOf } from "./status-time.ts"
import { conclude, suspended, type Verdict, verdictOf } from "./verdict.ts"
import { syncsOfConnection } from "./who-depends.ts"

type Outcome = {
  readonly assessment: Pick<Assessment, "verdict"> & Partial<Assessment>
  readonly requeueAfterMs?: number
  /** Thrown after the status is written, so that the queue's back-off applies. */
  readonly retry?: TemporaryError
}

/** Opens the connection anew when its object or its Secrets changed, proves it, and tells how far the proof came. */
export function reconcileConnection(deps: ControllerDeps) {
  return async (key: ObjectKey, context: ReconcileContext): Promise<ReconcileResult> => {
    const object = deps.status.read(deps.caches.connections, exchangeConnections, key)
    if (object === undefined || !(await holdWhileInUse(deps, object, context.signal))) {
      deps.references.release(holderOf(key))
      deps.metrics.credentialExpires(key, undefined)
      deps.hub.failedProofs.delete(key)
      await deps.hub.replaceConnection(key, undefined)
      return undefined
    }
    const before = deps.hub.connections.get(key)
    const outcome = await examine(deps, key, object, context)
    await writeStatus(deps, key, object, outcome, context.signal)
    const isFirst = deps.hub.markExamined("connection", object)
    if (isFirst || usabilityOf(before) !== usabilityOf(deps.hub.connections.get(key))) wakeDependents(deps, key)
    if (outcome.retry !== undefined) throw outcome.retry
    return outcome.requeueAfterMs === undefined
      ? undefined
      : { requeueAfterMs: jitteredIntervalMs(outcome.requeueAfterMs, deps.random) }
  }
}

async function examine(
  deps: ControllerDeps,
  key: ObjectKey,
  object: ExchangeConnectionObject,
  { signal }: ReconcileContext,
): Promise<Outcome> {
  const connection = readConnection(object.spec)
  watchReferences(deps, key, object, connection)
  if (connection.suspended) {
    await deps.hub.replaceConnection(key, undefined)
    return {
      assessment: { verdict: suspended("spec.suspend is true: nothing is read or written through this connection") },
    }
  }
  try {
    const settings = await loadConnectionSettings(deps, key, connection, signal)
    return await prove(deps, key, object, { connection, settings }, signal)
  } catch (error) {
    const verdict = verdictOf(error)
    const { reason, message } = verdict.ready
    return { assessment: { verdict, credentials: { status: "False", reason, message } }, ...again(connection, error) }
  }
}

/**
 * An old credential stays in use until the new one has been seen to work. One that is refused itself is used no more: every
 * mailbox would be told so again.
 */
async function prove(
  deps: ControllerDeps,
  key: ObjectKey,
  object: ExchangeConnectionObject,
  { connection, settings }: { readonly connection: Connection; readonly settings: ConnectionSettings },
  signal: AbortSignal,
): Promise<Outcome> {
  const settingsHash = hashOf(settings)
  const asked = [object.metadata.generation, requestedAt(object.metadata.annotations)].join(" ")
  const before = deps.hub.connections.get(key)
  const young = youngProofOf(deps, key, { settingsHash, asked, connection })
  if (young !== undefined) return { assessment: young, ...again(connection, young.error) }
  const exchange = before?.settingsHash === settingsHash ? before.exchange : deps.openConnection(settings)
  const report = await probeOrClose(exchange, before, connection, signal)
  const assessment = assess({ report, connection, conditions: object.status?.conditions, now: deps.now() })
  const { status: _told, ...told } = assessment
  const proof = { at: deps.now(), asked, assessment: told }
  deps.hub.failedProofs.delete(key)
  if (assessment.credentials.status === "True") {
    await deps.hub.replaceConnection(key, { settingsHash, exchange, proof, ...blockedBy(assessment) })
  } else {
    const isFinal = !(assessment.error instanceof TemporaryError)
    if (isFinal) deps.hub.failedProofs.set(key, { ...proof, settingsHash })
    if (exchange !== before?.exchange) await exchange.close()
    else if (isFinal) await deps.hub.replaceConnection(key, { settingsHash, exchange, blocked: refused(assessment) })
  }
  return { assessment, ...again(connection, assessment.error) }
}

/** What a proof of the same credential came to a moment ago, if nobody asked for another since. */
function youngProofOf(
  { hub, now }: ControllerDeps,
  key: ObjectKey,
  {
    settingsHash,
    asked,
    connection: { backend },
  }: { readonly settingsHash: string; readonly asked: string; readonly connection: Connection },
): Assessment | undefined {
  const opened = hub.connections.get(key)
  const good = opened?.proof && { ...opened.proof, settingsHash: opened.settingsHash }
  const known = [hub.failedProofs.get(key), good]
  return known.find(
    proof =>
      proof !== undefined &&
      proof.settingsHash === settingsHash &&
      proof.asked === asked &&
      now().since(proof.at).total("milliseconds") < proofStandsMs(backend, proof.assessment.error),
  )?.assessment
}

async function probeOrClose(
  exchange: ExchangeConnection,
  before: OpenedConnection | undefined,
  connection: Connection,
  signal: AbortSignal,
): Promise<ProbeReport> {
  try {
    return await exchange.probe(connection.proof, signal)
  } catch (error) {
    if (exchange !== before?.exchange) await exchange.close()
    throw error
  }
}

function again({ backend }: Connection, error: unknown): Pick<Outcome, "requeueAfterMs" | "retry"> {
  return error instanceof TemporaryError ? { retry: error } : { requeueAfterMs: proofIntervalMs(backend, error) }
}

function refused({ credentials: { reason, message } }: Assessment): NonNullable<OpenedConnection["blocked"]> {
  return { reason, message }
}

function blockedBy({ blocked }: Assessment): Pick<OpenedConnection, "blocked"> {
  return blocked === undefined ? {} : { blocked }
}

async function writeStatus(
  deps: ControllerDeps,
  key: ObjectKey,
  object: ExchangeConnectionObject,
  { assessment }: Outcome,
  signal: AbortSignal,
): Promise<void> {
  const now = deps.now()
  const generation = object.metadata.generation
  const observed = generation === undefined ? {} : { observedGeneration: generation }
  let conditions = conclude(object.status?.conditions, assessment.verdict, { generation, now })
  const { credentials, scope } = assessment
  if (credentials) conditions = setCondition(conditions, { type: "CredentialsValid", ...credentials, ...observed }, now)
  if (scope) conditions = setCondition(conditions, { type: "AccessScoped", ...scope, ...observed }, now)
  const handled = requestedAt(object.metadata.annotations)
  const next = {
    ...object.status,
    ...observed,
    conditions,
    ...assessment.status,
    mailboxes: countMailboxes(deps, key),
    ...(assessment.status === undefined ? {} : { lastProbeTime: secondsOf(now) }),
    ...(handled === undefined ? {} : { lastHandledReconcileAt: handled }),
  }
  await deps.status.write(exchangeConnections, object, next, signal)
  const expiresAt = next.credentials?.expiresAt
  deps.metrics.credentialExpires(key, expiresAt === undefined ? undefined : Temporal.Instant.from(expiresAt))
  tellTransitions(deps, object, assessment.verdict)
}

/** Several bindings may fill one mailbox. */
function countMailboxes(deps: ControllerDeps, key: ObjectKey): number {
  return new Set(syncsOfConnection(deps.caches, key).map(({ spec }) => normalAddress(spec.mailbox))).size
}

function tellTransitions(deps: ControllerDeps, object: ExchangeConnectionObject, { ready }: Verdict): void {
  const before = object.status?.conditions?.find(({ type }) => type === "Ready")
  if (before?.status === ready.status && before.reason === ready.reason) return
  deps.manager.recorder.record(object, {
    type: ready.status === "False" ? "Warning" : "Normal",
    reason: ready.reason,
    action: "Probe",
    note:
      ready.status === "True"
        ? "the connection was proved to work"
        : "the connection cannot be used, see its conditions",
  })
}

function watchReferences(
  deps: ControllerDeps,
  key: ObjectKey,
  object: ExchangeConnectionObject,
  connection: Connection,
): void {
  const references = connectionReferences(connection, namespaceOf(object))
  deps.references.hold(holderOf(key), references, () => deps.controllers().connections.enqueue(key))
}

/** Everything that decides whether, and as what, the connection can be used. */
function usabilityOf(opened: OpenedConnection | undefined): string {
  return opened === undefined ? "closed" : JSON.stringify([opened.settingsHash, opened.blocked])
}

function wakeDependents(deps: ControllerDeps, key: ObjectKey): void {
  for (const sync of syncsOfConnection(deps.caches, key)) {
    deps.controllers().syncs.enqueue(keyOf(sync.metadata), { priority: "routine" })
  }
}

function holderOf(key: ObjectKey): string {
  return `ExchangeConnection ${key}`
}

/** A function in the settings (workload identity) has no content of its own: it reads its file anew every time. */
function hashOf(settings: ConnectionSettings): string {
  return shortHash([JSON.stringify(settings)], 22)
}
