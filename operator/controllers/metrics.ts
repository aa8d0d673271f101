import { Counter, Gauge, Histogram, type Registry } from "prom-client"
import type { Operation } from "../core/operation.ts"

type Readiness = { readonly status: string; readonly reason: string }

/**
 * What calsync itself counts; the runtime's own families stand beside it. No label ever carries a mailbox, an identity or an
 * event: labels are connections, kinds, operations and reasons.
 */
export class DomainMetrics {
  readonly #passes: Counter<"kind" | "result">
  readonly #passSeconds: Histogram<"kind">
  readonly #operations: Counter<"op">
  readonly #failures: Counter<"reason">
  readonly #drift: Counter<"outcome">
  readonly #held: Counter<"by">
  readonly #lag: Histogram
  readonly #requests: Counter<"connection" | "operation" | "code">
  readonly #requestSeconds: Histogram<"connection" | "operation">
  readonly #credentialExpiry: Gauge<"connection">
  readonly #syncs: Gauge<"ready" | "reason">
  #lookAtSyncs: () => readonly Readiness[] = () => []

  constructor(registry: Registry) {
    const registers = [registry]
    this.#passes = new Counter({
      name: "calsync_passes_total",
      help: "Passes over one mailbox, by kind (Incremental, Full) and result (InSync, or the reason it was not).",
      labelNames: ["kind", "result"],
      registers,
    })
    this.#passSeconds = new Histogram({
      name: "calsync_pass_duration_seconds",
      help: "How long one pass took.",
      labelNames: ["kind"],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
      registers,
    })
    this.#operations = new Counter({
      name: "calsync_operations_total",
      help: "What was done in mailboxes: create, update, restore, adopt, strip, remove.",
      labelNames: ["op"],
      registers,
    })
    this.#failures = new Counter({
      name: "calsync_event_failures_total",
      help: "Events that could not be brought into a mailbox, by reason.",
      labelNames: ["reason"],
      registers,
    })
    this.#drift = new Counter({
      name: "calsync_drift_total",
      help: "Copies found changed in Exchange, and of those the ones put right.",
      labelNames: ["outcome"],
      registers,
    })
    this.#held = new Counter({
      name: "calsync_held_plans_total",
      help: "Passes in which (part of) the plan was held back: DeletionGuard, ApprovalRequired, OwnershipConflict.",
      labelNames: ["by"],
      registers,
    })
    this.#lag = new Histogram({
      name: "calsync_sync_lag_seconds",
      help: "From the moment a source was seen to have changed until the mailbox was in step.",
      buckets: [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800],
      registers,
    })
    this.#requests = new Counter({
      name: "calsync_provider_requests_total",
      help: "Requests to Exchange, by connection, operation and HTTP status (0: no answer came).",
      labelNames: ["connection", "operation", "code"],
      registers,
    })
    this.#requestSeconds = new Histogram({
      name: "calsync_provider_request_duration_seconds",
      help: "How long Exchange took to answer.",
      labelNames: ["connection", "operation"],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    })
    this.#credentialExpiry = new Gauge({
      name: "calsync_credential_expiry_timestamp_seconds",
      help: "When the credential of a connection ends, where that is known.",
      labelNames: ["connection"],
      registers,
    })
    this.#syncs = new Gauge({
      name: "calsync_syncs",
      help: "CalendarSyncs by the status and reason of their Ready condition.",
      labelNames: ["ready", "reason"],
      registers,
      collect: () => this.#countSyncs(),
    })
  }

  passed(pass: { readonly kind: string; readonly result: string; readonly seconds: number }): void {
    this.#passes.inc({ kind: pass.kind, result: pass.result })
    this.#passSeconds.observe({ kind: pass.kind }, pass.seconds)
  }

  operated(op: Operation["kind"], count: number): void {
    if (count > 0) this.#operations.inc({ op }, count)
  }

  failed(reason: string): void {
    this.#failures.inc({ reason })
  }

  drifted({ found, corrected }: { readonly found: number; readonly corrected: number }): void {
    if (found > 0) this.#drift.inc({ outcome: "detected" }, found)
    if (corrected > 0) this.#drift.inc({ outcome: "corrected" }, corrected)
  }

  held(by: string): void {
    this.#held.inc({ by })
  }

  lagged(seconds: number): void {
    this.#lag.observe(seconds)
  }

  requested(request: {
    readonly connection: string
    readonly operation: string
    readonly status: number
    readonly durationMs: number
  }): void {
    const { connection, operation } = request
    this.#requests.inc({ connection, operation, code: String(request.status) })
    this.#requestSeconds.observe({ connection, operation }, request.durationMs / 1000)
  }

  credentialExpires(connection: string, at: Temporal.Instant | undefined): void {
    if (at === undefined) this.#credentialExpiry.remove({ connection })
    else this.#credentialExpiry.set({ connection }, at.epochMilliseconds / 1000)
  }

  /** Where to look at every scrape. */
  countSyncsOf(look: () => readonly Readiness[]): void {
    this.#lookAtSyncs = look
  }

  /** The whole population, counted anew: a sync that is gone leaves no series behind. */
  #countSyncs(): void {
    this.#syncs.reset()
    for (const { status, reason } of this.#lookAtSyncs()) this.#syncs.inc({ ready: status, reason })
  }
}
