import { NeedsAttentionError, TemporaryError } from "../core/errors.ts"
import type { ProbeReport } from "../core/ports.ts"
import type { Connection, ExchangeConnectionStatus } from "../resources/exchange-connection.ts"
import { type Condition, findCondition } from "../runtime/conditions.ts"
import { wordsFor } from "./connection-words.ts"
import { secondsOf } from "./status-time.ts"
import { failed, succeeded, type Verdict } from "./verdict.ts"

type Told = Pick<Condition, "status" | "reason" | "message">

/** What a probe says about a connection: its conditions, its verdict, and whether anything may go through it. */
export type Assessment = {
  readonly credentials: Told
  readonly scope?: Told
  readonly blocked?: { readonly reason: string; readonly message: string }
  readonly verdict: Verdict
  readonly status?: Pick<ExchangeConnectionStatus, "server" | "credentials">
  /** What would help: waiting (TemporaryError) or a person (NeedsAttentionError); absent when all is well. */
  readonly error?: Error
}

/**
 * A new grant is in force after 30 minutes, or two hours for a busy application of Entra ID; on a server when its directory
 * and caches have heard of it. Until then a refusal means little.
 */
const propagation = Temporal.Duration.from({ hours: 2 })

/** Steps on the way to any mailbox. */
const ways: ReadonlySet<string> = new Set(["DNS", "TCP", "TLS", "Authentication"])

export function assess({
  report,
  connection,
  conditions,
  now,
}: {
  readonly report: ProbeReport
  readonly connection: Connection
  readonly conditions: readonly Condition[] | undefined
  readonly now: Temporal.Instant
}): Assessment {
  const status = statusOf(report)
  const broken = report.steps.find(isInTheWay)
  if (broken !== undefined) {
    const credentials = {
      status: "False" as const,
      reason: broken.reason,
      message: `${broken.step}: ${broken.message}`,
    }
    const verdict = failed(broken.reason, credentials.message)
    return { credentials, verdict, status, error: errorOf(broken.reason, credentials.message) }
  }
  const credentials = { status: "True" as const, ...wordsFor(connection.backend).accepted }
  const scope = scopeOf(report, connection)
  const blocked = blockOf(scope, connection)
  if (blocked !== undefined) {
    const verdict = failed(blocked.reason, blocked.message)
    return { credentials, scope, blocked, verdict, status, error: new NeedsAttentionError(blocked.message, blocked) }
  }
  if (scope.reason === "ProbeDenied") {
    const verdict = failed(isPropagating(conditions, now) ? "ProbeDenied" : "AccessDenied", scope.message)
    return { credentials, scope, verdict, status, error: new NeedsAttentionError(scope.message, scope) }
  }
  return { credentials, scope, verdict: succeeded("the connection works"), status }
}

/** What keeps us from every mailbox. That EWS is switched off shows only where a mailbox is asked for. */
function isInTheWay({ step, ok, reason }: ProbeReport["steps"][number]): boolean {
  return !ok && (ways.has(step) || reason === "UnsupportedServer")
}

function statusOf({ server, credential }: ProbeReport): Pick<ExchangeConnectionStatus, "server" | "credentials"> {
  const expiresAt = credential?.expiresAt && secondsOf(credential.expiresAt)
  return {
    ...(server === undefined ? {} : { server }),
    ...(credential === undefined
      ? {}
      : { credentials: { kind: credential.kind, ...(expiresAt === undefined ? {} : { expiresAt }) } }),
  }
}

/**
 * | allowed   | denied    | AccessScoped               |
 * |-----------|-----------|----------------------------|
 * | any       | Reachable | False, OverPrivileged      |
 * | Denied    | other     | False, ProbeDenied         |
 * | any       | not given | Unknown, ProofNotConfigured|
 * | Reachable | Denied    | True, ScopeVerified        |
 * | otherwise |           | Unknown, ProbeInconclusive |
 */
function scopeOf({ allowed, denied }: ProbeReport, { proof, backend }: Connection): Told {
  const { tooWide, refused } = wordsFor(backend)
  if (denied === "Reachable") {
    return {
      status: "False",
      reason: "OverPrivileged",
      message: `the mailbox of proof.denied can be reached: ${tooWide}`,
    }
  }
  if (allowed === "Denied") {
    return {
      status: "False",
      reason: "ProbeDenied",
      message: `Exchange refuses the mailbox of proof.allowed: ${refused}`,
    }
  }
  if (proof.denied === undefined) {
    return {
      status: "Unknown",
      reason: "ProofNotConfigured",
      message: "name a mailbox that must be out of reach in accessPolicy.proof.denied to have the scope proved",
    }
  }
  if (allowed === "Reachable" && denied === "Denied") {
    return {
      status: "True",
      reason: "ScopeVerified",
      message: "Exchange lets the allowed mailbox be reached and refuses the denied one",
    }
  }
  return {
    status: "Unknown",
    reason: "ProbeInconclusive",
    message: `the proof shows nothing: allowed is ${allowed ?? "Unknown"}, denied is ${denied ?? "Unknown"}; both must be existing mailboxes of this organisation`,
  }
}

/** With requireProof anything but a proof keeps the connection shut. */
function blockOf(scope: Told, { requireProof }: Connection): Assessment["blocked"] {
  if (!requireProof || scope.status === "True") return undefined
  return { reason: scope.reason, message: `requireProof: ${scope.message}` }
}

function isPropagating(conditions: readonly Condition[] | undefined, now: Temporal.Instant): boolean {
  const before = findCondition(conditions, "AccessScoped")
  if (before?.reason !== "ProbeDenied") return true
  const since = Temporal.Instant.from(before.lastTransitionTime)
  return Temporal.Instant.compare(since.add(propagation), now) > 0
}

const waitingHelps: ReadonlySet<string> = new Set(["Unreachable", "Throttled"])

function errorOf(reason: string, message: string): Error {
  return waitingHelps.has(reason)
    ? new TemporaryError(message, { reason })
    : new NeedsAttentionError(message, { reason })
}
